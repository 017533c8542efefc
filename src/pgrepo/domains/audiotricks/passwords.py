"""Passwords: what a good one is, their bcrypt hashes, and comparing without telling anything.

Needs the extra `security`.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from pgrepo.errors import PgrepoError, UsageError

if TYPE_CHECKING:
    from types import ModuleType

__all__ = ["LONGEST", "ROUNDS", "SHORTEST", "AsyncPasswords", "PasswordError", "Passwords"]

ROUNDS: Final = 12
"""The cost of a hash: bcrypt does 2 ** 12 rounds."""
SHORTEST: Final = 8
"""Characters."""
LONGEST: Final = 72
"""Bytes in UTF-8. bcrypt looks at no more, so that a longer one would be cut."""

# Of a password that nobody knows. An account that does not exist is compared with it, so that it
# takes as long as one that does.
_DECOY = "$2b$12$jmm94RlrX5jp6.8pUIT0IOBrOVJfVRAKGLFYdaO3I8lDMIvn7N1Lu"


class PasswordError(PgrepoError):
    """The password is not good enough; the message says why, and never what it was."""


class Passwords:
    """Hashes and compares passwords."""

    @staticmethod
    def hash(password: str) -> str:
        """Returns the hash of a new password.

        Raises:
            PasswordError: the password breaks a rule.
            UsageError: bcrypt is not installed.
        """
        refuse_weak(password)
        module = _bcrypt()
        hashed: bytes = module.hashpw(password.encode(), module.gensalt(ROUNDS))
        return hashed.decode("ascii")

    @staticmethod
    def match(password: str, password_hash: str | None) -> bool:
        """Tells whether a hash is that of a password; of no hash, after the same time, no.

        Raises:
            UsageError: bcrypt is not installed.
        """
        # No hash was ever made of what bcrypt cannot take whole. Telling so at once would tell
        # nothing about accounts, but the time is the same for everything this way.
        encoded = password.encode("utf-8", "surrogatepass")
        possible = len(encoded) <= LONGEST and b"\0" not in encoded
        against = (password_hash or _DECOY).encode()
        same: bool = _bcrypt().checkpw(encoded if possible else b"", against)
        return same and possible and password_hash is not None


class AsyncPasswords:
    """The same in a thread: a hash takes a quarter of a second, in which others may run."""

    @staticmethod
    async def hash(password: str) -> str:
        """As in Passwords."""
        return await asyncio.to_thread(Passwords.hash, password)

    @staticmethod
    async def match(password: str, password_hash: str | None) -> bool:
        """As in Passwords."""
        return await asyncio.to_thread(Passwords.match, password, password_hash)


def refuse_weak(password: str) -> None:
    """Raises PasswordError if a new password breaks a rule."""
    if len(password) < SHORTEST:
        raise PasswordError(f"the password is too short: it needs {SHORTEST} characters")
    try:
        size = len(password.encode())
    except UnicodeEncodeError:
        raise PasswordError("the password has characters that are no text") from None
    if size > LONGEST:
        raise PasswordError(
            f"the password is too long: it has {size} bytes in UTF-8, and bcrypt looks at the "
            f"first {LONGEST} only"
        )
    if "\0" in password:
        raise PasswordError("the password has a character that cannot be typed, NUL")
    lacking = [
        what
        for what, is_there in (
            ("a lower-case letter", str.islower),
            ("an upper-case letter", str.isupper),
            ("a digit", str.isdecimal),
        )
        if not any(map(is_there, password))
    ]
    if lacking:
        raise PasswordError(f"the password is too simple: it needs {' and '.join(lacking)}")


def _bcrypt() -> ModuleType:
    try:
        import bcrypt  # noqa: PLC0415 - of an extra
    except ImportError as error:
        raise UsageError(
            "passwords need bcrypt, which is not installed: pip install 'pgrepo[security]'"
        ) from error
    return bcrypt

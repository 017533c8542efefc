"""A ring of AES-256-GCM keys: encrypts with the current one, decrypts with any.

Needs the extra `security`. What it writes is `v1.<key's id>.<nonce, ciphertext and tag>`, the last
part in base64url. Nonces are random, so that one key must not encrypt more than 2 ** 32 times.
"""

from __future__ import annotations

import base64
import binascii
import os
import re
from typing import TYPE_CHECKING, Any, NoReturn

from pgrepo.errors import PgrepoError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["KeyRing", "SecretError"]

_FORMAT = re.compile(r"v1\.(?P<id>[A-Za-z0-9_-]{1,64})\.(?P<body>[A-Za-z0-9_-]+)")
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_KEY_BYTES = 32
_NONCE_BYTES = 12


class SecretError(PgrepoError):
    """A secret cannot be decrypted; the message says where it is, and never what it is."""


class KeyRing:
    """The keys, by ids of your choice.

    To change keys, add a new one as the current one everywhere, run `reencrypt_api_keys` until it
    returns 0, and take the old one off when `key_ids` does not name it any more.

    Args:
        keys: 32 bytes each, by id: letters, digits, `_` and `-`. `KeyRing.new_key()` makes one;
            keep them where the database's backups are not.
        current: the id of the one to encrypt with.

    Attributes:
        current: its id.
        retired: the ids of the others.
    """

    __slots__ = ("_ciphers", "current", "retired")

    def __init__(self, keys: Mapping[str, bytes], *, current: str) -> None:
        for key_id, key in keys.items():
            if not _ID.fullmatch(key_id):
                raise UsageError(
                    "KeyRing: a key's id has up to 64 letters, digits, _ and -; one of these is "
                    "another text"
                )
            if not isinstance(key, bytes) or len(key) != _KEY_BYTES:
                raise UsageError(
                    f"KeyRing: the key {key_id} must be {_KEY_BYTES} bytes; KeyRing.new_key() "
                    "makes one"
                )
        if current not in keys:
            raise UsageError(
                f"KeyRing: the current key is none of the ring's, which are {', '.join(keys)}"
            )
        cipher = _aesgcm()
        self._ciphers = {key_id: cipher(key) for key_id, key in keys.items()}
        self.current = current
        self.retired = tuple(sorted(set(keys) - {current}))

    @staticmethod
    def new_key() -> bytes:
        """Returns a new random key."""
        return os.urandom(_KEY_BYTES)

    def encrypt(self, secret: str, aad: str) -> str:
        """Encrypts a text with the current key.

        Args:
            secret: the text.
            aad: names the place where it is going to be. It decrypts nowhere else.
        """
        nonce = os.urandom(_NONCE_BYTES)
        body = nonce + self._ciphers[self.current].encrypt(nonce, secret.encode(), aad.encode())
        return f"v1.{self.current}.{base64.urlsafe_b64encode(body).decode().rstrip('=')}"

    def decrypt(self, ciphertext: str, aad: str) -> str:
        """Decrypts what encrypt() wrote for the same place, with the key that it names.

        Raises:
            SecretError: it is of another place, was tampered with, or its key is not on the ring.
        """
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - of an extra

        if (found := _FORMAT.fullmatch(ciphertext)) is None:
            raise SecretError(f"{aad}: this is nothing that a key ring has encrypted")
        if (cipher := self._ciphers.get(found["id"])) is None:
            raise SecretError(
                f"{aad}: it was encrypted with the key {found['id']}, which is not on this ring "
                f"({', '.join(self._ciphers)}): put it back until everything is encrypted anew"
            )
        body = found["body"]
        try:
            data = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))
            plain: bytes = cipher.decrypt(data[:_NONCE_BYTES], data[_NONCE_BYTES:], aad.encode())
        except (InvalidTag, ValueError, binascii.Error):
            raise SecretError(
                f"{aad}: it cannot be decrypted: it was made for another place, or with another "
                f"key of the name {found['id']}, or was changed"
            ) from None
        return plain.decode()

    def __repr__(self) -> str:
        return f"KeyRing(ids={sorted(self._ciphers)}, current={self.current!r})"

    def __reduce__(self) -> NoReturn:
        raise UsageError("a KeyRing cannot be pickled or copied: it would take the keys along")


def _aesgcm() -> Any:
    try:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415
    except ImportError as error:
        raise UsageError(
            "API keys need cryptography, which is not installed: pip install 'pgrepo[security]'"
        ) from error
    return AESGCM

"""Accounts and logins."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from pgrepo.domains.audiotricks.passwords import AsyncPasswords, refuse_weak
from pgrepo.domains.audiotricks.tokens import OpenedSession, new_token, token_hash
from pgrepo.runtime.types import UNSET, Unset

if TYPE_CHECKING:
    from uuid import UUID

    from pgrepo.domains.audiotricks import AsyncAudiotricks
    from pgrepo.domains.audiotricks.sessions import SessionUser
    from pgrepo.domains.audiotricks.users import Credentials, User

_MONTH = timedelta(days=30)


class AsyncAccounts:
    """Registers people and logs them in. Passwords and tokens never reach the database.

    Args:
        audiotricks: the domain; with row-level security, `audiotricks.for_login()`.
    """

    def __init__(self, audiotricks: AsyncAudiotricks) -> None:
        self._users = audiotricks.users
        self._sessions = audiotricks.sessions

    async def register(self, *, email: str, username: str, password: str) -> User:
        """Creates an account and returns it.

        Raises:
            PasswordError: the password is too short, too long or too simple.
            CheckViolation: the email or the username has not the shape of one.
            UniqueViolation: the email or the username is taken.
        """
        hashed = await AsyncPasswords.hash(password)
        return await self._users.register(email=email, username=username, password_hash=hashed)

    async def authenticate(self, *, login: str, password: str) -> User | None:
        """Returns the account with an email or username and a password, and records the login.

        None for a wrong password, an unknown login and a closed account alike, after the same
        time.
        """
        found = await self._compare(login, password)
        if found is None:
            return None
        return await self._users.touch_last_login(
            user_id=found.id, password_hash=found.password_hash
        )

    async def log_in(
        self, *, login: str, password: str, valid_for: timedelta = _MONTH
    ) -> OpenedSession | None:
        """Authenticates and opens a session; None where authenticate() returns None.

        Of a password that is changed in the meantime, no session is opened.
        """
        found = await self._compare(login, password)
        if found is None:
            return None
        opened = await self._open(found.id, valid_for, found.password_hash)
        if opened is not None:
            await self._users.touch_last_login(user_id=found.id)
        return opened

    async def change_password(self, *, user_id: UUID, password: str, new_password: str) -> bool:
        """Replaces a password by its owner's word, and closes all sessions.

        False, and nothing is changed, if the password is not the one that it is.

        Raises:
            PasswordError: the new password is too short, too long or too simple.
        """
        refuse_weak(new_password)
        found = await self._users.credentials_of(user_id=user_id)
        current = None if found is None else found.password_hash
        if not await AsyncPasswords.match(password, current) or current is None:
            return False
        hashed = await AsyncPasswords.hash(new_password)
        changed = await self._users.set_password_hash(
            user_id=user_id, password_hash=hashed, current_hash=current
        )
        return changed == 1

    async def set_password(self, *, user_id: UUID, password: str) -> bool:
        """Replaces a password without asking for the old one, and closes all sessions.

        False if there is no such account, or it is closed.

        Raises:
            PasswordError: the password is too short, too long or too simple.
        """
        hashed = await AsyncPasswords.hash(password)
        return await self._users.set_password_hash(user_id=user_id, password_hash=hashed) == 1

    async def open_session(
        self, *, user_id: UUID, valid_for: timedelta = _MONTH
    ) -> OpenedSession | None:
        """Opens a session and returns it with its token, which is never to be seen again.

        None if there is no such account, or it is closed.
        """
        return await self._open(user_id, valid_for, UNSET)

    async def session_user(self, *, token: str) -> SessionUser | None:
        """Returns whose session a token is.

        None for a token that is expired, closed or unknown, or whose account is closed.
        """
        return await self._sessions.session_user(token_hash=token_hash(token))

    async def close_session(self, *, token: str) -> bool:
        """Ends a session: logging out. False if there was none."""
        return await self._sessions.close_session(token_hash=token_hash(token)) == 1

    async def _compare(self, login: str, password: str) -> Credentials | None:
        found = await self._users.credentials(login=login)
        current = None if found is None else found.password_hash
        return found if await AsyncPasswords.match(password, current) else None

    async def _open(
        self, user_id: UUID, valid_for: timedelta, password_hash: str | Unset
    ) -> OpenedSession | None:
        token = new_token()
        opened = await self._sessions.open_session(
            user_id=user_id,
            token_hash=token_hash(token),
            valid_for=valid_for,
            password_hash=password_hash,
        )
        if opened is None:
            return None
        return OpenedSession(opened.id, opened.user_id, opened.expires_at, token)

# Derived from src/pgrepo/domains/audiotricks/_async/api_keys.py by tools/async_to_sync.py: do not edit.
"""People's API keys, encrypted before they reach the database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgrepo.domains.audiotricks.places import PROVIDERS, place, refuse_empty, reencrypted

if TYPE_CHECKING:
    from uuid import UUID

    from pgrepo.domains.audiotricks import Audiotricks
    from pgrepo.domains.audiotricks.keyring import KeyRing
    from pgrepo.domains.audiotricks.places import Provider
    from pgrepo.domains.audiotricks.user_settings import Ciphertext


class ApiKeys:
    """Keeps people's API keys. The database knows ciphertexts only, each bound to its place.

    Args:
        audiotricks: the domain; with row-level security, `for_user(…)`, or `for_operator()` to
            encrypt everything anew.
        ring: the keys to encrypt with.
    """

    def __init__(self, audiotricks: Audiotricks, ring: KeyRing) -> None:
        self._settings = audiotricks.user_settings
        self._ring = ring

    def set_api_key(self, *, user_id: UUID, provider: Provider, api_key: str) -> None:
        """Stores a user's key to a service in place of the one before."""
        refuse_empty(api_key)
        self._store(user_id, provider, self._ring.encrypt(api_key, place(provider, user_id)))

    def remove_api_key(self, *, user_id: UUID, provider: Provider) -> None:
        """Forgets a user's key to a service."""
        self._store(user_id, provider, None)

    def api_key(self, *, user_id: UUID, provider: Provider) -> str | None:
        """Returns a user's key to a service; None if there is none.

        Raises:
            SecretError: it cannot be decrypted.
        """
        where = place(provider, user_id)
        read = (
            self._settings.openai_ciphertext
            if provider == "openai"
            else self._settings.elevenlabs_ciphertext
        )
        ciphertext = read(user_id=user_id)
        return None if ciphertext is None else self._ring.decrypt(ciphertext, where)

    def reencrypt_api_keys(self, *, batch_size: int = 100) -> int:
        """Encrypts a batch of keys anew that a retired key of the ring has encrypted.

        Returns how many; 0 means that none are left. What is left to be done is what the
        database says, so it can be stopped at any point and called again, by several at once too.
        A key that its user sets in the meantime stays.

        Raises:
            SecretError: one of them cannot be decrypted. The others of its batch are not encrypted
                anew; remove it, and call again.
        """
        for provider in PROVIDERS:
            while found := self._retired(provider, batch_size):
                changed = self._replace(provider, found)
                if changed:
                    return changed
        return 0

    def _store(self, user_id: UUID, provider: Provider, ciphertext: str | None) -> None:
        place(provider, user_id)
        if provider == "openai":
            self._settings.set_openai_ciphertext(user_id=user_id, ciphertext=ciphertext)
        else:
            self._settings.set_elevenlabs_ciphertext(user_id=user_id, ciphertext=ciphertext)

    def _retired(self, provider: Provider, batch_size: int) -> list[Ciphertext]:
        read = (
            self._settings.openai_ciphertexts
            if provider == "openai"
            else self._settings.elevenlabs_ciphertexts
        )
        return read(key_ids=self._ring.retired, batch_size=batch_size)

    def _replace(self, provider: Provider, found: list[Ciphertext]) -> int:
        replace = (
            self._settings.replace_openai_ciphertexts
            if provider == "openai"
            else self._settings.replace_elevenlabs_ciphertexts
        )
        return replace(
            user_ids=[row.user_id for row in found],
            old_ciphertexts=[row.ciphertext for row in found],
            new_ciphertexts=[
                reencrypted(self._ring, provider, row.user_id, row.ciphertext) for row in found
            ],
        )

"""Where people's API keys are: what each ciphertext is bound to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, TypeAlias, get_args

from pgrepo.errors import UsageError

if TYPE_CHECKING:
    from uuid import UUID

    from pgrepo.domains.audiotricks.keyring import KeyRing

__all__ = ["PROVIDERS", "Provider", "place", "reencrypted", "refuse_empty"]

Provider: TypeAlias = Literal["openai", "elevenlabs"]
"""The services that people may have a key to."""

PROVIDERS: Final[tuple[Provider, ...]] = get_args(Provider)


def place(provider: Provider, user_id: UUID) -> str:
    """Names where a key is: what its ciphertext is bound to.

    Raises:
        UsageError: there is no such service.
    """
    if provider not in PROVIDERS:
        raise UsageError(f"there is no place for such a key; there is {', '.join(PROVIDERS)}")
    return f"user_settings|{provider}_api_key_encrypted|{user_id}"


def refuse_empty(api_key: str) -> None:
    """Raises UsageError for a key that is none."""
    if not api_key:
        raise UsageError("an API key is not empty; remove_api_key() forgets one")


def reencrypted(ring: KeyRing, provider: Provider, user_id: UUID, ciphertext: str) -> str:
    """Returns a key's ciphertext with the ring's current key."""
    where = place(provider, user_id)
    return ring.encrypt(ring.decrypt(ciphertext, where), where)

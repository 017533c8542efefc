"""The JSON documents: a user's settings, and what was made of a recording.

Keys are in camelCase in the database, where they have more than one word, and attributes in
snake_case here. What is not there is `UNSET`. Documents may hold other keys as well:
`unknown_keys` has them, and they are written back.
"""

from __future__ import annotations

from typing import Annotated, Self, TypeAlias

import msgspec
from msgspec import UNSET, Meta, UnsetType

from pgrepo.runtime.documents import Document

__all__ = [
    "AudioDefaults",
    "KeyMoment",
    "KeyMoments",
    "Notifications",
    "ProcessingOptions",
    "SettingsDocument",
    "UserSettings",
]


class Notifications(Document, rename="camel"):
    """What a user is told, and where."""

    email: bool | UnsetType = UNSET
    browser: bool | UnsetType = UNSET


class AudioDefaults(Document, rename="camel"):
    """How a user's audio is made unless something else is asked for."""

    format: str | UnsetType = UNSET
    """Such as `mp3`."""
    quality: str | UnsetType = UNSET
    """Such as `high`."""


class UserSettings(Document, rename="camel"):
    """What a user prefers, or some of it: `merge_settings` takes what is to change."""

    theme: str | UnsetType = UNSET
    """Such as `dark`."""
    auto_save: bool | UnsetType = UNSET
    notifications: Notifications | UnsetType = UNSET
    audio_defaults: AudioDefaults | UnsetType = UNSET


SettingsDocument: TypeAlias = UserSettings
"""The same, where the repository `UserSettings` has the name already."""


class ProcessingOptions(Document, rename="camel"):
    """How a recording was processed."""

    language: str | UnsetType = UNSET
    model: str | UnsetType = UNSET
    """What transcribed it, such as `whisper-1`."""
    summary_style: str | UnsetType = UNSET
    """Such as `detailed`."""
    include_timestamps: bool | UnsetType = UNSET
    speaker_diarization: bool | UnsetType = UNSET
    """Whether speakers were told apart."""


class KeyMoment(Document, rename="camel"):
    """Something in a recording that matters."""

    timestamp: Annotated[str, Meta(pattern="^[0-9]{2,}:[0-5][0-9]:[0-5][0-9]$")]
    """Required. Hours, minutes and seconds from the start, `00:01:23`."""
    description: str
    """Required."""
    confidence: Annotated[float, Meta(ge=0, le=1)] | UnsetType = UNSET
    """From 0 to 1."""


class KeyMoments(list[KeyMoment]):
    """The key moments of a recording: a list that keeps what it does not know of each."""

    @classmethod
    def __from_json__(cls, data: bytes | str) -> Self:
        """Reads an array; raises msgspec.ValidationError where it does not fit."""
        parts = msgspec.json.decode(data, type=list[msgspec.Raw])
        return cls(KeyMoment.__from_json__(bytes(part)) for part in parts)

    def __to_json__(self) -> bytes:
        """Writes the array; raises msgspec.ValidationError where it does not fit."""
        return b"[" + b",".join(moment.__to_json__() for moment in self) + b"]"

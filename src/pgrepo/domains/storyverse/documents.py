"""The scene bible: what is established in a scene, and must stay true.

A bible is one JSON document a version, in `scene_bibles.data`. Its keys are in camelCase there,
and attributes in snake_case here. Only what is marked required has to be there; a list or an
object that is not there is an empty one, and anything else is `UNSET`. A document may hold other
keys as well: `unknown_keys` has them, and they are written back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

from msgspec import UNSET, Meta, UnsetType, field

from pgrepo.runtime.documents import Document

__all__ = [
    "Character",
    "Location",
    "MajorEvent",
    "PlotThread",
    "ReferenceAssets",
    "Relationship",
    "SceneBible",
    "Setting",
    "StyleGuide",
    "Timeline",
]

if TYPE_CHECKING:
    Integer: TypeAlias = int
else:
    # To JSON Schema 1.0 is an integer; to msgspec it is none. _whole() makes an int of it.
    Integer = int | float

EntityId: TypeAlias = Annotated[str, Meta(pattern="^char_[a-z0-9]+$")]
"""Names a character for good, whatever it is called: `char_abc123`."""


class Relationship(Document, rename="camel"):
    """What a character is to another one."""

    target_entity_id: str | UnsetType = UNSET
    relationship_type: str | UnsetType = UNSET


class ReferenceAssets(Document, rename="camel"):
    """Files that keep a character's looks and voice the same."""

    portrait_url: str | UnsetType = UNSET
    voice_anchor_url: str | UnsetType = UNSET
    style_frame_url: str | UnsetType = UNSET


class Character(Document, rename="camel"):
    """Somebody in the story."""

    entity_id: EntityId
    """Required. Stays when the character is renamed."""
    canonical_name: str
    """Required. The name that the story uses."""
    aliases: list[str] = field(default_factory=list)
    """Other names."""
    description: str | UnsetType = UNSET
    """Looks and personality."""
    traits: list[str] = field(default_factory=list)
    relationships: list[Relationship] = field(default_factory=list)
    reference_assets: ReferenceAssets = field(default_factory=ReferenceAssets)
    introduced_in_segment: Integer | UnsetType = UNSET
    """Sequence number of the segment in which the character first appears."""
    is_active: bool = True
    """Whether the character can still appear."""

    def __post_init__(self) -> None:
        self.introduced_in_segment = _whole(self.introduced_in_segment)


class Location(Document, rename="camel"):
    """A place in the story."""

    name: str | UnsetType = UNSET
    description: str | UnsetType = UNSET


class Setting(Document, rename="camel"):
    """Where and when the story is set."""

    primary_location: str | UnsetType = UNSET
    time_period: str | UnsetType = UNSET
    world_rules: list[str] = field(default_factory=list)
    locations: list[Location] = field(default_factory=list)


class MajorEvent(Document, rename="camel"):
    """Something that changed the story."""

    segment_number: Integer | UnsetType = UNSET
    event: str | UnsetType = UNSET
    consequences: str | UnsetType = UNSET

    def __post_init__(self) -> None:
        self.segment_number = _whole(self.segment_number)


class Timeline(Document, rename="camel"):
    """What has happened, and when the story is now."""

    current_point: str | UnsetType = UNSET
    major_events: list[MajorEvent] = field(default_factory=list)


class PlotThread(Document, rename="camel"):
    """A question that the story has raised."""

    id: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    status: Literal["active", "resolved", "abandoned"] | UnsetType = UNSET


class StyleGuide(Document, rename="camel"):
    """How the story is told and shown."""

    tone: str | UnsetType = UNSET
    genre: str | UnsetType = UNSET
    visual_style: str | UnsetType = UNSET
    narrative_style: str | UnsetType = UNSET


class SceneBible(Document, rename="camel"):
    """Everything that is established in a scene."""

    version: Integer
    """Required. The version that the row has; appending sets it."""
    characters: list[Character]
    """Required."""
    setting: Setting
    """Required."""
    timeline: Timeline
    """Required."""
    plot_threads: list[PlotThread] = field(default_factory=list)
    style_guide: StyleGuide = field(default_factory=StyleGuide)

    def __post_init__(self) -> None:
        self.version = _whole(self.version)


def _whole(number: Any) -> Any:
    """Makes an int of a float that has no fraction; raises ValueError for one that has."""
    if not isinstance(number, float):
        return number
    if not number.is_integer():
        raise ValueError("an integer has no fraction")
    return int(number)

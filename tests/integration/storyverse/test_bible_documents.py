"""Scene bibles as documents: the types, the JSON Schema and the database agree."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import msgspec
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from jsonschema import Draft7Validator
from psycopg.types.json import Jsonb

from pgrepo import DataError, UsageError
from pgrepo.domains.storyverse.documents import Character, PlotThread, SceneBible
from tests.integration.storyverse.bible_schema import DOCUMENTS, SCHEMA, fitting
from tests.integration.storyverse.world import empty_bible

if TYPE_CHECKING:
    from uuid import UUID

    from tests.integration.storyverse.world import World

EXAMPLES = int(os.environ.get("PGREPO_BIBLES", "200"))
JUDGE = Draft7Validator(SCHEMA)
CHARACTER = {"entityId": "char_1", "canonicalName": "Ada"}
FOREIGN = (
    '{"version": 1, "mood": 1.10, "setting": {"map": [1, null]}, "timeline": {},'
    ' "characters": [{"entityId": "char_1", "canonicalName": "Ada", "age": 1e3}]}'
)
SMALLEST = {"version": 1, "characters": [], "setting": {}, "timeline": {}}


def accepts(data: str) -> bool:
    """Whether our types take a document, by msgspec alone and as the repositories do."""
    found = []
    for read in (SceneBible.__from_json__, msgspec.json.Decoder(SceneBible).decode):
        try:
            read(data)
        except msgspec.ValidationError:
            found.append(False)
        else:
            found.append(True)
    assert found[0] == found[1]
    return found[0]


def holds(whole: Any, part: Any) -> bool:
    """Whether a document has everything of another one; lists and objects may be new."""
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(
            key in whole and holds(whole[key], value) for key, value in part.items()
        )
    if isinstance(part, list):
        return len(whole) == len(part) and all(map(holds, whole, part))
    return bool(whole == part)


@settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
@given(document=DOCUMENTS)
def test_the_types_agree_with_the_schema(document: Any) -> None:
    """Our types take exactly the documents that the JSON Schema does."""
    assert accepts(json.dumps(document)) is JUDGE.is_valid(document)


@settings(max_examples=EXAMPLES // 3, suppress_health_check=list(HealthCheck))
@given(document=fitting(SCHEMA))
def test_nothing_is_lost_on_the_way(document: Any) -> None:
    """What goes in comes out, keys that nobody knows included, and still fits."""
    written = json.loads(SceneBible.__from_json__(json.dumps(document)).__to_json__())
    assert holds(written, document)
    assert JUDGE.is_valid(written)
    again = json.loads(SceneBible.__from_json__(json.dumps(written)).__to_json__())
    assert again == written


@pytest.mark.parametrize(
    "change",
    [
        {"version": 1.5},
        {"version": True},
        {"version": None},
        {"characters": None},
        {"characters": [CHARACTER | {"entityId": "char_"}]},
        {"characters": [CHARACTER | {"entityId": "CHAR_1"}]},
        {"characters": [{"entityId": "char_1"}]},
        {"characters": [CHARACTER | {"introducedInSegment": 1.5}]},
        {"characters": [CHARACTER | {"aliases": None}]},
        {"characters": [CHARACTER | {"isActive": 1}]},
        {"plotThreads": [{"status": "forgotten"}]},
        {"styleGuide": []},
        {"timeline": {"majorEvents": [{"segmentNumber": "1"}]}},
    ],
    ids=str,
)
def test_what_does_not_fit(change: dict[str, Any]) -> None:
    """Each rule of the schema refuses what breaks it."""
    assert accepts(json.dumps(SMALLEST))
    assert not JUDGE.is_valid(SMALLEST | change)
    assert not accepts(json.dumps(SMALLEST | change))


def test_attributes() -> None:
    """Snake case in Python, camel case on the wire; a character is active unless it says no."""
    bible = SceneBible.__from_json__(
        json.dumps(SMALLEST | {"version": 3.0, "characters": [CHARACTER]})
    )
    assert type(bible.version) is int
    (ada,) = bible.characters
    assert (ada.entity_id, ada.canonical_name, ada.is_active) == ("char_1", "Ada", True)
    assert ada.description is msgspec.UNSET
    ada.introduced_in_segment = 2
    bible.plot_threads.append(PlotThread(id="t", status="active"))
    written = json.loads(bible.__to_json__())
    assert written["characters"][0]["introducedInSegment"] == 2
    assert written["plotThreads"] == [{"id": "t", "status": "active"}]
    assert "description" not in written["characters"][0]


def test_keys_that_nobody_knows_come_back_from_the_database(world: World) -> None:
    """Read, change and append: what others have written into the document stays, to the digit."""
    scene_id = world.scene()
    world.connection.execute(
        "UPDATE storyverse.scene_bibles SET data = %s::jsonb WHERE scene_id = %s",
        (FOREIGN, scene_id),
    )
    bibles = world.storyverse.scene_bibles
    found = bibles.latest_bible(scene_id=scene_id)
    assert found is not None
    assert bytes(found.data.unknown_keys["mood"]) == b"1.10"
    found.data.characters.append(Character(entity_id="char_2", canonical_name="Bob"))
    bibles.append_bible(scene_id=scene_id, expected_version=1, data=found.data)
    told = world.query(
        "SELECT data ->> 'mood', data #>> '{setting,map}', data #>> '{characters,0,age}' "
        "FROM storyverse.scene_bibles WHERE version = 2"
    )
    assert told == [("1.10", "[1, null]", "1000")]


def test_what_does_not_fit_is_not_sent(world: World) -> None:
    """Types are checked when a document is written, and the error tells where, not what."""
    scene_id = world.scene()
    bible = empty_bible()
    bible.characters.append(Character(entity_id="CHAR SECRET", canonical_name="Ada"))
    with pytest.raises((UsageError, DataError)) as caught:
        world.storyverse.scene_bibles.append_bible(
            scene_id=scene_id, expected_version=1, data=bible
        )
    assert "SceneBible" in str(caught.value)
    assert "SECRET" not in str(caught.value)
    assert world.value("SELECT count(*) FROM storyverse.scene_bibles") == 1


def refuses(world: World, scene_id: UUID, document: Any) -> bool:
    """Whether the database refuses a document, whoever writes it."""
    try:
        with world.connection.transaction(force_rollback=True):
            world.connection.execute(
                "INSERT INTO storyverse.scene_bibles (scene_id, version, data) VALUES (%s, 2, %s)",
                (scene_id, Jsonb(document)),
            )
    except psycopg.errors.CheckViolation as error:
        if error.diag.constraint_name not in {
            "scene_bibles_data_check",
            "scene_bibles_characters_check",
        }:
            raise
        return True
    return False


def test_the_database_refuses_what_lacks_required_keys(world: World) -> None:
    """Without a required key, or with one of another kind, nobody can store a document."""
    scene_id = world.scene()
    full: dict[str, Any] = SMALLEST | {"characters": [CHARACTER], "more": 1}
    assert not refuses(world, scene_id, full)
    for key in SMALLEST:
        assert refuses(world, scene_id, {k: v for k, v in full.items() if k != key}), key
        assert refuses(world, scene_id, full | {key: None}), key
    for key in CHARACTER:
        character = {k: v for k, v in CHARACTER.items() if k != key}
        assert refuses(world, scene_id, full | {"characters": [CHARACTER, character]}), key
    for wrong in (None, 1, "x", [], [full], {}):
        assert refuses(world, scene_id, wrong), wrong
    for characters in ([[CHARACTER]], [None], ["x"], {}, [[]]):
        assert refuses(world, scene_id, full | {"characters": characters}), characters
    assert refuses(world, scene_id, full | {"version": 1.5})
    assert not refuses(world, scene_id, full | {"version": 1.0})


@settings(
    max_examples=max(20, EXAMPLES // 6), deadline=None, suppress_health_check=list(HealthCheck)
)
@given(document=DOCUMENTS)
def test_the_database_takes_whatever_fits(world: World, document: Any) -> None:
    """It never refuses a valid document; what it takes at least has the required keys."""
    scene_id = world.value("SELECT max(id::text) FROM storyverse.scenes") or world.scene()
    if JUDGE.is_valid(document):
        assert not refuses(world, scene_id, document)
    elif not refuses(world, scene_id, document):
        assert document.keys() >= SMALLEST.keys()
        assert all(character.keys() >= CHARACTER.keys() for character in document["characters"])

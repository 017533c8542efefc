"""JSON that statements build, all the way: generated classes, and values decoded into them."""

from __future__ import annotations

import dataclasses
import importlib
import sys
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Literal, get_type_hints
from uuid import UUID

import pytest
from psycopg import connect

from pgrepo import Database
from pgrepo.compiler.compile import compile_domain
from pgrepo.domains.monumento import Monumento
from pgrepo.domains.monumento.documents import SpokenMessage
from pgrepo.domains.monumento.sessions import SessionWithMessages
from pgrepo.project import DomainFiles, shipped_domain
from pgrepo.sqlfiles.queries import read_query_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PACKAGE = "pgrepo_test_documents"
SCHEMA = """
CREATE SCHEMA press;
CREATE TYPE press.binding AS ENUM ('paper', 'cloth');
CREATE TABLE press.series (
    id uuid CONSTRAINT series_pkey PRIMARY KEY,
    title text NOT NULL
);
CREATE TABLE press.volumes (
    id integer CONSTRAINT volumes_pkey PRIMARY KEY,
    series_id uuid NOT NULL CONSTRAINT volumes_series_id_fkey REFERENCES press.series (id),
    binding press.binding NOT NULL,
    printed_on date
);
CREATE TABLE press.chapters (
    volume_id integer NOT NULL CONSTRAINT chapters_volume_id_fkey REFERENCES press.volumes (id),
    number integer NOT NULL,
    kind text NOT NULL CONSTRAINT chapters_kind_check CHECK (kind IN ('prose', 'verse')),
    editor_id uuid,
    revised_at timestamptz,
    CONSTRAINT chapters_pkey PRIMARY KEY (volume_id, number)
);
"""
ROWS = """
INSERT INTO press.series VALUES
('00000000-0000-0000-0000-00000000000a', 'Rivers'),
('00000000-0000-0000-0000-00000000000b', 'Roads');
INSERT INTO press.volumes VALUES
(1, '00000000-0000-0000-0000-00000000000a', 'cloth', '2020-02-29'),
(2, '00000000-0000-0000-0000-00000000000a', 'paper', NULL);
INSERT INTO press.chapters VALUES
(1, 1, 'prose', '00000000-0000-0000-0000-0000000000ff', '2026-01-02 03:04:05+00'),
(1, 2, 'verse', NULL, NULL);
"""
CHAPTERS = """
                        SELECT COALESCE(
                            jsonb_agg(
                                jsonb_build_object(
                                    'number', chapter.number,
                                    'kind', chapter.kind,
                                    'editor', chapter.editor_id,
                                    'revised_at', chapter.revised_at
                                )
                                ORDER BY chapter.number
                            ),
                            '[]'
                        )
                        FROM press.chapters AS chapter
                        WHERE chapter.volume_id = volume.id
"""
QUERIES = f"""\
-- Series and what is in them.

-- name: series_in_depth(series_id)^
-- Returns a series, as one document.
SELECT
    json_build_object(
        'title', series.title,
        'volumes', (
            SELECT json_agg(
                json_build_object(
                    'id', volume.id,
                    'binding', volume.binding,
                    'edition', json_build_object(
                        'printed_on', volume.printed_on,
                        'chapters', ({CHAPTERS})
                    )
                )
                ORDER BY volume.id
            )
            FROM press.volumes AS volume
            WHERE volume.series_id = series.id
        )
    ) AS document
FROM press.series AS series
WHERE series.id = :series_id;

-- name: volumes_or_none()
-- Returns series with their volumes, where there are none with one that is none.
SELECT series.title, json_agg(volume ORDER BY volume.id) AS volumes
FROM press.series AS series
LEFT JOIN press.volumes AS volume ON volume.series_id = series.id
GROUP BY series.id
ORDER BY series.title;

-- name: volumes_only()
-- Returns series with their volumes.
SELECT
    series.title,
    COALESCE(
        json_agg(volume ORDER BY volume.id) FILTER (WHERE volume.id IS NOT NULL), '[]'
    ) AS volumes
FROM press.series AS series
LEFT JOIN press.volumes AS volume ON volume.series_id = series.id
GROUP BY series.id
ORDER BY series.title;

-- name: numbers_or_none()
-- Returns series with the numbers of their volumes.
SELECT series.title, json_agg(volume.id ORDER BY volume.id) AS ids
FROM press.series AS series
LEFT JOIN press.volumes AS volume ON volume.series_id = series.id
GROUP BY series.id
ORDER BY series.title;
"""
RIVERS = UUID("00000000-0000-0000-0000-00000000000a")
ROADS = UUID("00000000-0000-0000-0000-00000000000b")


@pytest.fixture(scope="module")
def module(server_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The generated module."""
    root: Path = tmp_path_factory.mktemp("documents")
    domain = DomainFiles("press", root, root / "sql", root / "queries", root / PACKAGE)
    for directory in (domain.sql, domain.queries, root / PACKAGE):
        directory.mkdir()
    (domain.sql / "V001__press.sql").write_text(SCHEMA)
    (domain.queries / "series.sql").write_text(QUERIES)
    for name, text in compile_domain(domain, server_url).items():
        (root / PACKAGE / name).write_text(text)
    sys.path.insert(0, str(root))
    try:
        yield importlib.import_module(f"{PACKAGE}.series")
    finally:
        sys.path.remove(str(root))
        for name in [name for name in sys.modules if name.split(".")[0] == PACKAGE]:
            del sys.modules[name]


@pytest.fixture
def series(module: Any, database_url: str) -> Iterator[Any]:
    """The repository, on rows."""
    with connect(database_url, autocommit=True) as connection:
        connection.execute(SCHEMA + ROWS)
    package = importlib.import_module(module.__package__)
    with Database(database_url) as database:
        yield package.Press(database).series


def hints(made: type[Any]) -> dict[str, Any]:
    """The types of a generated class's fields, which is a dataclass without a dictionary."""
    assert dataclasses.is_dataclass(made)
    assert "__dict__" not in dir(made)
    return get_type_hints(made)


def test_three_levels(module: Any, series: Any) -> None:
    """An object in an array in an object in an array: classes, types, and values in them."""
    document = module.SeriesInDepthDocument
    volume = module.SeriesInDepthDocumentVolume
    edition = module.SeriesInDepthDocumentVolumeEdition
    chapter = module.SeriesInDepthDocumentVolumeEditionChapter
    assert hints(document) == {"title": str, "volumes": list[volume] | None}
    assert hints(volume) == {"id": int, "binding": Literal["paper", "cloth"], "edition": edition}
    assert hints(edition) == {"printed_on": date | None, "chapters": list[chapter]}
    assert hints(chapter) == {
        "number": int,
        "kind": Literal["prose", "verse"],
        "editor": UUID | None,
        "revised_at": datetime | None,
    }
    revised = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    first = chapter(1, "prose", UUID("00000000-0000-0000-0000-0000000000ff"), revised)
    expected = [
        volume(1, "cloth", edition(date(2020, 2, 29), [first, chapter(2, "verse", None, None)])),
        volume(2, "paper", edition(None, [])),
    ]
    found = series.series_in_depth(series_id=RIVERS)
    assert found.document == document("Rivers", expected)
    assert series.series_in_depth(series_id=ROADS).document == document("Roads", None)


def test_outer_join_makes_elements_nullable(module: Any, series: Any) -> None:
    """Where a LEFT JOIN finds nothing, json_agg has one element, and it is null."""
    volume = module.VolumesOrNoneVolume
    assert hints(module.VolumesOrNone) == {"title": str, "volumes": list[volume | None]}
    assert hints(volume)["printed_on"] == date | None
    assert hints(volume)["series_id"] is UUID
    rivers, roads = series.volumes_or_none()
    assert [type(found) for found in rivers.volumes] == [volume, volume]
    assert roads.volumes == [None]
    assert hints(module.NumbersOrNone)["ids"] == list[int | None]
    assert [row.ids for row in series.numbers_or_none()] == [[1, 2], [None]]


def test_filter_keeps_them_out(module: Any, series: Any) -> None:
    """With FILTER, the elements are there or the list is empty."""
    volume = module.VolumesOnlyVolume
    assert hints(module.VolumesOnly) == {"title": str, "volumes": list[volume]}
    rivers, roads = series.volumes_only()
    assert [(found.id, found.binding) for found in rivers.volumes] == [(1, "cloth"), (2, "paper")]
    assert rivers.volumes[0].series_id == RIVERS
    assert roads.volumes == []


def test_session_with_messages(monumento_url: str) -> None:
    """The shipped query is typed throughout, though a function builds its document."""
    [query] = [
        query
        for query in read_query_file(shipped_domain("monumento").queries / "sessions.sql").queries
        if query.name == "session_with_messages"
    ]
    assert [column.name for column in query.annotations.columns] == ["messages"]
    assert hints(SessionWithMessages)["messages"] == list[SpokenMessage]
    assert hints(SpokenMessage) == {
        "id": UUID,
        "role": Literal["ai", "user"],
        "text": str,
        "timestamp": int,
        "offset": int,
        "audio_url": str | None,
    }
    with Database(monumento_url) as database:
        monumento = Monumento(database)
        user = monumento.users.create_user(email="a@example.org", password_hash="x", full_name=None)
        session = monumento.sessions.create_session(
            user_id=user.id, vibe="The Historian", mode="Auto-Pilot", duration_minutes=0
        )
        said = [
            monumento.messages.add_message(
                session_id=session.id, role=role, text=text, timestamp=at, relative_offset=at - 5
            )
            for role, text, at in (("ai", "Where?", 5), ("user", "Ü\n", 9))
        ]
        whole = monumento.sessions.session_with_messages(session_id=session.id)
    assert whole is not None
    assert whole.messages == [
        SpokenMessage(message.id, message.role, message.text, message.timestamp, offset, None)
        for message, offset in zip(said, (0, 4), strict=True)
    ]

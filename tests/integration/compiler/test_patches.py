"""Variants of a patch: most are only described, and nothing is lost by that."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pgrepo.compiler.analysis import patches
from pgrepo.compiler.session import AnalysisTools, analysis_tools
from pgrepo.sqlfiles.queries import read_query_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pgrepo.compiler.model import Query

DDL = """
CREATE TABLE things (
    id integer PRIMARY KEY, name text NOT NULL, note text, size integer, place integer NOT NULL
);
CREATE TABLE places (id integer PRIMARY KEY, name text);
"""
SET = "name = :name,  -- @optional\n note = :note,  -- @optional\n size = :size  -- @optional"
PATCHES = {
    "plain": (f"UPDATE things AS it SET\n{SET}\n WHERE it.id = :id RETURNING it.*"),
    "known": (
        f"UPDATE things AS it SET\n{SET}\n WHERE it.id = :id AND it.note IS NOT NULL\n"
        "AND it.size > :least  -- @optional\n RETURNING it.note, it.size, old.note AS was"
    ),
    "joined": (
        f"UPDATE things AS it SET\n{SET}\n FROM places LEFT JOIN places AS other\n"
        "ON other.name = places.name WHERE places.id = it.place\n"
        "RETURNING it.name, it.note, other.id, places.name AS place"
    ),
    "mixed": (
        f"UPDATE things AS it SET\n{SET}\n WHERE it.id = :id\n"
        "RETURNING COALESCE(it.note, it.size::text) AS either, it.note"
    ),
    "whole": (f"UPDATE things AS it SET\n{SET}\n WHERE it.id = :id RETURNING it"),
}


@pytest.fixture(scope="module")
def tools(server_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AnalysisTools]:
    """A database with the tables."""
    ddl = tmp_path_factory.mktemp("ddl") / "things.sql"
    ddl.write_text(DDL, encoding="utf-8")
    with analysis_tools(ddl, server_url) as found:
        yield found


@pytest.mark.parametrize("name", PATCHES)
def test_nothing_is_lost(
    name: str, tools: AnalysisTools, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is found out is the same as when every variant is analysed."""
    if "old." in PATCHES[name] and tools.connection.info.server_version < 180000:
        pytest.skip("OLD in RETURNING came with PostgreSQL 18")
    file = tmp_path / "things.sql"
    given = [
        word for word in ("id", "name", "note", "size", "least") if f":{word}" in PATCHES[name]
    ]
    file.write_text(f"-- name: {name}({', '.join(given)})\n{PATCHES[name]};\n", encoding="utf-8")
    [query] = read_query_file(file).queries
    quick: Query = tools.analyser.analyse(query)
    monkeypatch.setattr(patches, "_is_patch", lambda _: False)
    assert quick == tools.analyser.analyse(query)
    assert query.variants.count == (16 if name == "known" else 8)


def test_every_variant_is_described(tools: AnalysisTools, tmp_path: Path) -> None:
    """Also those of a patch that are not analysed."""
    file = tmp_path / "things.sql"
    file.write_text(f"-- name: patch(id, name, note, size)\n{PATCHES['plain']};\n")
    [query] = read_query_file(file).queries
    described: list[str] = []
    ask = tools.describer._ask
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            tools.describer, "_ask", lambda sql, *rest: (described.append(sql), ask(sql, *rest))[1]
        )
        tools.analyser.analyse(query)
    assert len(set(described)) == 8

# Derived from tests/integration/pgtypes/_async/test_text.py by tools/async_to_sync.py: do not edit.
"""Values that travel as text, and connections on which calls go another way than usual.

pgrepo asks for results in binary. Whoever uses the same files without it, a plain aiosql or psql,
sends and reads PostgreSQL's text forms. Both must mean the same values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg import Connection, RawCursor, sql

from tests.integration.pgtypes._sync.test_trip import assert_bulk, assert_single_calls

if TYPE_CHECKING:
    from tests.integration.pgtypes.cases import Case
    from tests.integration.pgtypes.project import Project

COUNT = 8
FEW = 2


def test_text_form(types: Any, connection: Connection[Any], project: Project) -> None:
    """Sent in binary, read as text, sent as text, read in binary: every value comes back equal."""
    for case in project.cases:
        values = [*project.examples(case, COUNT), None]
        row = getattr(project.module("values"), f"_ADD_{case.name}".upper()).row
        rows = [row(position, value) for position, value in enumerate(values)]
        getattr(types.values, f"add_{case.name}")(rows)
        texts = read_as_text(connection, case)
        assert [text is None for text in texts] == [value is None for value in values], case
        send_as_text(connection, case, texts)
        returned = getattr(types.values, f"all_{case.name}")()
        assert [row.value for row in returned] == values, case
        assert read_as_text(connection, case) == texts, case


def read_as_text(connection: Connection[Any], case: Case) -> list[bytes | None]:
    """The text forms of all values of a type, as they came."""
    table = sql.Identifier("types", f"{case.name}_values")
    query = sql.SQL("SELECT value FROM {} ORDER BY position").format(table)
    with connection.cursor(binary=False) as cursor:
        cursor.execute(query)
        result = cursor.pgresult
        assert result is not None
        assert result.fformat(0) == 0
        return [result.get_value(number, 0) for number in range(result.ntuples)]


def send_as_text(connection: Connection[Any], case: Case, texts: list[bytes | None]) -> None:
    """Puts values in the place of those that are there, each a text parameter of its type."""
    table = sql.Identifier("types", f"{case.name}_values")
    connection.execute(sql.SQL("DELETE FROM {}").format(table))
    insert = sql.SQL("INSERT INTO {} (position, value) VALUES ($1, $2)").format(table)
    with RawCursor(connection) as cursor:
        for position, text in enumerate(texts):
            cursor.execute(insert, [position, None if text is None else text.decode()])


def test_without_prepared_statements(types_url: str, project: Project) -> None:
    """As behind a PgBouncer: every type goes over psycopg's public cursors."""
    with Connection.connect(types_url, prepare_threshold=None) as connection:
        types = project.package.Types(connection)
        for case in project.cases:
            values = project.examples(case, FEW)
            assert_single_calls(types, case, values)
            assert_bulk(types, project, case, [*values, None])
        connection.rollback()


def test_in_a_pipeline(types: Any, connection: Connection[Any], project: Project) -> None:
    """In a host's pipeline too."""
    with connection.pipeline():
        for case in project.cases:
            assert_single_calls(types, case, project.examples(case, FEW))

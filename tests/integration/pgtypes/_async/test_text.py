"""Values that travel as text, and connections on which calls go another way than usual.

pgrepo asks for results in binary. Whoever uses the same files without it, a plain aiosql or psql,
sends and reads PostgreSQL's text forms. Both must mean the same values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg import AsyncConnection, AsyncRawCursor, sql

from tests.integration.pgtypes._async.test_trip import assert_bulk, assert_single_calls

if TYPE_CHECKING:
    from tests.integration.pgtypes.cases import Case
    from tests.integration.pgtypes.project import Project

COUNT = 8
FEW = 2


async def test_text_form(types: Any, connection: AsyncConnection[Any], project: Project) -> None:
    """Sent in binary, read as text, sent as text, read in binary: every value comes back equal."""
    for case in project.cases:
        values = [*project.examples(case, COUNT), None]
        row = getattr(project.module("values"), f"_ADD_{case.name}".upper()).row
        rows = [row(position, value) for position, value in enumerate(values)]
        await getattr(types.values, f"add_{case.name}")(rows)
        texts = await read_as_text(connection, case)
        assert [text is None for text in texts] == [value is None for value in values], case
        await send_as_text(connection, case, texts)
        returned = await getattr(types.values, f"all_{case.name}")()
        assert [row.value for row in returned] == values, case
        assert await read_as_text(connection, case) == texts, case


async def read_as_text(connection: AsyncConnection[Any], case: Case) -> list[bytes | None]:
    """The text forms of all values of a type, as they came."""
    table = sql.Identifier("types", f"{case.name}_values")
    query = sql.SQL("SELECT value FROM {} ORDER BY position").format(table)
    async with connection.cursor(binary=False) as cursor:
        await cursor.execute(query)
        result = cursor.pgresult
        assert result is not None
        assert result.fformat(0) == 0
        return [result.get_value(number, 0) for number in range(result.ntuples)]


async def send_as_text(
    connection: AsyncConnection[Any], case: Case, texts: list[bytes | None]
) -> None:
    """Puts values in the place of those that are there, each a text parameter of its type."""
    table = sql.Identifier("types", f"{case.name}_values")
    await connection.execute(sql.SQL("DELETE FROM {}").format(table))
    insert = sql.SQL("INSERT INTO {} (position, value) VALUES ($1, $2)").format(table)
    async with AsyncRawCursor(connection) as cursor:
        for position, text in enumerate(texts):
            await cursor.execute(insert, [position, None if text is None else text.decode()])


async def test_without_prepared_statements(types_url: str, project: Project) -> None:
    """As behind a PgBouncer: every type goes over psycopg's public cursors."""
    async with await AsyncConnection.connect(types_url, prepare_threshold=None) as connection:
        types = project.package.AsyncTypes(connection)
        for case in project.cases:
            values = project.examples(case, FEW)
            await assert_single_calls(types, case, values)
            await assert_bulk(types, project, case, [*values, None])
        await connection.rollback()


async def test_in_a_pipeline(
    types: Any, connection: AsyncConnection[Any], project: Project
) -> None:
    """In a host's pipeline too."""
    async with connection.pipeline():
        for case in project.cases:
            await assert_single_calls(types, case, project.examples(case, FEW))

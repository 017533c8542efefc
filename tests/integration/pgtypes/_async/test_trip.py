"""What goes in comes back equal: through single calls, through COPY, and in batches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.integration.pgtypes.cases import Case
    from tests.integration.pgtypes.project import Project

COUNT = 16


async def test_every_type(types: Any, project: Project) -> None:
    """A value of the generated Python type comes back equal, and so does NULL."""
    for case in project.cases:
        values = project.examples(case, COUNT)
        await assert_single_calls(types, case, values)
        await assert_bulk(types, project, case, [*values, None])


async def assert_single_calls(types: Any, case: Case, values: list[Any]) -> None:
    """Sends values one by one."""
    echo = getattr(types.values, f"echo_{case.name}")
    for value in values:
        returned = await echo(value=value)
        assert returned == value, case
        # jsonb keeps decimals, and a large float becomes an integer.
        assert type(returned) is type(value) or case.name in {"jsonb", "document"}, case


async def assert_bulk(types: Any, project: Project, case: Case, values: list[Any]) -> None:
    """Sends values as rows, twice: new ones through COPY, and then the same in batches."""
    for verb in ("add", "put"):
        row = getattr(project.module("values"), f"_{verb}_{case.name}".upper()).row
        rows = [row(position, value) for position, value in enumerate(values)]
        assert await getattr(types.values, f"{verb}_{case.name}")(rows) == len(values)
        returned = await getattr(types.values, f"all_{case.name}")()
        assert [row.value for row in returned] == values, case

"""Finds out what the catalog says of a domain: from its files, and from a scratch database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgrepo.catalog.model import Domain, Field, PlanStep, Query, Repository
from pgrepo.catalog.schema import read_tables
from pgrepo.compiler.checks.findings import Recorder, statements_of
from pgrepo.compiler.checks.outline import PARENTS, outline, parent_names
from pgrepo.compiler.checks.plans import Planner, with_limits
from pgrepo.compiler.checks.schema import read_schema
from pgrepo.compiler.checks.statistics import OLDEST, ROWS, enlarge, large_tables
from pgrepo.compiler.codegen.methods import SYNC, write_signature
from pgrepo.compiler.codegen.module import plan_module
from pgrepo.compiler.codegen.rows import RowPlanner
from pgrepo.compiler.codegen.text import INDENT, prose
from pgrepo.compiler.compile import analyse_domain, open_session
from pgrepo.compiler.names import class_name
from pgrepo.compiler.session import ignore
from pgrepo.errors import CompilationError, SourceError
from pgrepo.sqlfiles.lexer import significant, tokenize

if TYPE_CHECKING:
    from pgrepo.compiler.checks.plans import PlanNode
    from pgrepo.compiler.codegen.methods import Method
    from pgrepo.compiler.compile import AnalysisTools
    from pgrepo.compiler.model import CompiledDomain, QueryModule
    from pgrepo.compiler.model import Query as AnalysedQuery
    from pgrepo.compiler.session import OnProgress
    from pgrepo.project import DomainFiles
    from pgrepo.sqlfiles.queries import NamedQuery


# Equal files make equal plans, however a server is tuned.
_USUAL_SETTINGS = """
SELECT set_config(name, boot_val, false)
FROM pg_settings
WHERE
    (category LIKE 'Query Tuning%' OR name IN ('work_mem', 'hash_mem_multiplier'))
    AND context = 'user'
    AND setting IS DISTINCT FROM boot_val
"""


def read_domain(
    domain: DomainFiles, server: str, *, cached: bool = False, on_progress: OnProgress = ignore
) -> Domain:
    """Reads a domain.

    Args:
        domain: where its files are.
        server: a connection string; a scratch database is made on that server.
        cached: whether to believe what an earlier run found out of the queries.
        on_progress: called now and then with how many queries are done, and of how many.

    Raises:
        CompilationError: holds every error of every file.
        ProjectError: a table that is named hot does not exist.
    """
    with open_session(
        domain, server, cached=cached, describer=Recorder, on_progress=on_progress
    ) as session:
        compiled, errors = analyse_domain(domain, session)
        if errors:
            raise CompilationError(errors)
        tools = session.tools
        tables = read_tables(tools.connection, tools.catalog, domain.name)
        plans = _Plans(domain, compiled, tools)
        rows = RowPlanner(compiled)
        try:
            repositories = [_repository(module, rows, plans) for module in compiled.modules]
        except SourceError as error:
            raise CompilationError([error]) from error
    doc = tuple(prose(compiled.doc))
    return Domain(domain.name, doc, plans.assumption, tables, tuple(repositories))


def _repository(module: QueryModule, rows: RowPlanner, plans: _Plans) -> Repository:
    _, methods, shadows = plan_module(module, rows)
    return Repository(
        name=module.name,
        class_name=class_name(module.name),
        file=module.source.name,
        doc=tuple(prose(module.doc)),
        queries=tuple(_query(method, shadows, plans) for method in methods),
    )


def _query(method: Method, shadows: frozenset[str], plans: _Plans) -> Query:
    query, row = method.query, method.result.row
    signature = write_signature(method, SYNC, shadows)
    return Query(
        name=query.name,
        line=query.source.line,
        signature="\n".join(line.removeprefix(INDENT) for line in signature),
        doc=tuple(prose(query.source.doc)),
        sql=_as_written(query.source),
        row=row.name if row is not None else None,
        fields=tuple(Field(f.name, f.type.text, f.doc) for f in (row.fields if row else ())),
        cardinality=query.cardinality.value,
        read_only=query.read_only,
        tables=tuple(table.removeprefix(f"{plans.schema}.") for table in query.tables),
        plan=plans.of(query),
    )


def _as_written(query: NamedQuery) -> str:
    """The statement as the file has it, with its comments, but for those above it."""
    text = query.source.text
    tokens = significant(tokenize(text, *query.body))
    end = text.find("\n", tokens[-1].end)  # a comment may follow
    return text[tokens[0].start : end if end >= 0 else len(text)].rstrip()


def _is_about_the_system(root: PlanNode) -> bool:
    """Whether a plan reads PostgreSQL's own tables, which are of another size on every server."""
    return any(node.table is not None and node.table[0] == "pg_catalog" for node in root.walk())


class _Plans:
    """Plans of whole statements, with parameters left open and many rows in large tables.

    Args:
        domain: whose hot tables are large; all of them where none is named hot.
        compiled: its queries.
        tools: the scratch database, which is changed.

    Attributes:
        schema: the domain's.
        assumption: a sentence about what the plans suppose.
    """

    def __init__(self, domain: DomainFiles, compiled: CompiledDomain, tools: AnalysisTools) -> None:
        self.schema = domain.name
        # Once there is a planner, the server does not tell how it understands a statement.
        self._statements = {
            query.name: next(iter(statements_of(query, tools.describer)))
            for module in compiled.modules
            for query in module.queries
        }
        tools.connection.execute(_USUAL_SETTINGS)
        self._planner = Planner(tools.connection)
        self._named = parent_names(dict(tools.connection.execute(PARENTS).fetchall()))
        self._is_large = tools.connection.info.server_version >= OLDEST
        tables = large_tables(domain, tools.catalog)
        names = ", ".join(sorted(table.name for table in tables))
        if self._is_large:
            enlarge(tools.connection, tables, read_schema(tools.connection))
            self.assumption = f"Plans are as if there were {ROWS:,} rows in each of {names}."
        else:
            self.assumption = (
                "Plans are those of an empty database, by indexes wherever they can serve: "
                f"PostgreSQL {OLDEST // 10_000} or newer can be told of many rows."
            )

    def of(self, query: AnalysedQuery) -> tuple[PlanStep, ...]:
        """The steps of a query's plan."""
        statement = self._statements[query.name]
        root = self._planner.plan(with_limits(statement), sequential=self._is_large)
        if root is None or _is_about_the_system(root):
            return ()
        return tuple(
            PlanStep(depth, step.words, statement.named(step.detail))
            for first in outline(root, self._named)
            for depth, step in first.walk()
        )

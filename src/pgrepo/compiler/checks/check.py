"""Checking a domain: analyse, compare with the generated code, look for findings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pgrepo.compiler.checks.absent import check_absent
from pgrepo.compiler.checks.allow import ddl_allows, query_allows, settle
from pgrepo.compiler.checks.duplicates import check_duplicates
from pgrepo.compiler.checks.findings import GATED, Recorder, Subject, statements_of
from pgrepo.compiler.checks.gates import check_plans
from pgrepo.compiler.checks.indexes import check_foreign_keys, check_redundant
from pgrepo.compiler.checks.ordering import check_order
from pgrepo.compiler.checks.places import DdlPlaces
from pgrepo.compiler.checks.promises import check_cardinality, check_not_null, check_operator
from pgrepo.compiler.checks.report import read_errors, report_key, written_report
from pgrepo.compiler.checks.schema import read_schema
from pgrepo.compiler.checks.statistics import hot_tables
from pgrepo.compiler.checks.uniqueness import Uniqueness
from pgrepo.compiler.checks.writes import check_where
from pgrepo.compiler.compile import analyse_domain, drift, open_session, package_files
from pgrepo.compiler.session import ignore
from pgrepo.errors import CompilationError
from pgrepo.sqlfiles.ddl import read_ddl_directory
from pgrepo.sqlfiles.source import decode_source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgrepo.compiler.checks.findings import Finding
    from pgrepo.compiler.compile import AnalysisTools, Session
    from pgrepo.compiler.model import CompiledDomain
    from pgrepo.compiler.session import OnProgress
    from pgrepo.errors import SourceError
    from pgrepo.project import DomainFiles


@dataclass(frozen=True, slots=True)
class Report:
    """What `pgrepo check` says of a domain.

    Attributes:
        errors: what is wrong, in the order of files and lines.
        notes: what could not be looked at, and why.
    """

    errors: tuple[SourceError, ...]
    notes: tuple[str, ...] = ()


def check_domain(
    domain: DomainFiles, server: str, *, cached: bool = False, on_progress: OnProgress = ignore
) -> Report:
    """Checks a domain's files, and its package where it has one.

    Args:
        domain: where its files are.
        server: a connection string; a scratch database is made on that server.
        cached: whether to believe what an earlier run found out, and to remember it for others.
        on_progress: called now and then with how many queries are done, and of how many.

    Raises:
        ProjectError: a table that is named hot does not exist.
    """
    try:
        with open_session(
            domain, server, cached=cached, describer=Recorder, on_progress=on_progress
        ) as session:
            return _check(domain, session)
    except CompilationError as error:  # a DDL file is wrong: there is nothing to ask about
        return Report(error.errors)


def _check(domain: DomainFiles, session: Session) -> Report:
    key = report_key(domain)
    known = session.cache.report(domain.name, key) if session.cache is not None else None
    compiled, errors = analyse_domain(domain, session)
    if known is not None and not errors:
        found, notes = read_errors(known), known.notes
    else:
        found, notes = _look(domain, session, compiled, complete=not errors)
        if session.cache is not None and not errors:
            session.cache.keep_report(domain.name, written_report(key, found, notes))
    if not errors:
        errors += _package_errors(domain, compiled)
    return Report(tuple(sorted([*errors, *found], key=_place)), tuple(notes))


def _look(
    domain: DomainFiles, session: Session, compiled: CompiledDomain, *, complete: bool
) -> tuple[list[SourceError], list[str]]:
    """What is wrong with queries that PostgreSQL accepts, and with the schema.

    Args:
        domain: where the files are.
        session: answers about them.
        compiled: the queries that are right.
        complete: whether these are all.
    """
    tools = session.tools
    hot = hot_tables(domain, tools.catalog)
    sources = [
        decode_source(file.sql, file.path, domain.root)
        for file in read_ddl_directory(domain.sql, domain.root)
    ]
    queries = [query for module in compiled.modules for query in module.queries]
    subject = Subject(
        tools.catalog,
        read_schema(tools.connection),
        DdlPlaces(sources),
        tuple(tuple(statements_of(query, tools.describer)) for query in queries),
    )
    findings = list(_findings(subject, tools))
    gated, note = check_plans(subject, tools.connection, hot, complete=complete)
    allows, malformed = ddl_allows(sources)
    allows += query_allows([query.source for query in queries])
    # Gates that were not asked about anything cannot say that an allow is useless.
    unjudged = frozenset() if gated is not None and complete else GATED
    settled = settle(_apart([*findings, *(gated or ())]), allows, unjudged)
    return [*malformed, *settled], [f"{domain.name}: {note}"] if note else []


def _place(error: SourceError) -> tuple[str, int, int, str]:
    return error.file, error.line, error.column, error.code


def _package_errors(domain: DomainFiles, compiled: CompiledDomain) -> list[SourceError]:
    try:
        files = package_files(domain, compiled)
    except CompilationError as error:
        return list(error.errors)
    return drift(domain, files) if domain.output is not None else []


def _findings(subject: Subject, tools: AnalysisTools) -> Iterator[Finding]:
    uniqueness = Uniqueness(subject.catalog, subject.schema)
    for statements in subject.by_query:
        yield from check_cardinality(statements, uniqueness)
        yield from check_operator(statements[0])
        yield from check_not_null(statements[0].query, tools.analyser)
        for statement in statements:
            yield from check_where(statement, subject.catalog)
            yield from check_absent(statement, subject.catalog)
            yield from check_order(statement, subject.catalog, uniqueness)
    yield from check_duplicates([statements[0].query for statements in subject.by_query])
    yield from check_foreign_keys(subject)
    yield from check_redundant(subject)


def _apart(findings: list[Finding]) -> list[Finding]:
    """The findings without those that variants of a query repeat."""
    seen: dict[tuple[object, ...], Finding] = {}
    for finding in findings:
        error = finding.error
        seen.setdefault((error.code, error.file, error.line, error.column), finding)
    return list(seen.values())

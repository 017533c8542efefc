"""Compiling a domain: read, analyse, write."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgrepo.compiler.analysis.describe import Describer
from pgrepo.compiler.cache.store import open_cache
from pgrepo.compiler.codegen import writer
from pgrepo.compiler.codegen.caching import caching_errors
from pgrepo.compiler.codegen.drift import changed_queries
from pgrepo.compiler.codegen.package import write_package
from pgrepo.compiler.codegen.routing import routing_errors
from pgrepo.compiler.model import CompiledDomain, QueryModule
from pgrepo.compiler.session import AnalysisTools, Session, analysis_tools, ignore, tools_on
from pgrepo.errors import CompilationError, SourceError
from pgrepo.sqlfiles.queries import read_query_directory

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from pgrepo.compiler.analysis.analyse import QueryAnalyser
    from pgrepo.compiler.model import Query
    from pgrepo.compiler.session import OnProgress
    from pgrepo.project import DomainFiles
    from pgrepo.sqlfiles.queries import NamedQuery, QueryFile

__all__ = [
    "AnalysisTools", "Session", "analyse_all", "analyse_domain", "analysis_tools",
    "compile_domain", "drift", "generate", "open_session", "package_files", "tools_on",
]  # fmt: skip


def generate(
    domain: DomainFiles,
    server: str,
    *,
    cached: bool = False,
    on_progress: OnProgress = ignore,
) -> writer.Changes:
    """Writes a domain's package anew.

    Args:
        domain: where its files are.
        server: a connection string; a scratch database is made on that server.
        cached: whether to believe what an earlier run found out, and to remember it for others.
        on_progress: called now and then with how many queries are done, and of how many.

    Raises:
        CompilationError: a file is wrong; nothing is written.
    """
    assert domain.output is not None
    files = compile_domain(domain, server, cached=cached, on_progress=on_progress)
    return writer.write(domain.output, files)


def drift(domain: DomainFiles, files: Mapping[str, str]) -> list[SourceError]:
    """Finds out how a domain's package differs from the files that it should have."""
    assert domain.output is not None
    found = writer.changes(domain.output, files)
    names = (*found.added, *found.changed, *found.removed)
    return [error for name in names for error in _drift_of(domain, domain.output / name, files)]


def compile_domain(
    domain: DomainFiles,
    server: str,
    *,
    cached: bool = False,
    on_progress: OnProgress = ignore,
) -> Mapping[str, str]:
    """Returns the files of a domain's package, by name; the arguments are those of `generate`.

    Raises:
        CompilationError: holds every error of every file.
    """
    with open_session(domain, server, cached=cached, on_progress=on_progress) as session:
        compiled, errors = analyse_domain(domain, session)
    if errors:
        raise CompilationError(errors)
    return package_files(domain, compiled)


def open_session(
    domain: DomainFiles,
    server: str,
    *,
    cached: bool = False,
    describer: type[Describer] = Describer,
    on_progress: OnProgress = ignore,
) -> Session:
    """What answers about a domain's queries; a context manager."""
    return Session(
        lambda: analysis_tools(domain.sql, server, domain.root, describer),
        open_cache(domain.root, server, [domain.sql]) if cached else None,
        on_progress,
    )


def analyse_domain(
    domain: DomainFiles, session: Session
) -> tuple[CompiledDomain, list[SourceError]]:
    """Reads and analyses a domain's queries: those that are right, and what is wrong elsewhere."""
    query_files = read_query_directory(domain.queries, domain.root)
    modules, errors = _analyse_files(query_files, session)
    compiled = CompiledDomain(
        name=domain.name,
        doc=session.schema_comment(domain.name) or "",
        modules=tuple(modules),
        tables=session.tables(),
    )
    # A query that is missing because it is wrong is not one that nobody may name.
    return compiled, errors or [*caching_errors(compiled), *routing_errors(compiled)]


def package_files(domain: DomainFiles, compiled: CompiledDomain) -> Mapping[str, str]:
    """Returns the files of an analysed domain's package, by name.

    Raises:
        CompilationError: two things in it contradict each other.
    """
    try:
        queries = _beside(domain.queries, domain.output or domain.root)
        return write_package(compiled, queries, domain.scopes)
    except SourceError as error:
        raise CompilationError([error]) from error


def analyse_all(
    queries: Sequence[NamedQuery], analyser: QueryAnalyser | Session
) -> tuple[list[Query], list[SourceError]]:
    """Analyses queries one by one: those that are right, and an error for each other one."""
    found: list[Query] = []
    errors: list[SourceError] = []
    for query in queries:
        try:
            found.append(analyser.analyse(query))
        except SourceError as error:
            errors.append(error)
    return found, errors


def _analyse_files(
    files: Sequence[QueryFile], session: Session
) -> tuple[list[QueryModule], list[SourceError]]:
    modules: list[QueryModule] = []
    errors: list[SourceError] = []
    done, total = 0, sum(len(file.queries) for file in files)
    for file in files:
        session.on_progress(done, total)
        queries, problems = analyse_all(file.queries, session)
        done += len(file.queries)
        errors += [*file.errors, *problems]
        modules.append(QueryModule(file.name, file.doc, file.source, tuple(queries)))
    session.on_progress(done, total)
    return modules, sorted(errors, key=lambda error: (error.file, error.line, error.column))


def _beside(queries: Path, output: Path) -> str:
    """The query directory as seen from the nearest directory that holds the package too.

    That is what they still share when both have been installed from a wheel.
    """
    shared = next(parent for parent in queries.parents if output.is_relative_to(parent))
    return queries.relative_to(shared).as_posix()


def _drift_of(domain: DomainFiles, path: Path, files: Mapping[str, str]) -> list[SourceError]:
    """The drift of one generated file, told of its queries where it can be."""
    present = path.read_text(encoding="utf-8") if path.is_file() else ""
    wanted = files.get(path.name, "")
    module = path.relative_to(domain.root).as_posix()
    by_name = {
        query.name: query
        for file in read_query_directory(domain.queries, domain.root)
        for query in file.queries
    }
    changed = changed_queries(present, wanted)
    errors = [
        _outdated(by_name[name], module, edited=edited)
        for name, edited in changed.items()
        if name in by_name
    ]
    return errors or [_whole_file(module, present, wanted)]


def _outdated(query: NamedQuery, module: str, *, edited: bool) -> SourceError:
    if edited:
        message = f"{query.name} was edited after {module} was generated"
    else:
        why = "an annotation, its comment or the schema changed"
        message = f"{module} does not fit {query.name}: {why}"
    return query.source.error(
        "PGR301", message, *query.name_span, help="run `pgrepo generate`", query=query.name
    )


def _whole_file(module: str, present: str, wanted: str) -> SourceError:
    if not present:
        message, line = "this file should be there and is not", 1
    elif not wanted:
        message, line = "no query file makes this file any more", 1
    else:
        message = "this file differs from what the SQL makes of it"
        line = _first_difference(present, wanted)
    lines = present.splitlines() or [""]
    return SourceError(
        code="PGR301",
        message=message,
        file=module,
        line=line,
        column=1,
        source_line=lines[min(line, len(lines)) - 1],
        width=1,
        help="run `pgrepo generate`",
    )


def _first_difference(present: str, wanted: str) -> int:
    pairs = zip(present.splitlines(), wanted.splitlines(), strict=False)
    for number, (old, new) in enumerate(pairs, start=1):
        if old != new:
            return number
    return min(present.count("\n"), wanted.count("\n")) + 1

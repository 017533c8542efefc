"""What is allowed, and where that is said.

`-- @allow PGR507: why` in a query's comment, `-- pgrepo: allow PGR601 name: why` in a DDL file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from pgrepo.compiler.checks.findings import Finding
    from pgrepo.errors import SourceError
    from pgrepo.sqlfiles.queries import NamedQuery
    from pgrepo.sqlfiles.source import Source

_LINE = re.compile(r"^--[ \t]*pgrepo[ \t]*:[ \t]*allow\b(?P<rest>.*?)[ \t]*$", re.MULTILINE)
_REST = re.compile(
    r"\s+(?P<code>PGR6\d\d)\s+(?P<name>[\w$]+|\"(?:[^\"]|\"\")+\")\s*:\s*(?P<reason>\S.*)"
)


@dataclass(frozen=True, slots=True)
class Allow:
    """Something that is allowed, and where that is said."""

    code: str
    subject: str
    source: Source
    span: tuple[int, int]


def query_allows(queries: Sequence[NamedQuery]) -> Iterator[Allow]:
    """What queries allow."""
    for query in queries:
        for note in query.annotations.allows:
            yield Allow(note.code, query.name, query.source, note.span)


def ddl_allows(sources: Sequence[Source]) -> tuple[list[Allow], list[SourceError]]:
    """What DDL files allow, and what is wrong with such lines."""
    allows, errors = [], []
    for source in sources:
        for line in _LINE.finditer(source.text):
            found = _REST.fullmatch(line["rest"])
            if found is None:
                errors.append(
                    source.error(
                        "PGR143",
                        "this does not say what is allowed, and why",
                        *line.span(),
                        help="write -- pgrepo: allow PGR601 sessions_user_id_fkey: why that is "
                        "right here",
                    )
                )
                continue
            at = line.start("rest")
            name = found["name"]
            subject = name[1:-1].replace('""', '"') if name.startswith('"') else name.lower()
            span = (at + found.start("code"), at + found.end("name"))
            allows.append(Allow(found["code"], subject, source, span))
    return allows, errors


def settle(
    findings: Sequence[Finding], allows: Sequence[Allow], unjudged: Collection[str]
) -> list[SourceError]:
    """The findings that are not allowed, and every allow that allows nothing.

    Args:
        findings: what was found.
        allows: what is allowed.
        unjudged: codes that were not looked for, so that it is not known what they would find.
    """
    allowed = {(allow.code, allow.subject) for allow in allows}
    found = {(finding.error.code, finding.subject) for finding in findings}
    errors = [
        finding.error
        for finding in findings
        if (finding.error.code, finding.subject) not in allowed
    ]
    return errors + [
        _useless(allow)
        for allow in allows
        if (allow.code, allow.subject) not in found and allow.code not in unjudged
    ]


def _useless(allow: Allow) -> SourceError:
    in_query = allow.code < "PGR6"
    return allow.source.error(
        "PGR122" if in_query else "PGR143",
        f"there is no {allow.code} to allow here"
        if in_query
        else f"there is no {allow.code} of {allow.subject} to allow",
        *allow.span,
        help="remove the line: it would hide the next one",
        query=allow.subject if in_query else None,
    )

"""What was found wrong with a domain's files, as the cache keeps it.

Findings depend on each other: one query's plan is the reason why an index is not called unused.
So they are kept as a whole, and looked for anew when anything in the files changes. Whether the
generated code is current is no part of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from pgrepo.compiler.cache.keys import files_key, fingerprint
from pgrepo.compiler.cache.store import KeptError, Report
from pgrepo.errors import SourceError
from pgrepo.sqlfiles.source import shown_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrepo.project import DomainFiles


def report_key(domain: DomainFiles) -> str:
    """What the findings depend on, all that one schema's analyses have in common aside."""
    names = [shown_name(path, domain.root) for path in (domain.sql, domain.queries)]
    return fingerprint(domain.name, domain.hot, names, files_key([domain.queries]))


def written_report(key: str, errors: Sequence[SourceError], notes: Sequence[str]) -> Report:
    """Findings as plain data."""
    names = KeptError.__struct_fields__
    kept = [KeptError(**{name: getattr(error, name) for name in names}) for error in errors]
    return Report(key, kept, list(notes))


def read_errors(report: Report) -> list[SourceError]:
    """The findings of a report that was kept."""
    return [SourceError(**msgspec.structs.asdict(error)) for error in report.errors]

"""PostgreSQL's refusal of a file, told with the place in the file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgrepo.errors import MigrationFailed

if TYPE_CHECKING:
    import psycopg

    from pgrepo.operate.migrate.statements import Script

_CODE = "PGR401"
_INTEGRITY = "23"
_LOCK_NOT_AVAILABLE = "55P03"
# Duplicate schema, table, object, function, column.
_DUPLICATES = frozenset({"42P06", "42P07", "42710", "42723", "42701"})


def failure(script: Script, error: psycopg.Error, index: int) -> MigrationFailed:
    """Describes the failure of a script's statement (counted from 0) as an error in its file."""
    if error.diag.sqlstate is None:  # libpq's own: the connection is gone
        return MigrationFailed(
            f"{script.source.name}: the connection was lost while the file ran "
            f"({str(error).strip()}); run `pgrepo migrate` again"
        )
    start, end = _place(script, error, index)
    message = error.diag.message_primary or str(error)
    return MigrationFailed(str(script.source.error(_CODE, message, start, end, help=_help(error))))


def _place(script: Script, error: psycopg.Error, index: int) -> tuple[int, int]:
    """Finds the token PostgreSQL points at, or the statement's first line."""
    position = error.diag.statement_position
    if position is not None:
        offset = int(position) - 1  # in characters, as Python counts them
        for token in (token for statement in script.statements for token in statement):
            if token.start <= offset < token.end:
                return offset, token.end
        return offset, offset + 1
    if index >= len(script.statements):  # a deferred constraint, at COMMIT
        index = len(script.statements) - 1
    if index < 0:
        return 0, 1
    start = script.statements[index][0].start
    line_end = script.source.text.find("\n", start)
    return start, line_end if line_end > 0 else len(script.source.text)


def _help(error: psycopg.Error) -> str | None:
    diag = error.diag
    if diag.sqlstate == _LOCK_NOT_AVAILABLE:
        return "another session keeps the table locked (see pg_stat_activity): try again later"
    if diag.sqlstate in _DUPLICATES:
        return "if it was there before pgrepo, adopt the database: pgrepo baseline --help"
    # The detail of an integrity error quotes rows of the table, which are nobody's business here.
    of_data = (diag.sqlstate or "").startswith(_INTEGRITY)
    parts = [None if of_data else diag.message_detail, diag.message_hint]
    said = " ".join(part.replace("\n", " ") for part in parts if part)
    return said or None

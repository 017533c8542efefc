"""The schemas that DDL files create: whether they are there, and dropping them to start over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from pgrepo import embedded
from pgrepo.errors import EmbeddedServerError, MigrationError
from pgrepo.operate.migrate import ledger
from pgrepo.operate.migrate.session import migration_lock, open_session
from pgrepo.sqlfiles.lexer import LexError, name_of, split_statements, tokenize

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from pgrepo.operate.migrate.plan import Plan
    from pgrepo.operate.migrate.session import Session, Target
    from pgrepo.sqlfiles.ddl import DdlFile

_NOT_THEIRS = frozenset({"public", "pgrepo"})


def created_schemas(files: Iterable[DdlFile]) -> list[str]:
    """The schemas that files create, in order; none where one of them is renamed or dropped."""
    names: dict[str, None] = {}
    for file in files:
        try:
            statements = split_statements(tokenize(file.sql.decode(errors="replace")))
        except LexError:  # what is wrong with it is told when it is run
            continue
        for statement in statements:
            words = [token.text.upper() for token in statement]
            if words[1:2] != ["SCHEMA"]:
                continue
            if words[0] == "DROP" or "RENAME" in words:
                return []
            at = 5 if words[2:5] == ["IF", "NOT", "EXISTS"] else 2
            if words[0] == "CREATE" and words[at : at + 1] not in ([], ["AUTHORIZATION"]):
                names[name_of(statement[at])] = None
    return [name for name in names if name not in _NOT_THEIRS]


def check_schemas(session: Session, plan: Plan) -> None:
    """Refuses a database that has a ledger of applied files, and none of their schemas.

    Raises:
        MigrationError: somebody has dropped them.
    """
    applied = [status for status in plan.files if status.row and status.row.applied_at]
    if not applied or _there(session, [plan.domain]):  # mostly it is called so, and not read
        return
    names = created_schemas(status.file for status in applied if status.file is not None)
    if not names or _there(session, names):
        return
    raise MigrationError(
        f"{_listed([status.name for status in applied])} recorded as applied, but "
        f"{_listed([f'schema {name}' for name in names])} not there"
        f"{starting_over(session, plan.domain) or '; restore the database from a backup'}"
    )


def starting_over(session: Session, domain: str) -> str:
    """How to start over, where that can be meant: on the embedded server; else nothing."""
    if not on_embedded_server(session.connection):
        return ""
    return f"; `pgrepo server reset {domain}` drops what there is of it, to migrate anew"


def on_embedded_server(target: Target, data_dir: Path | None = None) -> bool:
    """Whether a target is a database of the embedded server, which runs.

    Args:
        target: a libpq URL or conninfo string, or a psycopg connection.
        data_dir: where the server's data is; None for the user's data directory.
    """
    try:
        url = embedded.status(data_dir).url
    except EmbeddedServerError:  # the extra is not installed
        return False
    if url is None:
        return False
    there = conninfo_to_dict(url)
    if isinstance(target, str):
        meant = conninfo_to_dict(target)
        return (meant.get("host"), meant.get("port")) == (there["host"], there["port"])
    return (target.info.host, str(target.info.port)) == (there["host"], there["port"])


def drop_schemas(target: Target, files: dict[str, list[DdlFile]], *, wait: float = 60.0) -> None:
    """Drops the schemas of domains with all that is in them, and forgets what was applied.

    All in one transaction.

    Args:
        target: a libpq URL or conninfo string, or an idle psycopg connection.
        files: the DDL files of each domain.
        wait: seconds to wait for another migrator.

    Raises:
        MigrationLocked: another migrator held the lock for longer than `wait`.
    """
    with (
        open_session(target) as session,
        migration_lock(session, wait),
        session.connection.transaction(),
    ):
        for name in [name for of_domain in files.values() for name in created_schemas(of_domain)]:
            drop = sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(name))
            session.connection.execute(drop)
        for domain in files:
            ledger.forget_domain(session, domain)


def _there(session: Session, names: Sequence[str]) -> bool:
    """Whether any of these schemas is there."""
    return (
        session.value(
            "SELECT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = ANY(%(names)s))",
            {"names": list(names)},
        )
        is True
    )


def _listed(names: Sequence[str]) -> str:
    """The names with their verb: "a is", "a and b are", "a to d are"."""
    if len(names) == 1:
        return f"{names[0]} is"
    return f"{names[0]} {'and' if len(names) == 2 else 'to'} {names[-1]} are"

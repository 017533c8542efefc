"""The ledger, pgrepo.migrations: what was applied, when, and with which checksum."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgrepo.operate.migrate.plan import LedgerRow, format_version, parse_version

if TYPE_CHECKING:
    from pgrepo.operate.migrate.session import Session
    from pgrepo.sqlfiles.ddl import DdlFile

_LEDGER = """
CREATE SCHEMA IF NOT EXISTS pgrepo;

CREATE TABLE pgrepo.migrations (
    domain text NOT NULL,
    version text NOT NULL,
    description text NOT NULL,
    file text NOT NULL,
    checksum text NOT NULL,
    status text NOT NULL,
    baseline boolean DEFAULT false NOT NULL,
    statement text,
    started_at timestamptz DEFAULT now() NOT NULL,
    applied_at timestamptz,
    execution_ms bigint,
    applied_by text DEFAULT current_user NOT NULL,
    CONSTRAINT migrations_pkey PRIMARY KEY (domain, version),
    CONSTRAINT migrations_status_check CHECK (status IN ('started', 'applied')),
    CONSTRAINT migrations_applied_at_check
        CHECK ((status = 'applied') = (applied_at IS NOT NULL))
);

COMMENT ON SCHEMA pgrepo IS 'pgrepo''s own records.';
COMMENT ON TABLE pgrepo.migrations IS 'The DDL files that pgrepo applied to this database.';
COMMENT ON COLUMN pgrepo.migrations.checksum IS 'SHA-256 of the file as it was applied.';
COMMENT ON COLUMN pgrepo.migrations.status IS
    'started: a file without a transaction, whose end is not known.';
COMMENT ON COLUMN pgrepo.migrations.baseline IS 'Taken as applied without having been run.';
COMMENT ON COLUMN pgrepo.migrations.statement IS
    'What a started file runs, to know what an interrupted run may have left.';
"""

_UPSERT = """
INSERT INTO pgrepo.migrations AS ledger (
    domain, version, description, file, checksum, status, baseline, statement,
    applied_at, execution_ms
)
VALUES (
    %(domain)s, %(version)s, %(description)s, %(file)s, %(checksum)s, %(status)s,
    %(baseline)s, %(statement)s,
    CASE WHEN %(status)s = 'applied' THEN clock_timestamp() END, %(execution_ms)s
)
ON CONFLICT (domain, version) DO UPDATE
SET description = excluded.description,
    file = excluded.file,
    checksum = excluded.checksum,
    status = excluded.status,
    baseline = excluded.baseline,
    statement = excluded.statement,
    started_at = CASE WHEN excluded.status = 'started' THEN now() ELSE ledger.started_at END,
    applied_at = excluded.applied_at,
    execution_ms = excluded.execution_ms,
    applied_by = excluded.applied_by
WHERE ledger.status = 'started'
"""


def exists(session: Session) -> bool:
    """Whether the database has a ledger."""
    return session.value("SELECT to_regclass('pgrepo.migrations') IS NOT NULL") is True


def ensure(session: Session) -> None:
    """Creates the ledger where there is none; call it under the migrators' lock."""
    if not exists(session):
        with session.connection.transaction():
            session.execute(_LEDGER)


def read(session: Session, domain: str) -> list[LedgerRow]:
    """Returns a domain's rows; none where there is no ledger."""
    if not exists(session):
        return []
    rows = session.rows(
        "SELECT version, description, file, checksum, applied_at, statement "
        "FROM pgrepo.migrations WHERE domain = %(domain)s",
        {"domain": domain},
    )
    return [LedgerRow(parse_version(version), *rest) for version, *rest in rows]


def record_started(session: Session, domain: str, file: DdlFile, statement: str) -> None:
    """Notes that a file without a transaction is about to run."""
    _record(session, domain, file, status="started", statement=statement)


def record_applied(
    session: Session,
    domain: str,
    file: DdlFile,
    *,
    milliseconds: int | None = None,
    baseline: bool = False,
) -> None:
    """Notes that a file is applied; for most files in the transaction of its DDL."""
    _record(session, domain, file, status="applied", execution_ms=milliseconds, baseline=baseline)


def forget(session: Session, domain: str, file: DdlFile) -> None:
    """Removes the note of a started file that has left nothing behind."""
    session.execute(
        "DELETE FROM pgrepo.migrations "
        "WHERE domain = %(domain)s AND version = %(version)s AND status = 'started'",
        {"domain": domain, "version": format_version(file.version)},
    )


def forget_domain(session: Session, domain: str) -> None:
    """Removes all rows of a domain whose schemas were dropped."""
    if exists(session):
        session.execute(
            "DELETE FROM pgrepo.migrations WHERE domain = %(domain)s", {"domain": domain}
        )


def _record(
    session: Session,
    domain: str,
    file: DdlFile,
    *,
    status: str,
    statement: str | None = None,
    execution_ms: int | None = None,
    baseline: bool = False,
) -> None:
    session.execute(
        _UPSERT,
        {
            "domain": domain,
            "version": format_version(file.version),
            "description": file.description,
            "file": file.path.name,
            "checksum": file.checksum,
            "status": status,
            "statement": statement,
            "execution_ms": execution_ms,
            "baseline": baseline,
        },
    )

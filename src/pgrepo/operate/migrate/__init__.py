"""Brings a database's schema to where the DDL files are, and looks whether it is there."""

from pgrepo.operate.migrate.apply import AppliedFile, migrate, status
from pgrepo.operate.migrate.baseline import baseline
from pgrepo.operate.migrate.dump import dump
from pgrepo.operate.migrate.plan import FileStatus, Plan, State
from pgrepo.operate.migrate.schemas import created_schemas, drop_schemas, on_embedded_server
from pgrepo.operate.migrate.snapshot import Difference
from pgrepo.operate.migrate.verify import Verification, verify

__all__ = [
    "AppliedFile",
    "Difference",
    "FileStatus",
    "Plan",
    "State",
    "Verification",
    "baseline",
    "created_schemas",
    "drop_schemas",
    "dump",
    "migrate",
    "on_embedded_server",
    "status",
    "verify",
]

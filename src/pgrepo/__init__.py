"""Typed repositories from hand-written SQL, checked against a live PostgreSQL.

```python
from pgrepo import Database
from pgrepo.domains.monumento import Monumento

with Database(url) as database:
    monumento = Monumento(database)
    sessions = monumento.sessions.recent_sessions(user_id=user_id)
```

Importing this module loads the exceptions and nothing else; the rest comes with its first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from pgrepo.errors import (
    ChecksumError,
    CompilationError,
    EmbeddedServerError,
    MigrationError,
    MigrationFailed,
    MigrationLocked,
    NoRowError,
    PgrepoError,
    ProjectError,
    RowError,
    ServerVersionError,
    SourceError,
    StaleCodeError,
    TooManyRowsError,
    UsageError,
)

if TYPE_CHECKING:
    from pgrepo.runtime import JSON, UNSET, AsyncDatabase, Database, Unset
    from pgrepo.runtime.translate import (
        CheckViolation,
        DatabaseError,
        DataError,
        DeadlockDetected,
        ExclusionViolation,
        ForeignKeyViolation,
        InsufficientPrivilege,
        IntegrityError,
        LockNotAvailable,
        NotNullViolation,
        OperationalError,
        PoolTimeout,
        QueryCanceled,
        RaiseException,
        ReadOnlySqlTransaction,
        SerializationFailure,
        StaleVersion,
        UniqueViolation,
    )

__version__ = "0.1.0"

__all__ = [
    "JSON",
    "UNSET",
    "AsyncDatabase",
    "CheckViolation",
    "ChecksumError",
    "CompilationError",
    "DataError",
    "Database",
    "DatabaseError",
    "DeadlockDetected",
    "EmbeddedServerError",
    "ExclusionViolation",
    "ForeignKeyViolation",
    "InsufficientPrivilege",
    "IntegrityError",
    "LockNotAvailable",
    "MigrationError",
    "MigrationFailed",
    "MigrationLocked",
    "NoRowError",
    "NotNullViolation",
    "OperationalError",
    "PgrepoError",
    "PoolTimeout",
    "ProjectError",
    "QueryCanceled",
    "RaiseException",
    "ReadOnlySqlTransaction",
    "RowError",
    "SerializationFailure",
    "ServerVersionError",
    "SourceError",
    "StaleCodeError",
    "StaleVersion",
    "TooManyRowsError",
    "UniqueViolation",
    "Unset",
    "UsageError",
    "__version__",
]

_RUNTIME = ("JSON", "UNSET", "AsyncDatabase", "Database", "Unset")


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = "pgrepo.runtime" if name in _RUNTIME else "pgrepo.runtime.translate"
    value = globals()[name] = getattr(import_module(home), name)
    return value


def __dir__() -> list[str]:
    return __all__

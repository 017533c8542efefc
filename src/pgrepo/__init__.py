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
    ArchiveError,
    BatchError,
    ChecksumError,
    CompilationError,
    EmbeddedServerError,
    MigrationError,
    MigrationFailed,
    MigrationLocked,
    NoRowError,
    PartitionError,
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
    from pgrepo.runtime._async.cache import AsyncMemoryCache, AsyncRedisCache
    from pgrepo.runtime._sync.cache import MemoryCache, RedisCache
    from pgrepo.runtime.caching.statistics import CacheStatistics
    from pgrepo.runtime.observing.observer import Observer
    from pgrepo.runtime.observing.statistics import PoolStatistics, QueryStatistics, Statistics
    from pgrepo.runtime.replicas.status import DatabaseStatus, ServerStatus
    from pgrepo.runtime.translate import (
        CheckViolation,
        CommitOutcomeUnknown,
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
        ResponseTimeout,
        SerializationFailure,
        StaleVersion,
        UniqueViolation,
    )

__version__ = "0.1.0"

__all__ = [
    "JSON",
    "UNSET",
    "ArchiveError",
    "AsyncDatabase",
    "AsyncMemoryCache",
    "AsyncRedisCache",
    "BatchError",
    "CacheStatistics",
    "CheckViolation",
    "ChecksumError",
    "CommitOutcomeUnknown",
    "CompilationError",
    "DataError",
    "Database",
    "DatabaseError",
    "DatabaseStatus",
    "DeadlockDetected",
    "EmbeddedServerError",
    "ExclusionViolation",
    "ForeignKeyViolation",
    "InsufficientPrivilege",
    "IntegrityError",
    "LockNotAvailable",
    "MemoryCache",
    "MigrationError",
    "MigrationFailed",
    "MigrationLocked",
    "NoRowError",
    "NotNullViolation",
    "Observer",
    "OperationalError",
    "PartitionError",
    "PgrepoError",
    "PoolStatistics",
    "PoolTimeout",
    "ProjectError",
    "QueryCanceled",
    "QueryStatistics",
    "RaiseException",
    "ReadOnlySqlTransaction",
    "RedisCache",
    "ResponseTimeout",
    "RowError",
    "SerializationFailure",
    "ServerStatus",
    "ServerVersionError",
    "SourceError",
    "StaleCodeError",
    "StaleVersion",
    "Statistics",
    "TooManyRowsError",
    "UniqueViolation",
    "Unset",
    "UsageError",
    "__version__",
]

_HOMES: dict[str, str] = dict.fromkeys(
    ("JSON", "UNSET", "AsyncDatabase", "Database", "Unset"), "pgrepo.runtime"
)
_HOMES |= dict.fromkeys(("MemoryCache", "RedisCache"), "pgrepo.runtime._sync.cache")
_HOMES |= dict.fromkeys(("AsyncMemoryCache", "AsyncRedisCache"), "pgrepo.runtime._async.cache")
_HOMES["Observer"] = "pgrepo.runtime.observing.observer"
_HOMES["CacheStatistics"] = "pgrepo.runtime.caching.statistics"
_HOMES |= dict.fromkeys(
    ("PoolStatistics", "QueryStatistics", "Statistics"), "pgrepo.runtime.observing.statistics"
)
_HOMES |= dict.fromkeys(("DatabaseStatus", "ServerStatus"), "pgrepo.runtime.replicas.status")


if not TYPE_CHECKING:  # to type checkers every name would be there, misspelt ones too

    def __getattr__(name: str) -> Any:
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        home = import_module(_HOMES.get(name, "pgrepo.runtime.translate"))
        value = globals()[name] = getattr(home, name)
        return value


def __dir__() -> list[str]:
    return __all__

"""All that generated code imports, and what runs it."""

from psycopg.types.multirange import Multirange
from psycopg.types.range import Range

from pgrepo.runtime import pg
from pgrepo.runtime._async.batch import AsyncBatch
from pgrepo.runtime._async.database import AsyncDatabase
from pgrepo.runtime._async.domain import AsyncDomain, AsyncSource
from pgrepo.runtime._async.repository import AsyncRepository
from pgrepo.runtime._async.stream import AsyncStream
from pgrepo.runtime._sync.batch import Batch
from pgrepo.runtime._sync.database import Database
from pgrepo.runtime._sync.domain import Domain, Source
from pgrepo.runtime._sync.repository import Repository
from pgrepo.runtime._sync.stream import Stream
from pgrepo.runtime.batches import Pending
from pgrepo.runtime.library import QueryLibrary
from pgrepo.runtime.scope import Scope
from pgrepo.runtime.statement import Cached, Stale, Statement
from pgrepo.runtime.translate import DatabaseError
from pgrepo.runtime.types import (
    JSON,
    UNSET,
    InetAddress,
    InetNetwork,
    JSONInput,
    Unset,
)

__all__ = [
    "JSON",
    "UNSET",
    "AsyncBatch",
    "AsyncDatabase",
    "AsyncDomain",
    "AsyncRepository",
    "AsyncSource",
    "AsyncStream",
    "Batch",
    "Cached",
    "Database",
    "DatabaseError",
    "Domain",
    "InetAddress",
    "InetNetwork",
    "JSONInput",
    "Multirange",
    "Pending",
    "QueryLibrary",
    "Range",
    "Repository",
    "Scope",
    "Source",
    "Stale",
    "Statement",
    "Stream",
    "Unset",
    "pg",
]

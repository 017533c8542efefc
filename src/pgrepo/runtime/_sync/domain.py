# Derived from src/pgrepo/runtime/_async/domain.py by tools/async_to_sync.py: do not edit.
"""The base of generated domain classes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, Self, TypeAlias, TypeVar, cast

from psycopg import Connection
from psycopg_pool import ConnectionPool

from pgrepo.errors import UsageError
from pgrepo.runtime._sync.batch import Batch
from pgrepo.runtime._sync.database import Database
from pgrepo.runtime._sync.retrying import run
from pgrepo.runtime._sync.sources import (
    Connections,
    OneConnection,
    PoolConnections,
    TransactionConnection,
)
from pgrepo.runtime._sync.transaction import ScopedConnections, Transaction
from pgrepo.runtime.characteristics import Isolation, set_transaction
from pgrepo.runtime.retries import Tries

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from pgrepo.runtime.library import QueryLibrary
    from pgrepo.runtime.retries import Work
    from pgrepo.runtime.scope import Scope

Source: TypeAlias = (
    Database
    | Connection[Any]
    | ConnectionPool[Connection[Any]]
    | TransactionConnection
    | ScopedConnections
)
"""What a domain can be made of; the last two are for transaction() and scopes alone."""

_D = TypeVar("_D", bound="Domain")
_T = TypeVar("_T")


class Domain:
    """The repositories of one domain, on a database or on one connection of it.

    Args:
        database: a database of pgrepo's, or a host application's own psycopg connection or pool.
            On a connection, calls join whatever transaction it is in and commit nothing.
        queries: the domain's query files.
    """

    def __init__(self, database: Source, queries: QueryLibrary) -> None:
        self._source = _connections(database, type(self).__name__)
        self._queries = queries

    def transaction(
        self,
        *,
        isolation: Isolation | None = None,
        read_only: bool | None = None,
        deferrable: bool | None = None,
    ) -> DomainTransaction[Self]:
        """Opens a transaction block, which yields this domain bound to one connection.

        Inside, the bound domain's own transaction() is a savepoint.

        Args:
            isolation: a psycopg.IsolationLevel or its name; None for the server's default.
            read_only: whether writing is refused.
            deferrable: with serializable and read only, whether to wait for a snapshot that
                cannot fail.
        """
        characteristics = set_transaction(isolation, read_only, deferrable)
        # Generated classes take the source alone.
        bind = cast("Callable[[Source], Self]", type(self))
        block = Transaction(self._source, characteristics, late=True)
        return DomainTransaction(block, bind)

    def run(
        self,
        function: Work[Self, _T],
        *,
        retries: int = 5,
        within: float = 30.0,
        committed: Work[Self, bool] | None = None,
        isolation: Isolation | None = None,
        read_only: bool | None = None,
        deferrable: bool | None = None,
    ) -> _T:
        """Runs a function in a transaction, which it is given as `transaction` yields it.

        All of it is run again after a serialization failure, a deadlock, or a connection that was
        lost before COMMIT was sent. See `Database.run` for its arguments.

        Raises:
            CommitOutcomeUnknown: the connection was lost during COMMIT, and `committed` is not
                there to ask.
            UsageError: this domain is in a transaction already.
        """
        if isinstance(self._source.plain, OneConnection):
            self._source.plain.check_run()

        def begin() -> DomainTransaction[Self]:
            return self.transaction(isolation=isolation, read_only=read_only, deferrable=deferrable)

        return run(begin, function, Tries(retries, within), committed)

    def batch(self, *, commit: bool = False) -> Batch:
        """Returns a block that collects calls, and makes them in one round trip when it ends.

        By itself it is a transaction of its own. See `Batch`.

        Args:
            commit: whether it ends the transaction() that this domain is bound to. COMMIT goes
                along with its calls then, and the block of transaction() has nothing left to do.
        """
        return Batch(self._source, self._queries, commit=commit)

    def _scoped(self, scope: Scope, *values: object) -> Self:
        """Returns this domain bound to a scope."""
        name = type(self).__name__
        if isinstance(self._source, TransactionConnection | ScopedConnections):
            raise UsageError(
                f"{name}.for_{scope.name}: this domain is bound to a transaction or a scope "
                f"already: call for_{scope.name}() on the one that it was made from"
            )
        setup = scope.commands(name, values)
        bind = cast("Callable[[Source], Self]", type(self))
        return bind(ScopedConnections(self._source, setup))


class DomainTransaction(Generic[_D]):
    """A transaction block that yields a domain."""

    def __init__(self, transaction: Transaction, bind: Callable[[Source], _D]) -> None:
        self._transaction = transaction
        self._bind = bind
        self._bound: TransactionConnection | None = None

    def __enter__(self) -> _D:
        connection = self._transaction.__enter__()
        try:
            self._bound = TransactionConnection(connection, self._transaction.start)
            return self._bind(self._bound)
        except BaseException as error:
            # A subclass of the host's may fail here, or Ctrl-C strike.
            self._transaction.__exit__(type(error), error, error.__traceback__)
            raise

    def __exit__(
        self,
        kind: type[BaseException] | None,
        raised: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool | None:
        assert self._bound is not None
        self._bound.ended = True
        return self._transaction.__exit__(kind, raised, traceback)


def _connections(database: Source, domain: str) -> Connections:
    if isinstance(database, Connections):
        return database
    if isinstance(database, Connection):
        return OneConnection(database)
    if isinstance(database, ConnectionPool):
        return PoolConnections(database)
    takes = f"{Database.__name__}, {Connection.__name__} or {ConnectionPool.__name__}"
    raise UsageError(
        f"{domain} takes a {takes}, not a {type(database).__name__}; a connection string goes "
        f"into {Database.__name__}(...), and a connection or "
        "pool of the other flavour goes into the class of that flavour"
    )

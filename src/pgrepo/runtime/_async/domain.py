"""The base of generated domain classes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, Self, TypeAlias, TypeVar, cast

from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from pgrepo.errors import UsageError
from pgrepo.runtime._async.batch import AsyncBatch
from pgrepo.runtime._async.database import AsyncDatabase
from pgrepo.runtime._async.retrying import run
from pgrepo.runtime._async.sources import (
    AsyncConnections,
    AsyncOneConnection,
    AsyncPoolConnections,
    AsyncTransactionConnection,
)
from pgrepo.runtime._async.transaction import AsyncScopedConnections, AsyncTransaction
from pgrepo.runtime.characteristics import Isolation, set_transaction
from pgrepo.runtime.retries import Tries

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from pgrepo.runtime.library import QueryLibrary
    from pgrepo.runtime.retries import AsyncWork
    from pgrepo.runtime.scope import Scope

AsyncSource: TypeAlias = (
    AsyncDatabase
    | AsyncConnection[Any]
    | AsyncConnectionPool[AsyncConnection[Any]]
    | AsyncTransactionConnection
    | AsyncScopedConnections
)
"""What a domain can be made of; the last two are for transaction() and scopes alone."""

_D = TypeVar("_D", bound="AsyncDomain")
_T = TypeVar("_T")


class AsyncDomain:
    """The repositories of one domain, on a database or on one connection of it.

    Args:
        database: a database of pgrepo's, or a host application's own psycopg connection or pool.
            On a connection, calls join whatever transaction it is in and commit nothing.
        queries: the domain's query files.
    """

    def __init__(self, database: AsyncSource, queries: QueryLibrary) -> None:
        self._source = _connections(database, type(self).__name__)
        self._queries = queries

    def transaction(
        self,
        *,
        isolation: Isolation | None = None,
        read_only: bool | None = None,
        deferrable: bool | None = None,
    ) -> AsyncDomainTransaction[Self]:
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
        bind = cast("Callable[[AsyncSource], Self]", type(self))
        block = AsyncTransaction(self._source, characteristics, late=True)
        return AsyncDomainTransaction(block, bind)

    async def run(
        self,
        function: AsyncWork[Self, _T],
        *,
        retries: int = 5,
        within: float = 30.0,
        committed: AsyncWork[Self, bool] | None = None,
        isolation: Isolation | None = None,
        read_only: bool | None = None,
        deferrable: bool | None = None,
    ) -> _T:
        """Runs a function in a transaction, which it is given as `transaction` yields it.

        All of it is run again after a serialization failure, a deadlock, or a connection that was
        lost before COMMIT was sent. See `AsyncDatabase.run` for its arguments.

        Raises:
            CommitOutcomeUnknown: the connection was lost during COMMIT, and `committed` is not
                there to ask.
            UsageError: this domain is in a transaction already.
        """
        if isinstance(self._source.plain, AsyncOneConnection):
            self._source.plain.check_run()

        def begin() -> AsyncDomainTransaction[Self]:
            return self.transaction(isolation=isolation, read_only=read_only, deferrable=deferrable)

        return await run(begin, function, Tries(retries, within), committed)

    def batch(self, *, commit: bool = False) -> AsyncBatch:
        """Returns a block that collects calls, and makes them in one round trip when it ends.

        By itself it is a transaction of its own. See `AsyncBatch`.

        Args:
            commit: whether it ends the transaction() that this domain is bound to. COMMIT goes
                along with its calls then, and the block of transaction() has nothing left to do.
        """
        return AsyncBatch(self._source, self._queries, commit=commit)

    def _scoped(self, scope: Scope, *values: object) -> Self:
        """Returns this domain bound to a scope."""
        name = type(self).__name__
        if isinstance(self._source, AsyncTransactionConnection | AsyncScopedConnections):
            raise UsageError(
                f"{name}.for_{scope.name}: this domain is bound to a transaction or a scope "
                f"already: call for_{scope.name}() on the one that it was made from"
            )
        setup = scope.commands(name, values)
        bind = cast("Callable[[AsyncSource], Self]", type(self))
        return bind(AsyncScopedConnections(self._source, setup))


class AsyncDomainTransaction(Generic[_D]):
    """A transaction block that yields a domain."""

    def __init__(self, transaction: AsyncTransaction, bind: Callable[[AsyncSource], _D]) -> None:
        self._transaction = transaction
        self._bind = bind
        self._bound: AsyncTransactionConnection | None = None

    async def __aenter__(self) -> _D:
        connection = await self._transaction.__aenter__()
        try:
            self._bound = AsyncTransactionConnection(connection, self._transaction.start)
            return self._bind(self._bound)
        except BaseException as error:
            # A subclass of the host's may fail here, or Ctrl-C strike.
            await self._transaction.__aexit__(type(error), error, error.__traceback__)
            raise

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        raised: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool | None:
        assert self._bound is not None
        self._bound.ended = True
        return await self._transaction.__aexit__(kind, raised, traceback)


def _connections(database: AsyncSource, domain: str) -> AsyncConnections:
    if isinstance(database, AsyncConnections):
        return database
    if isinstance(database, AsyncConnection):
        return AsyncOneConnection(database)
    if isinstance(database, AsyncConnectionPool):
        return AsyncPoolConnections(database)
    takes = (
        f"{AsyncDatabase.__name__}, {AsyncConnection.__name__} or {AsyncConnectionPool.__name__}"
    )
    raise UsageError(
        f"{domain} takes a {takes}, not a {type(database).__name__}; a connection string goes "
        f"into {AsyncDatabase.__name__}(...), and a connection or "
        "pool of the other flavour goes into the class of that flavour"
    )

"""A domain as the generator would write it, over the query files in tests/integration/runtime."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg.postgres import types

from pgrepo.runtime import AsyncDomain, AsyncRepository, QueryLibrary, Statement
from pgrepo.sqlfiles.library import load_queries, locate

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from decimal import Decimal
    from uuid import UUID

    from pgrepo.runtime import AsyncSource, AsyncStream

DIRECTORY = "runtime/shop"


@dataclass(slots=True)
class Attributes:
    """What products.attributes holds."""

    color: str | None = None
    sizes: list[int] | None = None


@dataclass(slots=True)
class Product:
    """A row of products."""

    id: UUID
    sku: str
    price: Decimal
    stock: int
    attributes: Attributes
    tags: list[str]
    status: str
    created_at: datetime


@dataclass(slots=True)
class NewProduct:
    """A row of add_products."""

    sku: str
    price: Decimal
    stock: int


@dataclass(slots=True)
class NewStatus:
    """A row of add_statuses."""

    sku: str
    price: Decimal
    status: str


@dataclass(slots=True)
class Sku:
    """A row of remove_products, and of all_skus."""

    sku: str


@dataclass(slots=True)
class Number:
    """A row of numbers."""

    number: int


@dataclass(slots=True)
class Settings:
    """The row of current_settings."""

    isolation: str
    read_only: str
    deferrable: str


class AsyncProducts(AsyncRepository):
    """Products."""

    async def create_product(
        self,
        *,
        sku: str,
        price: Decimal,
        attributes: Attributes | None = None,
        tags: list[str] | None = None,
        status: str = "draft",
    ) -> Product:
        """Creates a product."""
        attributes = attributes or Attributes()
        return await self._one(_CREATE_PRODUCT, sku, price, attributes, tags or [], status)

    async def product_by_sku(self, *, sku: str) -> Product | None:
        """Returns a product."""
        return await self._first(_PRODUCT_BY_SKU, sku)

    async def product_that_exists(self, *, sku: str) -> Product:
        """Returns a product that must be there."""
        return await self._one(_PRODUCT_BY_SKU, sku)

    async def products_like(self, *, pattern: str) -> list[Product]:
        """Returns products by the head of their sku."""
        return await self._all(_PRODUCTS_LIKE, pattern)

    async def any_product(self) -> Product | None:
        """Returns a product, if there is no other."""
        return await self._first(_ANY_PRODUCT)

    async def count_products(self) -> int:
        """Counts."""
        return await self._value(_COUNT_PRODUCTS)

    async def stock_of(self, *, sku: str) -> int | None:
        """Returns a product's stock."""
        return await self._first_value(_STOCK_OF, sku)

    async def stock_that_exists(self, *, sku: str) -> int:
        """Returns the stock of a product that must be there."""
        return await self._value(_STOCK_OF, sku)

    async def all_skus(self) -> list[str]:
        """Returns all skus."""
        return await self._values(_ALL_SKUS)

    async def change_stock(self, *, sku: str, difference: int) -> int:
        """Changes a product's stock."""
        return await self._affected(_CHANGE_STOCK, difference, sku)

    async def add_products(self, rows: Iterable[NewProduct]) -> int:
        """Adds products through COPY."""
        return await self._bulk(_ADD_PRODUCTS, rows)

    async def upsert_products(self, rows: Iterable[NewProduct]) -> int:
        """Adds or changes products, statement by statement."""
        return await self._bulk(_UPSERT_PRODUCTS, rows)

    async def add_statuses(self, rows: Iterable[NewStatus]) -> int:
        """Adds products with a status through COPY."""
        return await self._bulk(_ADD_STATUSES, rows)

    async def remove_products(self, rows: Iterable[Sku]) -> int:
        """Removes products."""
        return await self._bulk(_REMOVE_PRODUCTS, rows)


class AsyncOrders(AsyncRepository):
    """Orders, and calls that fail."""

    async def create_order(self, *, product_id: UUID, quantity: int) -> int:
        """Creates an order and returns its number."""
        return await self._value(_CREATE_ORDER, product_id, quantity)

    async def numbers(self, *, count: int) -> list[Number]:
        """Returns the numbers from 1."""
        return await self._all(_NUMBERS, count)

    def stream_numbers(self, *, count: int) -> AsyncStream[Number]:
        """Streams the numbers from 1."""
        return self._stream(_NUMBERS, count)

    def stream_inverses(self, *, count: int) -> AsyncStream[Number]:
        """Streams 1/count and so on, until 1/0 fails."""
        return self._stream(_INVERSES, count)

    async def to_uuid(self, *, word: str) -> UUID:
        """Casts a word."""
        return await self._value(_TO_UUID, word)

    async def to_table(self, *, word: str) -> int:
        """Looks a table up."""
        return await self._value(_TO_TABLE, word)

    async def refuse(self, *, reason: str) -> int:
        """Raises an exception in PL/pgSQL."""
        return await self._affected(_REFUSE, reason)

    async def sleep(self, *, seconds: float) -> int:
        """Sleeps in the server."""
        return await self._affected(_SLEEP, seconds)

    async def current_settings(self) -> Settings:
        """Returns the transaction's characteristics."""
        return await self._one(_CURRENT_SETTINGS)

    async def kill(self, *, pid: int) -> bool:
        """Ends a connection."""
        return await self._value(_KILL, pid)

    async def backend(self) -> int:
        """Returns the connection's process id."""
        return await self._value(_BACKEND)


class AsyncShop(AsyncDomain):
    """The domain."""

    def __init__(self, database: AsyncSource) -> None:
        super().__init__(database, QUERIES)
        self.products = AsyncProducts(self)
        self.orders = AsyncOrders(self)


QUERIES = QueryLibrary("shop", __file__, DIRECTORY)
_LOADED = load_queries(locate(__file__, DIRECTORY))


def statement(name: str, *parameters: str, **more: Any) -> Statement[Any]:
    """Makes what the generator would write; "" is the type of an enum parameter."""
    oids = tuple(oid_of(type_name) for type_name in parameters)
    return Statement(name, _LOADED[name].fingerprint, types=oids, **more)


def oid_of(type_name: str) -> int:
    """Returns the OID of a built-in type; 0 for ""."""
    if not type_name:
        return 0
    info = types[type_name.removesuffix("[]")]
    return info.array_oid if type_name.endswith("[]") else info.oid


_PRODUCT: dict[str, Any] = {"row": Product, "json": ((4, Attributes),)}
_CREATE_PRODUCT = statement("create_product", "text", "numeric", "jsonb", "text[]", "", **_PRODUCT)
_PRODUCT_BY_SKU = statement("product_by_sku", "text", read_only=True, **_PRODUCT)
_PRODUCTS_LIKE = statement("products_like", "text", read_only=True, **_PRODUCT)
_ANY_PRODUCT = statement("any_product", read_only=True, **_PRODUCT)
_COUNT_PRODUCTS = statement("count_products", read_only=True)
_STOCK_OF = statement("stock_of", "text", read_only=True)
_ALL_SKUS = statement("all_skus", read_only=True)
_CHANGE_STOCK = statement("change_stock", "int4", "text")
_ADD_PRODUCTS = statement(
    "add_products",
    "text",
    "numeric",
    "int4",
    row=NewProduct,
    copy="COPY shop.products (sku, price, stock) FROM STDIN (FORMAT binary)",
)
_UPSERT_PRODUCTS = statement("upsert_products", "text", "numeric", "int4", row=NewProduct)
_ADD_STATUSES = statement(
    "add_statuses",
    "text",
    "numeric",
    "",
    row=NewStatus,
    copy="COPY shop.products (sku, price, status) FROM STDIN (FORMAT binary)",
)
_REMOVE_PRODUCTS = statement("remove_products", "text", row=Sku)
_CREATE_ORDER = statement("create_order", "uuid", "int2")
_NUMBERS = statement("numbers", "int4", row=Number, read_only=True)
_INVERSES = statement("inverses", "int4", row=Number, read_only=True)
_TO_UUID = statement("to_uuid", "text", read_only=True)
_TO_TABLE = statement("to_table", "text", read_only=True)
_REFUSE = statement("refuse", "text")
_SLEEP = statement("sleep", "float8", read_only=True)
_CURRENT_SETTINGS = statement("current_settings", row=Settings, read_only=True)
_KILL = statement("kill", "int4")
_BACKEND = statement("backend", read_only=True)

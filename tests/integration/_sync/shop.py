# Derived from tests/integration/_async/shop.py by tools/async_to_sync.py: do not edit.
"""A domain as the generator would write it, over the query files in tests/integration/runtime."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg.postgres import types

from pgrepo.runtime import Domain, QueryLibrary, Repository, Statement
from pgrepo.sqlfiles.library import load_queries, locate

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from decimal import Decimal
    from uuid import UUID

    from pgrepo.runtime import Source, Stream

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


class Products(Repository):
    """Products."""

    def create_product(
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
        return self._one(_CREATE_PRODUCT, sku, price, attributes, tags or [], status)

    def product_by_sku(self, *, sku: str) -> Product | None:
        """Returns a product."""
        return self._first(_PRODUCT_BY_SKU, sku)

    def product_that_exists(self, *, sku: str) -> Product:
        """Returns a product that must be there."""
        return self._one(_PRODUCT_BY_SKU, sku)

    def products_like(self, *, pattern: str) -> list[Product]:
        """Returns products by the head of their sku."""
        return self._all(_PRODUCTS_LIKE, pattern)

    def any_product(self) -> Product | None:
        """Returns a product, if there is no other."""
        return self._first(_ANY_PRODUCT)

    def count_products(self) -> int:
        """Counts."""
        return self._value(_COUNT_PRODUCTS)

    def stock_of(self, *, sku: str) -> int | None:
        """Returns a product's stock."""
        return self._first_value(_STOCK_OF, sku)

    def stock_that_exists(self, *, sku: str) -> int:
        """Returns the stock of a product that must be there."""
        return self._value(_STOCK_OF, sku)

    def all_skus(self) -> list[str]:
        """Returns all skus."""
        return self._values(_ALL_SKUS)

    def change_stock(self, *, sku: str, difference: int) -> int:
        """Changes a product's stock."""
        return self._affected(_CHANGE_STOCK, difference, sku)

    def add_products(self, rows: Iterable[NewProduct]) -> int:
        """Adds products through COPY."""
        return self._bulk(_ADD_PRODUCTS, rows)

    def upsert_products(self, rows: Iterable[NewProduct]) -> int:
        """Adds or changes products, statement by statement."""
        return self._bulk(_UPSERT_PRODUCTS, rows)

    def add_statuses(self, rows: Iterable[NewStatus]) -> int:
        """Adds products with a status through COPY."""
        return self._bulk(_ADD_STATUSES, rows)

    def remove_products(self, rows: Iterable[Sku]) -> int:
        """Removes products."""
        return self._bulk(_REMOVE_PRODUCTS, rows)


class Orders(Repository):
    """Orders, and calls that fail."""

    def create_order(self, *, product_id: UUID, quantity: int) -> int:
        """Creates an order and returns its number."""
        return self._value(_CREATE_ORDER, product_id, quantity)

    def numbers(self, *, count: int) -> list[Number]:
        """Returns the numbers from 1."""
        return self._all(_NUMBERS, count)

    def stream_numbers(self, *, count: int) -> Stream[Number]:
        """Streams the numbers from 1."""
        return self._stream(_NUMBERS, count)

    def stream_inverses(self, *, count: int) -> Stream[Number]:
        """Streams 1/count and so on, until 1/0 fails."""
        return self._stream(_INVERSES, count)

    def to_uuid(self, *, word: str) -> UUID:
        """Casts a word."""
        return self._value(_TO_UUID, word)

    def to_table(self, *, word: str) -> int:
        """Looks a table up."""
        return self._value(_TO_TABLE, word)

    def refuse(self, *, reason: str) -> int:
        """Raises an exception in PL/pgSQL."""
        return self._affected(_REFUSE, reason)

    def sleep(self, *, seconds: float) -> int:
        """Sleeps in the server."""
        return self._affected(_SLEEP, seconds)

    def current_settings(self) -> Settings:
        """Returns the transaction's characteristics."""
        return self._one(_CURRENT_SETTINGS)

    def kill(self, *, pid: int) -> bool:
        """Ends a connection."""
        return self._value(_KILL, pid)

    def backend(self) -> int:
        """Returns the connection's process id."""
        return self._value(_BACKEND)


class Shop(Domain):
    """The domain."""

    def __init__(self, database: Source) -> None:
        super().__init__(database, QUERIES)
        self.products = Products(self)
        self.orders = Orders(self)


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

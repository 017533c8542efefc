"""Random calls, made one by one and in a batch."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeAlias
from uuid import UUID

import psycopg

from pgrepo import NoRowError, TooManyRowsError

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from .shop import AsyncShop

NOWHERE = UUID(int=0)

Call: TypeAlias = "tuple[Callable[[AsyncShop], Any], dict[str, Any]]"
"""A method, found in a domain, and its arguments."""


def random_call(chance: random.Random) -> Call:
    """A call, mostly one that succeeds."""
    sku = chance.choice("abcdefgh")
    calls: list[Call] = [
        (lambda shop: shop.products.all_skus, {}),
        (lambda shop: shop.products.stock_of, {"sku": sku}),
        (lambda shop: shop.products.stock_that_exists, {"sku": sku}),
        (lambda shop: shop.products.count_products, {}),
        (lambda shop: shop.products.any_product, {}),
        (lambda shop: shop.orders.numbers, {"count": chance.randrange(200)}),
        (lambda shop: shop.products.change_stock, {"sku": sku, "difference": chance.randrange(9)}),
        (lambda shop: shop.products.change_stock, {"sku": sku, "difference": 2**31 - 1}),
        (lambda shop: shop.products.create_product, {"sku": sku, "price": Decimal(1)}),
        (lambda shop: shop.orders.to_uuid, {"word": chance.choice([str(NOWHERE), "x"])}),
    ]
    return chance.choice(calls)


def comparable(result: Any) -> Any:
    """A result without what differs from one run to the next."""
    if hasattr(result, "created_at"):
        return replace(result, id=NOWHERE, created_at=None)
    return result


async def one_by_one(shop: AsyncShop, calls: list[Call]) -> list[Any]:
    """What the calls return in a transaction that is rolled back; the error that ends it."""
    found: list[Any] = []
    async with shop.transaction() as tx:
        for method, arguments in calls:
            try:
                found.append(comparable(await method(tx)(**arguments)))
            except (NoRowError, TooManyRowsError) as error:
                found.append((type(error), str(error)))
            except psycopg.Error as error:
                return [(type(error), str(error))]
        raise psycopg.Rollback
    return found


async def in_a_batch(shop: AsyncShop, calls: list[Call]) -> list[Any]:
    """The same of a batch."""
    try:
        async with shop.batch() as batch:
            pending = [batch.add(method(shop), **arguments) for method, arguments in calls]
    except psycopg.Error as error:
        return [(type(error), str(error))]
    found = []
    for call in pending:
        try:
            found.append(comparable(call.result()))
        except (NoRowError, TooManyRowsError) as error:
            found.append((type(error), str(error)))
    return found

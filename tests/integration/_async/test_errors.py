"""Translated errors: both trees, what they tell, and what they must not."""

from __future__ import annotations

import pickle
import traceback
from decimal import Decimal
from typing import TYPE_CHECKING

import psycopg
import pytest

from pgrepo import (
    CheckViolation,
    DatabaseError,
    OperationalError,
    PgrepoError,
    RaiseException,
    StaleVersion,
    UniqueViolation,
)
from pgrepo.runtime.translate import AdminShutdown, InvalidTextRepresentation, UndefinedTable

if TYPE_CHECKING:
    from pgrepo.runtime import AsyncDatabase

    from .shop import AsyncShop

SECRET = "Tr0ub4dor"


def printed(error: BaseException) -> str:
    """What a log would show of it, with the errors it was raised from."""
    return "".join(traceback.format_exception(error))


async def test_unique_violation(shop: AsyncShop) -> None:
    """The error is pgrepo's and psycopg's, tells the constraint, and hides the key."""
    await shop.products.create_product(sku=SECRET, price=Decimal(1))
    with pytest.raises(psycopg.errors.UniqueViolation) as caught:
        await shop.products.create_product(sku=SECRET, price=Decimal(1))
    error = caught.value
    assert isinstance(error, UniqueViolation)
    assert isinstance(error, PgrepoError)
    assert isinstance(error, psycopg.IntegrityError)
    assert (error.query, error.constraint) == ("shop.create_product", "products_sku_key")
    assert (error.table, error.column, error.sqlstate) == ("products", None, "23505")
    assert str(error) == (
        'shop.create_product: shop.products: unique constraint "products_sku_key" is violated: '
        "the key exists"
    )
    assert SECRET not in printed(error)
    # Whoever asks gets it.
    assert SECRET in (error.diag.message_detail or "")
    assert isinstance(error.__cause__, psycopg.errors.UniqueViolation)
    assert SECRET in (error.__cause__.diag.message_detail or "")


async def test_check_violation(shop: AsyncShop) -> None:
    """A failing row is not printed."""
    with pytest.raises(CheckViolation) as caught:
        await shop.products.create_product(sku=SECRET, price=Decimal(-1))
    assert caught.value.constraint == "products_price_check"
    assert "check constraint" in str(caught.value)
    assert SECRET not in printed(caught.value)


async def test_cast(shop: AsyncShop) -> None:
    """A word that cannot be cast is not quoted; the type is named."""
    with pytest.raises(InvalidTextRepresentation) as caught:
        await shop.orders.to_uuid(word=SECRET)
    assert str(caught.value) == "shop.to_uuid: invalid input syntax for type uuid (22P02)"
    assert SECRET not in printed(caught.value)


@pytest.mark.parametrize("word", [SECRET, f'say "{SECRET}" "', f"a.{SECRET}"])
async def test_value_cast_to_a_name(shop: AsyncShop, word: str) -> None:
    """A value that PostgreSQL took for a table's name is not quoted either."""
    with pytest.raises(DatabaseError) as caught:
        await shop.orders.to_table(word=word)
    assert SECRET.lower() not in printed(caught.value).lower()
    assert str(caught.value).startswith("shop.to_table: ")


async def test_raised_in_a_function(shop: AsyncShop) -> None:
    """What a function raises may hold values; it is to be had from .diag alone."""
    with pytest.raises(RaiseException) as caught:
        await shop.orders.refuse(reason=SECRET)
    assert SECRET not in printed(caught.value)
    assert caught.value.diag.message_primary == f"refused because of {SECRET}"


async def test_stale_version(shop: AsyncShop, database: AsyncDatabase) -> None:
    """SQLSTATE PR001 is a StaleVersion, with the version that the detail tells."""
    async with database.connection() as connection:
        await connection.execute(
            """
            CREATE OR REPLACE FUNCTION shop.refuse(reason text) RETURNS void
            LANGUAGE plpgsql
            AS $$
            BEGIN
                RAISE EXCEPTION 'not that one' USING ERRCODE = 'PR001', DETAIL = reason;
            END
            $$
            """
        )
    with pytest.raises(StaleVersion) as caught:
        await shop.orders.refuse(reason="7")
    assert caught.value.current_version == 7
    assert (caught.value.query, caught.value.sqlstate) == ("shop.refuse", "PR001")
    assert isinstance(caught.value, DatabaseError)
    assert isinstance(caught.value.__cause__, psycopg.Error)
    with pytest.raises(StaleVersion) as caught:
        await shop.orders.refuse(reason=SECRET)
    assert caught.value.current_version is None
    assert SECRET not in printed(caught.value)


async def test_names_of_the_statement_stay(shop: AsyncShop, database: AsyncDatabase) -> None:
    """What the statement itself says is no value, and is shown."""
    async with database.connection() as connection:
        await connection.execute("DROP TABLE shop.products CASCADE")
    with pytest.raises(UndefinedTable) as caught:
        await shop.products.count_products()
    assert str(caught.value) == (
        'shop.count_products: relation "shop.products" does not exist (42P01)'
    )


async def test_translated_errors_can_be_pickled(shop: AsyncShop) -> None:
    """An error survives a trip to another process, with what PostgreSQL said."""
    with pytest.raises(InvalidTextRepresentation) as caught:
        await shop.orders.to_uuid(word="x")
    copy = pickle.loads(pickle.dumps(caught.value))  # noqa: S301 - our own bytes
    assert type(copy) is type(caught.value)
    assert str(copy) == str(caught.value)
    assert (copy.query, copy.sqlstate) == ("shop.to_uuid", "22P02")
    assert copy.diag.message_primary == caught.value.diag.message_primary


async def test_lost_connection(shop: AsyncShop) -> None:
    """A lost connection is an OperationalError; the pool replaces it."""
    with pytest.raises(AdminShutdown) as caught:  # noqa: PT012 - the block is the matter
        async with shop.transaction() as tx:
            victim = await tx.orders.backend()
            await shop.orders.kill(pid=victim)
            await tx.orders.backend()
    assert isinstance(caught.value, OperationalError)
    assert caught.value.query == "shop.backend"
    assert await shop.products.count_products() == 0


async def test_commit_on_a_lost_connection(shop: AsyncShop) -> None:
    """If the connection is lost just before COMMIT, leaving the block is not silent."""
    with pytest.raises(psycopg.OperationalError) as caught:
        async with shop.transaction() as tx:
            await shop.orders.kill(pid=await tx.orders.backend())
    assert isinstance(caught.value, DatabaseError)


async def test_failed_transaction(shop: AsyncShop) -> None:
    """After an error in a block the next call says that the transaction has failed."""
    with pytest.raises(psycopg.errors.InFailedSqlTransaction) as caught:  # noqa: PT012 - the block is the matter
        async with shop.transaction() as tx:
            with pytest.raises(InvalidTextRepresentation):
                await tx.orders.to_uuid(word="x")
            await tx.orders.backend()
    assert isinstance(caught.value, DatabaseError)

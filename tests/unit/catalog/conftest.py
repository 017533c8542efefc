"""A small domain, in which everything is called as unkindly as can be."""

from __future__ import annotations

import pytest

from pgrepo.catalog.model import (
    Column,
    Domain,
    Field,
    ForeignKey,
    Index,
    PlanStep,
    Query,
    Repository,
    Table,
)


def column(name: str, **more: object) -> Column:
    """A column of bigint, not NULL."""
    usual: dict[str, object] = {
        "type": "bigint", "nullable": False, "has_default": False, "primary": False,
        "foreign": False, "comment": None, "choices": (),
    }  # fmt: skip
    return Column(name, **(usual | more))  # type: ignore[arg-type]


def tables() -> tuple[Table, ...]:
    """Two tables and a view."""
    customers = Table(
        "customers",
        "table",
        "Who buys; <b>all</b> of them & more.",
        (column("id", primary=True), column("kind", choices=("old", "new"), nullable=True)),
        (Index("customers_pkey", "btree (id)", primary=True, unique=True),),
    )
    orders = Table(
        "orders",
        "table",
        None,
        (column("id", primary=True), column("customer_id", foreign=True, comment="Whose.")),
        (),
        (
            ForeignKey(
                "orders_customer_id_fkey", ("customer_id",), "customers",
                "REFERENCES customers(id) ON DELETE CASCADE", optional=False, unique=False,
            ),
            ForeignKey(
                "orders_currency_fkey", ("currency",), "other.currencies",
                "REFERENCES other.currencies(code)", optional=True, unique=False,
            ),
        ),
    )  # fmt: skip
    return customers, orders, Table("glad", "view", None, (column("id"),))


def queries() -> tuple[Query, ...]:
    """One that reads and one that writes."""
    recent = Query(
        name="recent_orders",
        line=3,
        signature='def recent_orders(self, *, note: str = "<none>") -> list[Order]:',
        doc=("Returns *the* newest orders of `customers`.", "NULL < all, [see](x)."),
        sql="SELECT id -- </code><script>alert(1)</script>\nFROM shop.orders WHERE note = :note",
        row="Order",
        fields=(Field("id", "int", None), Field("customer_id", "int", "Whose.")),
        cardinality="many",
        read_only=True,
        tables=("customers", "orders", "other.currencies"),
        plan=(PlanStep(0, "Limit", ""), PlanStep(1, "Index Scan orders_pkey", "id > :note")),
    )
    create = Query(
        name="create_order",
        line=9,
        signature="def create_order(self) -> int:",
        doc=(),
        sql="INSERT INTO shop.orders DEFAULT VALUES",
        row=None,
        fields=(),
        cardinality="exec",
        read_only=False,
        tables=("orders",),
        plan=(),
    )
    return recent, create


@pytest.fixture
def shop() -> Domain:
    """Two tables and a view, a query that reads and one that writes."""
    return Domain(
        name="shop",
        doc=("A shop.",),
        plans="Plans are guesses.",
        tables=tables(),
        repositories=(
            Repository("orders", "Orders", "queries/orders.sql", ("Orders.",), queries()),
        ),
    )

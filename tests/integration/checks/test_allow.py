"""What is allowed in place is not told; what allows nothing is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.integration.checks.conftest import Check

SCHEMA = """
CREATE SCHEMA shop;
CREATE TABLE shop.customers (id bigint PRIMARY KEY);
CREATE TABLE shop.orders (
    id bigint PRIMARY KEY,
    customer_id bigint NOT NULL,
    status text NOT NULL,
    CONSTRAINT "Orders customer" FOREIGN KEY (customer_id) REFERENCES shop.customers (id)
);
CREATE INDEX orders_customer_id_idx ON shop.orders (customer_id);
"""
BARE = SCHEMA.rpartition("CREATE INDEX")[0]
RESET = "UPDATE shop.orders SET status = 'open';\n"


def test_query_allows(check: Check) -> None:
    """A line in the comment allows all findings of its code in that query, and no other."""
    report = check(
        SCHEMA,
        "-- name: reset()!\n-- Starts anew.\n-- @allow PGR505: once a year\n" + RESET
        + "-- name: start_anew()!\n" + RESET,
    )  # fmt: skip
    assert [(error.code, error.query) for error in report.errors] == [
        ("PGR506", "start_anew"),
        ("PGR505", "start_anew"),
    ]


def test_query_allows_nothing(check: Check) -> None:
    """An allow that matches no finding is an error at its code."""
    report = check(
        SCHEMA,
        "-- name: order_by_id(id)^\n-- @allow PGR501: one\n"
        "SELECT status FROM shop.orders WHERE id = :id;\n",
    )
    [error] = report.errors
    assert (error.code, error.line, error.column) == ("PGR122", 2, 11)
    assert error.message == "there is no PGR501 to allow here"


@pytest.mark.parametrize(
    "line", ["@allow", "@allow PGR505", "@allow PGR505:", "@allow PGR203: no", "@allow PGR601: no"]
)
def test_reason_is_missing(check: Check, line: str) -> None:
    """Without a reason, or with a code that is not a query's, the line is malformed."""
    [error] = check(SCHEMA, f"-- name: reset()!\n-- {line}\n{RESET}").errors
    assert (error.code, error.line) == ("PGR121", 2)
    assert error.help == "write @allow PGR507: why that is right here"


def test_schema_allows(check: Check) -> None:
    """A line in any DDL file of the domain allows a finding about the schema, by name."""
    report = check({
        "V001__shop.sql": BARE,
        "V002__notes.sql": '-- pgrepo: allow PGR601 "Orders customer": none is ever deleted\n',
    })  # fmt: skip
    assert report.errors == ()


def test_schema_allows_nothing(check: Check) -> None:
    """Likewise, one that matches no finding is an error."""
    [error] = check(SCHEMA + "\n-- pgrepo: allow PGR602 orders_pkey: why not\n").errors
    assert error.code == "PGR143"
    assert error.message == "there is no PGR602 of orders_pkey to allow"
    assert error.source_line[error.column - 1 :].startswith("PGR602 orders_pkey")


def test_plans_that_are_not_looked_at_are_not_judged(check: Check) -> None:
    """Where a query is broken the plans say little; what allows their findings may be right."""
    report = check(
        SCHEMA,
        "-- name: all_orders()\n-- @allow PGR511: an export\nSELECT id FROM shop.orders;\n"
        "-- name: broken()\nSELECT idd FROM shop.orders;\n",
        hot=("customers",),
    )
    assert [error.code for error in report.errors] == ["PGR203"]


def test_no_table_is_hot(check: Check) -> None:
    """A project without hot tables has no findings about plans to allow."""
    report = check(
        SCHEMA,
        "-- name: all_orders()\n-- @allow PGR511: an export\nSELECT id FROM shop.orders;\n",
    )
    assert [error.code for error in report.errors] == ["PGR122"]

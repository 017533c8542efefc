# Derived from tests/integration/_async/test_scopes.py by tools/async_to_sync.py: do not edit.
# ruff: noqa: SIM117
"""Scopes: a role and a setting for exactly the calls made through them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import psycopg
import pytest
from psycopg import Connection
from psycopg.conninfo import make_conninfo
from psycopg.pq import TransactionStatus
from psycopg_pool import ConnectionPool

from pgrepo import (
    CheckViolation,
    Database,
    DatabaseError,
    InsufficientPrivilege,
    UsageError,
)
from pgrepo.errors import TooManyRowsError
from pgrepo.runtime import fast
from pgrepo.runtime.translate import DivisionByZero

from .tenancy import NewNote, Tenancy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .tenancy import Note

SCHEMA = Path(__file__).parent.parent / "runtime" / "tenancy.sql"
ADA, BOB = UUID(int=0xADA), UUID(int=0xB0B)
APP, LOGIN = "pgrepo_test_app", "pgrepo_test_login"


@pytest.fixture
def tenancy_url(database_url: str) -> Iterator[str]:
    """The URL of a database with the notes, for a role that owns nothing."""
    with psycopg.connect(database_url, autocommit=True) as owner:
        owner.execute(SCHEMA.read_bytes())
        try:
            yield make_conninfo(database_url, user=LOGIN, password="tenancy")
        finally:
            owner.execute(f"DROP OWNED BY {APP}, {LOGIN} CASCADE")
            owner.execute(f"DROP ROLE {LOGIN}, {APP}")


@pytest.fixture(params=["fast", "cursors"])
def database(
    tenancy_url: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Database]:
    """A database of one connection, on which whatever stays behind would be found."""
    monkeypatch.setattr(fast, "enabled", request.param == "fast")
    with Database(tenancy_url, max_size=1, timeout=20) as database:
        yield database


@pytest.fixture
def tenancy(database: Database) -> Tenancy:
    """The domain, without a scope."""
    return Tenancy(database)


def assert_nothing_remains(tenancy: Tenancy) -> None:
    """Outside the scope one is who one was, sees no row, and may write none."""
    who = tenancy.notes.who()
    assert (who.role, who.tenant, who.label) == (LOGIN, "", "")
    assert tenancy.notes.notes() == []
    assert tenancy.notes.touch_notes() == 0
    with pytest.raises(InsufficientPrivilege):
        tenancy.notes.add_note_of(tenant_id=ADA, body="x")


def bodies(notes: list[Note]) -> list[str]:
    """What the notes say."""
    return [note.body for note in notes]


def test_each_sees_its_own(tenancy: Tenancy, database: Database) -> None:
    """Rows of one tenant are to be seen and written by that tenant alone."""
    ada, bob = tenancy.for_tenant(ADA), tenancy.for_tenant(BOB)
    assert type(ada) is Tenancy
    for scoped, word in ((ada, "of Ada"), (bob, "of Bob"), (ada, "more")):
        assert (scoped.notes.add_note(body=word)).body == word
    assert bodies(ada.notes.notes()) == ["of Ada", "more"]
    assert bodies(bob.notes.notes()) == ["of Bob"]
    assert ada.notes.touch_notes() == 2
    with pytest.raises(InsufficientPrivilege):
        ada.notes.add_note_of(tenant_id=BOB, body="x")
    who = bob.notes.who()
    assert (who.role, who.tenant) == (APP, str(BOB))
    assert bodies(bob.notes.notes()) == ["of Bob"]
    assert_nothing_remains(tenancy)
    with database.connection() as connection:
        assert connection.info.transaction_status == TransactionStatus.IDLE


def test_errors(tenancy: Tenancy) -> None:
    """After an error of any phase nothing of the scope remains, and nothing was written."""
    ada = tenancy.for_tenant(ADA)
    ada.notes.add_note(body="kept")
    with pytest.raises(CheckViolation):
        ada.notes.add_note(body="forbidden")
    with pytest.raises(DivisionByZero) as caught:
        ada.notes.inverse(number=0)
    assert isinstance(caught.value, DatabaseError)
    assert caught.value.query == "tenancy.inverse"
    with pytest.raises(psycopg.DataError, match=r"parameter \$1 \(number\)"):
        ada.notes.inverse(number="x")  # type: ignore[arg-type]
    assert_nothing_remains(tenancy)
    ada.notes.add_note(body="too")
    with pytest.raises(TooManyRowsError):
        ada.notes.any_note()
    with pytest.raises(psycopg.errors.InvalidParameterValue):
        tenancy.for_nobody().notes.who()
    assert_nothing_remains(tenancy)
    assert bodies(ada.notes.notes()) == ["kept", "too"]


def test_lost_connection(tenancy: Tenancy) -> None:
    """A connection that is lost in a scope is replaced."""
    for _ in range(2):
        with pytest.raises(psycopg.OperationalError):
            tenancy.for_tenant(ADA).notes.kill_backend()
        assert_nothing_remains(tenancy)


def test_transaction(tenancy: Tenancy) -> None:
    """transaction() through a scope is in it, with savepoints and an isolation level."""
    ada = tenancy.for_tenant(ADA)
    with ada.transaction(isolation="serializable") as tx:
        who = tx.notes.who()
        assert (who.role, who.tenant, who.isolation) == (APP, str(ADA), "serializable")
        tx.notes.add_note(body="kept")
        with pytest.raises(InsufficientPrivilege):
            with tx.transaction() as inner:
                inner.notes.add_note_of(tenant_id=BOB, body="x")
        assert (tx.notes.who()).role == APP
    assert_nothing_remains(tenancy)
    with pytest.raises(ZeroDivisionError):  # noqa: PT012 - the block is the matter
        with ada.transaction() as tx:
            tx.notes.add_note(body="lost")
            raise ZeroDivisionError
    assert_nothing_remains(tenancy)
    with pytest.raises(psycopg.errors.InvalidParameterValue):
        with tenancy.for_nobody().transaction() as tx:
            tx.notes.who()
    assert_nothing_remains(tenancy)
    assert bodies(ada.notes.notes()) == ["kept"]


def test_bulk_and_streams(tenancy: Tenancy) -> None:
    """Bulk calls and streams are in the scope too."""
    ada, bob = tenancy.for_tenant(ADA), tenancy.for_tenant(BOB)
    rows = [NewNote(ADA, str(number)) for number in range(700)]
    # Without COPY, which PostgreSQL refuses on a table with row-level security.
    assert ada.notes.add_notes(iter(rows)) == 700
    with pytest.raises(InsufficientPrivilege):
        ada.notes.add_notes([*rows, NewNote(BOB, "x")])
    assert [note.body for note in bob.notes.stream_notes(limit=1000)] == []
    with ada.notes.stream_notes(limit=1000) as notes:
        assert [note.body for note in notes] == [str(number) for number in range(700)]
    with ada.notes.stream_notes(limit=1000) as notes:
        assert (next(notes)).body == "0"
    assert_nothing_remains(tenancy)


def test_text(tenancy: Tenancy) -> None:
    """Whatever a text is, it arrives as it is."""
    for label in ("x", "it's", 'a "b"', "back\\slash\\'", "'; RESET ROLE; --", "é"):
        scoped = tenancy.for_label(label)
        assert (scoped.notes.who()).label == label
        with scoped.transaction() as tx:
            assert (tx.notes.who()).label == label
    assert_nothing_remains(tenancy)


@pytest.mark.parametrize("value", [None, "", str(ADA), 5, ADA.bytes])
def test_value_that_does_not_fit(value: Any) -> None:
    """A scope without a value, or with one of another type, is refused, and it is not quoted."""
    tenancy = Tenancy(Database("host=nowhere"))
    with pytest.raises(UsageError, match="for_tenant: tenant_id takes a UUID; got") as caught:
        tenancy.for_tenant(value)
    assert str(ADA) not in str(caught.value)
    for text in ("", None, "a\0b", ADA):
        with pytest.raises(UsageError, match="label takes a str that is not empty"):
            tenancy.for_label(text)  # type: ignore[arg-type]


def test_scope_in_a_scope(tenancy: Tenancy) -> None:
    """A scope is entered from outside: not out of a transaction, nor another scope."""
    ada = tenancy.for_tenant(ADA)
    with pytest.raises(UsageError, match="bound to a transaction or a scope"):
        ada.for_tenant(BOB)
    for source in (tenancy, ada):
        with source.transaction() as tx:
            with pytest.raises(UsageError, match="bound to a transaction or a scope"):
                tx.for_tenant(BOB)


def test_connection_of_the_host(tenancy_url: str) -> None:
    """On a host's connection a scope needs a transaction to itself, and commits it."""
    with Connection.connect(tenancy_url, autocommit=True) as connection:
        ada = Tenancy(connection).for_tenant(ADA)
        ada.notes.add_note(body="kept")
        with connection.transaction():
            with pytest.raises(UsageError, match="in one already"):
                ada.notes.notes()
            with pytest.raises(UsageError, match="in one already"):
                with ada.transaction():
                    pass
        assert bodies(ada.notes.notes()) == ["kept"]
    with Connection.connect(tenancy_url) as connection:
        ada = Tenancy(connection).for_tenant(ADA)
        with pytest.raises(UsageError, match="make it autocommit"):
            ada.notes.notes()
        with pytest.raises(UsageError, match="make it autocommit"):
            with ada.transaction():
                pass
        assert connection.info.transaction_status == TransactionStatus.IDLE


def test_pool_of_the_host(tenancy_url: str) -> None:
    """On a host's pool calls in a scope are committed, autocommit or not."""
    with ConnectionPool(tenancy_url, min_size=1, max_size=1, open=False) as pool:
        tenancy = Tenancy(pool)
        ada = tenancy.for_tenant(ADA)
        ada.notes.add_note(body="kept")
        with ada.transaction() as tx:
            tx.notes.add_note(body="too")
        with pytest.raises(DivisionByZero):
            ada.notes.inverse(number=0)
        assert bodies(ada.notes.notes()) == ["kept", "too"]
        assert_nothing_remains(tenancy)

"""The classes of translated errors, and their wording, without a server."""

from __future__ import annotations

import copy
import pickle

import psycopg
import psycopg_pool
import pytest
from psycopg import errors
from psycopg.pq import DiagnosticField

from pgrepo.errors import PgrepoError
from pgrepo.runtime import translate as module
from pgrepo.runtime.translate import DatabaseError, StaleVersion, translate, translated_class
from pgrepo.runtime.wording import describe

PSYCOPG_CLASSES = [
    value
    for value in vars(errors).values()
    if isinstance(value, type) and issubclass(value, psycopg.Error)
]
SECRET = "Tr0ub4dor"


def server_error(
    sqlstate: str, primary: str, *, function: str = "elsewhere", **fields: str
) -> psycopg.Error:
    """Makes the error that psycopg would raise for a report of the server."""
    report = {
        DiagnosticField.SQLSTATE: sqlstate.encode(),
        DiagnosticField.MESSAGE_PRIMARY: primary.encode(),
        DiagnosticField.MESSAGE_DETAIL: f"Key (x)=({SECRET})".encode(),
        DiagnosticField.SOURCE_FUNCTION: function.encode(),
    }
    report |= {DiagnosticField[name.upper()]: value.encode() for name, value in fields.items()}
    try:
        made = errors.lookup(sqlstate)
    except KeyError:  # as psycopg does with a state that is in no list
        made = psycopg.ProgrammingError
    return made(f"{primary}\nDETAIL: {SECRET}", info=report)


@pytest.mark.parametrize("original", PSYCOPG_CLASSES, ids=lambda original: original.__name__)
def test_every_class_of_psycopg(original: type[psycopg.Error]) -> None:
    """For every class there is one that is both pgrepo's and it, always the same."""
    made = translated_class(original)
    assert issubclass(made, DatabaseError)
    assert issubclass(made, PgrepoError)
    assert issubclass(made, original)
    assert translated_class(original) is made
    # And below the translation of what the original is below of.
    for base in original.__mro__[1:]:
        if base in PSYCOPG_CLASSES and base is not psycopg.DatabaseError:
            assert issubclass(made, translated_class(base))


@pytest.mark.parametrize(
    "original", [psycopg_pool.PoolTimeout, psycopg_pool.PoolClosed, psycopg_pool.TooManyRequests]
)
def test_errors_of_the_pool(original: type[psycopg.Error]) -> None:
    """The pool's errors have named classes too."""
    assert getattr(module, original.__name__) is translated_class(original)


def test_classes_made_on_demand_can_be_imported() -> None:
    """A class without a definition is an attribute of the module all the same."""
    assert module.DivisionByZero is translated_class(errors.DivisionByZero)
    with pytest.raises(AttributeError, match="has no attribute 'NoSuchError'"):
        _ = module.NoSuchError


def test_translating_twice_changes_nothing() -> None:
    """A translated error passes through."""
    error = translate(server_error("23505", "duplicate", constraint_name="k"))
    assert translate(error) is error


def test_the_originals_text_is_replaced() -> None:
    """The original is printed in a traceback, so its text goes as well."""
    original = server_error("23505", "duplicate", constraint_name="k", table_name="t")
    translated = translate(original)
    assert SECRET not in str(original)
    assert str(original) == str(translated)
    assert (translated.constraint, translated.table, translated.sqlstate) == ("k", "t", "23505")


@pytest.mark.parametrize(
    ("detail", "version"),
    [
        ("65", 65),
        (" 3 ", 3),
        ("-1", -1),
        (SECRET, None),
        ("", None),
        ("6 5", None),
        ("9" * 30, None),
    ],
)
def test_stale_version(detail: str, version: int | None) -> None:
    """PR001 carries the current version, and its text tells nothing else of the detail."""
    error = translate(
        server_error("PR001", SECRET, function="exec_stmt_raise", message_detail=detail)
    )
    assert isinstance(error, StaleVersion)
    assert isinstance(error, psycopg.ProgrammingError)
    assert error.current_version == version
    assert SECRET not in str(error)
    assert (f"which is {version}" in str(error)) is (version is not None)
    twin = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
    assert (type(twin), twin.current_version) == (StaleVersion, version)
    # Other errors of the same class of psycopg stay what they are.
    assert translated_class(psycopg.ProgrammingError) is module.ProgrammingError


def test_copies() -> None:
    """Pickled and copied errors keep message and attributes."""
    error = translate(psycopg.OperationalError("the connection is closed"))
    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error)):  # noqa: S301 - our own
        assert type(twin) is type(error)
        assert str(twin) == "the connection is closed"
        assert (twin.query, twin.sqlstate) == (None, None)


@pytest.mark.parametrize(
    ("sqlstate", "primary", "worded"),
    [
        ("22P02", f'invalid input syntax for type uuid: "{SECRET}"', "for type uuid (22P02)"),
        ("22P02", f'invalid input value for enum s.e: "{SECRET}"', "value for enum s.e (22P02)"),
        ("22P02", f'invalid input value for enum "S".e: "{SECRET}"', "invalid text representation"),
        ("22007", f'invalid input syntax for type date: "{SECRET}"', "for type date (22007)"),
        ("22003", f'value "{SECRET}" is out of range for type integer', "range for type integer"),
        ("22001", "value too long for type character varying(5)", "for type character varying(5)"),
        ("22008", f"date field value out of range: {SECRET}", "datetime field overflow (22008)"),
        ("22021", f"invalid byte sequence: {SECRET}", "character not in repertoire"),
        ("22012", "division by zero", "division by zero (22012)"),
        ("42P01", f'relation "{SECRET}" does not exist', "relation … does not exist (42P01)"),
        ("42P01", f'relation "a" "{SECRET}" b" does not exist', "relation … does not exist"),
        ("42704", f"rôle « {SECRET} » inconnu", "rôle … inconnu (42704)"),
        ("40P01", "deadlock detected", "deadlock detected (40P01)"),
        ("42501", "permission denied for table users", "permission denied for table users"),
        ("23505", f"Schlüssel {SECRET}", '"users_key" is violated: the key exists'),
        ("23503", f"Schlüssel {SECRET}", 'foreign key constraint "users_key" is violated'),
        ("23514", f"Zeile {SECRET}", 'check constraint "users_key" is violated'),
        ("23P01", f"Zeile {SECRET}", 'exclusion constraint "users_key" is violated'),
        ("23001", f"Zeile {SECRET}", '"users_key" is violated (23001)'),
    ],
)
def test_wording(sqlstate: str, primary: str, worded: str) -> None:
    """What PostgreSQL says is told without what it quotes, in whatever language it says it."""
    constraint = {"constraint_name": "users_key"} if sqlstate.startswith("23") else {}
    text = describe(server_error(sqlstate, primary, **constraint))
    assert worded in text
    assert SECRET not in text


def test_not_null() -> None:
    """A missing value names table and column."""
    error = server_error("23502", "x", column_name="c", table_name="t", schema_name="s")
    assert describe(error) == 's.t: column "c" must not be NULL'


def test_raised_with_another_sqlstate() -> None:
    """RAISE may borrow any SQLSTATE; its text is held back nevertheless."""
    for sqlstate in ("23505", "42501", "P0001"):
        error = server_error(sqlstate, SECRET, function="exec_stmt_raise", constraint_name="k")
        assert SECRET not in describe(error)


def test_quotations_of_the_statement() -> None:
    """What is quoted from the statement, or names the object of the error, stays."""
    error = server_error("42703", 'column "nme" does not exist')
    assert describe(error, "SELECT nme FROM t") == 'column "nme" does not exist (42703)'
    error = server_error("42501", 'policy for table "t"', table_name="t")
    assert describe(error) == 'policy for table "t" (42501)'

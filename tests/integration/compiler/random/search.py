"""A search for data that makes a query's columns NULL: what no instance does, none may do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg

from .instances import documents

if TYPE_CHECKING:
    from collections.abc import Sequence

# A block with EXCEPTION is a subtransaction: raising PR000 undoes the instance and the
# statement's own writes. The statement is planned once, for all instances.
_FUNCTION = """
CREATE TABLE instances (number int PRIMARY KEY, tables jsonb NOT NULL);
CREATE FUNCTION look(first int, last int, OUT had_rows boolean, OUT nulls boolean[])
LANGUAGE plpgsql AS $$
DECLARE
    instance jsonb;
    count bigint;
    found boolean[];
BEGIN
    had_rows := false;
    FOR instance IN SELECT tables FROM instances WHERE number BETWEEN first AND last LOOP
        BEGIN
            INSERT INTO t1 SELECT * FROM jsonb_populate_recordset(NULL::t1, instance -> 't1');
            INSERT INTO t2 SELECT * FROM jsonb_populate_recordset(NULL::t2, instance -> 't2');
            INSERT INTO t3 SELECT * FROM jsonb_populate_recordset(NULL::t3, instance -> 't3');
            INSERT INTO t4 SELECT * FROM jsonb_populate_recordset(NULL::t4, instance -> 't4');
            INSERT INTO t5 SELECT * FROM jsonb_populate_recordset(NULL::t5, instance -> 't5');
            EXECUTE 'EXECUTE searched' INTO count, found;
            RAISE SQLSTATE 'PR000';
        EXCEPTION
            WHEN SQLSTATE 'PR000' THEN
                had_rows := had_rows OR count > 0;
                nulls := ARRAY(
                    SELECT coalesce(x.old, false) OR x.new
                    FROM unnest(nulls, found) WITH ORDINALITY AS x (old, new, place)
                    ORDER BY x.place
                );
            WHEN OTHERS THEN
                NULL;
        END;
    END LOOP;
END
$$
"""
_STEPS = (12, 36, 150, 400, 1000, 3000, 10000)


@dataclass(frozen=True)
class Found:
    """What a search found out about a statement.

    Attributes:
        had_rows: some instance made it return a row.
        nulls: for each column, whether some instance made it NULL.
    """

    had_rows: bool
    nulls: tuple[bool, ...]


class Search:
    """Looks for NULLs in one database, whose tables are empty and stay so.

    Args:
        connection: autocommit; the random schema is there.
        seed: of the instances.
        count: how many of them there are.
    """

    def __init__(self, connection: psycopg.Connection[Any], seed: int, count: int) -> None:
        self._connection = connection
        self._count = count
        self._runs = 0
        connection.execute(_FUNCTION)
        connection.execute("SET plan_cache_mode = force_generic_plan; SET jit = off")
        connection.execute("SET statement_timeout = '20s'")
        with connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO instances VALUES (%s, %s)",
                list(enumerate(documents(seed, count))),
            )

    def search(self, sql: str, wanted: Sequence[bool]) -> Found:
        """Runs a statement on one instance after the other.

        Args:
            sql: the statement.
            wanted: for each column, whether to go on until it has been NULL.
        """
        found = Found(False, tuple(False for _ in wanted))
        try:
            self._connection.execute(_prepared(sql, len(wanted)).encode())
        except psycopg.Error:
            return found
        first = 0
        try:
            for last in (*(step for step in _STEPS if step < self._count), self._count):
                found = self._look(found, first, last - 1)
                missing = [not null for null, want in zip(found.nulls, wanted, strict=True) if want]
                if found.had_rows and not any(missing):
                    break
                first = last
        except psycopg.errors.QueryCanceled:
            pass
        finally:
            self._connection.execute("DEALLOCATE searched")
        return found

    def _look(self, found: Found, first: int, last: int) -> Found:
        row = self._connection.execute("SELECT * FROM look(%s, %s)", (first, last)).fetchone()
        assert row is not None
        self._runs += last - first
        if self._runs > 2000:
            self._runs = 0
            self._connection.execute("VACUUM t1, t2, t3, t4, t5")
        nulls = row[1] or [False] * len(found.nulls)
        return Found(
            found.had_rows or row[0],
            tuple(old or bool(new) for old, new in zip(found.nulls, nulls, strict=True)),
        )


def _prepared(sql: str, width: int) -> str:
    """A statement that counts another's rows, and says of each column whether it was NULL."""
    names = [f"column{number}" for number in range(width)]
    tests = ", ".join(f"COALESCE(bool_or({name} IS NULL), false)" for name in names)
    return (
        f"PREPARE searched AS WITH rows_ ({', '.join(names)}) AS ({sql}) "
        f"SELECT count(*), ARRAY[{tests}] FROM rows_"
    )

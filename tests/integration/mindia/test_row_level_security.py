"""What a session that owns nothing sees and writes, in the scope of a tenant and without one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, LiteralString

import psycopg
import pytest
from psycopg import errors, sql

from tests.integration.mindia.world import TABLES, count, fill, insert, insertion

if TYPE_CHECKING:
    import uuid
    from collections.abc import Callable

    Session = Callable[..., psycopg.Connection[Any]]

REQUEST_PARTITIONS = """
SELECT inhrelid::regclass::text FROM pg_inherits
WHERE inhparent = 'mindia.request_logs'::regclass ORDER BY 1
"""
# Grants that mindia_app has on each table, in full.
RIGHTS = {
    "tenants": {"SELECT"},
    "request_logs": {"SELECT", "INSERT"},
} | {table: {"SELECT", "INSERT", "UPDATE", "DELETE"} for table in TABLES if table != "request_logs"}
UPDATABLE = tuple(table for table in TABLES if table != "request_logs")


@pytest.fixture
def tenants(
    new_tenant: Callable[[], uuid.UUID], observer: psycopg.Connection[Any]
) -> tuple[uuid.UUID, uuid.UUID]:
    """Two tenants with a row in every table each."""
    pair = (new_tenant(), new_tenant())
    for tenant_id in pair:
        fill(observer, tenant_id)
    return pair


def test_every_table_is_protected(observer: psycopg.Connection[Any]) -> None:
    """FORCE, both policies and the refusal of writes, on whatever tables there are."""
    rows = observer.execute(
        """
        SELECT
            class.relname,
            class.relrowsecurity AND class.relforcerowsecurity,
            ARRAY(
                SELECT policy.polname::text FROM pg_policy AS policy
                WHERE policy.polrelid = class.oid ORDER BY policy.polname
            ),
            EXISTS (
                SELECT FROM pg_trigger AS trigger
                WHERE trigger.tgrelid = class.oid
                    AND trigger.tgfoid = 'mindia.refuse_writes_unless_active()'::regprocedure
            )
        FROM pg_class AS class
        WHERE class.relnamespace = 'mindia'::regnamespace
            AND class.relkind IN ('r', 'p') AND NOT class.relispartition
        """
    ).fetchall()
    assert {name for name, *_ in rows} == {"tenants", *TABLES}
    for name, forced, policies, refuses in rows:
        assert forced, name
        assert policies == [f"{name}_for_operator", f"{name}_in_scope"]
        assert refuses is (name != "tenants")


def test_no_policy_asks_another_table(observer: psycopg.Connection[Any]) -> None:
    """A policy with a sub-query would not work where tables are split among machines."""
    rows = observer.execute(
        "SELECT qual, with_check FROM pg_policies WHERE schemaname = 'mindia'"
    ).fetchall()
    assert len(rows) == 2 * (len(TABLES) + 1)
    assert [row for row in rows if "SELECT" in str(row).upper()] == []


def test_rights(observer: psycopg.Connection[Any]) -> None:
    """The application's role has these rights and no other, on partitions none at all."""
    rows = observer.execute(
        """
        SELECT class.relname, array_agg(granted.privilege_type)
        FROM pg_class AS class
        CROSS JOIN LATERAL aclexplode(class.relacl) AS granted
        WHERE class.relnamespace = 'mindia'::regnamespace
            AND granted.grantee IN ('mindia_app'::regrole, 0)
        GROUP BY class.relname
        """
    ).fetchall()
    assert {name: set(rights) for name, rights in rows} == RIGHTS
    (role,) = observer.execute(
        "SELECT rolcanlogin, rolsuper, rolbypassrls, rolcreaterole, rolpassword"
        " FROM pg_authid WHERE rolname = 'mindia_app'"
    ).fetchall()
    assert role == (True, False, False, False, None)


def test_reads(tenants: tuple[uuid.UUID, uuid.UUID], session_of: Session) -> None:
    """A scope sees its own rows and not the other ones, asked for by name too."""
    mine, other = tenants
    session = session_of(mine)
    for table in TABLES:
        assert session.execute(f"SELECT tenant_id FROM mindia.{table}").fetchall() == [(mine,)]
        foreign = session.execute(
            f"SELECT count(*) FROM mindia.{table} WHERE tenant_id = %s", [other]
        ).fetchone()
        assert foreign == (0,), table


def test_a_scope_sees_its_tenant_alone(
    tenants: tuple[uuid.UUID, uuid.UUID], session_of: Session
) -> None:
    """Nor does it learn what other tenants there are."""
    session = session_of(tenants[0])
    assert session.execute("SELECT id FROM mindia.tenants").fetchall() == [(tenants[0],)]


def test_rows_of_another_tenant_cannot_be_added(
    tenants: tuple[uuid.UUID, uuid.UUID], session_of: Session
) -> None:
    """The rows are right in all else, so that it is the policies that refuse.

    Of an embedding it is its image that the scope does not see, which is noticed first.
    """
    mine, other = tenants
    session = session_of(mine)
    for table in TABLES:
        if table == "embeddings":
            with pytest.raises(errors.ForeignKeyViolation, match="no such image"):
                insert(session, table, other)
        else:
            with pytest.raises(errors.InsufficientPrivilege, match="row-level security"):
                insert(session, table, other)


def test_rows_of_another_tenant_are_not_written(
    tenants: tuple[uuid.UUID, uuid.UUID],
    session_of: Session,
    observer: psycopg.Connection[Any],
) -> None:
    """Updates and deletes of everything reach the own rows, and none can be moved away."""
    mine, other = tenants
    session = session_of(mine)
    for table in UPDATABLE:
        move: LiteralString = f"UPDATE mindia.{table} SET tenant_id = %s"
        with pytest.raises((errors.InsufficientPrivilege, errors.ForeignKeyViolation)):
            session.execute(move, [other])
        assert session.execute(f"UPDATE mindia.{table} SET tenant_id = tenant_id").rowcount == 1
        foreign = session.execute(f"DELETE FROM mindia.{table} WHERE tenant_id = %s", [other])
        assert foreign.rowcount == 0, table
    for table in reversed(UPDATABLE):
        session.execute(f"DELETE FROM mindia.{table}")
        left = observer.execute(f"SELECT tenant_id FROM mindia.{table}").fetchall()
        assert left == [(other,)], table


@pytest.mark.parametrize("setting", [None, "''"])
def test_without_a_tenant(
    setting: LiteralString | None, tenants: tuple[uuid.UUID, uuid.UUID], session_of: Session
) -> None:
    """Nothing is seen, nothing can be added, nothing is changed."""
    session = session_of()
    if setting is not None:
        session.execute(f"SET mindia.tenant_id = {setting}")
    assert count(session, "tenants") == 0
    for table in TABLES:
        assert count(session, table) == 0
        with pytest.raises((errors.InsufficientPrivilege, errors.ForeignKeyViolation)):
            insert(session, table, tenants[0])
    for table in UPDATABLE:
        assert session.execute(f"DELETE FROM mindia.{table}").rowcount == 0


@pytest.mark.parametrize("setting", ["' '", "'me'"])
def test_a_tenant_that_is_none(
    setting: LiteralString, tenants: tuple[uuid.UUID, uuid.UUID], session_of: Session
) -> None:
    """What is no id is an error, in reading and in writing."""
    session = session_of()
    session.execute(f"SET mindia.tenant_id = {setting}")
    for table in TABLES:
        with pytest.raises(errors.InvalidTextRepresentation):
            count(session, table)
        with pytest.raises(errors.InvalidTextRepresentation):
            insert(session, table, tenants[0])


def test_a_scope_that_ended_leaves_nothing(
    tenants: tuple[uuid.UUID, uuid.UUID], session_of: Session
) -> None:
    """After SET LOCAL the setting is empty and not unset, which must not be an error."""
    session = session_of()
    with session.transaction():
        session.execute(
            sql.SQL("SET LOCAL mindia.tenant_id = {}").format(sql.Literal(str(tenants[0])))
        )
        assert count(session, "images") == 1
    assert session.execute("SELECT current_setting('mindia.tenant_id')").fetchone() == ("",)
    assert count(session, "images") == 0


def test_partitions_by_their_own_name(
    tenants: tuple[uuid.UUID, uuid.UUID],
    session_of: Session,
    observer: psycopg.Connection[Any],
) -> None:
    """A table's policies do not hold for its partitions, and so nobody has rights on these."""
    partitions = [name for (name,) in observer.execute(REQUEST_PARTITIONS)]
    assert len(partitions) >= 4
    made = observer.execute("SELECT mindia.create_monthly_partition('request_logs', 2031, 5)")
    assert made.fetchone() == ("request_logs_2031_05",)
    for role in ("mindia_app", "mindia_operator"):
        session = session_of(tenants[0], role)
        for partition in (*partitions, "mindia.request_logs_2031_05"):
            for statement in (
                f"SELECT count(*) FROM {partition}",
                f"DELETE FROM {partition}",
                f"UPDATE {partition} SET tenant_id = '{tenants[0]}'",
                f"INSERT INTO {partition} SELECT * FROM mindia.request_logs",
            ):
                with pytest.raises(errors.InsufficientPrivilege, match="permission denied"):
                    session.execute(statement.encode())


def test_partitions_granted_by_mistake(
    mindia_url: str, tenants: tuple[uuid.UUID, uuid.UUID]
) -> None:
    """Who says GRANT … ON ALL TABLES means no partitions; these show nothing and take nothing."""
    with psycopg.connect(mindia_url) as connection:
        partitions = [name for (name,) in connection.execute(REQUEST_PARTITIONS)]
        connection.execute("GRANT ALL ON ALL TABLES IN SCHEMA mindia TO mindia_app")
        connection.execute("SET LOCAL ROLE mindia_app")
        connection.execute("SELECT set_config('mindia.tenant_id', %s, true)", [str(tenants[0])])
        assert count(connection, "request_logs") == 1
        for partition in partitions:
            statement = f"SELECT count(*) FROM {partition}"
            assert connection.execute(statement.encode()).fetchone() == (0,)
            copied = f"INSERT INTO {partition} SELECT * FROM mindia.request_logs"
            with pytest.raises(errors.InsufficientPrivilege), connection.transaction():
                connection.execute(copied.encode())
        connection.rollback()


@pytest.mark.parametrize(
    ("statement", "error"),
    [
        ("TRUNCATE mindia.images", errors.InsufficientPrivilege),
        ("ALTER TABLE mindia.images DISABLE ROW LEVEL SECURITY", errors.InsufficientPrivilege),
        ("DROP POLICY images_in_scope ON mindia.images", errors.InsufficientPrivilege),
        ("ALTER TABLE mindia.images DISABLE TRIGGER ALL", errors.InsufficientPrivilege),
        ("SET session_replication_role = replica", errors.InsufficientPrivilege),
        ("SET ROLE mindia_operator", errors.InsufficientPrivilege),
        ("UPDATE mindia.tenants SET status = 'active'", errors.InsufficientPrivilege),
        ("DELETE FROM mindia.request_logs", errors.InsufficientPrivilege),
        ("CREATE TABLE mindia.loot (id uuid)", errors.InsufficientPrivilege),
        ("SELECT mindia.ensure_partitions(40)", errors.InsufficientPrivilege),
        ("COPY mindia.tasks (payload) FROM STDIN", errors.FeatureNotSupported),
    ],
)
def test_there_is_no_way_around(
    statement: LiteralString,
    error: type[psycopg.Error],
    tenants: tuple[uuid.UUID, uuid.UUID],
    session_of: Session,
) -> None:
    """Of what would look past a policy, or take it away, the role can do nothing."""
    with pytest.raises(error):
        session_of(tenants[0]).execute(statement)


def test_the_owner_is_held_to_it_too(mindia_url: str, tenants: tuple[uuid.UUID, uuid.UUID]) -> None:
    """FORCE: without a tenant the owner of a table sees none of its rows, either."""
    with psycopg.connect(mindia_url) as connection:
        connection.execute("CREATE ROLE mindia_test_owner")
        connection.execute("GRANT USAGE, CREATE ON SCHEMA mindia TO mindia_test_owner")
        connection.execute("ALTER TABLE mindia.documents OWNER TO mindia_test_owner")
        connection.execute("SET LOCAL ROLE mindia_test_owner")
        assert count(connection, "documents") == 0
        with pytest.raises(errors.InsufficientPrivilege), connection.transaction():
            insert(connection, "documents", tenants[0])
        connection.rollback()


def test_the_operator_works_for_all(
    tenants: tuple[uuid.UUID, uuid.UUID], session_of: Session
) -> None:
    """Outside of a scope it sees and writes every tenant's rows."""
    session = session_of(None, "mindia_operator")
    for table in reversed(TABLES):
        assert count(session, table) == len(tenants)
        assert session.execute(f"DELETE FROM mindia.{table}").rowcount == len(tenants)
    assert count(session, "tenants") == len(tenants)


@pytest.mark.parametrize("role", ["mindia_app", "mindia_operator"])
def test_a_role_above_policies_is_not_taken(role: str, mindia_url: str) -> None:
    """Roles are the cluster's, and one of this name may have been made for something else."""
    with psycopg.connect(mindia_url) as connection:
        connection.execute(sql.SQL("ALTER ROLE {} BYPASSRLS").format(sql.Identifier(role)))
        with pytest.raises(errors.InvalidRoleSpecification, match=role):
            connection.execute(roles_of_the_schema())
        connection.rollback()


def test_roles_are_made_once(mindia_url: str) -> None:
    """The file can be run in a second database of the same cluster, and leaves them as they are."""
    # xmin tells a row that was written again, even with what it had.
    roles = """
        SELECT rolname, oid, xmin::text FROM pg_authid
        WHERE rolname IN ('mindia_app', 'mindia_operator') ORDER BY rolname
    """
    with psycopg.connect(mindia_url) as connection:
        before = connection.execute(roles).fetchall()
        assert [name for name, *_ in before] == ["mindia_app", "mindia_operator"]
        connection.execute(roles_of_the_schema())
        assert connection.execute(roles).fetchall() == before
        connection.rollback()


def roles_of_the_schema() -> bytes:
    """The block of the DDL file that makes the roles."""
    # Here, as the other tests need no files.
    from pgrepo.project import shipped_domain  # noqa: PLC0415

    text = (shipped_domain("mindia").sql / "V901__row_level_security.sql").read_bytes()
    block = text[text.index(b"DO $$") : text.index(b"$$;") + 3]
    assert b"CREATE ROLE" in block
    return block


def test_the_rows_are_right(
    tenants: tuple[uuid.UUID, uuid.UUID], session_of: Session, observer: psycopg.Connection[Any]
) -> None:
    """Each row can be added in its own scope, so no refusal was a mistake of the row."""
    mine, _ = tenants
    for table in reversed(TABLES):
        observer.execute(f"DELETE FROM mindia.{table}")
    session = session_of(mine)
    for table in TABLES:
        session.execute(insertion(table), {"tenant_id": mine})
        assert count(session, table) == 1

"""What roles that own nothing may see and do, with a user's scope and without."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import psycopg
import pytest

from pgrepo import AsyncDatabase, InsufficientPrivilege
from pgrepo.domains.audiotricks import AsyncAudiotricks, Audiotricks
from pgrepo.domains.audiotricks.accounts import Accounts
from pgrepo.domains.audiotricks.documents import UserSettings
from pgrepo.domains.audiotricks.secrets import ApiKeys, KeyRing
from pgrepo.project import shipped_domain
from tests.integration.audiotricks.conftest import new_user

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TABLES = ("users", "sessions", "user_settings", "audio_history", "audit_log")
RING = KeyRing({"k": KeyRing.new_key()}, current="k")
DAY = timedelta(days=1)
NOTHING: dict[str, set[UUID]] = {table: set() for table in TABLES}


@pytest.fixture
def people(audiotricks: Audiotricks, user_id: UUID, other_id: UUID) -> tuple[UUID, UUID]:
    """Two users, each with a row in every table."""
    for number, owner in enumerate((user_id, other_id)):
        audiotricks.sessions.open_session(user_id=owner, token_hash=str(number) * 64, valid_for=DAY)
        audiotricks.user_settings.merge_settings(user_id=owner, changes=UserSettings(theme="dark"))
        audiotricks.audio_history.add_history(user_id=owner, title="A lecture")
    return user_id, other_id


@pytest.fixture
def as_role(tester_url: str) -> Iterator[Callable[..., psycopg.Connection[Any]]]:
    """Opens sessions of a role, for a user if one is given."""
    opened: list[psycopg.Connection[Any]] = []

    def session(role: str | None, user: UUID | None = None) -> psycopg.Connection[Any]:
        connection = psycopg.connect(tester_url, autocommit=True)
        opened.append(connection)
        if role is not None:
            connection.execute(f"SET ROLE {role}".encode())
        if user is not None:
            connection.execute("SELECT set_config('audiotricks.user_id', %s, false)", [str(user)])
        return connection

    yield session
    for connection in opened:
        connection.close()


def owners(connection: psycopg.Connection[Any], table: str) -> set[UUID]:
    """Whose rows a session sees."""
    key = "id" if table == "users" else "user_id"
    rows = connection.execute(f"SELECT {key} FROM audiotricks.{table}".encode())
    return {row[0] for row in rows}


def partitions(observer: psycopg.Connection[Any]) -> list[str]:
    """Every partition by its own name."""
    rows = observer.execute(
        "SELECT relname FROM pg_class "
        "WHERE relnamespace = 'audiotricks'::regnamespace AND relispartition AND relkind = 'r'"
    )
    return [row[0] for row in rows]


def test_a_user_sees_what_is_the_users(
    people: tuple[UUID, UUID], as_role: Callable[..., psycopg.Connection[Any]]
) -> None:
    """In every table; nobody's rows without a user, or with an empty setting."""
    for user in people:
        connection = as_role("audiotricks_app", user)
        assert {table: owners(connection, table) for table in TABLES} == {
            table: {user} for table in TABLES
        }
    nobody = as_role("audiotricks_app")
    assert {table: owners(nobody, table) for table in TABLES} == NOTHING
    nobody.execute("SELECT set_config('audiotricks.user_id', '', false)")
    assert owners(nobody, "audio_history") == set()
    stranger = as_role("audiotricks_app", uuid4())
    assert owners(stranger, "users") == set()


def test_a_user_writes_what_is_the_users(
    people: tuple[UUID, UUID], as_role: Callable[..., psycopg.Connection[Any]]
) -> None:
    """Rows of others are neither changed nor made nor taken over."""
    user, other = people
    connection = as_role("audiotricks_app", user)
    for statement in (
        "UPDATE audiotricks.users SET username = 'taken' WHERE id = %s",
        "DELETE FROM audiotricks.sessions WHERE user_id = %s",
        "UPDATE audiotricks.user_settings SET summary_quality = 'low' WHERE user_id = %s",
        "DELETE FROM audiotricks.audio_history WHERE user_id = %s",
    ):
        assert connection.execute(statement.encode(), (other,)).rowcount == 0
    for statement in (
        "INSERT INTO audiotricks.audio_history (user_id) VALUES (%s)",
        "INSERT INTO audiotricks.user_settings (user_id) VALUES (%s)",
        "UPDATE audiotricks.audio_history SET user_id = %s",
        "UPDATE audiotricks.user_settings SET user_id = %s",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
            connection.execute(statement.encode(), (other,))
    nobody = as_role("audiotricks_app")
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
        nobody.execute("INSERT INTO audiotricks.audio_history (user_id) VALUES (%s)", (user,))


FORGERY = (
    "CREATE TEMP TABLE mine (id uuid); CREATE TRIGGER forge AFTER INSERT ON mine "
    "FOR EACH ROW EXECUTE FUNCTION audiotricks.audit_change('users', 'id', 'id', '', '')"
)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT password_hash FROM audiotricks.users",
        "SELECT token_hash FROM audiotricks.sessions",
        "UPDATE audiotricks.users SET password_hash = 'x'",
        "UPDATE audiotricks.users SET is_active = true",
        "DELETE FROM audiotricks.users",
        "INSERT INTO audiotricks.users (email, username, password_hash) VALUES ('a@b', 'a', 'c')",
        "INSERT INTO audiotricks.sessions (user_id) SELECT id FROM audiotricks.users",
        "UPDATE audiotricks.sessions SET expires_at = 'infinity'",
        "INSERT INTO audiotricks.audit_log (user_id) SELECT id FROM audiotricks.users",
        "UPDATE audiotricks.audit_log SET user_id = user_id",
        "DELETE FROM audiotricks.audit_log",
        "TRUNCATE audiotricks.audio_history",
        "CREATE TABLE audiotricks.mine ()",
        FORGERY,
    ],
)
def test_what_no_user_may(
    people: tuple[UUID, UUID], as_role: Callable[..., psycopg.Connection[Any]], statement: str
) -> None:
    """Not even with rows of their own."""
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        as_role("audiotricks_app", people[0]).execute(statement.encode())


def test_partitions_by_their_own_names(
    people: tuple[UUID, UUID],
    as_role: Callable[..., psycopg.Connection[Any]],
    observer: psycopg.Connection[Any],
) -> None:
    """Nobody has a right to them; and if somebody grants one, there still is no row to be seen."""
    found = partitions(observer)
    assert len(found) >= 8
    roles = ("audiotricks_app", "audiotricks_auth", "audiotricks_operator")
    for role in roles:
        connection = as_role(role, people[0])
        for partition in found:
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="permission denied"):
                connection.execute(f"SELECT FROM audiotricks.{partition}".encode())
    with observer.transaction(force_rollback=True):
        observer.execute(f"GRANT ALL ON ALL TABLES IN SCHEMA audiotricks TO {roles[0]}".encode())
        observer.execute(f"SET LOCAL ROLE {roles[0]}".encode())
        observer.execute("SELECT set_config('audiotricks.user_id', %s, true)", [str(people[0])])
        for partition in found:
            assert owners(observer, partition) == set()
        for partition in (name for name in found if name.startswith("audio_history")):
            with (
                pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"),
                observer.transaction(),
            ):
                observer.execute(
                    f"INSERT INTO audiotricks.{partition} (user_id, created_at) "
                    "VALUES (%s, %s)".encode(),
                    (people[0], month(partition)),
                )


def month(partition: str) -> str:
    """A time in a partition."""
    year, number = partition.split("_")[-2:]
    return f"{year}-{number}-15"


def test_the_owner_is_no_user_either(
    people: tuple[UUID, UUID], observer: psycopg.Connection[Any]
) -> None:
    """FORCE: whoever owns the tables and is no superuser sees nothing, and the log goes on."""
    with observer.transaction(force_rollback=True):
        observer.execute("CREATE ROLE pgrepo_test_owner")
        for table in TABLES:
            observer.execute(f"ALTER TABLE audiotricks.{table} OWNER TO pgrepo_test_owner".encode())
        observer.execute("ALTER FUNCTION audiotricks.audit_change() OWNER TO pgrepo_test_owner")
        observer.execute("GRANT USAGE ON SCHEMA audiotricks TO pgrepo_test_owner")
        observer.execute("SET LOCAL ROLE pgrepo_test_owner")
        assert {table: owners(observer, table) for table in TABLES} == NOTHING
        observer.execute("SET LOCAL ROLE audiotricks_app")
        observer.execute("SELECT set_config('audiotricks.user_id', %s, true)", [str(people[0])])
        observer.execute("UPDATE audiotricks.user_settings SET summary_quality = 'low'")
        row = observer.execute(
            "SELECT new_row ->> 'summary_quality', acting_user_id, database_role "
            "FROM audiotricks.audit_log ORDER BY id DESC LIMIT 1"
        ).fetchone()
        assert row == ("low", people[0], "audiotricks_app")
        # The cascade is the owner's, and is not held back.
        observer.execute("RESET ROLE")
        observer.execute("UPDATE audiotricks.users SET is_active = false")
        observer.execute("DELETE FROM audiotricks.users")
        assert [owners(observer, table) for table in TABLES[:4]] == [set()] * 4


def test_a_call_without_a_scope_may_nothing(tester: Audiotricks, people: tuple[UUID, UUID]) -> None:
    """The role that the application logs in as has inherited nothing."""
    for call in (
        lambda: tester.users.user_by_id(user_id=people[0]),
        lambda: tester.audio_history.history_page(user_id=people[0]),
        tester.audit_log.audit_page,
        lambda: tester.sessions.session_user(token_hash="0" * 64),
    ):
        with pytest.raises(InsufficientPrivilege):
            call()


def test_for_user(tester: Audiotricks, people: tuple[UUID, UUID]) -> None:
    """A user's own life, and nothing of the other's; then nothing of the scope is left."""
    user, other = people
    mine = tester.for_user(user)
    keys = ApiKeys(mine, RING)
    keys.set_api_key(user_id=user, provider="openai", api_key="mine")
    assert keys.api_key(user_id=user, provider="openai") == "mine"
    with pytest.raises(InsufficientPrivilege):
        keys.set_api_key(user_id=other, provider="openai", api_key="not mine")
    assert ApiKeys(tester.for_user(other), RING).api_key(user_id=user, provider="openai") is None
    assert mine.users.user_by_id(user_id=other) is None
    renamed = mine.users.update_user(user_id=user, username="countess")
    assert renamed is not None
    assert mine.users.update_user(user_id=other, username="taken") is None
    entry = mine.audio_history.add_history(user_id=user, title="Glaciers", transcript="Ice moves.")
    found = mine.audio_history.search_history(user_id=user, words="ice")
    assert [row.id for row in found] == [entry.id]
    assert mine.audio_history.search_history(user_id=other, words="lecture") == []
    assert tester.for_user(other).audio_history.search_history(user_id=user, words="ice") == []
    changed = mine.audio_history.update_history(
        user_id=user, history_id=entry.id, created_at=entry.created_at, title="Ice"
    )
    assert changed is not None
    assert mine.audio_history.delete_history(user_id=user, history_id=entry.id) == 1
    with mine.transaction() as tx:
        assert [row.title for row in tx.audio_history.history_page(user_id=user)] == ["A lecture"]
        assert tx.audio_history.history_page(user_id=other) == []
    assert mine.sessions.close_all_sessions(user_id=other) == 0
    assert mine.sessions.close_all_sessions(user_id=user) == 1
    assert mine.user_settings.delete_settings(user_id=user) == 1
    assert {row.user_id for row in mine.audit_log.audit_page(limit=1000)} == {user}
    with pytest.raises(InsufficientPrivilege):
        tester.audio_history.history_page(user_id=user)


@pytest.mark.usefixtures("quick")
def test_for_login(tester: Audiotricks, people: tuple[UUID, UUID]) -> None:
    """Registers and logs in everybody, and cannot look into anything that they have."""
    login = tester.for_login()
    accounts = Accounts(login)
    user = accounts.register(email="new@example.org", username="new", password="Correct7horse")
    opened = accounts.log_in(login="new", password="Correct7horse")
    assert opened is not None
    found = accounts.session_user(token=opened.token)
    assert found is not None
    assert found.user_id == user.id
    assert accounts.change_password(
        user_id=user.id, password="Correct7horse", new_password="Another7horse"
    )
    assert accounts.session_user(token=opened.token) is None
    assert login.users.deactivate_user(user_id=people[0]) == 1
    assert login.sessions.session_user(token_hash="0" * 64) is None
    for call in (
        lambda: login.user_settings.settings_of(user_id=user.id),
        lambda: login.audio_history.history_page(user_id=user.id),
        login.audit_log.audit_page,
        lambda: login.users.delete_user(user_id=people[0]),
    ):
        with pytest.raises(InsufficientPrivilege):
            call()


def test_for_operator(tester: Audiotricks, people: tuple[UUID, UUID]) -> None:
    """Purges, encrypts anew and erases for all; sees no password's hash."""
    user, other = people
    operator = tester.for_operator()
    ApiKeys(tester.for_user(user), RING).set_api_key(
        user_id=user, provider="openai", api_key="mine"
    )
    ring = KeyRing({"k": b"0" * 32, "n": KeyRing.new_key()}, current="n")
    ring._ciphers["k"] = RING._ciphers["k"]
    assert ApiKeys(operator, ring).reencrypt_api_keys() == 1
    assert operator.sessions.purge_expired_sessions() == 0
    assert operator.users.deactivate_user(user_id=other) == 1
    assert operator.users.delete_user(user_id=other) == 1
    while operator.audit_log.erase_audit_of_user(user_id=other, batch_size=2):
        pass
    assert {row.user_id for row in operator.audit_log.audit_page(limit=1000)} == {user}
    for call in (
        lambda: operator.users.credentials(login="ada"),
        lambda: operator.users.register(email="a@b", username="a", password_hash="x"),
        lambda: operator.audio_history.add_history(user_id=user),
    ):
        with pytest.raises(InsufficientPrivilege):
            call()


async def test_the_asynchronous_flavour(tester_url: str, people: tuple[UUID, UUID]) -> None:
    """Its scopes hold the same."""
    user, other = people
    async with AsyncDatabase(tester_url) as database:
        mine = AsyncAudiotricks(database).for_user(user)
        assert len(await mine.audio_history.history_page(user_id=user)) == 1
        assert await mine.audio_history.history_page(user_id=other) == []
        with pytest.raises(InsufficientPrivilege):
            await mine.audio_history.add_history(user_id=other)


def test_roles_may_not_stand_above_policies(
    audiotricks: Audiotricks, observer: psycopg.Connection[Any], hashed: str
) -> None:
    """The file refuses a role that could look past them."""
    new_user(audiotricks, "witness", hashed)
    text = (shipped_domain("audiotricks").sql / "V901__row_level_security.sql").read_text(
        encoding="utf-8"
    )
    block = text[text.index("DO $$") : text.index("$$;") + 3]
    with observer.transaction(force_rollback=True):
        observer.execute("ALTER ROLE audiotricks_app BYPASSRLS")
        with pytest.raises(psycopg.errors.InvalidRoleSpecification, match="audiotricks_app"):
            observer.execute(block.encode())

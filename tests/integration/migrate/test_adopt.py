"""Baseline, dump and verify: adopting a database, and whether it is as it should be."""

from __future__ import annotations

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from pgrepo.errors import ChecksumError, MigrationError
from pgrepo.operate.migrate import baseline, dump, migrate, status, verify
from pgrepo.operate.migrate.session import open_session
from pgrepo.operate.migrate.snapshot import take_snapshot

RICH = """
CREATE EXTENSION IF NOT EXISTS vector;
CREATE SCHEMA shop;
CREATE TYPE shop.mood AS ENUM ('sad', 'so-so', 'glad');
CREATE DOMAIN shop.price AS numeric(10, 2) DEFAULT 1 CONSTRAINT price_check CHECK (VALUE >= 0);
CREATE TYPE shop.point AS (x int, y int);
CREATE SEQUENCE shop.numbers START 7 INCREMENT 3;
CREATE TABLE shop.users (
    id bigint GENERATED ALWAYS AS IDENTITY,
    email text COLLATE "C" NOT NULL,
    mood shop.mood DEFAULT 'glad' NOT NULL,
    lower_email text GENERATED ALWAYS AS (lower(email)) STORED,
    face vector(3),
    CONSTRAINT users_pkey PRIMARY KEY (id),
    CONSTRAINT users_email_check CHECK (email <> '')
);
CREATE INDEX users_face_idx ON shop.users USING hnsw (face vector_l2_ops);
CREATE TABLE shop.events (at date NOT NULL, user_id bigint) PARTITION BY RANGE (at);
CREATE TABLE shop.events_2026 PARTITION OF shop.events
    FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
ALTER TABLE shop.events ADD CONSTRAINT events_user_id_fkey
    FOREIGN KEY (user_id) REFERENCES shop.users (id);
CREATE VIEW shop.glad AS SELECT id FROM shop.users WHERE mood = 'glad';
CREATE FUNCTION shop.touch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN


    -- Two empty lines above are part of the body.
    RETURN NEW;
END $$;
CREATE TRIGGER users_touch BEFORE UPDATE ON shop.users
    FOR EACH ROW EXECUTE FUNCTION shop.touch();
ALTER TABLE shop.users ENABLE ROW LEVEL SECURITY;
CREATE POLICY users_own ON shop.users FOR SELECT TO PUBLIC USING (email = current_user);
GRANT SELECT ON shop.users TO pg_monitor;
GRANT UPDATE (email) ON shop.users TO pg_monitor;
COMMENT ON TABLE shop.users IS 'Who buys.';
COMMENT ON COLUMN shop.users.email IS 'Lower case.';
COMMENT ON CONSTRAINT users_pkey ON shop.users IS 'The key.';
"""


@pytest.fixture
def rich(empty_shop):
    """A shop with one of everything."""
    empty_shop.write("V001__everything.sql", RICH)
    empty_shop.migrate()
    return empty_shop


def databases(shop) -> list[str]:
    """The scratch databases that are left."""
    return [
        row[0] for row in shop.query("SELECT datname FROM pg_database WHERE datname ~ 'scratch'")
    ]


def test_a_migrated_database_is_what_its_files_make(rich):
    """No differences, nothing pending, and no scratch database left."""
    before = databases(rich)  # other tests keep theirs for the session
    result = verify(rich.url, "shop", rich.sql)
    assert (result.differences, result.pending, databases(rich)) == ((), (), before)


def test_pending_files_are_left_out_and_named(rich):
    """Verify compares with what was applied."""
    rich.write("V2__more.sql", "CREATE TABLE shop.more (id int);")
    result = verify(rich.url, "shop", rich.sql)
    assert result.is_equal
    assert result.pending == ("sql/V2__more.sql",)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            "ALTER TABLE shop.users ADD n int",
            "+ column shop.users.n: only in the database (integer)",
        ),
        ("ALTER TABLE shop.users ALTER mood DROP DEFAULT", "~ column shop.users.mood"),
        ("ALTER TABLE shop.users ALTER email DROP NOT NULL", "~ column shop.users.email"),
        ("ALTER TABLE shop.users DROP CONSTRAINT users_email_check", "- constraint shop.users"),
        ("DROP INDEX shop.users_face_idx", "- index shop.users_face_idx"),
        ("ALTER TYPE shop.mood ADD VALUE 'mad'", "~ enum shop.mood"),
        ("ALTER DOMAIN shop.price DROP DEFAULT", "~ domain shop.price"),
        ("ALTER TYPE shop.point ADD ATTRIBUTE z int", "+ column shop.point.z"),
        ("ALTER SEQUENCE shop.numbers INCREMENT 4", "~ sequence shop.numbers"),
        ("CREATE OR REPLACE VIEW shop.glad AS SELECT id FROM shop.users", "~ view shop.glad"),
        ("ALTER FUNCTION shop.touch() STABLE", "~ function shop.touch()"),
        ("ALTER TABLE shop.users DISABLE TRIGGER users_touch", "~ trigger shop.users users_touch"),
        ("DROP POLICY users_own ON shop.users", "- policy shop.users users_own"),
        ("ALTER TABLE shop.users FORCE ROW LEVEL SECURITY", "~ table shop.users"),
        ("REVOKE SELECT ON shop.users FROM pg_monitor", "- grants on table shop.users"),
        ("GRANT USAGE ON SCHEMA shop TO PUBLIC", "+ grants on schema shop"),
        ("COMMENT ON COLUMN shop.users.email IS 'x'", "~ comment on table column shop.users.email"),
        ("COMMENT ON CONSTRAINT users_pkey ON shop.users IS NULL", "- comment on table constraint"),
        ("ALTER TABLE shop.users SET (fillfactor = 50)", "~ table shop.users"),
        ('CREATE COLLATION shop.german FROM "C"', "+ collation shop.german"),
    ],
)
def test_every_kind_of_difference_is_found(rich, change, expected):
    """A change made by hand shows, by the name of what was changed."""
    rich.connection.execute(change)
    assert expected in verify(rich.url, "shop", rich.sql).render()


def test_partitions_come_and_go(rich):
    """They hold data; the files need not name them."""
    rich.connection.execute("DROP TABLE shop.events_2026")
    rich.connection.execute(
        "CREATE TABLE shop.events_2027 PARTITION OF shop.events "
        "FOR VALUES FROM ('2027-01-01') TO ('2028-01-01')"
    )
    assert verify(rich.url, "shop", rich.sql).is_equal


def test_verify_of_an_edited_file_is_refused(rich):
    """There is nothing to compare with."""
    rich.write("V001__everything.sql", RICH + "SELECT 1;")
    with pytest.raises(ChecksumError):
        verify(rich.url, "shop", rich.sql)


def test_who_may_not_create_databases_verifies_on_the_embedded_server(rich):
    """A plain role gets the same answer."""
    rich.connection.execute("CREATE ROLE plain LOGIN PASSWORD 'plain'")
    try:
        rich.connection.execute("GRANT USAGE ON SCHEMA pgrepo TO plain")
        rich.connection.execute("GRANT SELECT ON pgrepo.migrations TO plain")
        parameters = conninfo_to_dict(rich.url) | {"user": "plain", "password": "plain"}
        with psycopg.connect(**parameters) as connection:
            assert verify(connection, "shop", rich.sql).is_equal
    finally:
        rich.connection.execute("DROP OWNED BY plain; DROP ROLE plain")


def test_a_dump_recreates_the_schema(rich):
    """Applied as a file to an empty database, it gives the same catalog and the same dump."""
    text = dump(rich.url, "shop")
    with open_session(rich.url) as session:
        before = take_snapshot(session, "shop")
    rich.connection.execute("DROP SCHEMA shop CASCADE; DROP SCHEMA pgrepo CASCADE")
    rich.connection.execute("DROP EXTENSION vector")
    rich.write("V001__everything.sql", text)
    rich.migrate()
    with open_session(rich.url) as session:
        assert take_snapshot(session, "shop") == before
    assert dump(rich.url, "shop") == text


def test_a_dump_has_nothing_that_changes_from_run_to_run(rich):
    """No psql commands, no versions; and it is the same each time."""
    text = dump(rich.url, "shop")
    assert text == dump(rich.url, "shop")
    for word in ("restrict", "Dumped", "\\", "OWNER TO", "Owner: p"):
        assert word not in text
    assert text.startswith("-- The schema shop")
    assert "CREATE EXTENSION IF NOT EXISTS vector WITH SCHEMA public;" in text
    assert text.endswith(";\n")


def test_an_extension_in_the_schema_itself_is_dumped_after_it(empty_shop):
    """It can only be created once its schema is there."""
    empty_shop.write(
        "V1__a.sql",
        "CREATE SCHEMA shop; CREATE EXTENSION vector SCHEMA shop; "
        "CREATE TABLE shop.a (v shop.vector(2));",
    )
    empty_shop.migrate()
    text = dump(empty_shop.url, "shop")
    assert text.index("CREATE SCHEMA shop;") < text.index("CREATE EXTENSION")
    assert verify(empty_shop.url, "shop", empty_shop.sql).is_equal


def test_a_dump_of_public_runs_where_it_is_there(empty_shop):
    """Every new database has that schema; an extension in it comes after it."""
    empty_shop.connection.execute("CREATE EXTENSION vector SCHEMA public")
    empty_shop.connection.execute("CREATE TABLE public.a (v public.vector(2))")
    empty_shop.write("V1__as_found.sql", dump(empty_shop.url, "public"))
    [adopted] = baseline(empty_shop.url, "public", empty_shop.sql, version="1", verify=True)
    assert adopted.version == (1,)


def test_a_dump_of_nothing_says_so(empty_shop):
    """There is no such schema yet."""
    with pytest.raises(MigrationError, match="no schema shop"):
        dump(empty_shop.url, "shop")


def test_baseline_adopts_a_database(shop):
    """The files up to the version are not run; those after it are."""
    shop.connection.execute((shop.sql / "V001__users.sql").read_text())
    shop.write("V2__a.sql", "CREATE TABLE shop.a (id int);")
    adopted = baseline(shop.url, "shop", shop.sql, version="V001", verify=True)
    assert [file.version for file in adopted] == [(1,)]
    assert shop.query("SELECT version, baseline FROM pgrepo.migrations") == [("1", True)]
    assert [file.version for file in shop.migrate()] == [(2,)]
    assert baseline(shop.url, "shop", shop.sql, version="2") == []


def test_baseline_refuses_a_database_that_differs(shop):
    """With verify, what differs is told and nothing is noted."""
    shop.connection.execute("CREATE SCHEMA shop; CREATE TABLE shop.users (id bigint);")
    with pytest.raises(MigrationError, match=r"- column shop.users.email: only in the files"):
        baseline(shop.url, "shop", shop.sql, version="1", verify=True)
    assert status(shop.url, "shop", shop.sql).pending


def test_baseline_of_an_unknown_version_names_those_there_are(shop):
    """A typing error is not taken for "all of them"."""
    with pytest.raises(MigrationError, match="no version 7; it has 1"):
        baseline(shop.url, "shop", shop.sql, version="7")


def test_the_files_are_applied_to_monumento_and_verified(monumento_url):
    """The template of the tests is what the shipped files make."""
    from pgrepo.project import shipped_domain  # noqa: PLC0415

    domain = shipped_domain("monumento")
    assert migrate(monumento_url, domain) == []
    assert verify(monumento_url, domain).is_equal


def test_a_restored_database_is_no_other(shop):
    """PostgreSQL spells expressions another way after a restore; what differs besides is found."""
    shop.write(
        "V002__spelt.sql",
        """
        CREATE TABLE shop.spelt (
            id bigint NOT NULL,
            kind varchar(9) NOT NULL CHECK (kind IN ('a', 'b')),
            note text
        );
        CREATE INDEX spelt_id_idx ON shop.spelt (id) WHERE kind IN ('a', 'b');
        CREATE FUNCTION shop.pass() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
        CREATE TRIGGER spelt_pass BEFORE UPDATE ON shop.spelt FOR EACH ROW
            WHEN ((OLD.id, OLD.kind, OLD.note) IS DISTINCT FROM (NEW.id, NEW.kind, NEW.note))
            EXECUTE FUNCTION shop.pass();
        """,
    )
    shop.migrate()
    text = dump(shop.url, "shop")
    shop.connection.execute("DROP SCHEMA shop CASCADE; DROP SCHEMA pgrepo CASCADE")
    shop.connection.execute(text.encode())
    with open_session(shop.url) as session:
        restored = take_snapshot(session, "shop")
    assert "(ARRAY[('a'::" in restored["constraint", "shop.spelt spelt_kind_check"]
    assert len(baseline(shop.url, "shop", shop.sql, version="2", verify=True)) == 2
    assert verify(shop.url, "shop", shop.sql).is_equal

    shop.connection.execute("ALTER TABLE shop.spelt DROP COLUMN note CASCADE")
    assert {(d.kind, d.name) for d in verify(shop.url, "shop", shop.sql).differences} == {
        ("column", "shop.spelt.note"),
        ("trigger", "shop.spelt spelt_pass"),
    }

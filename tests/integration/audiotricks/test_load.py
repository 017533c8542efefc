"""Sample and synthetic data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg import sql

from pgrepo.domains.audiotricks.tokens import token_hash
from pgrepo.operate.load import load, load_sample
from pgrepo.project import shipped_domain

if TYPE_CHECKING:
    import psycopg

    from pgrepo.domains.audiotricks import Audiotricks

TABLES = ("users", "sessions", "user_settings", "audio_history", "audit_log")


def counts(observer: psycopg.Connection[Any]) -> list[int]:
    """The number of rows of each table."""
    found = []
    for table in TABLES:
        query = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier("audiotricks", table))
        row = observer.execute(query).fetchone()
        assert row is not None
        found.append(row[0])
    return found


def test_both_fill_every_table_and_can_be_repeated(
    audiotricks_url: str, audiotricks: Audiotricks, observer: psycopg.Connection[Any]
) -> None:
    """One beside the other; what is there already is left alone; a larger scale adds."""
    load_sample(audiotricks_url, shipped_domain("audiotricks"))
    sample = counts(observer)
    assert sample == [3, 2, 1, 4, 10]
    load_sample(audiotricks_url, shipped_domain("audiotricks"))
    assert counts(observer) == sample
    assert audiotricks.sessions.session_user(token_hash=token_hash("sample token 1"))
    assert audiotricks.sessions.session_user(token_hash=token_hash("sample token 2")) is None
    list(load(audiotricks_url, shipped_domain("audiotricks"), scale=0.01))
    loaded = [10, 20, 8, 202, 240]
    assert counts(observer) == [a + b for a, b in zip(sample, loaded, strict=True)]
    list(load(audiotricks_url, shipped_domain("audiotricks"), scale=0.01))
    assert counts(observer) == [a + b for a, b in zip(sample, loaded, strict=True)]
    list(load(audiotricks_url, shipped_domain("audiotricks"), scale=0.02))
    assert counts(observer)[3] == sample[3] + 404
    (first,) = (user for user in audiotricks.users.users_page() if user.username == "load_user_1")
    found = audiotricks.audio_history.search_history(user_id=first.id, words="volcano or lantern")
    assert found
    assert all("«" in row.headline for row in found)

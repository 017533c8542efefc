"""The fragments of docs/reference/audiotricks.md."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

import pytest

from pgrepo.domains.audiotricks.keyring import KeyRing
from tests.pages import ROOT, fragment, run_fragment

if TYPE_CHECKING:
    from uuid import UUID

    import psycopg

    from pgrepo.domains.audiotricks import Audiotricks

PAGE = "docs/reference/audiotricks.md"


@pytest.mark.usefixtures("quick")
def test_accounts(audiotricks: Audiotricks) -> None:
    """Who registers can log in; a token that is not known is nobody's."""
    found = run_fragment(
        PAGE,
        "from pgrepo.domains.audiotricks.accounts",
        audiotricks=audiotricks,
        email="ada@example.org",
        username="ada",
        password="Correct7horse",
        token="unknown",
    )
    assert found["session"] is None
    session = found["accounts"].session_user(token=found["opened"].token)
    assert session is not None


def test_api_keys(audiotricks: Audiotricks, user_id: UUID) -> None:
    """What was kept comes back."""
    found = run_fragment(
        PAGE,
        "from pgrepo.domains.audiotricks.secrets",
        audiotricks=audiotricks,
        user_id=user_id,
        old=KeyRing.new_key(),
        new=KeyRing.new_key(),
        typed="sk-1",
    )
    assert found["keys"].api_key(user_id=user_id, provider="openai") == "sk-1"


def test_roles(observer: psycopg.Connection[object]) -> None:
    """The role that is granted them inherits nothing."""
    grant = fragment(PAGE, "GRANT").replace("my_login", "pgrepo_test_page")
    with observer.transaction(force_rollback=True):
        observer.execute("CREATE ROLE pgrepo_test_page")
        observer.execute(grant.encode())
        row = observer.execute(
            "SELECT count(*), bool_or(inherit_option), bool_and(set_option) FROM pg_auth_members"
            " WHERE member = 'pgrepo_test_page'::regrole"
        ).fetchone()
    assert row == (3, False, True)


def test_scopes() -> None:
    """They are declared as the page says."""
    shown = tomllib.loads(fragment(PAGE, "[tool.pgrepo"))
    ours = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    declared = ours["tool"]["pgrepo"]["domains"]["audiotricks"]["scopes"]
    assert shown["tool"]["pgrepo"]["domains"]["audiotricks"]["scopes"] == declared

"""Which trigger functions surely return the row they were given."""

from __future__ import annotations

import pytest

from pgrepo.compiler.analysis.triggers import surely_returns_new


@pytest.mark.parametrize(
    "body",
    [
        "BEGIN RETURN NEW; END",
        "begin new.updated_at = now(); return new; end",
        "BEGIN IF OLD.* IS DISTINCT FROM NEW.* THEN NEW.x := 1; END IF; RETURN NEW; END",
        "BEGIN -- returns NULL\nRAISE NOTICE 'return null'; RETURN NEW; END",
        "BEGIN SELECT max(id) INTO NEW.id FROM t; RETURN NEW; END",
    ],
)
def test_sure(body: str) -> None:
    """NEW is returned and nowhere replaced."""
    assert surely_returns_new("plpgsql", body)


@pytest.mark.parametrize(
    "body",
    [
        "BEGIN RETURN NULL; END",
        "BEGIN RETURN OLD; END",
        "BEGIN IF NEW.x = 1 THEN RETURN NULL; END IF; RETURN NEW; END",
        "BEGIN NEW := NULL; RETURN NEW; END",
        "BEGIN SELECT * INTO NEW FROM t; RETURN NEW; END",
        "BEGIN EXECUTE 'SELECT 1' INTO NEW; RETURN NEW; END",
        'BEGIN RETURN "NEW"; END',
        "DECLARE n ALIAS FOR NEW; BEGIN n := NULL; RETURN NEW; END",
        "BEGIN RETURN (SELECT NEW); END",
        "BEGIN RETURN 'unclosed; END",
    ],
)
def test_unsure(body: str) -> None:
    """Anything else may return NULL."""
    assert not surely_returns_new("plpgsql", body)


@pytest.mark.parametrize("language", ["c", "internal", "plpython3u", "sql"])
def test_other_languages(language: str) -> None:
    """Only PL/pgSQL is read."""
    assert not surely_returns_new(language, "BEGIN RETURN NEW; END")

"""The run-time path: the same queries through aiosql, or the same error."""

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pgrepo.errors import ProjectError, SourceError
from pgrepo.sqlfiles.lexer import TokenKind, significant, tokenize
from pgrepo.sqlfiles.library import load_queries, locate
from pgrepo.sqlfiles.queries import NamedQuery, read_query_directory
from pgrepo.sqlfiles.sections import split_sections


def test_the_import_is_light() -> None:
    """Neither aiosql nor the reading of annotations is imported before it is needed."""
    program = (
        "import sys, pgrepo.sqlfiles.library\n"
        "print(*(m for m in ('aiosql', 'psycopg', 'ast', 'pgrepo.sqlfiles.queries',"
        " 'pgrepo.sqlfiles.traps') if m in sys.modules))"
    )
    # dataclasses imports ast, through inspect.
    finished = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert set(finished.stdout.split()) <= {"ast"}


def test_loading(tmp_path: Path) -> None:
    """Queries of all files, in order of file name, each with its place."""
    (tmp_path / "b.sql").write_text("-- name: second(x, y)^\n-- Doc.\nSELECT :y, :x, :y;\n")
    (tmp_path / "a.sql").write_text("/* one\ntwo */\n\n-- name: first-one()!\nSELECT 1 /* x */;\n")
    loaded = load_queries(tmp_path)
    assert list(loaded) == ["first_one", "second"]
    assert loaded["second"].sql == "SELECT $1, $2, $1"
    assert loaded["second"].positions == ("y", "x")
    assert loaded["second"].file == (tmp_path / "b.sql").as_posix()
    assert (loaded["first_one"].line, loaded["second"].line) == (4, 1)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("-- name: a\nSELECT 1;\n", "PGR103"),
        ("-- name: a(b)\nSELECT 1;\n", "PGR104"),
        ("-- name: a()\nSELECT 'x\n-- y\n';\n", "PGR116"),
        ("-- name: a()\nSELECT 'x;\n", "PGR101"),
        ("-- name: a()\nSELECT 1;\n-- name: a()\nSELECT 2;\n", "PGR105"),
        ("SELECT 0;\n-- name: a()\nSELECT 2;\n", "PGR102"),
    ],
)
def test_broken_files(tmp_path: Path, text: str, code: str) -> None:
    """What is wrong at run time is told as exactly as by the compiler."""
    (tmp_path / "a.sql").write_text(text)
    with pytest.raises(SourceError) as raised:
        load_queries(tmp_path)
    assert raised.value.code == code
    (file,) = read_query_directory(tmp_path)
    assert str(raised.value) == str(file.errors[0])


def test_the_same_name_in_two_files(tmp_path: Path) -> None:
    """Aiosql would let one of the two win."""
    for name in ("a.sql", "b.sql"):
        (tmp_path / name).write_text("-- name: q()\nSELECT 1;\n")
    with pytest.raises(SourceError, match="there is a query q already") as raised:
        load_queries(tmp_path)
    assert raised.value.file.endswith("b.sql")


def test_no_directory(tmp_path: Path) -> None:
    """A missing directory is named."""
    with pytest.raises(ProjectError, match="none"):
        load_queries(tmp_path / "none")


def test_locate(tmp_path: Path) -> None:
    """The nearest directory wins: inside the package in a wheel, at the top in a checkout."""
    module = tmp_path / "src" / "pgrepo" / "domains" / "shop" / "__init__.py"
    module.parent.mkdir(parents=True)
    with pytest.raises(ProjectError, match="queries/shop"):
        locate(module, "queries/shop")
    outer = tmp_path / "queries" / "shop"
    outer.mkdir(parents=True)
    assert locate(str(module), "queries/shop") == outer
    inner = tmp_path / "src" / "pgrepo" / "queries" / "shop"
    inner.mkdir(parents=True)
    assert locate(module, "queries/shop") == inner


fragments = st.sampled_from(
    [
        *("a", "1", "'x'", "'it''s'", '"q"', '"say ""hi"""', ":p", ":q_", "::int", ", ", "("),
        *(")", "[lo:hi]", "[ : ]", "[:p]", "||", "=", "-", "E'\\n'", "E'\\''", "E'\\\\'", "$$a$$"),
        *("$$it's$$", "$x$ :p /* $x$", '$$"$$', "-- it's\n", "-- :p\n", '-- 5"\n', "-- ok\n"),
        *("\n-- it's :p\n", "/* it's :p */", "/* /* */ */", "/*+ hint */", "/*+ ' */", ";", "\n"),
        *(" ", "  \n", "\n\n", "'a\n-- b\n'", "'a \nb'", "-- name: x()", "'-- name: x()'", ":p.a"),
        *("\f", "\u2028", "'", "$1", "/*", "*/", "LIMIT:p", "12:30", "_:p", "é"),
    ]
)
bodies = st.lists(fragments, min_size=1, max_size=7).map("".join)
headers = st.sampled_from(["(p)", "()", "(p, q_)^", "<!", "*!", "(p)!", "(q_)$"])
queries = st.lists(st.tuples(headers, bodies), min_size=1, max_size=4)


def written(sections: list[tuple[str, str]]) -> str:
    return "".join(
        f"-- name: q{number}{header}\nSELECT {body}\n;\n"
        for number, (header, body) in enumerate(sections)
    )


def assert_same(text: str, sql: str, positions: tuple[str, ...]) -> None:
    """What is executed are the tokens of the file, parameters numbered."""
    own = significant(tokenize(text))
    while own[-1].text == ";":
        own.pop()
    expected = [
        f"${positions.index(token.text[1:]) + 1}"
        if token.kind is TokenKind.PARAMETER
        else token.text
        for token in own
    ]
    assert [token.text for token in significant(tokenize(sql))] == expected


def assert_located(query: NamedQuery) -> None:
    """Every token finds back to the file."""
    own = significant(tokenize(query.source.text, *query.body))
    for token, origin in zip(significant(tokenize(query.sql)), own, strict=False):
        assert query.locate(token.start) == origin.start


def assert_refused_or_faithful(directory: Path, text: str) -> None:
    """The run time lets a trap pass that happens to be harmless, but no other reading."""
    try:
        loaded = load_queries(directory)
    except SourceError:
        return
    for section, query in zip(split_sections(text)[1:], loaded.values(), strict=True):
        assert section.header is not None
        assert_same(text[section.header.end : section.end], query.sql, query.positions)


@given(queries)
@example([("()", "1;/*+ hint */")])
@example([("()", "$$it's$$"), ("()", "/* b */ 'c'")])
def test_both_paths_agree(sections: list[tuple[str, str]]) -> None:
    """The compiler reads query by query, the run time whole files: never a different query."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        (directory / "q.sql").write_text(written(sections), encoding="utf-8", newline="\n")
        (file,) = read_query_directory(directory)
        for query in file.queries:
            body = file.source.text[slice(*query.body)]
            assert_same(body, query.sql, query.positions)
            assert_located(query)
        if file.errors:
            assert_refused_or_faithful(directory, file.source.text)
        else:
            assert_loaded(directory, file.queries)
        # What was accepted beside broken queries is accepted, and the same, without them.
        kept = "".join(file.source.text[query.offset : query.body[1]] for query in file.queries)
        (directory / "q.sql").write_text(kept, encoding="utf-8", newline="\n")
        assert_loaded(directory, file.queries)


def assert_loaded(directory: Path, expected: tuple[NamedQuery, ...]) -> None:
    loaded = load_queries(directory)
    assert [(q.name, q.sql, q.positions, q.fingerprint) for q in loaded.values()] == [
        (q.name, q.sql, q.positions, q.fingerprint) for q in expected
    ]

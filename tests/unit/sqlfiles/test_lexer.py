"""The lexer follows PostgreSQL's lexical rules and loses nothing."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgrepo.sqlfiles.lexer import LexError, TokenKind, split_statements, tokenize


def kinds(text: str) -> list[tuple[str, str]]:
    return [(token.kind.name, token.text) for token in tokenize(text)]


def texts(text: str) -> list[str]:
    return [token.text for token in tokenize(text)]


def parameters(text: str) -> list[str]:
    return [token.text for token in tokenize(text) if token.kind is TokenKind.PARAMETER]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("'it''s'", "STRING"),
        (r"E'\''", "STRING"),
        (r"e'\\'", "STRING"),
        (r"'\'", "STRING"),
        ("U&'d\\0061t'", "STRING"),
        ("B'01'", "STRING"),
        ("x'1F'", "STRING"),
        ("N'a'", "STRING"),
        ('"a""b :c"', "QUOTED_IDENTIFIER"),
        ('U&"d\\0061t"', "QUOTED_IDENTIFIER"),
        ("$$it's :x $a$ $$", "DOLLAR_STRING"),
        ("$tag$ $$ $tag $tag$", "DOLLAR_STRING"),
        ("/* a /* 'b */ */", "BLOCK_COMMENT"),
        ("-- it's :x", "LINE_COMMENT"),
        ("1_000.5e-3", "NUMBER"),
        ("0xBad_Cafe", "NUMBER"),
        (".5", "NUMBER"),
        ("$12", "POSITIONAL"),
        (":user_id", "PARAMETER"),
        ("été$1", "WORD"),
        ("@>", "OPERATOR"),
        ("::", "PUNCTUATION"),
        (":=", "PUNCTUATION"),
    ],
)
def test_one_token(text: str, expected: str) -> None:
    """Each of these is a single token of the kind named."""
    assert kinds(text) == [(expected, text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a=-1", ["a", "=", "-", "1"]),
        ("a@-1", ["a", "@-", "1"]),
        ("a*--b", ["a", "*", "--b"]),
        ("a+/*b*/c", ["a", "+", "/*b*/", "c"]),
        ("a->>'b'", ["a", "->>", "'b'"]),
        ("a?|b", ["a", "?|", "b"]),
        ("f(a=>:b)", ["f", "(", "a", "=>", ":b", ")"]),
        ("f(a:=:b)", ["f", "(", "a", ":=", ":b", ")"]),
        ("x::int", ["x", "::", "int"]),
        (":x::int", [":x", "::", "int"]),
        ("1..2", ["1", "..", "2"]),
        ("t.a.*", ["t", ".", "a", ".", "*"]),
        ("nameE'a'", ["nameE", "'a'"]),
        ("a$$b", ["a$$b"]),
        ("1e", ["1", "e"]),
    ],
)
def test_where_tokens_end(text: str, expected: list[str]) -> None:
    """Operators, casts and numbers end where PostgreSQL ends them."""
    assert texts(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a[lo:hi]", []),
        ("a[lo :hi]", []),
        ("a[1:2]", []),
        ("a[f(:x):hi]", [":x"]),
        ("a[b[1]:hi]", []),
        ("a[:lo : :hi]", [":lo", ":hi"]),
        ("a[:lo:hi]", [":lo"]),
        ("ARRAY[:a, :b]", [":a", ":b"]),
        ("ARRAY[CASE WHEN :a THEN :b ELSE :c END]", [":a", ":b", ":c"]),
        ("ARRAY[t AT TIME ZONE :tz, -:a]", [":tz", ":a"]),
        ("a[(SELECT x FROM t WHERE b OR :c)]", [":c"]),
        ("(a :b)", [":b"]),
    ],
)
def test_slices_are_no_parameters(text: str, expected: list[str]) -> None:
    """A colon after an operand inside square brackets is that of an array slice."""
    assert parameters(text) == expected


def test_an_escape_string_continues_on_the_next_line() -> None:
    """A plain string after an E'' string and a line break still knows backslash escapes."""
    assert texts("E'a' -- why\n  'it\\'s' :x") == ["E'a'", "-- why", "'it\\'s'", ":x"]
    with pytest.raises(LexError):
        tokenize("E'a' 'it\\'s' :x")


@pytest.mark.parametrize(
    ("text", "start", "end", "message"),
    [
        ("SELECT 'a", 7, 8, "string"),
        ("SELECT E'a\\'", 7, 9, "string"),
        ('SELECT "a', 7, 8, "quoted identifier"),
        ("a $x$ b $$", 2, 5, "$x$"),
        ("a /* b /* c */", 2, 4, "block comment"),
        ("a \0", 2, 3, "NUL"),
    ],
)
def test_unclosed(text: str, start: int, end: int, message: str) -> None:
    """What is never closed is an error at what opens it."""
    with pytest.raises(LexError) as raised:
        tokenize(text)
    assert (raised.value.start, raised.value.end) == (start, end)
    assert message in raised.value.message


def test_part_of_a_text() -> None:
    """Offsets are those of the whole text, and nothing beyond the end is read."""
    tokens = tokenize("SELECT 'a' 'b", 7, 10)
    assert [(token.start, token.end, token.text) for token in tokens] == [(7, 10, "'a'")]


def test_statements() -> None:
    """Only a semicolon outside parentheses and SQL bodies ends a statement."""
    text = """
        SELECT 1; -- a;
        CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2);
        CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN a THEN 1 END; SELECT 2; END;
        ; SELECT ';'
    """
    statements = split_statements(tokenize(text))
    assert [statement[0].text for statement in statements] == [
        "SELECT",
        "CREATE",
        "CREATE",
        "SELECT",
    ]


inside = st.text(st.sampled_from(":a'\"\\$-*/ \n[]é;E"), max_size=8)
pieces = st.one_of(
    st.sampled_from(["SELECT", "x", "_é", "1", ".5", "$1", "+", "<@", "::", ",", "(", ")", ";"]),
    # With a backslash a plain string would continue an E'' string before it.
    inside.map(lambda text: "'" + text.replace("'", "''").replace("\\", "") + "'"),
    inside.map(lambda text: "N'" + text.replace("'", "''") + "'"),
    inside.map(lambda text: "E'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"),
    inside.map(lambda text: '"' + text.replace('"', '""') + '"'),
    inside.map(lambda text: "$q$" + text.replace("$", "") + "$q$"),
    inside.map(lambda text: "--" + text.replace("\n", "") + "\n"),
    inside.map(lambda text: "/*" + re.sub(r"[*/]", "", text) + "*/"),
    inside.map(lambda text: "/* /*" + re.sub(r"[*/]", "", text) + "*/ */"),
    st.just(":name"),
)


@given(st.lists(pieces, max_size=12), st.sampled_from([" ", "\n", "\t \n"]))
def test_pieces_are_found_again(written: list[str], space: str) -> None:
    """Whatever strings and comments hold, the tokens are the pieces that were written.

    So parameters are found where they are real, and only there.
    """
    found = tokenize(space.join(written))
    assert [token.text for token in found] == [piece.rstrip("\n") for piece in written]
    assert [token.text for token in found if token.kind is TokenKind.PARAMETER] == [
        piece for piece in written if piece == ":name"
    ]


@given(st.text(st.sampled_from("aE1 \n\t'\"$:-+*/<@?[](),.;\\é_&U"), max_size=30))
def test_tokens_and_gaps_give_the_text_back(text: str) -> None:
    """Tokens cover the text in order; between them is white space only."""
    try:
        tokens = tokenize(text)
    except LexError as error:
        # Up to what is not closed there are tokens.
        text = text[: error.start]
        tokens = tokenize(text)
    position = 0
    for token in tokens:
        assert text[position : token.start].strip(" \t\n\r\f\v") == ""
        assert text[token.start : token.end] == token.text != ""
        position = token.end
    assert text[position:].strip(" \t\n\r\f\v") == ""

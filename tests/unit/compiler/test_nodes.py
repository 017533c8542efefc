"""Reading printed node trees: every printing rule of the server, and its line wrapping."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgrepo.compiler.analysis.nodes import (
    Node,
    constant_bytes,
    constant_integer,
    constant_text,
    read_tree,
)

# What the server's outToken escapes wherever it stands, and what only at the start of a word.
_ALWAYS = " \n\t(){}\\"
_AT_START = '<"0123456789'


def printed_name(text: str) -> str:
    """A name as `outToken` in outfuncs.c prints it."""
    if text == "":
        return '""'
    signed = text[0] in "+-" and (text[1:2].isdigit() or text[1:2] == ".")
    start = "\\" if text[0] in _AT_START or signed else ""
    return start + "".join(f"\\{letter}" if letter in _ALWAYS else letter for letter in text)


def wrapped(text: str) -> str:
    """A tree as `format_node_dump` in print.c lays it out for the log."""
    data, lines, position = text.encode(), [], 0
    while len(data) - position > 78:
        line, position = data[position : position + 78], position + 78
        if data[position : position + 1] == b" ":
            position += 1
        elif (space := line.rfind(b" ")) > 0:
            position -= len(line) - space - 1
            line = line[:space]
        lines.append(line)
    return b"\n".join([*lines, data[position:], b""]).decode(errors="surrogateescape")


def dump(value: Any) -> str:
    """A value as the server prints it: a Node, a list, None, or the text of a name."""
    if isinstance(value, Node):
        fields = "".join(f" :{name} {dump(item)}" for name, item in value.fields.items())
        return f"{{{value.tag}{fields}}}"
    if isinstance(value, list):
        return f"({' '.join(dump(item) for item in value)})"
    return "<>" if value is None else printed_name(value)


def same(one: Any, other: Any) -> bool:
    """Whether two values are equal, nodes compared by what they hold."""
    if isinstance(one, Node) and isinstance(other, Node):
        return one.tag == other.tag and same(list(one.fields.items()), list(other.fields.items()))
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        pairs = zip(one, other, strict=False)
        return len(one) == len(other) and all(same(mine, its) for mine, its in pairs)
    return bool(one == other)


# A word of exactly 78 bytes that begins a line looks like one that was cut.
_names = st.text(st.characters(codec="utf-8", exclude_characters="\0\n\r"), max_size=40).filter(
    lambda name: len(printed_name(name).encode()) < 78
)
_values = st.recursive(
    st.none() | _names,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.builds(
            Node,
            st.sampled_from(["QUERY", "VAR", "OPEXPR"]),
            st.dictionaries(st.sampled_from(["expr", "args", "resname", "xpr"]), inner, max_size=4),
        )
    ),
    max_leaves=25,
)


def _begins_with_a_list_tag(value: Any) -> bool:
    """Whether a list starts with a bare i, o, b or x, which the server prints only as its tag."""
    if isinstance(value, Node):
        return any(_begins_with_a_list_tag(item) for item in value.fields.values())
    if isinstance(value, list):
        return value[:1] in (["i"], ["o"], ["b"], ["x"]) or any(map(_begins_with_a_list_tag, value))
    return False


@given(_values.filter(lambda value: not _begins_with_a_list_tag(value)))
def test_what_is_printed_is_read_back(value: Any) -> None:
    """Whatever names hold, a tree is read as it was printed, wrapped or not."""
    assert same(read_tree(dump(value)), value)
    assert same(read_tree(wrapped(dump(value))), value)


@pytest.mark.parametrize("length", [76, 80, 100, 154, 158, 300])
@pytest.mark.parametrize("letter", ["x", "\\(", "\\ "])
def test_long_words_are_joined(length: int, letter: str) -> None:
    """A word of more than 78 bytes is cut between any two; a line is broken at spaces first."""
    word = (letter * length)[:length].removesuffix("\\")
    text = f'({{ALIAS :aliasname {word} :colnames ("a" "b")}} {{ALIAS :aliasname <>}})'
    assert "\n" in wrapped(text)
    first, second = read_tree(wrapped(text))
    assert first["aliasname"] == word.replace("\\", "")
    assert first["colnames"] == ["a", "b"]
    assert second["aliasname"] is None


def test_letters_of_several_bytes_count_as_such() -> None:
    """The server counts bytes, and it is they that tell a cut word."""
    word = "é" * 60
    tree = f"{{A :name {word} :other {'b' * 70} :last c}}"
    assert read_tree(wrapped(tree)).fields == {"name": word, "other": "b" * 70, "last": "c"}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("()", []),
        ("(b)", []),
        ("(i 1 2)", ["1", "2"]),
        ("(o 16403)", ["16403"]),
        ("(b 3 5)", ["3", "5"]),
        ("(x 1)", ["1"]),
        ("<>", None),
        ('""', ""),
        (r"\<>", "<>"),
        (r"\"quoted\"", '"quoted"'),
        (r"\1st", "1st"),
        (r"two\ words\\", "two words\\"),
        ('("i" "b")', ["i", "b"]),
        ("(1 (2 ()) <>)", ["1", ["2", []], None]),
    ],
)
def test_values(text: str, value: Any) -> None:
    """Lists of every tag, empty ones, nothing, and names with escapes."""
    assert read_tree(text) == value


def test_fields() -> None:
    """A field is found by its name, whatever its value looks like."""
    node = read_tree(
        "{A :flag true :no false :n -12 :set (b 4 7) :name :expr :arg {B :x <>} :l ()}"
    )
    assert (node.tag, node.flag("flag"), node.flag("no"), node.flag("n")) == (
        "A",
        True,
        False,
        False,
    )
    assert (node.integer("n"), node.integer("name"), node.integer("absent")) == (-12, 0, 0)
    assert node.integers("set") == {4, 7}
    assert node["name"] == ":expr"
    assert node.get("absent") is None
    assert node.node("arg").tag == "B"
    assert node.node("name") is None
    assert (node.items("l"), node.items("name"), node.items("absent")) == ([], [], [])
    assert [inner.tag for inner in node.walk()] == ["A", "B"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty"),
        ("  \n", "empty"),
        ("{A :b c} d", "1 tokens after the end"),
        ("{A b}", "expected a field of A, found 'b'"),
        ("{A :b (c", "breaks off"),
        ("{A :b", "breaks off"),
    ],
)
def test_no_tree(text: str, message: str) -> None:
    """Text that is no tree is refused."""
    with pytest.raises(ValueError, match=message):
        read_tree(text)


def constant(type_oid: int, length: int, value: str, *, by_value: bool = False) -> Node:
    """A CONST as it is printed."""
    node = read_tree(
        f"{{CONST :consttype {type_oid} :constlen {length} "
        f":constbyval {str(by_value).lower()} :constisnull {str(value == '<>').lower()} "
        f":location -1 :constvalue {value}}}"
    )
    assert isinstance(node, Node)
    return node


def varlena(text: str, *, short: bool) -> str:
    """A text constant's bytes with their length before them."""
    data = text.encode()
    header = (
        bytes([(len(data) + 1) << 1 | 1]) if short else ((len(data) + 4) << 2).to_bytes(4, "little")
    )
    signed = [byte - 256 if byte > 127 else byte for byte in header + data]
    return f"{len(signed)} [ {' '.join(map(str, signed))} ]"


@given(st.integers(-(2**63), 2**63 - 1))
def test_integer_constants(number: int) -> None:
    """By-value constants are eight signed bytes."""
    data = number.to_bytes(8, "little", signed=True)
    value = f"8 [ {' '.join(str(byte - 256 if byte > 127 else byte) for byte in data)} ]"
    assert constant_integer(constant(20, 8, value, by_value=True)) == number
    assert constant_bytes(constant(20, 8, value, by_value=True)) == data


@pytest.mark.parametrize(("type_oid", "expected"), [(16, 1), (21, 1), (23, 1), (701, None)])
def test_which_constants_are_integers(type_oid: int, expected: int | None) -> None:
    """A float8 is by value too, and no integer."""
    node = constant(type_oid, 8, "8 [ 1 0 0 0 0 0 0 0 ]", by_value=True)
    assert constant_integer(node) == expected


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=30), st.booleans())
def test_text_constants(text: str, short: bool) -> None:
    """Both forms of the length header, and any characters."""
    assert constant_text(constant(25, -1, varlena(text, short=short))) == text


@pytest.mark.parametrize("type_oid", [25, 114, 1042, 1043])
def test_types_of_text(type_oid: int) -> None:
    """Text, json, character and character varying are text."""
    assert constant_text(constant(type_oid, -1, varlena("a", short=False))) == "a"


@pytest.mark.parametrize("type_oid", [17, 1700, 3802, 1009])
def test_other_types_are_no_text(type_oid: int) -> None:
    """A numeric, a bytea, a jsonb and an array have length headers too, and are no text."""
    assert constant_text(constant(type_oid, -1, varlena("a", short=False))) is None


def test_untyped_literal() -> None:
    """A literal of type unknown is a C string."""
    assert constant_text(constant(705, -2, "3 [ 104 105 0 ]")) == "hi"


def test_null_constants() -> None:
    """NULL has no value of any kind."""
    node = constant(25, -1, "<>")
    assert (constant_bytes(node), constant_text(node), constant_integer(node)) == (None, None, None)

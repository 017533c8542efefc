"""PostgreSQL's printed node trees, read.

The server prints its analysed and rewritten query (and stores CHECK constraints) in the format
of its own `outfuncs.c`: `{NAME :field value …}`, lists in parentheses, `<>` for nothing. Nothing
here knows what a node means.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

# Only these three end a word for the server's own reader (pg_strtok); a name may hold others.
_TOKEN = re.compile(r"[(){}]|(?:\\.|[^ \n\t(){}\\])+", re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_LIST_TAGS = {"i", "o", "b", "x"}
_WRAPPED_AT = 78
_TEXT_TYPES = {"25", "114", "1042", "1043"}  # text, json, character, character varying
_INTEGER_TYPES = {"16", "20", "21", "23"}  # boolean counts 0 and 1; the integers


class Node:
    """One node: its type's name in capitals and its fields, as printed.

    A field holds a Node, a list (of nodes, strings or numbers), a string, or None for `<>`.
    """

    __slots__ = ("fields", "tag")

    def __init__(self, tag: str, fields: dict[str, Any]) -> None:
        self.tag = tag
        self.fields = fields

    def __getitem__(self, name: str) -> Any:
        return self.fields[name]

    def __repr__(self) -> str:
        return f"<{self.tag} {' '.join(self.fields)}>"

    def get(self, name: str) -> Any:
        """The field, or None where this server version does not print it."""
        return self.fields.get(name)

    def node(self, name: str) -> Node | None:
        """The field, when it is a node."""
        value = self.fields.get(name)
        return value if isinstance(value, Node) else None

    def items(self, name: str) -> list[Any]:
        """The field as a list; empty where there is none."""
        value = self.fields.get(name)
        return value if isinstance(value, list) else []

    def integer(self, name: str) -> int:
        """The field as a number; 0 where there is none."""
        value = self.fields.get(name)
        return int(value) if isinstance(value, str) and value.lstrip("-").isdigit() else 0

    def integers(self, name: str) -> frozenset[int]:
        """The field as a set of numbers: a bitmap set or an integer list."""
        return frozenset(int(item) for item in self.items(name))

    def flag(self, name: str) -> bool:
        """The field as a boolean."""
        return self.fields.get(name) == "true"

    def children(self) -> list[Node]:
        """The nodes directly below this one, in printed order."""
        found: list[Node] = []
        for value in self.fields.values():
            # Most fields are strings; this is the innermost loop of all.
            if value.__class__ is Node:
                found.append(value)
            elif value.__class__ is list:
                _collect(value, found)
        return found

    def walk(self) -> Iterator[Node]:
        """This node and all below it, in printed order."""
        waiting: list[Node] = [self]
        while waiting:
            node = waiting.pop()
            yield node
            waiting.extend(reversed(node.children()))


def _collect(values: list[Any], found: list[Node]) -> None:
    for value in values:
        if value.__class__ is Node:
            found.append(value)
        elif value.__class__ is list:
            _collect(value, found)


def read_tree(text: str) -> Any:
    """Reads one printed value, usually a list of QUERY nodes.

    Args:
        text: what the server printed, wrapped or not.

    Raises:
        ValueError: the text is not a printed node tree.
    """
    tokens = iter(_TOKEN.findall(_unwrap(text)))
    try:
        value = _read(next(tokens), tokens)
    except StopIteration:
        raise ValueError("an empty node tree, or one that breaks off") from None
    if left := len(list(tokens)):
        raise ValueError(f"{left} tokens after the end of a node tree")
    return value


def _unwrap(text: str) -> str:
    """Joins the lines again into which the server wraps a tree for the log.

    It breaks at spaces, and inside a word only when 78 bytes hold none
    (`format_node_dump` in src/backend/nodes/print.c).
    """
    if "\n" not in text:
        return text
    parts: list[str] = []
    for line in text.split("\n"):
        cut_inside_word = len(line.encode()) == _WRAPPED_AT and " " not in line[1:]
        parts.append(line if cut_inside_word else line + " ")
    return "".join(parts)


def _read(word: str, tokens: Iterator[str]) -> Any:
    if word == "{":
        return _read_node(tokens)
    if word == "(":
        return _read_list(tokens)
    return _atom(word)


def _read_node(tokens: Iterator[str]) -> Node:
    tag = next(tokens)
    fields: dict[str, Any] = {}
    name = next(tokens)
    while name != "}":
        if name[0] != ":":
            raise ValueError(f"expected a field of {tag}, found {name!r}")
        # Every field has a value, which may be a name that begins with a colon.
        value = _read(next(tokens), tokens)
        word = next(tokens)
        if word != "}" and word[0] != ":":
            # A constant's value is a length followed by its bytes in brackets.
            value = [value]
            while word != "}" and word[0] != ":":
                value.append(_read(word, tokens))
                word = next(tokens)
        fields[name[1:]] = value
        name = word
    return Node(tag, fields)


def _read_list(tokens: Iterator[str]) -> list[Any]:
    items: list[Any] = []
    word = next(tokens)
    if word in _LIST_TAGS:
        word = next(tokens)
    while word != ")":
        items.append(_read(word, tokens))
        word = next(tokens)
    return items


def _atom(word: str) -> str | None:
    if word == "<>":
        return None
    if len(word) >= 2 and word[0] == word[-1] == '"':
        word = word[1:-1]
    return _ESCAPE.sub(r"\1", word) if "\\" in word else word


def constant_bytes(node: Node) -> bytes | None:
    """The bytes of a CONST as the server holds them; None for NULL.

    By-value constants are eight bytes in the server's byte order; text and its like carry their
    length header (`varlena`), see `constant_text`.
    """
    value = node.get("constvalue")
    if node.flag("constisnull") or not isinstance(value, list):
        return None
    return bytes(int(item) & 0xFF for item in value if item not in {"[", "]"})[
        _length_words(value) :
    ]


def _length_words(value: list[Any]) -> int:
    # "4 [ 1 0 0 0 … ]": the first number is the length, not a byte.
    return 1 if value and value[0] != "[" else 0


def constant_text(node: Node) -> str | None:
    """The text of a CONST of a string type; None where it is NULL or no string."""
    data = constant_bytes(node)
    if data is not None and node.get("constlen") == "-2":  # an untyped literal: a C string
        return data.rstrip(b"\0").decode("utf-8", errors="replace")
    if data is None or node.get("consttype") not in _TEXT_TYPES:
        return None
    # An in-memory varlena has either a one-byte header with its lowest bit set or four bytes.
    header = 1 if data[:1] and data[0] & 1 else 4
    return data[header:].decode("utf-8", errors="replace")


def constant_integer(node: Node) -> int | None:
    """The value of an integer or boolean CONST; None where it is NULL or of another type."""
    data = constant_bytes(node)
    if data is None or node.get("consttype") not in _INTEGER_TYPES:
        return None
    return int.from_bytes(data, "little", signed=True)

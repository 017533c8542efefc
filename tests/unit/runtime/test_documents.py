"""Documents: JSON objects whose classes lose nothing that they do not know."""

from __future__ import annotations

import copy
import json
import pickle
from typing import Annotated

import msgspec
import pytest
from pydantic import TypeAdapter

from pgrepo.runtime.checks import Unfit
from pgrepo.runtime.documents import Document
from pgrepo.runtime.dumpers import JsonbDumper, JsonDumper
from pgrepo.runtime.results import row_decoder
from pgrepo.runtime.statement import Statement
from pgrepo.runtime.translate import DataError


class Leaf(Document):
    """A part of a tree."""

    size: int


class Tree(Document, rename="camel"):
    """A document with parts of every kind."""

    top_leaf: Leaf
    leaves: list[Leaf] = msgspec.field(default_factory=list)
    rows: list[list[Leaf]] = msgspec.field(default_factory=list)
    names: list[str] = msgspec.field(default_factory=list)
    note: str | msgspec.UnsetType = msgspec.UNSET
    short: Annotated[str, msgspec.Meta(max_length=3)] = "abc"


FULL = (
    '{"new":1.10,"topLeaf":{"size":1,"colour":"green"},"leaves":[{"size":2},{"a":[{"b":null}],'
    '"size":3}],"rows":[[],[{"x":1E+2,"size":4}]],"names":["x"],"note":"?","short":"",'
    '"$unknownKeys":{"y":0}}'
)


def test_there_and_back() -> None:
    """Every key and every digit comes back, at every depth."""
    tree = Tree.__from_json__(FULL)
    assert tree.top_leaf.size == 1
    assert {key: bytes(value) for key, value in tree.unknown_keys.items()} == {
        "new": b"1.10",
        "$unknownKeys": b'{"y":0}',
    }
    written = tree.__to_json__()
    assert json.loads(written) == json.loads(FULL)
    assert b"1.10" in written
    assert b"1E+2" in written
    assert json.loads(Tree.__from_json__(written).__to_json__()) == json.loads(FULL)


def test_changes() -> None:
    """What is changed is written; what is taken out goes with all that it had."""
    tree = Tree.__from_json__(FULL)
    del tree.leaves[1]
    tree.leaves[0].size = 9
    tree.note = msgspec.UNSET
    del tree.unknown_keys["new"]
    expected = json.loads(FULL) | {"leaves": [{"size": 9}]}
    del expected["note"], expected["new"]
    assert json.loads(tree.__to_json__()) == expected


@pytest.mark.parametrize(
    "twin",
    [
        copy.copy,
        copy.deepcopy,
        lambda tree: msgspec.structs.replace(tree, note="!"),
        lambda tree: pickle.loads(pickle.dumps(tree)),  # noqa: S301 - our own
    ],
)
def test_copies_keep_them_too(twin) -> None:  # type: ignore[no-untyped-def]
    """However a document is copied."""
    found = json.loads(twin(Tree.__from_json__(FULL)).__to_json__())
    assert found["new"] == 1.1
    assert found["topLeaf"] == {"size": 1, "colour": "green"}


def test_what_does_not_fit_is_refused_in_both_directions() -> None:
    """A wrong type, a broken rule, at any depth."""
    for text in ('{"topLeaf":{}}', '{"topLeaf":{"size":1},"short":"abcd"}', "[]", "{"):
        with pytest.raises(msgspec.DecodeError):
            Tree.__from_json__(text)
    tree = Tree(top_leaf=Leaf(size=1), short="abcd")
    with pytest.raises(msgspec.ValidationError, match=r"\$.short"):
        tree.__to_json__()


def test_parameters_are_checked_and_the_value_is_not_told() -> None:
    """The dumper of json and jsonb writes a document as it writes itself."""
    tree = Tree.__from_json__(FULL)
    for dumper in (JsonDumper, JsonbDumper):
        data = bytes(dumper(Tree).dump(tree) or b"").removeprefix(b"\x01")
        assert json.loads(data) == json.loads(FULL)
        with pytest.raises(Unfit, match=r"a valid Tree: Expected `int`, got `str` - at") as caught:
            dumper(Tree).dump(Tree(top_leaf=Leaf(size="secret")))  # type: ignore[arg-type]
        assert "secret" not in str(caught.value)


def test_columns() -> None:
    """A column of documents is read by the class; what does not fit names the column."""
    decode = row_decoder("shop.trees", Statement("trees", "", json=((0, Tree),)))
    assert decode is not None
    [(tree,), (nothing,)] = decode([(FULL.encode(),), (None,)], None)
    assert json.loads(tree.__to_json__()) == json.loads(FULL)
    assert nothing is None
    with pytest.raises(DataError, match="column 1: its JSON does not have the generated shape"):
        decode([(b'{"topLeaf":{}}',)], None)


class Knot(Document):
    """A document that can hold others like itself."""

    inner: Knot | None = None


def test_pydantic() -> None:
    """It reads, writes and describes a document as the database has it; FastAPI is made of that."""
    adapter = TypeAdapter(dict[str, Tree])
    read = adapter.validate_json(f'{{"it":{FULL}}}')
    assert json.loads(adapter.dump_json(read))["it"] == json.loads(FULL)
    assert adapter.validate_python(read) == read
    with pytest.raises(ValueError, match=r"missing required field `size` - at `\$.topLeaf`"):
        adapter.validate_python({"it": {"topLeaf": {}}})
    schema = adapter.json_schema()["additionalProperties"]
    assert schema["required"] == ["topLeaf"]
    assert schema["properties"]["leaves"]["items"]["properties"] == {"size": {"type": "integer"}}
    assert schema["properties"]["short"] == {"type": "string", "maxLength": 3, "default": "abc"}
    assert "unknown" not in json.dumps(schema)
    assert "$ref" not in json.dumps(TypeAdapter(Knot).json_schema())

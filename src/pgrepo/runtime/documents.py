"""JSON documents as classes that lose nothing of what they do not know.

msgspec reads an object into a Struct and drops the keys that the Struct has no field for. Of a
document that is read, changed and written back, they would be gone. A `Document` keeps them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, TypeAlias

import msgspec

from pgrepo.runtime.decoders import decoder_of

if TYPE_CHECKING:
    UnknownKeys: TypeAlias = dict[str, msgspec.Raw]
    """What is kept: the JSON texts, by key."""
else:
    # Whatever a document has under the field's own name is no error.
    UnknownKeys = Any

_FIELD = "unknown_keys"
_MEMBERS = dict[str, msgspec.Raw]
_PARTS = list[msgspec.Raw]


class Document(msgspec.Struct, kw_only=True):
    """The base of a JSON object's class: a msgspec Struct, read and written by the repositories.

    What is written is checked against the types first, as what is read is.

    Attributes:
        unknown_keys: the keys that the class has no field for, with the JSON text of each value.
            They are written back where they were.
    """

    unknown_keys: UnknownKeys = msgspec.field(default_factory=dict, name="$unknownKeys")

    @classmethod
    def __from_json__(cls, data: bytes | str) -> Self:
        """Reads a document; raises msgspec.ValidationError where it does not fit."""
        document: Self = decoder_of(cls).decode(data)
        _remember(document, data)
        return document

    def __to_json__(self) -> bytes:
        """Writes the document; raises msgspec.ValidationError where it does not fit."""
        data = msgspec.json.encode(_tree(self))
        decoder_of(type(self)).decode(data)
        return data

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: object) -> Any:
        # Imported here, for most programs have no pydantic.
        from pgrepo.runtime.pydantic_schemas import core_schema_of  # noqa: PLC0415

        return core_schema_of(cls)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: object, handler: object) -> dict[str, Any]:
        from pgrepo.runtime.pydantic_schemas import json_schema_of  # noqa: PLC0415 - as above

        return json_schema_of(cls)


def _remember(value: Any, data: Any) -> None:
    """Gives every document in a value the keys that it has no field for."""
    if isinstance(value, Document):
        members = decoder_of(_MEMBERS).decode(data)
        for name, key in _keys(value):
            if (member := members.pop(key, None)) is not None:
                _remember(getattr(value, name), member)
        # Copies, for the text that they are part of belongs to the database's answer.
        value.unknown_keys = {key: member.copy() for key, member in members.items()}
    elif isinstance(value, list) and any(isinstance(item, Document | list) for item in value):
        parts = decoder_of(_PARTS).decode(data)
        for item, part in zip(value, parts, strict=True):
            _remember(item, part)


def _tree(value: Any) -> Any:
    """The same with dictionaries for documents."""
    if isinstance(value, Document):
        known = {key: _tree(getattr(value, name)) for name, key in _keys(value)}
        given = {key: item for key, item in known.items() if item is not msgspec.UNSET}
        return value.unknown_keys | given
    return [_tree(item) for item in value] if isinstance(value, list) else value


def _keys(document: Document) -> list[tuple[str, str]]:
    """Each field and its key."""
    pairs = zip(document.__struct_fields__, document.__struct_encode_fields__, strict=True)
    return [(name, key) for name, key in pairs if name != _FIELD]

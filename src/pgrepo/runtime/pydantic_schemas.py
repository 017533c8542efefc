"""Documents as pydantic, and so FastAPI, reads, writes and describes them.

pydantic knows dataclasses, which rows are, and nothing of msgspec's classes. It asks a class that
it does not know, and only then is this module imported.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from pydantic_core import core_schema

if TYPE_CHECKING:
    from pgrepo.runtime.documents import Document


def core_schema_of(document: type[Document]) -> core_schema.CoreSchema:
    """Returns how to read a document, which may be one already, and how to write it."""

    def read(value: Any) -> Document:
        if isinstance(value, document):
            return value
        try:
            return document.__from_json__(msgspec.json.encode(value))
        except msgspec.MsgspecError as error:
            raise ValueError(str(error)) from error

    def write(value: Document) -> Any:
        return msgspec.json.decode(value.__to_json__())

    return core_schema.no_info_plain_validator_function(
        read, serialization=core_schema.plain_serializer_function_ser_schema(write)
    )


def json_schema_of(document: type[Document]) -> dict[str, Any]:
    """Returns its JSON Schema, in one piece: the names in it are not those of pydantic's."""
    [schema], parts = msgspec.json.schema_components([document], ref_template="{name}")
    found: dict[str, Any] = _whole(schema, parts)
    return found


def _whole(schema: Any, parts: dict[str, Any]) -> Any:
    """The same with the parts in place of their names; a part of itself is any object there."""
    if isinstance(schema, list):
        return [_whole(item, parts) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if (name := schema.get("$ref")) is not None:
        others = {key: part for key, part in parts.items() if key != name}
        return _whole(parts[name], others) if name in parts else {"type": "object"}
    # What a document keeps of unknown keys is written as those keys.
    return {key: _whole(item, parts) for key, item in schema.items() if key != "$unknownKeys"}

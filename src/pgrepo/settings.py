"""What may stand in `[tool.pgrepo]`: as types, which both the reader and the schema come from.

`project` reads the table and tells mistakes in words of its own; names, patterns and choices it
takes from here, and so does the JSON Schema that an editor checks the table with while it is
written.
"""

from __future__ import annotations

import keyword
import re
from typing import Annotated, Any, Literal, get_args

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

_KEYWORDS = "|".join(keyword.kwlist)
DOMAIN_NAME = re.compile(rf"^(?!pg_)(?!(?:pgrepo|{_KEYWORDS})$)[a-z_][a-z0-9_]*$")
"""A domain's name becomes a schema and a Python package."""
SCOPE_NAME = re.compile(r"^[a-z_][a-z0-9_]*$")
"""A scope's name becomes part of a method's."""
SETTING_NAME = re.compile(r"^[a-z_][a-z0-9_]*\.[a-z_][a-z0-9_]*$")
"""A setting of one's own has two parts."""

SettingType = Literal["uuid", "text", "smallint", "integer", "bigint", "boolean"]
SETTING_TYPES: tuple[str, ...] = get_args(SettingType)

_Text = Annotated[str, Meta(min_length=1)]
_Value = str | int | float | bool
"""Dates and times are text to JSON."""


class ScopeTable(Struct, forbid_unknown_fields=True):
    """`[tool.pgrepo.domains.<name>.scopes.<name>]`."""

    role: (
        Annotated[_Text, Meta(description="The role that calls in the scope run as.")] | UnsetType
    ) = UNSET
    settings: Annotated[
        dict[Annotated[str, Meta(pattern=SETTING_NAME.pattern)], SettingType],
        Meta(
            description="Settings that calls in the scope have, such as shop.tenant_id, with the "
            "PostgreSQL type of each; the last part of the name is the parameter's."
        ),
    ] = {}


class BenchTable(Struct, forbid_unknown_fields=True):
    """`[tool.pgrepo.domains.<name>.bench]`."""

    params: Annotated[
        dict[str, _Value | Annotated[list[_Value], Meta(min_length=1)]],
        Meta(
            description="Values of parameters, by parameter or query.parameter, as PostgreSQL "
            "writes them: one, or a list that calls take in turn."
        ),
    ] = {}
    skip: Annotated[
        list[_Text], Meta(description="Patterns of the names of queries that are left out.")
    ] = []


_ROLE_OR_SETTINGS = [
    {"required": ["role"]},
    {"required": ["settings"], "properties": {"settings": {"minProperties": 1}}},
]
"""What msgspec has no word for."""


class DomainTable(Struct, forbid_unknown_fields=True):
    """`[tool.pgrepo.domains.<name>]`."""

    sql: Annotated[
        _Text, Meta(description="The directory of DDL files, V<version>__<description>.sql.")
    ]
    queries: Annotated[_Text, Meta(description="The directory of query files.")]
    output: Annotated[_Text, Meta(description="The directory of the generated package.")]
    hot: Annotated[
        list[_Text],
        Meta(description="Tables that are large, or will be: pgrepo check looks at plans on them."),
    ] = []
    scopes: Annotated[
        dict[Annotated[str, Meta(pattern=SCOPE_NAME.pattern)], ScopeTable],
        Meta(description="Scopes that calls can be made in, such as a tenant."),
    ] = {}
    bench: Annotated[BenchTable, Meta(description="For pgrepo bench.")] = msgspec.field(
        default_factory=BenchTable
    )


class ToolTable(Struct, forbid_unknown_fields=True):
    """`[tool.pgrepo]`."""

    domains: Annotated[
        dict[
            Annotated[str, Meta(pattern=DOMAIN_NAME.pattern)],
            Annotated[
                DomainTable,
                Meta(description="One PostgreSQL schema, and one generated package."),
            ],
        ],
        Meta(description="The project's domains by name."),
    ] = {}


def schema(*, partial: bool = False) -> dict[str, Any]:
    """The JSON Schema of a pyproject.toml with `[tool.pgrepo]` in it.

    Args:
        partial: of the table alone, in the form that SchemaStore keeps for a tool.
    """
    (reference,), definitions = msgspec.json.schema_components(
        [ToolTable], ref_template="#/definitions/{name}"
    )
    definitions["ScopeTable"]["anyOf"] = _ROLE_OR_SETTINGS
    head = {"$schema": "http://json-schema.org/draft-07/schema#", "title": "[tool.pgrepo]"}
    if partial:
        return {**definitions.pop("ToolTable"), **head, "definitions": definitions}
    table = {"properties": {"tool": {"properties": {"pgrepo": reference}}}}
    everything = {"$ref": "https://json.schemastore.org/pyproject.json"}
    return {**head, "allOf": [everything, table], "definitions": definitions}

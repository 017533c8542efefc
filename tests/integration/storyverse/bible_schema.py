"""The JSON Schema of scene bibles, and documents that fit it or just do not."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Callable

STRING = {"type": "string"}
INTEGER = {"type": "integer"}


def array(items: dict[str, Any]) -> dict[str, Any]:
    """An array's schema."""
    return {"type": "array", "items": items}


def an_object(required: str = "", **properties: dict[str, Any]) -> dict[str, Any]:
    """An object's schema; it may have other keys too."""
    schema: dict[str, Any] = {"type": "object", "properties": properties}
    return schema | ({"required": required.split()} if required else {})


CHARACTER = an_object(
    "entityId canonicalName",
    entityId={"type": "string", "pattern": "^char_[a-z0-9]+$"},
    canonicalName=STRING,
    aliases=array(STRING),
    description=STRING,
    traits=array(STRING),
    relationships=array(an_object(targetEntityId=STRING, relationshipType=STRING)),
    referenceAssets=an_object(portraitUrl=STRING, voiceAnchorUrl=STRING, styleFrameUrl=STRING),
    introducedInSegment=INTEGER,
    isActive={"type": "boolean", "default": True},
)
SCHEMA = {"$schema": "http://json-schema.org/draft-07/schema#"} | an_object(
    "version characters setting timeline",
    version=INTEGER,
    characters=array(CHARACTER),
    setting=an_object(
        primaryLocation=STRING,
        timePeriod=STRING,
        worldRules=array(STRING),
        locations=array(an_object(name=STRING, description=STRING)),
    ),
    timeline=an_object(
        currentPoint=STRING,
        majorEvents=array(an_object(segmentNumber=INTEGER, event=STRING, consequences=STRING)),
    ),
    plotThreads=array(
        an_object(
            id=STRING,
            description=STRING,
            status={"type": "string", "enum": ["active", "resolved", "abandoned"]},
        )
    ),
    styleGuide=an_object(tone=STRING, genre=STRING, visualStyle=STRING, narrativeStyle=STRING),
)

# jsonb can store neither NUL nor half a surrogate pair.
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=6)
INTEGERS = st.integers(-(2**70), 2**70) | st.integers(-9, 99).map(float)
ANYTHING = st.recursive(
    st.none() | st.booleans() | INTEGERS | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXTS, inner, max_size=2),
    max_leaves=4,
)
OTHER_KEYS = st.dictionaries(TEXTS | st.just("$unknownKeys"), ANYTHING, max_size=1)


def fitting(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values that fit a schema of the kind above."""
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if "pattern" in schema:
        return st.from_regex(schema["pattern"].replace("^", r"\A").replace("$", r"\Z"))
    match schema["type"]:
        case "string":
            return TEXTS
        case "integer":
            return INTEGERS
        case "boolean":
            return st.booleans()
        case "array":
            return st.lists(fitting(schema["items"]), max_size=2)
    required = schema.get("required", [])
    properties = {key: fitting(inner) for key, inner in schema["properties"].items()}
    known = st.fixed_dictionaries(
        {key: properties[key] for key in required},
        optional={key: inner for key, inner in properties.items() if key not in required},
    )
    return st.builds(
        lambda known, other: other | known,
        known,
        OTHER_KEYS.map(lambda other: {k: v for k, v in other.items() if k not in properties}),
    )


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Every member and element, as what holds it and where."""
    found = []
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            found += [(value, key), *_places(value[key])]
    return found


@st.composite
def broken(draw: Callable[[st.SearchStrategy[Any]], Any]) -> Any:
    """Documents with one thing taken out, or replaced by anything: most do not fit."""
    document = copy.deepcopy(draw(fitting(SCHEMA)))
    places = _places(document)
    holder, key = draw(st.sampled_from(places))
    if isinstance(holder, dict) and draw(st.booleans()):
        del holder[key]
    else:
        holder[key] = draw(ANYTHING | st.sampled_from(["char_", "char_A", "xchar_a", "char_a\n"]))
    return document


DOCUMENTS = fitting(SCHEMA) | broken() | ANYTHING

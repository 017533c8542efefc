"""A diagram's text, and that Mermaid can read whatever names a schema has."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgrepo.errors import PgrepoError
from pgrepo.operate.erd import Diagram, Entity, Field, Relation, render, replace_diagram
from pgrepo.operate.erd.catalog import short_type

SHOP = Diagram(
    entities=(
        Entity(
            "orders",
            (
                Field("id", "bigint", primary=True),
                Field("customer_id", "bigint", foreign=True, comment="Who pays; NULL for cash."),
                Field("code", "varchar(8)", unique=True, comment='Said as "code". Printed.'),
            ),
            "What was\nordered.",
        ),
        Entity("customers", (Field("id", "bigint", primary=True),)),
    ),
    relations=(
        Relation("orders", "items", ("order_id",), identifying=True),
        Relation("customers", "orders", ("customer_id",), optional=True),
        Relation("customers", "carts", ("customer_id",), unique=True),
    ),
)
TEXT = """\
erDiagram
    customers {
        bigint id PK
    }
    %% What was ordered.
    orders {
        bigint id PK
        bigint customer_id FK "Who pays"
        varchar(8) code UK "Said as 'code'"
    }
    customers ||..o| carts : "customer_id"
    customers |o..o{ orders : "customer_id"
    orders ||--o{ items : "order_id"
"""

# What Mermaid's grammar (packages/mermaid/src/diagrams/er/parser/erDiagram.jison) reads in every
# version from 10 on; the words that its lexer takes for itself are no names.
_WORD = r"(?!(?i:pk|fk|uk)\b)[A-Za-z_][A-Za-z0-9_\[\]()]*"
_RESERVED = "class|classDef|end|erDiagram|many|one|only|optionally|style|subgraph|to|zero"
_ENTITY = rf'(?:(?!(?i:{_RESERVED})\b)[A-Za-z_][A-Za-z0-9_]*|"[^"%\\\r\n\v\b]+")'
_LINES = {
    "comment": re.compile(r"    %% [^\n]*"),
    "open": re.compile(rf"    {_ENTITY} \{{"),
    "field": re.compile(
        rf'        {_WORD} {_WORD}(?: (?:PK|FK|UK)(?:, (?:PK|FK|UK))*)?(?: "[^"]*")?'
    ),
    "close": re.compile(r"    \}"),
    "relation": re.compile(
        rf'    {_ENTITY} (?:\|\||\|o)(?:--|\.\.)(?:o\{{|o\|) {_ENTITY} : "[^"]*"'
    ),
}
_AFTER = {
    "start": {"comment", "open", "relation"},
    "comment": {"open"},
    "open": {"field", "close"},
    "field": {"field", "close"},
    "close": {"comment", "open", "relation"},
    "relation": {"relation"},
}
_DIRECTION = re.compile(r"direction\s+(?:TB|BT|RL|LR)", re.IGNORECASE)


def read(text: str) -> list[str]:
    """What each line is; an assertion fails where Mermaid would not read on."""
    first, *lines = text.removesuffix("\n").split("\n")
    assert first == "erDiagram"
    found = ["start"]
    for line in lines:
        kinds = [kind for kind in _AFTER[found[-1]] if _LINES[kind].fullmatch(line)]
        assert len(kinds) == 1, line
        assert kinds != ["relation"] or not _DIRECTION.search(line)
        assert kinds != ["open"] or not _DIRECTION.search(line)
        assert kinds == ["comment"] or "%%" not in line
        found += kinds
    return found[1:]


def test_text_of_a_diagram() -> None:
    """Sorted by name, whatever order the catalog gives."""
    assert render(SHOP) == TEXT
    assert render(Diagram(SHOP.entities[::-1], SHOP.relations[::-1])) == TEXT


names = st.one_of(
    st.text(st.characters(exclude_characters="\0", codec="utf-8"), min_size=1, max_size=12),
    st.sampled_from(
        [*_RESERVED.split("|"), "PK", "fk-x", "uk[]", "u", "direction  TB", "%%{init}"]
    ),
)
comments = st.none() | st.text(max_size=40) | st.just('a "b"; %%{init}%%\n} c')
fields = st.builds(Field, names, names, st.booleans(), st.booleans(), st.booleans(), comments)
entities = st.builds(Entity, names, st.lists(fields, max_size=4).map(tuple), comments)
relations = st.builds(
    Relation,
    names,
    names,
    st.lists(names, min_size=1, max_size=3).map(tuple),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)


@given(st.lists(entities, max_size=4), st.lists(relations, max_size=4))
def test_mermaid_reads_every_name(tables: list[Entity], keys: list[Relation]) -> None:
    """Names are anything that PostgreSQL takes in double quotes."""
    kinds = read(render(Diagram(tuple(tables), tuple(keys))))
    assert kinds.count("open") == kinds.count("close") == len(tables)
    assert kinds.count("field") == sum(len(table.fields) for table in tables)
    assert kinds.count("relation") == len(keys)


def test_a_name_that_is_no_word_stands_in_the_comment() -> None:
    """Written with underscores, and told in full."""
    odd = Entity("t", (Field("unit price", "numeric(10,2)", comment="Net."), Field("pk", "text")))
    lines = render(Diagram((odd,), ())).splitlines()
    assert lines[2].strip() == 'numeric(10_2) unit_price "unit price: Net"'
    assert lines[3].strip() == 'text pk_ "pk"'


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("timestamp with time zone", "timestamptz"),
        ("timestamp(3) with time zone[]", "timestamptz(3)[]"),
        ("time without time zone", "time"),
        ("character varying(50)", "varchar(50)"),
        ("character varying", "varchar"),
        ("double precision[]", "float8[]"),
        ("numeric(10,2)", "numeric(10,2)"),
        ("shop.mood[]", "mood[]"),
        ('shop."Odd Mood"', "Odd Mood"),
        ("vector(768)", "vector(768)"),
        ("interval day to second(2)", "interval day to second(2)"),
    ],
)
def test_types_as_one_writes_them(name: str, short: str) -> None:
    """What format_type says at length has a short name."""
    assert short_type(name) == short


def test_a_page_gets_its_diagram() -> None:
    """Between its markers, again and again; the rest of the page stays as it is."""
    page = "# Shop\n\n<!-- pgrepo erd: shop -->\n<!-- pgrepo erd: end -->\n\nMore.\n"
    drawn = replace_diagram(page, "shop", "erDiagram\n    a {\n    }\n")
    assert drawn == (
        "# Shop\n\n<!-- pgrepo erd: shop -->\n```mermaid\nerDiagram\n    a {\n    }\n```\n"
        "<!-- pgrepo erd: end -->\n\nMore.\n"
    )
    assert replace_diagram(drawn, "shop", "erDiagram\n") == page.replace(
        "shop -->\n", "shop -->\n```mermaid\nerDiagram\n```\n"
    )


_OTHER = "<!-- pgrepo erd: other -->\n<!-- pgrepo erd: end -->\n"


@pytest.mark.parametrize(
    "page", ["", _OTHER, "<!-- pgrepo erd: shop -->\n", f"<!-- pgrepo erd: shop -->\n{_OTHER}"]
)
def test_a_page_without_markers(page: str) -> None:
    """The error shows the lines that are missing."""
    with pytest.raises(PgrepoError, match="<!-- pgrepo erd: shop -->\n<!-- pgrepo erd: end -->"):
        replace_diagram(page, "shop", "erDiagram\n")

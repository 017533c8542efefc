"""Where the values of parameters are drawn from: a plan of which columns, and the SQL to do it.

The values of one call come from rows that belong together: one row of a table, or rows that a
foreign key joins. Otherwise a session's id and a user's would rarely meet, and nothing would come
back. Nothing here asks a database.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from psycopg import sql

from pgrepo.compiler.model import ColumnOrigin, TypeKind
from pgrepo.compiler.names import singular

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pgrepo.compiler.analysis.catalog import Catalog, Relation
    from pgrepo.compiler.model import PgType

MANY = 10
"""How many values an array has that is drawn from a column of single ones."""
_SAMPLED = 200_000
"""From how many rows on a table is not read from end to end to draw from it."""
_NUMBERS = {
    name: sql.SQL(name)
    for name in ("smallint", "integer", "bigint", "numeric", "real", "double precision")
}
_TEXTS = frozenset({"text", "character varying", "character"})
_SEARCHES = frozenset({"q", "query", "search", "words", "term", "terms", "search_text"})
_TELLING = ("title", "name", "text", "content", "body", "description", "summary")
_WORD = sql.SQL("(regexp_match({}, '[[:alpha:]]{{4,}}'))[1]")
_AFFIXES = (
    "before_", "after_", "since_", "until_", "from_", "to_", "min_", "max_", "cursor_", "last_",
    "first_", "new_", "old_", "expected_", "given_", "start_", "end_", "by_",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wanted:
    """A parameter, or a setting of a scope, that needs a value.

    Attributes:
        name: its name.
        pg_type: its type.
        origins: columns that it is compared with or assigned to, the best first.
        nullable: whether NULL makes sense for it.
    """

    name: str
    pg_type: PgType
    origins: tuple[ColumnOrigin, ...] = ()
    nullable: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """A column that a value is drawn from.

    Attributes:
        origin: the column.
        many: whether several of its values make one, an array.
        word: whether a word of its text is the value, to search for.
    """

    origin: ColumnOrigin
    many: bool = False
    word: bool = False

    @property
    def table(self) -> tuple[str, str]:
        """The schema and name of its table."""
        return self.origin.schema, self.origin.table


def sources_of(
    wanted: Wanted, catalog: Catalog, tables: Sequence[str], schema: str
) -> list[Source]:
    """The columns that suit a parameter: by what it is compared with, then by its name.

    Args:
        wanted: the parameter.
        catalog: of the database.
        tables: those that the query names, as schema.table.
        schema: the domain's; its other tables come last.
    """
    relations = _relations(catalog, tables, schema)
    if _is_searched(wanted, catalog):
        own = [Source(origin, word=True) for origin in wanted.origins if _is_text(origin, catalog)]
        return [*own, *_words(relations[: len(tables)])]
    found = list(wanted.origins)
    for name in _names(wanted.name):
        for relation in relations:
            found += [
                ColumnOrigin(relation.schema, relation.name, column.name)
                for column in relation.columns.values()
                if column.name == name or _is_key(relation, column.name, name)
            ]
    typed = (_source(origin, wanted.pg_type, catalog) for origin in dict.fromkeys(found))
    return [source for source in typed if source is not None]


def _is_text(origin: ColumnOrigin, catalog: Catalog) -> bool:
    column = catalog.column(origin)
    return column is not None and column.pg_type.name in _TEXTS


def _is_searched(wanted: Wanted, catalog: Catalog) -> bool:
    """Whether a parameter is what a text is searched for."""
    if _base(wanted.pg_type).name not in _TEXTS:
        return False
    columns = [catalog.column(origin) for origin in wanted.origins]
    return wanted.name in _SEARCHES or any(
        column is not None and column.pg_type.name == "tsvector" for column in columns
    )


def _words(relations: Sequence[Relation]) -> Iterator[Source]:
    """The columns that words to search for are taken from: those with long texts first."""
    found = [
        (
            _TELLING.index(column.name) if column.name in _TELLING else len(_TELLING),
            relation,
            column,
        )
        for relation in relations
        for column in relation.columns.values()
        if column.pg_type.name in _TEXTS and not column.choices
    ]
    for _, relation, column in sorted(found, key=lambda item: item[0]):
        yield Source(ColumnOrigin(relation.schema, relation.name, column.name), word=True)


def _relations(catalog: Catalog, tables: Sequence[str], schema: str) -> list[Relation]:
    """The tables of a query, then all others of the schema; their partitions aside."""
    known = [r for r in catalog.relations.values() if r.kind in {"r", "p", "v", "m", "f"}]
    named = [r for name in tables for r in known if f"{r.schema}.{r.name}" == name]
    others = [r for r in known if r.schema == schema and r not in named]
    return [*named, *sorted(others, key=lambda r: r.name)]


def _names(name: str) -> Iterator[str]:
    """What a column may be called that a parameter is named after."""
    bare = next((name.removeprefix(a) for a in _AFFIXES if name.startswith(a)), name)
    for form in (name, bare):
        yield form
        yield singular(form)
        if form.endswith("ids"):
            yield form.removesuffix("s")


def _is_key(relation: Relation, column: str, name: str) -> bool:
    """Whether `name` says the id of a table: `session_id` is `sessions.id`."""
    owner, _, last = name.rpartition("_")
    return bool(owner) and column == last and owner in {relation.name, singular(relation.name)}


def _source(origin: ColumnOrigin, pg_type: PgType, catalog: Catalog) -> Source | None:
    """The column as a source of values of a type; None where its type is another."""
    column = catalog.column(origin)
    if column is None:
        return None
    if is_alike(column.pg_type, pg_type):
        return Source(origin)
    element = pg_type.element if pg_type.kind is TypeKind.ARRAY else None
    return Source(origin, many=True) if element and is_alike(column.pg_type, element) else None


def is_alike(one: PgType, other: PgType) -> bool:
    """Whether values of one type can be had as values of another that means the same."""
    one, other = _base(one), _base(other)
    same = one.oid == other.oid or (one.name in _TEXTS and other.name in _TEXTS)
    return same or (one.name in _NUMBERS and other.name in _NUMBERS)


def _base(pg_type: PgType) -> PgType:
    while pg_type.kind is TypeKind.DOMAIN and pg_type.element is not None:
        pg_type = pg_type.element
    return pg_type


# Which column for which parameter ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Draw:
    """Values to be drawn together: from one table, or from tables that foreign keys join.

    Attributes:
        columns: of each parameter where its value comes from.
        tables: the tables, by schema and name.
        joins: how each but the first is joined to one before it.
    """

    columns: tuple[tuple[Wanted, Source], ...]
    tables: tuple[tuple[str, str], ...]
    joins: tuple[Join, ...]


@dataclass(frozen=True, slots=True)
class Join:
    """How a table is joined to one before it: pairs of their columns."""

    table: tuple[str, str]
    earlier: tuple[str, str]
    pairs: tuple[tuple[str, str], ...]


def plan_draws(choices: Sequence[tuple[Wanted, Sequence[Source]]], catalog: Catalog) -> list[Draw]:
    """Chooses columns so that as few tables as possible are needed, and joins those that can be.

    Args:
        choices: parameters, each with at least one source, the best first.
        catalog: of the database.
    """
    chosen = _choose(choices)
    groups: list[list[tuple[str, str]]] = []
    joins: list[list[Join]] = []
    for table in dict.fromkeys(source.table for _, source in chosen):
        for group, joined in zip(groups, joins, strict=True):
            if (join := _join(table, group, catalog)) is not None:
                group.append(table)
                joined.append(join)
                break
        else:
            groups.append([table])
            joins.append([])
    return [
        Draw(
            columns=tuple(pair for pair in chosen if pair[1].table in group),
            tables=tuple(group),
            joins=tuple(joined),
        )
        for group, joined in zip(groups, joins, strict=True)
    ]


def _choose(
    choices: Sequence[tuple[Wanted, Sequence[Source]]],
) -> list[tuple[Wanted, Source]]:
    """The table that serves the most parameters first, then the next."""
    left = list(choices)
    chosen: dict[str, Source] = {}
    while left:
        ranks: dict[tuple[str, str], tuple[int, int]] = {}
        for _, sources in left:
            for rank, table in enumerate(dict.fromkeys(source.table for source in sources)):
                count, worst = ranks.get(table, (0, 0))
                ranks[table] = (count - 1, worst + rank)
        best = min(ranks, key=lambda table: ranks[table])
        for wanted, sources in left:
            for source in sources:
                if source.table == best:
                    chosen[wanted.name] = source
                    break
        left = [pair for pair in left if pair[0].name not in chosen]
    return [(wanted, chosen[wanted.name]) for wanted, _ in choices]


def _join(
    table: tuple[str, str], group: Sequence[tuple[str, str]], catalog: Catalog
) -> Join | None:
    """A foreign key between a table and one of a group, whichever way it points."""
    by_name = {(r.schema, r.name): r for r in catalog.relations.values()}
    new = by_name[table]
    for earlier in group:
        old = by_name[earlier]
        for one, other, turned in ((new, old, False), (old, new, True)):
            for key in one.foreign_keys:
                if key.target != other.oid:
                    continue
                names = [
                    (one.columns[a].name, other.columns[b].name) for a, b in sorted(key.columns)
                ]
                pairs = tuple((b, a) for a, b in names) if turned else tuple(names)
                return Join(table, earlier, pairs)
    return None


# SQL --------------------------------------------------------------------------------------------


def draw_sql(draw: Draw, rows: Mapping[tuple[str, str], int], count: int) -> sql.Composed:
    """The SELECT of a draw: a column for each parameter, `count` rows at most.

    The same data gives the same rows: a hash of the values decides.

    Args:
        draw: what to draw.
        rows: about how many rows the tables have.
        count: how many rows to draw.
    """
    first, *_ = draw.tables
    alias = {table: sql.Identifier(f"t{number}") for number, table in enumerate(draw.tables)}
    sampled: sql.Composable = sql.SQL("")
    if rows.get(first, 0) > _SAMPLED:
        share = max(0.01, min(100.0, 100 * 50 * count / rows[first]))
        sampled = sql.SQL(" TABLESAMPLE SYSTEM ({}) REPEATABLE (1)").format(sql.Literal(share))
    tables = [
        sql.SQL("FROM {} AS {}{}").format(sql.Identifier(*first), alias[first], sampled),
        *(
            sql.SQL("JOIN {} AS {} ON {}").format(
                sql.Identifier(*join.table),
                alias[join.table],
                _and(
                    sql.SQL("{}.{} = {}.{}").format(
                        alias[join.table], sql.Identifier(a), alias[join.earlier], sql.Identifier(b)
                    )
                    for a, b in join.pairs
                ),
            )
            for join in draw.joins
        ),
    ]
    values = [_value(alias[source.table], source) for _, source in draw.columns]
    needed = [
        value
        for value, (wanted, _) in zip(values, draw.columns, strict=True)
        if not wanted.nullable
    ]
    return sql.SQL("SELECT {} {} WHERE {} ORDER BY md5(concat({})), {} LIMIT {}").format(
        sql.SQL(", ").join(
            _cast(value, wanted, source)
            for value, (wanted, source) in zip(values, draw.columns, strict=True)
        ),
        sql.SQL(" ").join(tables),
        _and(sql.SQL("{} IS NOT NULL").format(value) for value in needed or [sql.SQL("true")]),
        sql.SQL(", ").join(sql.SQL("{}::text").format(value) for value in values),
        sql.SQL(", ").join(sql.SQL("{}::text").format(value) for value in values),
        sql.Literal(count),
    )


def _value(alias: sql.Identifier, source: Source) -> sql.Composable:
    value = sql.SQL("{}.{}").format(alias, sql.Identifier(source.origin.column))
    return _WORD.format(value) if source.word else value


def _cast(value: sql.Composable, wanted: Wanted, source: Source) -> sql.Composable:
    """The value in the parameter's type, where that is another number type."""
    target = wanted.pg_type.element if source.many else wanted.pg_type
    if target is None or _base(target).name not in _NUMBERS:
        return value
    return sql.SQL("{}::{}").format(value, _NUMBERS[_base(target).name])


def _and(conditions: Iterable[sql.Composable]) -> sql.Composed:
    return sql.SQL(" AND ").join(conditions)

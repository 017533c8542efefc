"""One named query and a live PostgreSQL in, one typed query out."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from pgrepo.compiler.analysis.analyser import Analyser
from pgrepo.compiler.analysis.cardinality import cardinality_of
from pgrepo.compiler.analysis.describe import Describer, Description, Rejected
from pgrepo.compiler.analysis.effects import effects_of
from pgrepo.compiler.analysis.facts import NULLABLE
from pgrepo.compiler.analysis.keys import refuse_key
from pgrepo.compiler.analysis.merging import Disagreement, merge, refuse_other_types
from pgrepo.compiler.analysis.parameters import copied_columns, read_parameters
from pgrepo.compiler.analysis.patches import telling
from pgrepo.compiler.analysis.rejections import explain
from pgrepo.compiler.analysis.staging import staged_types
from pgrepo.compiler.model import Cardinality, Column, Parameter, Query
from pgrepo.compiler.wiretypes import fits_copy
from pgrepo.sqlfiles.queries import Operation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pgrepo.compiler.analysis.catalog import Catalog
    from pgrepo.compiler.analysis.describe import ResultColumn
    from pgrepo.compiler.analysis.facts import Fact
    from pgrepo.compiler.analysis.nodes import Node
    from pgrepo.compiler.model import ColumnOrigin, PgType
    from pgrepo.errors import SourceError
    from pgrepo.sqlfiles.annotations import ColumnAnnotation
    from pgrepo.sqlfiles.queries import NamedQuery
    from pgrepo.sqlfiles.variants import Choice, Variant


class QueryAnalyser:
    """Analyses named queries against one database.

    Args:
        describer: asks the database.
        catalog: the snapshot of it.
    """

    def __init__(self, describer: Describer, catalog: Catalog) -> None:
        self._describer = describer
        self._catalog = catalog

    def analyse(self, query: NamedQuery) -> Query:
        """Finds out all there is to know of a query.

        Raises:
            SourceError: PostgreSQL refuses it, or an annotation contradicts it.
        """
        if not query.variants:
            return self._analyse(query, None, self._describe(query, None))
        # The whole statement comes first: what is wrong with it is said of it.
        variant = self._variant(query, query.variants.whole)
        whole = self._describe(query, variant)
        found = self._analyse(query, variant, whole)
        analysed, described = telling(query.variants, whole)
        for choice in analysed[1:]:
            variant = self._variant(query, choice)
            with self._agreeing(query, variant):
                more = self._analyse(query, variant, self._describe(query, variant))
                found = merge(found, more)
        with self._describer.without_trees() as describe:
            for choice in described:
                variant = self._variant(query, choice)
                description = self._describe(query, variant, describe)
                with self._agreeing(query, variant):
                    refuse_other_types(found, *self._types(query, variant, description))
        return found

    @staticmethod
    def _variant(query: NamedQuery, choice: Choice) -> Variant:
        return query.variants.variant(query.sql, query.positions, choice)

    def _describe(
        self,
        query: NamedQuery,
        variant: Variant | None,
        describe: Callable[[str], Description] | None = None,
    ) -> Description:
        """Has the server describe a query's statement, or a variant of it."""
        describe = describe or self._describer.describe
        try:
            return describe(query.sql if variant is None else variant.sql)
        except Rejected as rejected:
            raise self._refused(query, variant, rejected) from None

    def _types(
        self, query: NamedQuery, variant: Variant, description: Description
    ) -> tuple[dict[str, PgType], list[tuple[str, PgType]]]:
        """The types of a variant's parameters, and the names and types of its columns."""
        names = [query.positions[index] for index in variant.kept]
        parameters = zip(names, map(self._catalog.type, description.parameters), strict=False)
        columns = [(item.name, self._catalog.type(item.type_oid)) for item in description.columns]
        return dict(parameters), columns

    def _analyse(
        self, query: NamedQuery, variant: Variant | None, description: Description
    ) -> Query:
        """Finds out what there is to know of a query's statement, or of a variant of it."""
        if len(description.trees) != 1:
            return self._opaque(query, variant, description)
        tree = description.trees[0]
        analyser = Analyser(self._catalog)
        facts = analyser.result(tree, None)
        rows = analyser.rows(tree, None)
        effects = effects_of(tree, self._catalog)
        copy, staged = self._bulk(query, tree, description)
        columns = self._columns(query, description, facts)
        refuse_key(query, columns, tree, analyser, naming(query, variant) if variant else "")
        return Query(
            source=query,
            columns=columns,
            parameters=self._parameters(query, variant, description, tree),
            cardinality=cardinality_of(tree, rows),
            read_only=effects.read_only,
            writes=effects.writes,
            tables=effects.tables,
            copy=copy,
            staged=staged,
            not_understood=tuple(sorted(analyser.not_understood)),
        )

    def _opaque(
        self, query: NamedQuery, variant: Variant | None, description: Description
    ) -> Query:
        """A statement without one tree: a utility statement, or one that a rule multiplies."""
        columns = self._columns(query, description, [NULLABLE] * len(description.columns))
        refuse_key(query, columns, None, Analyser(self._catalog))
        return Query(
            source=query,
            columns=columns,
            parameters=self._parameters(query, variant, description, None),
            cardinality=Cardinality.MANY if description.columns else Cardinality.EXEC,
            read_only=False,
            writes=True,
            tables=(),
        )

    def _refused(
        self, query: NamedQuery, variant: Variant | None, rejected: Rejected
    ) -> SourceError:
        sql = query.sql if variant is None else variant.sql
        code, help_text = explain(rejected, self._catalog, sql)
        position = rejected.position if rejected.position is not None else 0
        if variant is None:
            return query.error(code, rejected.message, position, help=help_text)
        message = rejected.message + naming(query, variant)
        return query.error_in_variant(code, message, variant, position, help=help_text)

    @staticmethod
    @contextmanager
    def _agreeing(query: NamedQuery, variant: Variant) -> Iterator[None]:
        """Tells where a variant disagrees with the others."""
        try:
            yield
        except Disagreement as disagreement:
            raise query.source.error(
                "PGR211",
                f"{disagreement}{naming(query, variant)}",
                *query.name_span,
                help=f"say what type it is wherever it stands, such as {disagreement.example}",
                query=query.name,
            ) from None

    def _columns(
        self, query: NamedQuery, description: Description, facts: list[Fact]
    ) -> tuple[Column, ...]:
        annotations = {item.name: item for item in query.annotations.columns}
        names = {column.name for column in description.columns}
        for item in query.annotations.columns:
            if item.name not in names:
                raise query.source.error(
                    "PGR122",
                    f"@column {item.name} matches no column of {query.name}",
                    *item.span,
                    help="its columns are " + (", ".join(sorted(names)) or "none"),
                    query=query.name,
                )
        pairs = zip(description.columns, facts, strict=True)
        return tuple(
            self._column(column, fact, annotations.get(column.name)) for column, fact in pairs
        )

    def _column(self, column: ResultColumn, fact: Fact, note: ColumnAnnotation | None) -> Column:
        return Column(
            name=column.name,
            pg_type=self._catalog.type(column.type_oid),
            nullable=fact.nullable and not (note is not None and note.not_null),
            origin=fact.origin,
            json=fact.json,
            annotated_type=note.type if note is not None else None,
            comment=self._comment(fact.origin),
            row=tuple(member.fact.nullable for member in fact.row) if fact.row else None,
        )

    def _comment(self, origin: ColumnOrigin | None) -> str | None:
        column = self._catalog.column(origin) if origin is not None else None
        return column.comment if column is not None else None

    def _parameters(
        self,
        query: NamedQuery,
        variant: Variant | None,
        description: Description,
        tree: Node | None,
    ) -> tuple[Parameter, ...]:
        # The server knows more parameters than the text only where $n were skipped.
        count = len(description.parameters)
        uses = read_parameters(tree, self._catalog, count) if tree is not None else None
        annotations = {item.name: item for item in query.annotations.parameters}
        kept = range(len(query.positions)) if variant is None else variant.kept
        numbers = {query.positions[index]: at for at, index in enumerate(kept, start=1)}
        optional = query.variants.parameters
        found = []
        for name in query.parameters:
            if name not in numbers:
                continue
            number = numbers[name]
            use = uses[number - 1] if uses is not None else None
            note = annotations.get(name)
            found.append(
                Parameter(
                    name=name,
                    number=query.positions.index(name) + 1,
                    pg_type=self._catalog.type(description.parameters[number - 1]),
                    nullable=use.nullable if use is not None else False,
                    origin=use.origin if use is not None else None,
                    annotated_type=note.type if note is not None else None,
                    default=note.default if note is not None else None,
                    optional=name in optional,
                    dimensions=use.dimensions if use is not None else None,
                )
            )
        return tuple(found)

    def _bulk(
        self, query: NamedQuery, tree: Node, description: Description
    ) -> tuple[str | None, tuple[str, ...]]:
        """How many rows can go at once: the COPY that takes them, or the types of their values."""
        if query.operation is not Operation.BULK:
            return None, ()
        copy = self._copy(query, tree)
        if copy is not None:
            return copy, ()
        return None, staged_types(query.sql, description, self._describer, self._catalog)

    def _copy(self, query: NamedQuery, tree: Node) -> str | None:
        found = copied_columns(tree, self._catalog, len(query.positions))
        if found is None:
            return None
        relation, columns = found
        types = [column.pg_type for column in relation.columns.values() if column.name in columns]
        if not all(map(fits_copy, types)):
            return None
        schema, table, *names = self._catalog.quote([relation.schema, relation.name, *columns])
        return f"COPY {schema}.{table} ({', '.join(names)}) FROM STDIN (FORMAT binary)"


def naming(query: NamedQuery, variant: Variant) -> str:
    """Says which variant it is, after a comma; nothing of the whole statement."""
    absent = {
        name
        for number in variant.choice.absent
        for name in query.variants.options[number].parameters
    }
    told = []
    if absent:
        *others, last = [name for name in query.parameters if name in absent]
        named = f"{', '.join(others)} and {last}" if others else last
        told.append(f"{named} {'are' if others else 'is'} left out")
    if variant.choice.order != query.variants.whole.order:
        told.append(f"order_by is {variant.choice.order}")
    return f", where {' and '.join(told)}" if told else ""

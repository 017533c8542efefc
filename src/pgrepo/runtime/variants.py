"""Which variant of a statement a call runs: what is UNSET is left out."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pgrepo.errors import UsageError
from pgrepo.runtime.types import UNSET

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Hashable, Sequence

    from pgrepo.runtime.statement import Prepared
    from pgrepo.sqlfiles.library import LoadedQuery
    from pgrepo.sqlfiles.variants import Option, Variant


class _Entry(NamedTuple):
    prepared: Prepared
    kept: tuple[int, ...]  # the values it takes, by position


class PreparedVariants:
    """The variants of one statement, each prepared by the first call of it.

    Args:
        label: "domain.query".
        query: the statement.
        prepare: makes a variant ready to run.
    """

    def __init__(
        self, label: str, query: LoadedQuery, prepare: Callable[[Variant], Prepared]
    ) -> None:
        self._label = label
        self._query = query
        self._prepare = prepare
        self._entries: dict[Hashable, _Entry] = {}

    def choose(
        self, values: Sequence[object], order_by: str | None
    ) -> tuple[Prepared, Sequence[object]]:
        """Returns the variant that a call asks for, and the values that it takes.

        Args:
            values: the call's, in `$n` order; those that are UNSET are left out.
            order_by: the name of the order.

        Raises:
            UsageError: there is no such variant.
        """
        key = (order_by, *[value is UNSET for value in values])
        entry = self._entries.get(key)
        if entry is None:
            entry = self._entries[key] = self._make(values, order_by)
        return entry.prepared, [values[position] for position in entry.kept]

    def _make(self, values: Sequence[object], order_by: str | None) -> _Entry:
        from pgrepo.sqlfiles.variants import Choice  # noqa: PLC0415 (slow to import)

        query, variants = self._query, self._query.variants
        orders = [order.name for order in variants.ordering.orders] if variants.ordering else [None]
        if order_by not in orders:
            known = f"one of {', '.join(map(repr, orders))}" if variants.ordering else "not known"
            raise UsageError(f"{self._label}: order_by is {known}; got {order_by!r}")
        pairs = zip(query.positions, values, strict=True)
        unset = {name for name, value in pairs if value is UNSET}
        refuse_unset(self._label, unset - variants.parameters, variants.parameters)
        absent = frozenset(
            number
            for number, option in enumerate(variants.options)
            if self._is_absent(option, unset)
        )
        variant = variants.variant(query.sql, query.positions, Choice(absent, order_by))
        return _Entry(self._prepare(variant), variant.kept)

    def _is_absent(self, option: Option, unset: set[str]) -> bool:
        missing = [name for name in option.parameters if name in unset]
        if missing and len(missing) < len(option.parameters):
            raise UsageError(
                f"{self._label}: {_listed(option.parameters)} are given together or not at all; "
                f"{_listed(missing)} {'is' if len(missing) == 1 else 'are'} missing"
            )
        return bool(missing)


def refuse_unset(label: str, names: Collection[str], optional: Collection[str] = ()) -> None:
    """Refuses UNSET for parameters that every variant needs.

    Args:
        label: "domain.query".
        names: the parameters that are UNSET, and may not be.
        optional: those that may be.

    Raises:
        UsageError: there is one.
    """
    if names:
        may = f"; only {_listed(sorted(optional))} can be UNSET" if optional else ", not UNSET"
        raise UsageError(f"{label}: {_listed(sorted(names))} must be given{may}")


def _listed(names: Sequence[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last

"""What conditions prove, read off small trees: where NULL may hide is not proved."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from pgrepo.compiler.analysis.catalog import Function
from pgrepo.compiler.analysis.facts import Known
from pgrepo.compiler.analysis.nodes import Node, read_tree
from pgrepo.compiler.analysis.scope import open_scope
from pgrepo.compiler.analysis.strict import StrictReader, VarKey

# Function 1 is strict, function 2 is not; that is all that is asked of a catalog.
_FUNCTIONS = {
    1: Function("strict", builtin=True, strict=True, volatile=False),
    2: Function("lax", builtin=True, strict=False, volatile=False),
}
# Literals that stand for themselves: what a constant is, others find out.
_VALUES = {"TRUTH": Known(True), "LIE": Known(False), "VOID": Known(None), "SOME": Known(1)}
READER = StrictReader(
    cast("Any", SimpleNamespace(functions=_FUNCTIONS)), lambda node: _VALUES.get(node.tag)
)


def var(number: int, nulling: str = "", level: int = 0) -> str:
    """A column of source 1."""
    return f"{{VAR :varno 1 :varattno {number} :varlevelsup {level} :varnullingrels (b {nulling})}}"


def calls(function: int, *arguments: str) -> str:
    """An operator."""
    return f"{{OPEXPR :opno 9 :opfuncid {function} :args ({' '.join(arguments)})}}"


def bool_of(word: str, *arguments: str) -> str:
    """A connective."""
    return f"{{BOOLEXPR :boolop {word} :args ({' '.join(arguments)})}}"


def null_test(kind: int, argument: str, *, row: bool = False) -> str:
    """IS NULL (0) or IS NOT NULL (1)."""
    return f"{{NULLTEST :arg {argument} :nulltesttype {kind} :argisrow {str(row).lower()}}}"


def any_of(function: int, *, use_or: bool) -> str:
    """`x = ANY (…)` or `x = ALL (…)`."""
    flag = str(use_or).lower()
    return f"{{SCALARARRAYOPEXPR :opfuncid {function} :useOr {flag} :args ({var(1)} {var(2)})}}"


def proved(keys: frozenset[VarKey]) -> set[int]:
    """Numbers of the columns."""
    return {key.attno for key in keys}


def query_where(condition: str) -> str:
    """A sub-query."""
    return f"{{QUERY :jointree {{FROMEXPR :fromlist <> :quals {condition}}}}}"


NOTHING = query_where("<>")
ONE, TWO = calls(1, var(1)), calls(1, var(2))


@pytest.mark.parametrize(
    ("tree", "if_true", "if_false"),
    [
        (var(1), {1}, {1}),
        (calls(1, var(1), var(2)), {1, 2}, {1, 2}),
        (calls(1, calls(1, var(1)), calls(2, var(2))), {1}, {1}),
        (calls(2, var(1)), set(), set()),
        (calls(77, var(1)), set(), set()),
        (calls(1, var(1, level=1)), set(), set()),
        (bool_of("and", ONE, TWO), {1, 2}, set()),
        (bool_of("or", ONE, TWO), set(), {1, 2}),
        (bool_of("or", ONE, bool_of("and", ONE, TWO)), {1}, {1}),
        (bool_of("not", ONE), {1}, {1}),
        (bool_of("not", bool_of("or", ONE, TWO)), {1, 2}, set()),
        (null_test(1, var(1)), {1}, set()),
        (null_test(0, var(1)), set(), {1}),
        (null_test(1, ONE), {1}, set()),
        (null_test(1, var(0), row=True), set(), set()),
        (bool_of("not", null_test(0, var(1))), {1}, set()),
        (bool_of("not", null_test(0, var(0), row=True)), set(), set()),
        (null_test(1, f"{{ROWEXPR :args ({var(1)} {var(2)})}}", row=True), {1, 2}, set()),
        (null_test(0, f"{{ROWEXPR :args ({var(1)} {var(2)})}}", row=True), set(), set()),
        (bool_of("or", ONE, "{LIE}", "{VOID}"), {1}, {1}),
        (bool_of("or", ONE, "{TRUTH}"), set(), {1}),
        (bool_of("and", ONE, "{TRUTH}"), {1}, {1}),
        (any_of(1, use_or=True), {1, 2}, {2}),
        (any_of(1, use_or=False), {2}, {1, 2}),
        (any_of(2, use_or=True), set(), set()),
        (f"{{BOOLEANTEST :arg {ONE} :booltesttype 0}}", {1}, set()),
        (f"{{BOOLEANTEST :arg {ONE} :booltesttype 1}}", set(), {1}),
        (f"{{BOOLEANTEST :arg {ONE} :booltesttype 2}}", {1}, set()),
        (f"{{BOOLEANTEST :arg {ONE} :booltesttype 3}}", set(), {1}),
        (f"{{BOOLEANTEST :arg {ONE} :booltesttype 4}}", set(), {1}),
        (f"{{BOOLEANTEST :arg {ONE} :booltesttype 5}}", {1}, set()),
        (f"{{RELABELTYPE :arg {var(1)} :resulttype 25}}", {1}, {1}),
        (f"{{COALESCEEXPR :args ({var(1)} {var(2)})}}", set(), set()),
        (f"{{COALESCEEXPR :args ({ONE} {calls(1, var(1), var(2))})}}", {1}, {1}),
        (f"{{NULLIFEXPR :args ({var(1)} {var(2)})}}", {1}, {1}),
        (f"{{CASEEXPR :args ({{CASEWHEN :expr {ONE} :result {TWO}}})}}", {1, 2}, {1, 2}),
        (
            f"{{CASEEXPR :args ({{CASEWHEN :expr {ONE} :result {TWO}}}) :defresult {ONE}}}",
            {1},
            {1},
        ),
        (
            f"{{ROWCOMPAREEXPR :largs ({var(1)} {var(2)}) :rargs ({var(3)} {var(4)})}}",
            {1, 3},
            {1, 3},
        ),
        (f"{{DISTINCTEXPR :opfuncid 1 :args ({var(1)} {{SOME}})}}", set(), {1}),
        (f"{{DISTINCTEXPR :opfuncid 1 :args ({var(1)} {{VOID}})}}", {1}, set()),
        (f"{{DISTINCTEXPR :opfuncid 1 :args ({var(1)} {var(2)})}}", set(), set()),
        (f"{{FUNCEXPR :funcid 1 :funcretset true :args ({var(1)})}}", set(), set()),
        ("{CONST :constisnull false}", set(), set()),
        (f"{{SUBLINK :subLinkType 2 :testexpr {ONE} :subselect {NOTHING}}}", {1}, set()),
        (
            f"{{SUBLINK :subLinkType 0 :subselect {query_where(calls(1, var(1, level=1)))}}}",
            {1},
            set(),
        ),
        (f"{{SUBLINK :subLinkType 0 :subselect {query_where(ONE)}}}", set(), set()),
        (f"{{SUBLINK :subLinkType 1 :testexpr {ONE} :subselect {NOTHING}}}", set(), set()),
    ],
)
def test_what_is_proved(tree: str, if_true: set[int], if_false: set[int]) -> None:
    """Which columns are not null where a condition is true, and where it is false."""
    node = read_tree(tree)
    assert proved(READER.if_true(node)) == if_true
    assert proved(READER.if_false(node)) == if_false


def test_no_condition() -> None:
    """No condition proves nothing."""
    assert READER.if_true(None) == READER.if_not_null(None) == frozenset()


def _scope(join_type: int, on: str, where: str) -> Any:
    join = (
        f"{{JOINEXPR :jointype {join_type} :larg {{RANGETBLREF :rtindex 1}} "
        f":rarg {{RANGETBLREF :rtindex 2}} :quals {on} :rtindex 3}}"
    )
    query = read_tree(f"{{QUERY :jointree {{FROMEXPR :fromlist ({join}) :quals {where}}}}}")
    assert isinstance(query, Node)
    return open_scope(query, None, READER, {})


def _of(source: int, nulling: str = "") -> str:
    column = f"{{VAR :varno {source} :varattno 1 :varlevelsup 0 :varnullingrels (b {nulling})}}"
    return calls(1, column)


@pytest.mark.parametrize(
    ("join_type", "expected"),
    [(0, {1, 2}), (1, {2}), (2, set()), (3, {1})],
    ids=["inner", "left", "full", "right"],
)
def test_what_a_join_proves(join_type: int, expected: set[int]) -> None:
    """Its condition speaks of the rows that it may null; an inner join's of both sides'."""
    both = bool_of("and", _of(1), _of(2))
    assert {source for source, *_ in _scope(join_type, both, "<>").not_null} == expected


@pytest.mark.parametrize(("join_type", "nulled"), [(1, 2), (3, 1)], ids=["left", "right"])
def test_a_condition_reduces_the_join(join_type: int, nulled: int) -> None:
    """Where a column of the nulled side is not null, the join found its row."""
    scope = _scope(join_type, "<>", "<>")
    assert not scope.survives(nulled, 5, frozenset({3}))
    reduced = _scope(join_type, "<>", _of(nulled, "3"))
    assert reduced.survives(nulled, 5, frozenset({3}))
    assert not reduced.survives(nulled, 5, frozenset({3, 4}))


def test_a_condition_reduces_one_side_of_a_full_join() -> None:
    """The other side may still be missing."""
    scope = _scope(2, "<>", _of(1, "3"))
    assert scope.survives(1, 5, frozenset({3}))
    assert not scope.survives(2, 5, frozenset({3}))


def test_levels() -> None:
    """A level that does not exist is an error, not the outermost one."""
    scope = _scope(0, "<>", "<>")
    assert scope.up(0) is scope
    with pytest.raises(LookupError):
        scope.up(1)

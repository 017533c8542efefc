"""What a condition excludes because it could not be true otherwise.

`COALESCE(x, 0) > 0` is not strict in x. But for x NULL it is `0 > 0`, and that is false.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgrepo.compiler.analysis.strict import var_key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgrepo.compiler.analysis.analyser import Analyser
    from pgrepo.compiler.analysis.nodes import Node
    from pgrepo.compiler.analysis.scope import Scope
    from pgrepo.compiler.analysis.strict import Proved

_MOST = 8  # columns of a condition that are tried: a longer one is none of this kind


def refuted_nulls(condition: Node, scope: Scope, analyser: Analyser) -> Proved:
    """The columns that are not NULL where a condition is true, since for NULL it cannot be."""
    keys = {var_key(node) for node in _columns(condition)}
    unknown = {key for key in keys if key.column not in scope.not_null and key.attno > 0}
    if len(unknown) > _MOST:
        return frozenset()
    before = scope.unfiltered()
    return frozenset(
        key
        for key in unknown
        if True not in analyser.truth.outcomes(condition, before.supposing_null(key.column))
    )


def _columns(node: Node) -> Iterator[Node]:
    """The columns of the query's own level, those in sub-queries aside."""
    if node.tag == "VAR" and node.integer("varlevelsup") == 0:
        yield node
    if node.tag != "SUBLINK":
        for child in node.children():
            yield from _columns(child)

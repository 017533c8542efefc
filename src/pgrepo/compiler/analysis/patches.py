"""Variants of a patch, of which a few show what there is to know of all.

A patch is an UPDATE that returns columns as they are, if anything. What can be said of a column
then depends on whether that one is set, and on no other: leaving out one item of its SET list at
a time shows all that leaving out several can change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgrepo.compiler.analysis.sources import visible_targets

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pgrepo.compiler.analysis.describe import Description
    from pgrepo.sqlfiles.variants import Choice, Variants

_UPDATE = 2  # CmdType


def telling(variants: Variants, whole: Description) -> tuple[list[Choice], list[Choice]]:
    """Parts the variants of a statement into those to analyse and those that show nothing new.

    Args:
        variants: what varies.
        whole: what the server says of the statement as it is written.

    Returns:
        Both in the order of `choices`, so that the first one is the statement as it is written.
    """
    apart = variants.assignments if _is_patch(whole) else frozenset()
    choices = list(variants.choices())
    return _where(choices, apart, range(2)), _where(choices, apart, range(2, len(apart) + 1))


def _where(choices: Iterable[Choice], apart: frozenset[int], absent: range) -> list[Choice]:
    return [choice for choice in choices if len(choice.absent & apart) in absent]


def _is_patch(description: Description) -> bool:
    if len(description.trees) != 1:
        return False
    tree = description.trees[0]
    if tree.integer("commandType") != _UPDATE:
        return False
    return all(target["expr"].tag == "VAR" for target in visible_targets(tree))

"""Names in Python for things named in SQL."""

from __future__ import annotations

import keyword
import re

_WORD = re.compile(r"[A-Za-z0-9]+")
# A repository's own attributes and what every class body may not redefine quietly.
_TAKEN = frozenset({"self", "None", "True", "False"})


def class_name(name: str) -> str:
    """`recent_sessions` → `RecentSessions`."""
    camel = "".join(word[:1].upper() + word[1:] for word in _WORD.findall(name))
    return camel if camel[:1].isalpha() and not keyword.iskeyword(camel) else f"Row{camel}"


def singular(name: str) -> str:
    """The last word of a snake-case name in the singular: `media_files` → `media_file`."""
    head, underscore, last = name.rpartition("_")
    return head + underscore + _singular_word(last)


def _singular_word(word: str) -> str:
    lowered = word.lower()
    if lowered.endswith(("ss", "us", "is", "news", "series", "data")) or len(word) < 4:
        return word
    if lowered.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if lowered.endswith(("sses", "shes", "ches", "xes", "zes")):
        return word[:-2]
    return word[:-1] if lowered.endswith("s") else word


def attribute(name: str) -> str:
    """A column's or parameter's name as a Python identifier."""
    plain = re.sub(r"\W", "_", name) or "column"
    if not plain.isidentifier():
        plain = f"column_{re.sub(r'[^A-Za-z0-9_]', '_', plain)}"
    return f"{plain}_" if keyword.iskeyword(plain) or plain in _TAKEN else plain


def constant(name: str) -> str:
    """The module-level name of a query's statement: `recent_sessions` → `_RECENT_SESSIONS`."""
    return f"_{attribute(name).upper()}"

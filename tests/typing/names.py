"""Names that are not there are errors to type checkers, although the modules load lazily."""

from __future__ import annotations

from typing import assert_type

import pgrepo
import pgrepo.pytest
from pgrepo import Databse  # type: ignore[attr-defined]
from pgrepo.pytest import AssertQuery  # type: ignore[attr-defined]

assert_type(pgrepo.UsageError("").add_note("to be known"), None)
pgrepo.Datbase  # type: ignore[attr-defined]  # noqa: B018

__all__ = ["AssertQuery", "Databse"]

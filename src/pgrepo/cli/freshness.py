"""Whether generated code is known to be what its files make, without asking anybody.

`generate` and a `check` that finds nothing note a fingerprint of all that counts, in the cache's
directory. Where files have it still, the code is current; where they have another one, something
was edited since.
"""

from __future__ import annotations

import contextlib
from enum import Enum
from typing import TYPE_CHECKING

import pgrepo
from pgrepo.compiler.cache.keys import files_key, fingerprint
from pgrepo.compiler.cache.store import DIRECTORY, replace
from pgrepo.sqlfiles.queries import query_paths

if TYPE_CHECKING:
    from pathlib import Path

    from pgrepo.project import DomainFiles


class Freshness(Enum):
    """What is known of a domain's package."""

    MISSING = "not generated yet"
    UNKNOWN = "not checked here yet"
    EDITED = "edited since it was generated"
    CURRENT = "current"


def remember(domain: DomainFiles) -> None:
    """Notes that a domain's package is current. A place that cannot be written is no matter."""
    with contextlib.suppress(OSError):
        replace(_note(domain), _fingerprint(domain).encode())


def freshness(domain: DomainFiles) -> Freshness:
    """What is known of a domain's package.

    Raises:
        OSError: a file cannot be read.
    """
    if domain.output is None or not any(domain.output.glob("*.py")):
        return Freshness.MISSING
    try:
        noted = _note(domain).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return Freshness.UNKNOWN
    return Freshness.CURRENT if noted == _fingerprint(domain) else Freshness.EDITED


def _note(domain: DomainFiles) -> Path:
    return domain.root / DIRECTORY / f"{domain.name}.current"


def _fingerprint(domain: DomainFiles) -> str:
    assert domain.output is not None
    files = [*query_paths(domain.queries), *sorted(domain.output.glob("*.py"))]
    return fingerprint(pgrepo.__version__, repr(domain), files_key([domain.sql]), files_key(files))

"""What a cache has done, for people and monitors."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class CacheStatistics:
    """Counts since the cache was made. Under many threads a count may be missed.

    Attributes:
        hits: answers that were found.
        misses: questions that went to PostgreSQL.
        kept: answers that were handed in and kept.
        dropped: answers that were handed in when a write had made them old.
        cleared: slots that writes have cleared.
        errors: times that the cache itself did not answer.
    """

    hits: int = 0
    misses: int = 0
    kept: int = 0
    dropped: int = 0
    cleared: int = 0
    errors: int = 0

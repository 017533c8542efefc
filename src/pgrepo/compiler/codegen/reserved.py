"""Names that generated modules import, and that nothing else there may be called by."""

from __future__ import annotations

IMPORTED = frozenset({
    "AsyncRepository", "AsyncStream", "Cached", "Decimal", "InetAddress", "InetNetwork",
    "Iterable", "JSON", "JSONInput", "Literal", "Multirange", "Range", "Repository", "Sequence",
    "Stale", "Statement", "Stream", "TypeAlias", "UNSET", "UUID", "Unset",
})  # fmt: skip

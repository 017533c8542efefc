"""Types that generated signatures name."""

from __future__ import annotations

import enum
from ipaddress import (
    IPv4Address,
    IPv4Interface,
    IPv4Network,
    IPv6Address,
    IPv6Interface,
    IPv6Network,
)
from typing import TYPE_CHECKING, Any, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    JSON: TypeAlias = "dict[str, JSON] | list[JSON] | str | int | float | bool | None"
    """Any JSON value, as Python sees it."""
    JSONInput: TypeAlias = (
        "Mapping[str, JSONInput] | Sequence[JSONInput] | str | int | float | bool | None"
    )
    """Anything that may be sent as JSON: covariant, so that a dict[str, str] is one."""
else:
    # A recursive alias means nothing to msgspec, which decodes `Any` to the very same types.
    JSON = JSONInput = Any

InetAddress: TypeAlias = IPv4Address | IPv4Interface | IPv6Address | IPv6Interface
"""An inet value: an address, or one with the length of its network."""
InetNetwork: TypeAlias = IPv4Network | IPv6Network
"""A cidr value."""


class Unset(enum.Enum):
    """The type of `UNSET`; an enum, so that `value is UNSET` narrows the type."""

    UNSET = enum.auto()

    def __repr__(self) -> str:
        return "UNSET"

    def __bool__(self) -> bool:
        return False


UNSET: Final = Unset.UNSET
"""The argument was not given (None means SQL's NULL): `name: str | None | Unset = UNSET`."""

"""Viewers who are not logged in: told apart by address, without storing one."""

from __future__ import annotations

import hashlib
import hmac
from ipaddress import IPv4Address, IPv6Address, ip_address

from pgrepo.errors import UsageError

__all__ = ["address_hash"]

_SHORTEST_KEY = 16


def address_hash(address: str | IPv4Address | IPv6Address, key: bytes) -> str:
    """Returns what `record_views` takes as ip_hash: HMAC-SHA256 of an address, in hexadecimal.

    The key is a secret of the application's. Without one, whoever reads the database could hash
    every IPv4 address there is and look them up. Changing the key makes everybody a new viewer.

    Args:
        address: as text or parsed; an IPv4 address is the same one when written as IPv6.
        key: at least 16 bytes.

    Raises:
        UsageError: the key is too short, or the address is none.
    """
    if len(key) < _SHORTEST_KEY:
        raise UsageError(
            f"address_hash: the key has {len(key)} bytes; give it a secret of at least "
            f"{_SHORTEST_KEY}, such as secrets.token_bytes(32) made once and kept"
        )
    try:
        parsed = ip_address(address)
    except ValueError:
        raise UsageError(
            "address_hash: this is no IP address; pass that of the client, without a port"
        ) from None
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    return hmac.new(key, parsed.packed, hashlib.sha256).hexdigest()

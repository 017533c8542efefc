"""Signatures of webhook deliveries: HMAC-SHA256 over a timestamp and the body.

The sender puts the signature in a header of its own choice, the receiver verifies it:

    header = delivery.signing_keys.sign(body)
    ...
    verify_signature(body, header, secret)

A header reads `t=1735689600,v1=5257a8…`: the time of signing in seconds since 1970, and the HMAC,
in hexadecimal, of that number, a full stop and the body. Where two secrets are good, while one
replaces the other, there are two `v1`.
"""

from __future__ import annotations

import hmac
import re
import secrets as random
import time
from hashlib import sha256

import msgspec

from pgrepo.errors import UsageError

__all__ = ["SigningKeys", "new_secret", "sign_payload", "verify_signature"]

_HEADER = re.compile(r"t=(?P<time>\d{1,15})(?P<signatures>(?:,v1=[0-9a-f]{64})+)")
_SECRET_BYTES = 32


class SigningKeys(msgspec.Struct, frozen=True):
    """The secrets of a webhook, which no text of it shows.

    Attributes:
        current: the secret; None if the webhook's deliveries are not signed.
        previous: the one before, while it is still good.
    """

    current: str | None
    previous: str | None = None

    def __repr__(self) -> str:
        """Says which there are, and not what they are."""
        hidden = ("None" if secret is None else "…" for secret in (self.current, self.previous))
        return "SigningKeys(current={}, previous={})".format(*hidden)

    def sign(self, body: bytes, *, timestamp: int | None = None) -> str | None:
        """Returns the header for a body, signed with every secret that is good.

        Args:
            body: what is sent, to the byte.
            timestamp: seconds since 1970; now if None.

        Returns:
            The header's value; None if there is no secret.
        """
        good = [secret for secret in (self.current, self.previous) if secret is not None]
        return sign_payload(body, *good, timestamp=timestamp) if good else None


def new_secret() -> str:
    """Returns a secret that nobody can guess: 64 hexadecimal digits."""
    return random.token_hex(_SECRET_BYTES)


def sign_payload(body: bytes, *secrets: str, timestamp: int | None = None) -> str:
    """Returns the header for a body.

    Args:
        body: what is sent, to the byte. A document that is encoded anew may differ.
        *secrets: what to sign with; one, or two while one replaces the other.
        timestamp: seconds since 1970; now if None.

    Raises:
        UsageError: there is no secret, or an empty one.
    """
    if not secrets or not all(secrets):
        raise UsageError(
            "sign_payload: there is no secret, or an empty one; pass at least one, such as "
            "new_secret() made once and kept"
        )
    signed_at = int(time.time()) if timestamp is None else timestamp
    return ",".join([f"t={signed_at}", *(f"v1={_mac(body, key, signed_at)}" for key in secrets)])


def verify_signature(
    body: bytes,
    header: str,
    *secrets: str,
    tolerance: int = 300,
    now: int | None = None,
) -> bool:
    """Says whether a body was signed with one of the secrets, and lately.

    The comparison takes as long for a signature that is nearly right as for any other.

    Args:
        body: what was received, to the byte.
        header: the value of the header it came with.
        *secrets: the receiver's secrets.
        tolerance: how many seconds the clocks may differ, and a delivery may be under way; what
            is older may be a copy that somebody sends again.
        now: seconds since 1970; the clock's if None.
    """
    match = _HEADER.fullmatch(header)
    if match is None:
        return False
    signed_at = int(match["time"])
    if abs((int(time.time()) if now is None else now) - signed_at) > tolerance:
        return False
    given = match["signatures"].split(",v1=")[1:]
    found = False
    for secret in filter(None, secrets):
        wanted = _mac(body, secret, signed_at)
        for signature in given:
            found |= hmac.compare_digest(wanted, signature)
    return found


def _mac(body: bytes, secret: str, signed_at: int) -> str:
    return hmac.new(secret.encode(), f"{signed_at}.".encode() + body, sha256).hexdigest()

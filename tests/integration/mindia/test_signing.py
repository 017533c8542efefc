"""Signatures of webhook deliveries, against HMAC as RFC 2104 defines it."""

from __future__ import annotations

import hashlib

import pytest

from pgrepo import UsageError
from pgrepo.domains.mindia.signing import (
    SigningKeys,
    new_secret,
    sign_payload,
    verify_signature,
)

BODY = '{"id": 7, "name": "Größe"}'.encode()
SECRET = "a secret of sixteen or more"
OTHER = "another secret, as long"
AT = 1_735_689_600


def hmac_sha256(key: bytes, message: bytes) -> str:
    """RFC 2104, with nothing but the hash function."""
    if len(key) > 64:
        key = hashlib.sha256(key).digest()
    key = key.ljust(64, b"\0")
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in key) + message).digest()
    return hashlib.sha256(bytes(byte ^ 0x5C for byte in key) + inner).hexdigest()


def test_the_independent_hmac_is_one() -> None:
    """Test case 2 of RFC 4231."""
    wanted = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    assert hmac_sha256(b"Jefe", b"what do ya want for nothing?") == wanted


@pytest.mark.parametrize("secret", [SECRET, "ß" * 20, "long " * 40])
@pytest.mark.parametrize("body", [BODY, b"", bytes(range(256))])
def test_a_signature_is_the_hmac_of_time_and_body(secret: str, body: bytes) -> None:
    """Of the number, a full stop and the body, to the byte."""
    message = str(AT).encode() + b"." + body
    wanted = f"t={AT},v1={hmac_sha256(secret.encode(), message)}"
    assert sign_payload(body, secret, timestamp=AT) == wanted
    assert verify_signature(body, wanted, secret, now=AT)


@pytest.mark.parametrize(
    ("body", "header", "secrets", "now"),
    [
        (BODY + b" ", None, (SECRET,), AT),
        (BODY, None, (OTHER,), AT),
        (BODY, None, (), AT),
        (BODY, None, ("",), AT),
        (BODY, None, (SECRET,), AT + 301),
        (BODY, None, (SECRET,), AT - 301),
        (BODY, "", (SECRET,), AT),
        (BODY, f"t={AT}", (SECRET,), AT),
        (BODY, f"t={AT},v1=", (SECRET,), AT),
        (BODY, f"t={AT},v0={'0' * 64}", (SECRET,), AT),
        (BODY, f"t={AT},v1={'0' * 64}", (SECRET,), AT),
        (BODY, f"t={AT},v1={'é' * 64}", (SECRET,), AT),
        (BODY, f"t={'9' * 400},v1={'0' * 64}", (SECRET,), AT),
    ],
)
def test_what_does_not_verify(
    body: bytes, header: str | None, secrets: tuple[str, ...], now: int
) -> None:
    """Another body, secret or time, and headers that are none: False, and no exception."""
    given = sign_payload(BODY, SECRET, timestamp=AT) if header is None else header
    assert not verify_signature(body, given, *secrets, now=now)


def test_the_time_is_signed_too() -> None:
    """A copy does not get younger by another number in its header."""
    header = sign_payload(BODY, SECRET, timestamp=AT).replace(f"t={AT}", f"t={AT + 900}")
    assert not verify_signature(BODY, header, SECRET, now=AT + 900)


def test_two_secrets_sign_while_one_replaces_the_other() -> None:
    """A receiver that has either of them accepts, and one that has both."""
    header = SigningKeys(current=OTHER, previous=SECRET).sign(BODY, timestamp=AT)
    assert header is not None
    assert header.count("v1=") == 2
    for known in ((SECRET,), (OTHER,), (OTHER, SECRET)):
        assert verify_signature(BODY, header, *known, now=AT)
    assert not verify_signature(BODY, header, "a third secret, as long", now=AT)


def test_the_clock_is_asked_where_no_time_is_given() -> None:
    """What is signed now verifies now."""
    assert verify_signature(BODY, sign_payload(BODY, SECRET), SECRET)


def test_without_a_secret_nothing_is_signed() -> None:
    """Keys without any sign nothing; sign_payload wants one."""
    assert SigningKeys(current=None).sign(BODY) is None
    for secrets in ((), ("",), (SECRET, "")):
        with pytest.raises(UsageError, match="no secret"):
            sign_payload(BODY, *secrets)


def test_no_text_shows_a_secret() -> None:
    """Neither repr nor str, of the keys and of what holds them."""
    keys = SigningKeys(current=SECRET, previous=OTHER)
    for text in (repr(keys), str(keys), f"{[keys]}"):
        assert SECRET not in text
        assert OTHER not in text
    assert repr(SigningKeys(current=None)) == "SigningKeys(current=None, previous=None)"


def test_new_secrets_differ() -> None:
    """And are as long as the column wants them."""
    assert len({new_secret() for _ in range(100)}) == 100
    assert 16 <= len(new_secret()) <= 255

"""Decoders of JSON, each made once.

msgspec describes a class to itself when it first makes a decoder for it. Two threads that have it
do so at once crash the process (seen with msgspec 0.22 on Python 3.11, 3.12 and 3.13), as threads
do that make their first calls together.
"""

from __future__ import annotations

from threading import Lock
from typing import Any

import msgspec

making = Lock()
"""Held by whoever makes a decoder of whatever format."""

_decoders: dict[Any, msgspec.json.Decoder[Any]] = {}


def decoder_of(type_: Any) -> msgspec.json.Decoder[Any]:
    """Returns the decoder of JSON that becomes a type."""
    found = _decoders.get(type_)
    if found is None:
        with making:
            found = _decoders.get(type_)
            if found is None:
                found = _decoders[type_] = msgspec.json.Decoder(type_)
    return found

"""Threads that decode a class for the first time together do not crash the process."""

from __future__ import annotations

import subprocess
import sys

TOGETHER = """
import sys
from threading import Barrier, Thread
from typing import Annotated
import msgspec
from pgrepo.runtime.decoders import decoder_of

sys.setswitchinterval(1e-6)
TEXT = b'{"parts": [{"number": 1, "names": [{"name": "c"}]}]}'
Short = Annotated[str, msgspec.Meta(max_length=3)]
for number in range(300):
    Name = msgspec.defstruct("Name", [("name", Short)])
    Part = msgspec.defstruct("Part", [("number", int), ("names", list[Name])])
    Whole = msgspec.defstruct("Whole", [("parts", list[Part])])
    barrier, read = Barrier(8), []

    def work():
        barrier.wait()
        read.append(decoder_of(Whole).decode(TEXT).parts[0].names[0].name)

    threads = [Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert read == ["c"] * 8, read
"""


def test_together() -> None:
    """Hundreds of classes, each by eight threads at once."""
    command = [sys.executable, "-c", TOGETHER]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr

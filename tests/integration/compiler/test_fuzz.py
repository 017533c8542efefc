"""Damaged statements: each is analysed, or refused with a place; nothing else may happen.

`PGREPO_FUZZ_SECONDS=600` goes on for so long, with another seed at each run.
"""

from __future__ import annotations

import os
import time
from random import Random
from typing import TYPE_CHECKING

from pgrepo.errors import SourceError
from pgrepo.sqlfiles.lexer import LexError, tokenize

from .test_facts import all_cases

if TYPE_CHECKING:
    from collections.abc import Callable

    from .laboratory import Laboratory

SECONDS = float(os.environ.get("PGREPO_FUZZ_SECONDS", "0"))
STATEMENTS = 1_500  # what is tried where no time is given
_SEED = 20_26

Words = list[str]


def _delete(words: Words, random: Random, _other: Words) -> None:
    del words[random.randrange(len(words))]


def _repeat(words: Words, random: Random, _other: Words) -> None:
    position = random.randrange(len(words))
    words.insert(position, words[position])


def _swap(words: Words, random: Random, _other: Words) -> None:
    one, other = random.randrange(len(words)), random.randrange(len(words))
    words[one], words[other] = words[other], words[one]


def _replace(words: Words, random: Random, other: Words) -> None:
    words[random.randrange(len(words))] = random.choice(other)


def _graft(words: Words, random: Random, other: Words) -> None:
    begin = random.randrange(len(other))
    position = random.randrange(len(words) + 1)
    words[position:position] = other[begin : begin + random.randint(1, 12)]


_DAMAGES: list[Callable[[Words, Random, Words], None]] = [_delete, _repeat, _swap, _replace, _graft]


def _corpus() -> list[Words]:
    return [[token.text for token in tokenize(case.sql)] for case in all_cases()]


def test_damaged_statements(newest: Laboratory) -> None:
    """The analyser answers every one of them, and the connection survives."""
    random = Random(time.time_ns() if SECONDS else _SEED)  # noqa: S311 (no secret)
    corpus, end = _corpus(), time.monotonic() + SECONDS
    tried = understood = 0
    while tried < STATEMENTS or time.monotonic() < end:
        words = list(random.choice(corpus))
        for _ in range(random.randint(1, 3)):
            if words:
                random.choice(_DAMAGES)(words, random, random.choice(corpus))
        sql = " ".join(words)
        tried += 1
        try:
            newest.analyse(sql)
            understood += 1
        except (SourceError, LexError):
            continue
        except Exception as error:
            raise AssertionError(f"{type(error).__name__}: {error}: {sql}") from error
    assert understood > tried // 50, "the damage is too great to tell anything"
    newest.analyse("SELECT 1 AS alive")


def test_a_builder_with_a_key_and_no_value(newest: Laboratory) -> None:
    """PostgreSQL takes it until it runs; found by the test above."""
    query = newest.analyse("SELECT json_build_object('n') AS document FROM a GROUP BY ROLLUP (n)")
    assert query.columns[0].json is None

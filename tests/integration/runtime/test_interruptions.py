"""Ctrl-C on a host's own connection: it is clean afterwards, and no answer is mixed up.

On pools, and under load, tests/faults/test_cancellations.py interrupts. `PGREPO_INTERRUPTIONS` says
how many interruptions there are.
"""

from __future__ import annotations

import os
import random
import signal

import psycopg
import pytest
from psycopg.pq import TransactionStatus

from .._sync.shop import Shop  # noqa: TID252 - tests are no installed package

INTERRUPTIONS = int(os.environ.get("PGREPO_INTERRUPTIONS", "150"))


@pytest.mark.usefixtures("alarm")
def test_keyboard_interrupts(server_url: str) -> None:
    """Ctrl-C at random moments: no statement stays behind, and the next answer is its own."""
    chance = random.Random(6)  # noqa: S311 - no secret
    answers = lost = 0
    connection = psycopg.connect(server_url, autocommit=True)
    for _ in range(INTERRUPTIONS):
        shop = Shop(connection)
        try:
            signal.setitimer(signal.ITIMER_REAL, 0.0001 + chance.random() * 0.003)
            # Not for ever: where nobody can receive it (in a callback, say), Python drops it.
            for _ in range(300):
                count = chance.randrange(100)
                rows = shop.orders.numbers(count=count)
                assert [row.number for row in rows] == list(range(1, count + 1))
                answers += 1
        except KeyboardInterrupt:
            pass
        signal.setitimer(signal.ITIMER_REAL, 0)
        if connection.closed:
            lost += 1
            connection = psycopg.connect(server_url, autocommit=True)
        assert connection.info.transaction_status == TransactionStatus.IDLE
        assert len(Shop(connection).orders.numbers(count=5)) == 5
    connection.close()
    assert answers > 0
    # psycopg closes one where Ctrl-C strikes while it cleans up after another; here there is none.
    assert lost <= INTERRUPTIONS / 50

"""pgbench: PostgreSQL's own client in C, which decodes nothing, as the floor."""

from __future__ import annotations

import os
import re
import subprocess
from typing import TYPE_CHECKING

from peers.stage import BY_ID
from pgrepo import embedded

if TYPE_CHECKING:
    from pathlib import Path

    from harness import Turn

    from peers.stage import Stage

READS = 10
"""As many statements has the script, each with an order of its own."""


def pgbench(stage: Stage, directory: Path) -> Turn:
    """Reads orders by their ids with `pgbench -M prepared`, on the core of this process.

    A turn is a process of its own. It is given ten times as many calls as the others, as it
    prepares its statements anew; connecting does not count.
    """
    script = directory / "order_by_id.sql"
    names = [f"id{number}" for number in range(READS)]
    script.write_text("".join(BY_ID.replace("%s", f":{name}") + ";\n" for name in names))
    keys = [f"--define={name}={key}" for name, key in zip(names, stage.orders, strict=False)]
    where = stage.where
    # It would not find the right plan before the sixth call, as the others have done long since.
    environment = {
        **os.environ,
        "PGHOST": str(where["host"]),
        "PGPORT": str(where["port"]),
        "PGUSER": str(where["user"]),
        "PGOPTIONS": "-c plan_cache_mode=force_generic_plan",
    }

    def turn(calls: int) -> float:
        ran = subprocess.run(
            [
                embedded.binaries() / "pgbench", "--no-vacuum", "--protocol=prepared",
                "--client=1", f"--transactions={calls}", f"--file={script}", *keys,
                str(where["database"]),
            ],
            env=environment, check=True, capture_output=True, text=True,
        )  # fmt: skip
        found = re.search(r"latency average = ([0-9.]+) ms", ran.stdout)
        assert found is not None, ran.stdout
        return float(found[1]) * 1000 / READS

    return turn

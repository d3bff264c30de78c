"""The processes a supervisor runs: `prepare` once, then `web` and `worker` for as long as they live."""

import os
import sys

from madoguchi.processes.orphans import CHILD

if CHILD in os.environ:
    # The log's library loads it where it finds it, for tracebacks that nobody draws here; it is there for the commands.
    sys.modules.setdefault("rich", None)  # type: ignore[arg-type]

if CHILD in os.environ:
    # Here, because the class is taken when the first figure is made, by any import. Files carry the place's name, not
    # the process id: who takes a dead one's place counts on, so that no counter ever falls and no file is left over.
    from prometheus_client import values

    values.ValueClass = values.MultiProcessValue(lambda: os.environ[CHILD])  # type: ignore[no-untyped-call]

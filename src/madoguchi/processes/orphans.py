"""No child outlives its supervisor: after a kill -9 the next start must find nothing of the last one at work."""

import ctypes
import os
import signal
import sys
import threading
import time

PARENT = "MADOGUCHI_PARENT"
CHILD = "MADOGUCHI_CHILD"
"""The name of this process's place under the supervisor; set where its figures are shared with the others."""
_PR_SET_PDEATHSIG = 1
_POLL_SECONDS = 0.5


def die_with_parent() -> None:
    """Call first thing in a child that got its parent's number in the environment; without one it does nothing."""
    parent = int(os.environ.get(PARENT, "0"))
    if not parent:
        return
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    else:
        threading.Thread(target=_watch, args=(parent,), daemon=True).start()
    # It may have died before we asked to be told.
    if os.getppid() != parent:
        os._exit(1)


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_POLL_SECONDS)
    os._exit(1)

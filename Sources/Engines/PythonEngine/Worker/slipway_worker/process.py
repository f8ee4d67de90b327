"""The process itself: its descriptors, its group, its end, and its children."""

from __future__ import annotations

import ctypes
import faulthandler
import os
import signal
import sys
import threading
from typing import List, NoReturn

CONTROL = (3, 4)
LANES_MAXIMUM = 64
_PR_SET_PDEATHSIG = 1


def descriptors(lanes: int) -> List[int]:
    """Every descriptor that belongs to the protocol."""
    return list(range(3, 5 + 3 * lanes))


def lane_count() -> int:
    """How many lanes the server has opened."""
    text = os.environ.get("SLIPWAY_WORKER_LANES", "")
    if not text.isdigit() or not 1 <= int(text) <= LANES_MAXIMUM:
        give_up(f"SLIPWAY_WORKER_LANES is {text!r}; this program is started by slipway")
    return int(text)


def die_with_parent() -> None:
    """Asks the kernel to kill this process when the one that started it ends."""
    try:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    except (OSError, AttributeError):
        pass  # Not Linux: the thread that reads from the server notices.


def settle(lanes: int) -> None:
    """Makes the process what the protocol says: a group of its own, descriptors kept to itself."""
    own = descriptors(lanes)
    for descriptor in own:
        os.set_inheritable(descriptor, False)
    if os.getpgrp() != os.getpid():
        os.setpgid(0, 0)
    die_with_parent()
    # What user code starts without exec must neither answer for this process nor outlive it.
    os.register_at_fork(after_in_child=lambda: _leave(own))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    faulthandler.enable()
    sys.stdout.reconfigure(line_buffering=True)


def _leave(own: List[int]) -> None:
    die_with_parent()
    for descriptor in own:
        try:
            os.close(descriptor)
        except OSError:
            pass


def kill_group() -> NoReturn:
    """Ends this process and all that it has started, at once."""
    os.killpg(os.getpgrp(), signal.SIGKILL)
    os._exit(1)


def leave_quietly() -> NoReturn:
    """Ends with status 0, and asks children to end; the server kills those that do not."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            pass
    # Only the main thread may set what a signal does; elsewhere children are left to the server.
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        os.killpg(os.getpgrp(), signal.SIGTERM)
    os._exit(0)


def give_up(reason: str) -> NoReturn:
    """Ends with status 2 after a line about why."""
    try:
        os.write(2, f"slipway worker: {reason}\n".encode("utf-8", "replace"))
    finally:
        os._exit(2)


def resident_bytes() -> int:
    """Bytes of memory that this process has."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 0

"""Whether anybody still waits for a lane's run, and what to do when nobody does."""

from __future__ import annotations

import threading
from typing import Callable, Optional

_here = threading.local()


class Cancellation:
    """Of the runs of one lane, one at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: Optional[int] = None
        #: The last run that was cancelled; the command may come before the run does.
        self._cancelled: Optional[int] = None
        self._stop: Optional[Callable[[], object]] = None

    def begin(self, sequence: int) -> None:
        """A run begins on the calling thread."""
        _here.cancellation = self
        with self._lock:
            self._running, self._stop = sequence, None

    def end(self) -> None:
        """The run has ended."""
        with self._lock:
            self._running, self._stop = None, None

    def cancel(self, sequence: int) -> None:
        """Nobody waits for a run any more; from any thread."""
        with self._lock:
            self._cancelled = sequence
            stop = self._stop if self._running == sequence else None
        if stop is not None:
            stop()

    def on_cancel(self, stop: Callable[[], object]) -> None:
        """What stops the run that is going on; called at once when it is not wanted already."""
        with self._lock:
            self._stop = stop
            is_unwanted = self._running is not None and self._running == self._cancelled
        if is_unwanted:
            stop()


def on_cancel(stop: Callable[[], object]) -> None:
    """As above, for the run of the calling thread, if it has one."""
    cancellation = getattr(_here, "cancellation", None)
    if cancellation is not None:
        cancellation.on_cancel(stop)

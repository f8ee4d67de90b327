"""The one event loop of a worker, for models whose methods are asynchronous."""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
import time
from typing import Any, Awaitable

from .cancellation import on_cancel
from .errors import WorkerError


class EventLoop:
    """Runs in a thread of its own for as long as the process lives."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._run, name="slipway-event-loop", daemon=True).start()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    def wait(self, awaitable: Awaitable[Any], deadline: float = 0.0) -> Any:
        """Waits for a result from another thread; `deadline` by `time.monotonic`, 0 for none."""
        future = asyncio.run_coroutine_threadsafe(_awaiting(awaitable), self._loop)
        on_cancel(future.cancel)
        try:
            return future.result(max(deadline - time.monotonic(), 0) if deadline else None)
        except concurrent.futures.TimeoutError:
            if future.done():
                raise  # The model's own.
            future.cancel()
            raise WorkerError(
                "deadline_exceeded", "the deadline passed while the model was at work") from None
        except concurrent.futures.CancelledError:
            raise WorkerError("engine_failed", "the model's task was cancelled") from None


async def _awaiting(awaitable: Awaitable[Any]) -> Any:
    return await awaitable

"""A lane's shared memory: views of what the server wrote, and room for the results."""

from __future__ import annotations

import mmap
import os

from .codec import ProtocolError
from .errors import WorkerError

#: Tensors lie at multiples of this.
ALIGNMENT = 64
#: Beyond this no lane grows.
SIZE_MAXIMUM = 4 << 30
#: Growth in steps of this many bytes, so that it is rare.
GROWTH_STEP = 1 << 20


class SharedMemory:
    """The memfd behind a lane.

    A mapping is never closed by hand: arrays over an older one keep it alive until they are gone.
    """

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self._map_anew()

    def _map_anew(self) -> None:
        self.size = os.fstat(self.descriptor).st_size
        # An empty file cannot be mapped; it is grown before anything is written.
        self._map = mmap.mmap(self.descriptor, self.size) if self.size else b""
        self._view = memoryview(self._map)
        self._input = self._view.toreadonly()

    def input(self, offset: int, count: int) -> memoryview:
        """A view, not to be written, of what the server has put there."""
        if offset + count > self.size:
            self._map_anew()
            if offset + count > self.size:
                raise ProtocolError(f"bytes {offset} to {offset + count} of {self.size} in shared memory")
        return self._input[offset:offset + count]

    def output(self, offset: int, count: int) -> memoryview:
        """A view to write to; the memory grows when it must."""
        end = offset + count
        if end > self.size:
            self._grow(end)
        return self._view[offset:end]

    def _grow(self, end: int) -> None:
        if end > SIZE_MAXIMUM:
            raise WorkerError(
                "resource_exhausted",
                f"inputs and outputs take {end} bytes; {SIZE_MAXIMUM} is the most that one call may have")
        # Twice as much each time keeps the number of mappings small.
        wanted = min(max(end, 2 * self.size), SIZE_MAXIMUM)
        wanted = -(-wanted // GROWTH_STEP) * GROWTH_STEP
        if os.fstat(self.descriptor).st_size < wanted:
            try:
                os.ftruncate(self.descriptor, wanted)
            except OSError as error:
                raise WorkerError(
                    "resource_exhausted",
                    f"shared memory cannot grow to {wanted} bytes: {error.strerror}") from None
        self._map_anew()


def aligned(offset: int) -> int:
    """The next place where a tensor may begin."""
    return -(-offset // ALIGNMENT) * ALIGNMENT

"""The control channel: a thread that reads commands, and sees at once when the server is gone."""

from __future__ import annotations

import os
import queue
import threading
from typing import Callable, Tuple

from . import channel as frames
from .channel import Channel, Frame
from .codec import ProtocolError, Reader, Writer
from .process import give_up, kill_group, leave_quietly, resident_bytes


class Control:
    """Hands `load` and `unload` to the main thread and answers statistics by itself."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self.commands: "queue.SimpleQueue[Frame]" = queue.SimpleQueue()
        self.counters: Callable[[], Tuple[int, int]] = lambda: (0, 0)
        #: Takes a lane and the sequence number of a run that nobody waits for any more.
        self.cancel: Callable[[int, int], None] = lambda lane, sequence: None
        #: Whether the main thread waits for commands; while it loads a model it cannot.
        self.is_listening = True
        self._writing = threading.Lock()

    def start(self) -> None:
        """Begins to read; a daemon thread, which nothing waits for."""
        threading.Thread(target=self._read, name="slipway-control", daemon=True).start()

    def send(self, kind: int, sequence: int, payload: bytearray) -> None:
        """Sends a reply from any thread."""
        try:
            with self._writing:
                self.channel.write(kind, sequence, payload)
        except OSError:
            kill_group()

    def _read(self) -> None:
        try:
            while True:
                frame = self.channel.read()
                if frame is None:
                    kill_group()
                if frame.kind == frames.STATISTICS:
                    self.send(frames.STATISTICS_REPLY, frame.sequence, self._statistics())
                elif frame.kind == frames.CANCEL:
                    payload = Reader(frame.payload)
                    lane, sequence = payload.u32(), payload.u64()
                    payload.end()
                    self.cancel(lane, sequence)
                elif frame.kind == frames.UNLOAD and not self.is_listening:
                    leave_quietly()
                else:
                    self.commands.put(frame)
        except ProtocolError as error:
            give_up(str(error))
        except OSError as error:
            give_up(f"cannot read commands: {os.strerror(error.errno or 0)}")

    def _statistics(self) -> bytearray:
        runs, nanoseconds = self.counters()
        writer = Writer()
        for number in (resident_bytes(), runs, nanoseconds):
            writer.u64(number)
        return writer.buffer

"""A lane: a thread that takes one run after another and answers it."""

from __future__ import annotations

import os
import time
from typing import Tuple

from . import channel as frames
from .cancellation import Cancellation
from .channel import Channel, Frame
from .codec import ProtocolError, Reader, Writer
from .errors import WorkerError, from_exception
from .model import LoadedModel
from .process import give_up
from .shared_memory import SharedMemory
from .tensors import read_tensor, write_tensor


class RunCounters:
    """How many runs there were and how long they took, for statistics; one a lane."""

    def __init__(self) -> None:
        self.runs = 0
        self.nanoseconds = 0


class Lane:
    """Serves one lane until the server closes it."""

    def __init__(self, index: int, model: LoadedModel) -> None:
        self.channel = Channel(5 + 3 * index, 6 + 3 * index)
        self.memory = SharedMemory(7 + 3 * index)
        self.model = model
        self.counters = RunCounters()
        self.cancellation = Cancellation()
        self.process = os.getpid()

    def serve(self) -> None:
        """The thread's work."""
        try:
            while True:
                frame = self.channel.read()
                if frame is None:
                    return
                self.cancellation.begin(frame.sequence)
                kind, payload = self._answer(frame)
                self.cancellation.end()
                if os.getpid() != self.process:
                    # User code has forked in the middle of a run: this is the child, which has
                    # nothing to answer.
                    os._exit(0)
                self.channel.write(kind, frame.sequence, payload)
        except ProtocolError as error:
            give_up(str(error))
        except OSError:
            return  # The server is gone; the thread that watches for that ends the process.

    def _answer(self, frame: Frame) -> Tuple[int, bytearray]:
        if frame.kind != frames.RUN:
            raise ProtocolError(f"frame {frame.kind:#x} on a lane")
        try:
            return frames.RESULT, self._run(Reader(frame.payload))
        except ProtocolError:
            raise
        except WorkerError as error:
            return frames.FAILED, failure(error)
        except BaseException as error:  # pylint: disable=broad-except
            return frames.FAILED, failure(from_exception(error, "predict", "engine_failed"))

    def _run(self, payload: Reader) -> bytearray:
        started = time.monotonic_ns()
        position, remaining, offset = payload.u32(), payload.u64(), payload.u64()
        wanted = payload.list(payload.u32)
        if position >= len(self.model.signatures):
            raise ProtocolError(f"signature {position}")
        signature = self.model.signatures[position]
        inputs = payload.list(lambda: read_tensor(payload, self.memory))
        payload.end()
        if len(inputs) != len(signature.inputs) or any(i >= len(signature.outputs) for i in wanted):
            raise ProtocolError(f"a run that does not fit signature '{signature.name}'")
        deadline = started / 1e9 + remaining / 1e9 if remaining else 0.0
        results = self.model.run(position, inputs, wanted, deadline)
        if len(results) != len(wanted):
            raise WorkerError("engine_failed", f"{len(results)} outputs for the {len(wanted)} asked for")
        spent = time.monotonic_ns() - started
        self.counters.runs += 1
        self.counters.nanoseconds += spent
        writer = Writer()
        writer.u64(spent)
        writer.u32(len(results))
        for index, result in zip(wanted, results):
            offset = write_tensor(writer, signature.outputs[index], result, self.memory, offset)
        return writer.buffer


def failure(error: WorkerError) -> bytearray:
    """The payload of `failed`."""
    writer = Writer()
    writer.string(error.code)
    writer.string(error.source)
    writer.string(error.message)
    writer.u64(0)
    return writer.buffer

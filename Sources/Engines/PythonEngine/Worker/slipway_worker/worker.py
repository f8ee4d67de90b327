"""The worker from its start to its end: hello, load, run, unload."""

from __future__ import annotations

import importlib
import os
import platform
import sys
import threading
from typing import List, NoReturn

from . import channel as frames
from .channel import Channel, Frame
from .codec import ProtocolError, Reader, Writer
from .control import Control
from .errors import WorkerError, from_exception
from .model import LoadedModel, LoadRequest, read_load
from .process import CONTROL, give_up, lane_count, leave_quietly, settle

#: Variables by which numerical libraries size their thread pools when they are imported.
THREAD_VARIABLES = (
    "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS",
    "LOKY_MAX_CPU_COUNT",
)


def main() -> NoReturn:
    """Runs the worker; does not return."""
    lanes = lane_count()
    settle(lanes)
    # From here on imports are the model's: they leave no files beside it.
    sys.dont_write_bytecode = True
    control = Control(Channel(*CONTROL))
    control.start()
    hello = Writer()
    hello.string(f"python {platform.python_version()}")
    control.send(frames.HELLO, 0, hello.buffer)
    model = None
    while True:
        frame = control.commands.get()
        if frame.kind == frames.LOAD and model is None:
            model = _load(control, frame, lanes)
        elif frame.kind == frames.UNLOAD:
            _unload(model)
        else:
            give_up(f"frame {frame.kind:#x} on the control channel")


def _load(control: Control, frame: Frame, lanes: int) -> LoadedModel:
    """Loads the model and starts the lanes; ends the process when that fails."""

    def progress(line: str) -> None:
        writer = Writer()
        writer.string(line)
        control.send(frames.PROGRESS, frame.sequence, writer.buffer)

    control.is_listening = False
    try:
        request = read_load(Reader(frame.payload), progress, lanes)
        model = load_model(request)
        _serve(control, model, min(model.concurrency, lanes))
        loaded = declaration(model, lanes)
        # Before the reply: an unload may be its answer.
        control.is_listening = True
        control.send(frames.LOADED, frame.sequence, loaded)
    except ProtocolError as error:
        give_up(str(error))
    except BaseException as error:  # pylint: disable=broad-except
        # Kept apart: `lane` needs NumPy, which may be just what is missing.
        refuse(control, frame.sequence, from_exception(error, "loading", "model_invalid"))
    return model


def load_model(request: LoadRequest) -> LoadedModel:
    """Imports the loader that the engine names and lets it load the model."""
    for variable in THREAD_VARIABLES:
        os.environ.setdefault(variable, str(request.processors))
    try:
        import numpy  # pylint: disable=unused-import
    except ImportError as error:
        raise WorkerError(
            "library_missing",
            f"{sys.executable} cannot import numpy ({error}); install it there, name another "
            "Python with the option 'python', or give the model a requirements.txt") from None
    name = request.parameters.get("loader", "")
    if not name.isidentifier():
        raise WorkerError("internal", f"no loader is named {name!r}")
    loader = importlib.import_module(f"slipway_worker.loaders.{name}")
    model = loader.load(request)
    if not model.signatures:
        raise WorkerError("model_invalid", "the model declares no signature")
    model.concurrency = max(1, min(int(model.concurrency), 64))
    return model


def _serve(control: Control, model: LoadedModel, count: int) -> None:
    from .lane import Lane

    lanes: List[Lane] = [Lane(index, model) for index in range(count)]
    control.counters = lambda: (
        sum(lane.counters.runs for lane in lanes),
        sum(lane.counters.nanoseconds for lane in lanes))

    def cancel(index: int, sequence: int) -> None:
        if index < len(lanes):
            lanes[index].cancellation.cancel(sequence)

    control.cancel = cancel
    for index, lane in enumerate(lanes):
        threading.Thread(target=lane.serve, name=f"slipway-lane-{index}", daemon=True).start()


def declaration(model: LoadedModel, lanes: int) -> bytearray:
    """The payload of `loaded`."""
    writer = Writer()
    writer.string(model.platform)

    def write_property(item: tuple) -> None:
        writer.string(str(item[0]))
        writer.string(str(item[1]))

    writer.list(model.properties, write_property)
    writer.u32(min(model.concurrency, lanes))
    writer.list(model.signatures, lambda signature: signature.write(writer))
    if len(writer.buffer) > frames.PAYLOAD_MAXIMUM:
        raise WorkerError("model_invalid", "the model declares more inputs and outputs than fit in 1 MiB")
    return writer.buffer


def refuse(control: Control, sequence: int, error: WorkerError) -> NoReturn:
    """Says why the model does not load, and ends."""
    writer = Writer()
    writer.string(error.code)
    writer.string(error.source)
    writer.string(error.message)
    writer.u64(0)
    control.send(frames.FAILED, sequence, writer.buffer)
    leave_quietly()


def _unload(model: object) -> NoReturn:
    if isinstance(model, LoadedModel):
        try:
            model.close()
        except BaseException as error:  # pylint: disable=broad-except
            print(from_exception(error, "close", "engine_failed").message, file=sys.stderr)
    leave_quietly()

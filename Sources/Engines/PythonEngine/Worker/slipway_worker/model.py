"""What a loader gets and what it gives."""

from __future__ import annotations

import os
from typing import Any, Callable, Dict, List, NamedTuple, Tuple

from .codec import Reader
from .errors import say


class LoadRequest(NamedTuple):
    """The server's wish to have a model version loaded."""

    engine: str
    name: str
    version: int
    #: The version directory.
    directory: str
    #: What to load in it: `model.pkl`.
    entry: str
    #: The model's `options:`; bool, int, str, or a dict of str.
    options: Dict[str, Any]
    #: Processors for the framework's own threads.
    processors: int
    library_directories: List[str]
    #: What the engine tells its own worker: `loader`, `allow_code`.
    parameters: Dict[str, str]
    #: Tells people how far the load is, in one line.
    progress: Callable[[str], None]
    #: How many runs may go on at a time: the number of lanes.
    lanes: int

    @property
    def path(self) -> str:
        """The path of the entry."""
        return os.path.join(self.directory, self.entry)

    @property
    def allow_code(self) -> bool:
        """Whether the model's owner lets code from the model's files run."""
        return self.parameters.get("allow_code") == "true"

    @staticmethod
    def warn(line: str) -> None:
        """A line for the server's log."""
        say("warning: " + line)


class LoadedModel:
    """A model in memory; a loader fills in the attributes and overrides `run`."""

    #: The platform that Open Inference Protocol clients see.
    platform: str = "python"
    #: Versions and other facts, for metadata.
    properties: List[Tuple[str, str]]
    #: The ways to call it, the default first.
    signatures: list
    #: Runs at a time.
    concurrency: int = 1

    def __init__(self) -> None:
        self.properties = []
        self.signatures = []

    def run(self, signature: int, inputs: list, wanted: List[int], deadline: float) -> list:
        """Answers one call.

        `inputs` are in the signature's order: arrays that cannot be written, and are valid until
        this returns. Gives an array for each position in `wanted`. `deadline` is a time of
        `time.monotonic`, 0 for none.
        """
        raise NotImplementedError

    def close(self) -> None:
        """Called once, before the process ends."""


def read_load(payload: Reader, progress: Callable[[str], None], lanes: int) -> LoadRequest:
    """Reads the payload of `load`."""
    engine, name, version = payload.string(), payload.string(), payload.u64()
    directory, entry = payload.string(), payload.string()
    options = dict(payload.list(lambda: (payload.string(), _option(payload))))
    processors = payload.u32()
    libraries = payload.list(payload.string)
    parameters = dict(payload.list(lambda: (payload.string(), payload.string())))
    payload.end()
    return LoadRequest(
        engine, name, version, directory, entry, options, max(processors, 1), libraries,
        parameters, progress, lanes)


def _option(payload: Reader) -> Any:
    kind = payload.u8()
    if kind == 0:
        return payload.boolean()
    if kind == 1:
        return payload.i64()
    if kind == 2:
        return payload.string()
    return dict(payload.list(lambda: (payload.string(), payload.string())))

"""Errors as the protocol carries them: a code, whose fault it is, and words."""

from __future__ import annotations

import sys
import traceback
from typing import Optional

#: Who has to act, for the codes that a worker gives.
SOURCES = {
    "engine_failed": "engine",
    "model_invalid": "model",
    "library_missing": "operation",
    "configuration_invalid": "operation",
    "resource_exhausted": "operation",
    "file_unreadable": "operation",
    "deadline_exceeded": "gateway",
    "invalid_request": "client",
    "invalid_tensor": "client",
    "internal": "internal",
}
#: Characters of user code's words that are kept.
TEXT_MAXIMUM = 2000
#: Frames of a traceback that are kept: the innermost.
TRACEBACK_FRAMES = 3


class InvalidRequest(Exception):
    """Raise this in `predict` when the client is at fault: it becomes HTTP 400, with your words."""


class WorkerError(Exception):
    """An error with a code of the protocol; its text is shown to people as it is."""

    def __init__(self, code: str, message: str, source: Optional[str] = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.source = source or SOURCES.get(code, "engine")


def model_invalid(message: str) -> WorkerError:
    """The model's files are at fault."""
    return WorkerError("model_invalid", message)


def configuration_invalid(message: str) -> WorkerError:
    """The model's options are at fault."""
    return WorkerError("configuration_invalid", message)


def library_missing(message: str) -> WorkerError:
    """A Python package is missing or of the wrong version."""
    return WorkerError("library_missing", message)


def invalid_request(message: str) -> WorkerError:
    """The client is at fault."""
    return WorkerError("invalid_request", message)


def clipped(text: str, maximum: int = TEXT_MAXIMUM) -> str:
    """The text, cut in the middle when it is too long."""
    # One line: logs and statuses show it as it is.
    text = " ".join(text.encode("utf-8", "replace").decode("utf-8").split())
    if len(text) <= maximum:
        return text
    half = maximum // 2
    return text[:half] + " ... " + text[-half:]


def words_of(error: BaseException) -> str:
    """`ValueError: too short`; never fails, whatever the exception's own methods do."""
    try:
        text = str(error)
    except BaseException:  # pylint: disable=broad-except
        text = "(its text cannot be had)"
    name = type(error).__name__
    return clipped(f"{name}: {text}" if text else name)


def last_lines(error: BaseException) -> str:
    """Where it happened: the end of the traceback, without the worker's own frames."""
    try:
        frames = traceback.extract_tb(error.__traceback__)
    except BaseException:  # pylint: disable=broad-except
        return ""
    foreign = [frame for frame in frames if "slipway_worker" not in frame.filename]
    lines = []
    for frame in foreign[-TRACEBACK_FRAMES:]:
        name = frame.filename.rsplit("/", 1)[-1]
        code = f": {frame.line.strip()}" if frame.line else ""
        lines.append(f"{name}:{frame.lineno} in {frame.name}{code}")
    return clipped(" | ".join(lines))


def from_exception(error: BaseException, doing: str, code: str) -> WorkerError:
    """What an exception of user or framework code becomes.

    `doing` says what went on: `predict`; `code` is what holds unless the exception says more.
    """
    if isinstance(error, WorkerError):
        return error
    if isinstance(error, InvalidRequest):
        return invalid_request(clipped(str(error)) or "the model refuses the request")
    if isinstance(error, MemoryError):
        return WorkerError("resource_exhausted", f"{doing} ran out of memory: {words_of(error)}")
    if isinstance(error, SystemExit):
        return WorkerError(
            code, f"{doing} called sys.exit({error.code!r}); it must return or raise instead")
    where = last_lines(error)
    return WorkerError(code, f"{doing} raised {words_of(error)}" + (f"; at {where}" if where else ""))


def say(line: str) -> None:
    """A line for the server's log."""
    print(line, file=sys.stderr, flush=True)

"""What the builder of environments says to the server, and the watch over the server's life."""

from __future__ import annotations

import errno
import os
import signal
import sys
import threading
from typing import Dict, List, Optional

#: Largest request, in bytes.
REQUEST_MAXIMUM = 4 << 20
#: Longest line that is said.
LINE_MAXIMUM = 4000


class Failure(Exception):
    """Why there is no environment: a code of the server's errors, and words for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message

    @staticmethod
    def of_system(error: OSError) -> "Failure":
        """What a system call's failure means here."""
        place = f" ({error.filename})" if error.filename else ""
        words = f"{error.strerror or error}{place}"
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return Failure(
                "resource_exhausted",
                f"the disk is full: {words}; free some space, remove environments with 'slipway "
                "engines environments --prune', or move the cache with SLIPWAY_CACHE",
            )
        return Failure("file_unreadable", f"cannot make an environment: {words}")


class Request:
    """Named values; a name may come several times."""

    def __init__(self, values: Dict[str, List[str]]) -> None:
        self._values = values

    def one(self, name: str) -> str:
        """The value of that name, or nothing at all."""
        return self._values.get(name, [""])[0]

    def all(self, name: str) -> List[str]:
        """Every value of that name, in order."""
        return self._values.get(name, [])

    def flag(self, name: str) -> bool:
        """Whether it is set."""
        return self.one(name) == "1"


class Conversation:
    """The two ends: `name=value` fields that end with NUL come in, marked lines go out."""

    def read(self) -> Request:
        """Reads the request up to its empty field; afterwards the end of input ends everything."""
        data = bytearray()
        while not data.endswith(b"\0\0"):
            part = os.read(0, 65536)
            if not part:
                raise Failure("internal", "the request ended early")
            data += part
            if len(data) > REQUEST_MAXIMUM:
                raise Failure("model_invalid", "the requirements are longer than 4 MiB")
        values: Dict[str, List[str]] = {}
        for field in data[:-2].decode("utf-8", "surrogateescape").split("\0"):
            name, _, value = field.partition("=")
            values.setdefault(name, []).append(value)
        threading.Thread(target=self._watch, daemon=True).start()
        return Request(values)

    @staticmethod
    def _watch() -> None:
        """Ends this process and its children (a group of their own) when nobody listens any more."""
        while os.read(0, 4096):
            pass
        if os.getpgrp() == os.getpid():
            os.killpg(0, signal.SIGKILL)
        os._exit(3)

    def progress(self, text: str) -> None:
        """A line for the server's log."""
        self._say("progress", text)

    def ready(self, text: str) -> None:
        """The last word: where the interpreter is."""
        self._say("ready", text)

    def failed(self, failure: Failure) -> None:
        """The last word: why not."""
        self._say("failed", f"{failure.code} {failure.message}")

    def _say(self, kind: str, text: str, maximum: Optional[int] = None) -> None:
        # Lines within a text are kept: a message of pip's has several.
        limit = maximum or (LINE_MAXIMUM if kind != "ready" else REQUEST_MAXIMUM)
        line = text[:limit].replace("\\", "\\\\").replace("\r", " ").replace("\n", "\\n")
        data = f"slipway:{kind} {line}\n".encode("utf-8", "surrogateescape")
        while data:
            data = data[os.write(sys.stdout.fileno(), data):]

"""Requirements as a model names them, brought into one form that can be hashed and given to pip."""

from __future__ import annotations

import hashlib
import os
import re
from typing import List, Optional, Tuple

from .conversation import Failure

#: Largest requirements file, and most lines of all of them together.
FILE_MAXIMUM = 1 << 20
LINES_MAXIMUM = 10_000
#: How deep `-r` may nest.
DEPTH_MAXIMUM = 8

_COMMENT = re.compile(r"(^|\s)#.*$")
_NAME = re.compile(r"^([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)")
_INCLUDE = re.compile(r"^(-r|--requirement|-c|--constraint)(?:\s+|=)(.+)$")
_LOCAL = re.compile(r"^(\.{0,2}/|[^=<>!~;\[\s@]+/)|\.(whl|tar\.gz|zip)$")


class Requirements:
    """Lines for pip, sorted, and the digests of the local files that they name."""

    def __init__(self) -> None:
        self.lines: List[str] = []
        self.constraints: List[str] = []
        self.files: List[Tuple[str, str]] = []

    @property
    def are_hashed(self) -> bool:
        """Whether pip must check hashes (it then wants one for every package)."""
        return any("--hash" in line or line == "--require-hashes" for line in self.lines)

    def names(self, package: str) -> bool:
        """Whether a line asks for that package."""
        found = (_NAME.match(line) for line in self.lines)
        return any(match and canonical(match.group(1)) == package for match in found)

    def add_file(self, path: str) -> None:
        """Reads a requirements file and those that it includes."""
        self._read(path, 0, self.lines)

    def add_lines(self, lines: List[str], directory: str) -> None:
        """Takes lines as a list in another file (`conda.yaml`) gives them."""
        for line in lines:
            self._take(line, directory, f"{directory} (pip section)", 0, self.lines)

    def finish(self) -> None:
        """Sorts; what is there twice counts once."""
        self.lines = sorted(set(self.lines))
        self.constraints = sorted(set(self.constraints))
        self.files = sorted(set(self.files))

    def _read(self, path: str, depth: int, into: List[str]) -> None:
        if depth > DEPTH_MAXIMUM:
            raise Failure("model_invalid", f"{path}: '-r' nests deeper than {DEPTH_MAXIMUM} files")
        try:
            # Without waiting: a named pipe in the place of a file would hold the load for ever.
            descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            with open(descriptor, "rb") as file:
                data = file.read(FILE_MAXIMUM + 1)
        except OSError as error:
            raise Failure(
                "file_unreadable", f"cannot read the requirements {path}: {error.strerror}")
        if len(data) > FILE_MAXIMUM:
            raise Failure("model_invalid", f"{path} is larger than {FILE_MAXIMUM} bytes")
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise Failure("model_invalid", f"{path} is not UTF-8 at byte {error.start}")
        # A backslash at a line's end joins it with the next.
        text = re.sub(r"\\\r?\n", " ", text)
        for line in text.splitlines():
            self._take(line, os.path.dirname(path) or ".", path, depth, into)

    def _take(self, line: str, directory: str, path: str, depth: int, into: List[str]) -> None:
        line = " ".join(_COMMENT.sub("", line).split())
        if not line:
            return
        if "\0" in line:
            raise Failure("model_invalid", f"{path} holds a NUL byte")
        include = _INCLUDE.match(line)
        if include:
            target = os.path.join(directory, include.group(2).strip("'\""))
            isolated = include.group(1).startswith(("-c", "--c"))
            self._read(target, depth + 1, self.constraints if isolated else into)
            return
        if re.match(r"^(-e|--editable)\b", line):
            raise Failure(
                "model_invalid",
                f"{path}: '{clipped(line)}' is editable: it would change after the environment is "
                "made; build a wheel ('pip wheel .') and put it into wheels/ beside the model")
        into.append(self._canonical(line, directory, path))
        if len(self.lines) + len(self.constraints) > LINES_MAXIMUM:
            raise Failure("model_invalid", f"{path}: more than {LINES_MAXIMUM} requirements")

    def _canonical(self, line: str, directory: str, path: str) -> str:
        if line.startswith("-") or "://" in line.split(" ")[0]:
            return line
        local = self._local(line, directory, path)
        if local:
            return local
        return _NAME.sub(lambda match: canonical(match.group(1)), line)

    def _local(self, line: str, directory: str, path: str) -> Optional[str]:
        word = line.split(" ")[0].split(";")[0].split("[")[0]
        if not _LOCAL.search(word) or " @ " in line:
            return None
        file = os.path.abspath(os.path.join(directory, word))
        if os.path.isdir(file):
            raise Failure(
                "model_invalid",
                f"{path}: '{clipped(line)}' is a directory; build a wheel ('pip wheel {word}') and "
                "name that instead")
        if not os.path.isfile(file):
            raise Failure(
                "model_invalid", f"{path}: '{clipped(line)}' names {file}, which is not a file")
        self.files.append((os.path.basename(file), digest(file)))
        return file + line[len(word):]


def canonical(name: str) -> str:
    """A package's name as the index compares it: `Scikit_Learn` is `scikit-learn`."""
    return re.sub(r"[-_.]+", "-", name).lower()


def clipped(text: str, maximum: int = 200) -> str:
    """The text, cut when it is too long."""
    return text if len(text) <= maximum else text[:maximum] + "..."


def digest(path: str) -> str:
    """SHA-256 of a file."""
    value = hashlib.sha256()
    with open(path, "rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            value.update(block)
    return value.hexdigest()

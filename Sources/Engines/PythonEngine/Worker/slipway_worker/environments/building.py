"""Makes an environment, or finds that it is there.

An environment lies in `<cache>/environments/<key>`. A virtual environment knows its own path, so it
is made where it will stay; it counts only once its record, `environment.json`, is there, which is
written last and renamed into place. Whoever makes one holds a lock that the system gives back when
the holder dies; what a dead builder has left is removed by the next.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import time
from typing import Callable, Dict, List, Tuple

from . import interpreters, pip
from .conversation import Failure, Request
from .empty import create
from .requirements import Requirements, digest

#: Changes when environments are made differently, so that old ones are not reused.
FORMAT = 1
RECORD = "environment.json"
LOCKED = "requirements.lock"
#: Most wheels in a model's directory of wheels.
WHEELS_MAXIMUM = 2000

Progress = Callable[[str], None]


class Plan:
    """Everything that decides what an environment holds, and the key that follows from it."""

    def __init__(self, request: Request) -> None:
        self.model = request.one("model")
        self.base = interpreters.find(request.one("wanted"))
        self.needs = sorted(request.all("need"))
        self.requirements = Requirements()
        self.directory = request.one("directory")
        for path in request.all("requirement_file"):
            self.requirements.add_file(path)
        self.requirements.add_lines(request.all("requirement"), self.directory)
        self.requirements.finish()
        self.wheels = request.one("wheels")
        self.offline = request.flag("offline")
        self.key = self._key()
        self.root = os.path.join(request.one("cache"), "environments")
        self.path = os.path.join(self.root, self.key)
        self.lock_file = os.path.join(self.root, f"{self.key}.lock")
        self.building = os.path.join(self.root, f"{self.key}.building")

    @property
    def python(self) -> str:
        """The environment's own interpreter."""
        return os.path.join(self.path, "bin", "python")

    def _key(self) -> str:
        parts = {
            "format": FORMAT,
            "python": {name: self.base[name] for name in self.base if name != "executable"},
            "lines": self.requirements.lines,
            "constraints": self.requirements.constraints,
            "files": self.requirements.files,
            "needs": self.needs,
            "offline": self.offline,
            "wheels": wheels(self.wheels),
        }
        text = json.dumps(parts, sort_keys=True, ensure_ascii=True)
        return hashlib.sha256(text.encode("ascii")).hexdigest()[:32]


def wheels(directory: str) -> List[Tuple[str, str]]:
    """Names and digests of the packages that lie in a directory."""
    if not directory:
        return []
    try:
        names = sorted(os.listdir(directory))
    except OSError as error:
        raise Failure(
            "configuration_invalid", f"cannot read the wheels in {directory}: {error.strerror}")
    names = [name for name in names if name.endswith((".whl", ".tar.gz", ".zip"))]
    if len(names) > WHEELS_MAXIMUM:
        raise Failure("model_invalid", f"{directory} holds more than {WHEELS_MAXIMUM} wheels")
    return [(name, digest(os.path.join(directory, name))) for name in names]


def interpreter(request: Request, progress: Progress) -> str:
    """The interpreter of the environment that the request describes; makes it when it is missing."""
    plan = Plan(request)
    if is_ready(plan):
        return plan.python
    os.makedirs(plan.root, mode=0o700, exist_ok=True)
    with open(plan.building, "a", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress("waiting for another process that makes the same environment")
            fcntl.flock(file, fcntl.LOCK_EX)
        if not is_ready(plan):
            make(plan, progress)
    return plan.python


def is_ready(plan: Plan) -> bool:
    """Whether the environment is whole and its interpreter is still there; notes the use."""
    record = os.path.join(plan.path, RECORD)
    if not os.path.exists(record) or not os.access(plan.python, os.X_OK):
        return False
    try:
        os.utime(record)
    except OSError:
        pass  # A cache that others own and that we may only read.
    return True


def make(plan: Plan, progress: Progress) -> None:
    """Makes the environment; leaves nothing of it when that fails."""
    started = time.monotonic()
    shutil.rmtree(plan.path, ignore_errors=True)
    count = len(plan.requirements.lines)
    progress(
        f"making environment {plan.key} with Python {plan.base['version']} for {count} "
        f"requirement{'' if count == 1 else 's'}")
    try:
        packages = pip.install(plan, create(plan), progress)
        require(plan)
        write_record(plan, packages)
    except BaseException:
        shutil.rmtree(plan.path, ignore_errors=True)
        raise
    progress(f"environment {plan.key} is ready after {time.monotonic() - started:.0f} s")


def require(plan: Plan) -> None:
    """Checks that what the worker itself needs is there."""
    for need in plan.needs:
        done = subprocess.run(
            [plan.python, "-I", "-c", f"import {need}"], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        if done.returncode != 0:
            words = pip.last_words(done.stdout.decode("utf-8", "replace"))
            raise Failure(
                "model_invalid",
                f"the environment has no {need} that can be imported, which the worker needs; add "
                f"it to the requirements. Python said: {words}")


def write_record(plan: Plan, packages: List[Dict[str, str]]) -> None:
    """Says what is in the environment; from then on it counts."""
    record = {
        "format": FORMAT,
        "key": plan.key,
        "model": plan.model,
        "python": plan.base["version"],
        "base": plan.base["executable"],
        "requirements": [pip.without_secrets(line) for line in plan.requirements.lines],
        "packages": packages,
        "bytes": size(plan.path),
    }
    path = os.path.join(plan.path, RECORD)
    with open(path + ".new", "w", encoding="utf-8") as file:
        json.dump(record, file, indent=1)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    os.rename(path + ".new", path)


def size(path: str) -> int:
    """Bytes of a tree's files."""
    total = 0
    for folder, _, files in os.walk(path):
        for name in files:
            try:
                total += os.lstat(os.path.join(folder, name)).st_size
            except OSError:
                pass
    return total

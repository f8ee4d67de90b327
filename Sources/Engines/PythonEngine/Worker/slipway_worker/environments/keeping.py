"""Lists the environments of a cache, and removes those that nothing uses."""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import time
from typing import Dict, List, Set

from .building import RECORD, size
from .conversation import Request

_KEY = re.compile(r"^[0-9a-f]{32}$")


def show(request: Request, prune: bool) -> str:
    """The environments as a JSON list; with `prune`, removes the unused ones and says which."""
    root = os.path.join(request.one("cache"), "environments")
    used = in_use(root)
    seconds = float(request.one("unused_seconds") or 0)
    found = []
    for name in sorted(os.listdir(root)) if os.path.isdir(root) else []:
        if not _KEY.match(name):
            continue
        entry = describe(root, name, used)
        if prune and not entry["in_use"] and entry["idle_seconds"] >= seconds:
            entry["removed"] = remove(root, name)
        found.append(entry)
    return json.dumps(found)


def describe(root: str, name: str, used: Set[str]) -> Dict[str, object]:
    """One environment: what it is for, how large, and when it was last used."""
    path = os.path.join(root, name)
    record_path = os.path.join(path, RECORD)
    record: Dict[str, object] = {}
    try:
        with open(record_path, encoding="utf-8") as file:
            record = json.load(file)
        idle = max(0, int(time.time() - os.stat(record_path).st_mtime))
    except (OSError, ValueError):
        idle = max(0, int(time.time() - os.stat(path).st_mtime))
    packages: List[Dict[str, str]] = record.get("packages", [])  # type: ignore[assignment]
    return {
        "key": name,
        "path": path,
        "complete": bool(record),
        "model": record.get("model", ""),
        "python": record.get("python", ""),
        "packages": [f"{one['name']}=={one['version']}" for one in packages],
        "bytes": record.get("bytes") or size(path),
        "idle_seconds": idle,
        "in_use": name in used,
        "removed": False,
    }


def in_use(root: str) -> Set[str]:
    """The environments whose interpreter runs, as far as this user may see."""
    used = set()
    prefix = os.path.join(root, "")
    for process in os.listdir("/proc"):
        if not process.isdigit():
            continue
        try:
            with open(f"/proc/{process}/cmdline", "rb") as file:
                program = os.fsdecode(file.read(4096).split(b"\0")[0])
        except OSError:
            continue
        if program.startswith(prefix):
            used.add(program[len(prefix):].split("/")[0])
    return used


def remove(root: str, name: str) -> bool:
    """Removes one, unless somebody makes it right now; its record of versions stays."""
    with open(os.path.join(root, f"{name}.building"), "a", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        path = os.path.join(root, name)
        try:
            # First what makes it count, so that nobody starts to use half of it.
            os.unlink(os.path.join(path, RECORD))
        except FileNotFoundError:
            pass
        shutil.rmtree(path, ignore_errors=True)
        return not os.path.exists(path)

"""Finding a Python of the version that a model wants."""

from __future__ import annotations

import glob
import json
import os
import re
import shutil
import subprocess
import sys
from typing import Dict, Iterator, List, Optional

from .conversation import Failure

#: Oldest Python that the worker runs with.
OLDEST = (3, 9)
#: How long an interpreter may take to say what it is.
PROBE_SECONDS = 20

_PROBE = (
    "import json,platform,sys,sysconfig;print(json.dumps(dict("
    "implementation=sys.implementation.name,version=platform.python_version(),"
    "platform=sysconfig.get_platform(),base=sys.base_prefix,executable=sys.executable)))"
)


def describe(python: str) -> Optional[Dict[str, str]]:
    """What an interpreter says of itself; nothing when it does not run."""
    try:
        done = subprocess.run(
            [python, "-I", "-S", "-c", _PROBE], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=PROBE_SECONDS, check=True)
        found = json.loads(done.stdout)
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    return found if version_of(found) >= OLDEST else None


def version_of(found: Dict[str, str]) -> tuple:
    """(3, 11)"""
    return tuple(int(part) for part in re.findall(r"\d+", found["version"])[:2])


def find(wanted: str) -> Dict[str, str]:
    """The interpreter for `3.11` (or `3.11.7`, of which the last part does not matter).

    Without a wish, the one that runs this.
    """
    own = describe(sys.executable)
    if own is None:
        raise Failure("library_missing", f"{sys.executable} does not run by itself")
    if not wanted:
        return own
    match = re.match(r"^\s*[=~]*\s*(\d+)\.(\d+)(\.\d+)*(\.\*)?\s*$", wanted)
    if not match:
        raise Failure(
            "model_invalid", f"'{wanted[:60]}' is no Python version; write it as 3.11")
    target = (int(match.group(1)), int(match.group(2)))
    if version_of(own) == target:
        return own
    seen: List[str] = [f"{own['executable']} is {own['version']}"]
    for candidate in candidates(f"{target[0]}.{target[1]}"):
        found = describe(candidate)
        if found and version_of(found) == target:
            return found
        if found:
            seen.append(f"{candidate} is {found['version']}")
    text = ".".join(map(str, target))
    if target < OLDEST:
        raise Failure(
            "model_invalid",
            f"the model wants Python {text}; Slipway's worker needs 3.9 or newer. Save the model "
            "again with a newer Python")
    raise Failure(
        "library_missing",
        f"the model wants Python {text}, and there is none here ({'; '.join(seen)}); install "
        f"python{text} (Debian: apt install python{text} python{text}-venv), or name another with "
        "the option 'python'")


def candidates(version: str) -> Iterator[str]:
    """Where a Python of that version may lie, the most likely first."""
    for name in (f"python{version}", "python3", "python"):
        path = shutil.which(name)
        if path:
            yield path
    pyenv = os.environ.get("PYENV_ROOT") or os.path.expanduser("~/.pyenv")
    yield from sorted(glob.glob(f"{glob.escape(pyenv)}/versions/{version}*/bin/python{version}"))
    uv = os.path.expanduser("~/.local/share/uv/python")
    yield from sorted(glob.glob(f"{glob.escape(uv)}/cpython-{version}*/bin/python{version}"))
    for place in ("/usr/local/bin", "/usr/bin", "/opt/python/bin", f"/opt/python{version}/bin"):
        path = f"{place}/python{version}"
        if os.access(path, os.X_OK):
            yield path

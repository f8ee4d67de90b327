"""Empty virtual environments.

Python's own way puts pip into each of them, which takes several times as long as all the rest and
serves nobody afterwards. The interpreter's own pip can install into another environment instead.
"""

from __future__ import annotations

import glob
import json
import os
import re
import subprocess
import zipfile
from typing import TYPE_CHECKING, Dict, List, Optional

from . import pip
from .conversation import Failure

if TYPE_CHECKING:
    from .building import Plan

#: The first pip that knows `--python`.
_OUTSIDE = (22, 3)
#: Up to the Python before this one an environment holds setuptools, and packages rely on it.
_WITHOUT_SETUPTOOLS = (3, 12)

_PROBE = """
import json, os, sysconfig
try:
    from pip import __version__ as version
except ImportError:
    version = ""
try:
    from ensurepip import __file__ as file
except ImportError:
    file = ""
places = [sysconfig.get_config_var("WHEEL_PKG_DIR"), file and os.path.join(os.path.dirname(file), "_bundled")]
print(json.dumps({"pip": version, "wheels": [place for place in places if place]}))
"""


def create(plan: "Plan") -> List[str]:
    """Makes an empty environment; returns the command that is pip for it."""
    base = plan.base["executable"]
    known = _known(base)
    version = tuple(int(part) for part in re.findall(r"\d+", plan.base["version"])[:2])
    setuptools = _setuptools(known) if version < _WITHOUT_SETUPTOOLS else None
    pip_version = tuple(int(part) for part in re.findall(r"\d+", str(known.get("pip", "")))[:2])
    if pip_version < _OUTSIDE or (setuptools is None and version < _WITHOUT_SETUPTOOLS):
        _make(plan, [])
        return [plan.python, "-I", "-m", "pip"]
    _make(plan, ["--without-pip"])
    if setuptools is not None:
        _unpack(setuptools, plan, version)
    return [base, "-I", "-m", "pip", "--python", plan.python]


def _known(base: str) -> Dict[str, object]:
    """The version of the interpreter's pip, and where its wheels for new environments lie."""
    try:
        done = subprocess.run(
            [base, "-I", "-c", _PROBE], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, env=pip.clean_environment(), check=True)
        return json.loads(done.stdout)
    except (OSError, ValueError, subprocess.SubprocessError):
        return {}


def _setuptools(known: Dict[str, object]) -> Optional[str]:
    """The wheel that Python's own way would install."""
    for place in known.get("wheels", []):  # type: ignore[attr-defined]
        found = sorted(glob.glob(os.path.join(glob.escape(place), "setuptools-*-py3-none-any.whl")))
        if found:
            return found[-1]
    return None


def _unpack(wheel: str, plan: "Plan", version: tuple) -> None:
    """Installs a wheel of plain modules, which is to unpack it."""
    name = f"python{version[0]}.{version[1]}"
    with zipfile.ZipFile(wheel) as file:
        file.extractall(os.path.join(plan.path, "lib", name, "site-packages"))


def _make(plan: "Plan", options: List[str]) -> None:
    command = [plan.base["executable"], "-I", "-m", "venv", *options, plan.path]
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        env=pip.clean_environment(), check=False)
    if done.returncode == 0:
        return
    words = pip.last_words(done.stdout.decode("utf-8", "replace"))
    pip.raise_if_disk_is_full(words)
    version = ".".join(plan.base["version"].split(".")[:2])
    if "No module named" in words or "ensurepip" in words:
        raise Failure(
            "library_missing",
            f"{plan.base['executable']} cannot make virtual environments; install its venv module "
            f"(Debian: apt install python{version}-venv), or name another with the option "
            f"'python'. It said: {words}")
    raise Failure("engine_failed", f"cannot make a virtual environment: {words}")

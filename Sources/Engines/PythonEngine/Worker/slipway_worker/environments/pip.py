"""Runs pip and turns its last words into an error that says what to do."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
from collections import deque
from typing import TYPE_CHECKING, Callable, Deque, Dict, List

from .conversation import Failure

if TYPE_CHECKING:
    from .building import Plan

#: Lines and characters of pip's output that an error repeats.
LINES_KEPT = 60
WORDS_MAXIMUM = 1500
#: Lines that a user sees while pip works; the rest are details.
_TOLD = re.compile(r"^(Collecting|Downloading|Building wheel|Installing collected|Successfully)")
_SECRET = re.compile(r"://[^/\s@]+@")
_QUERY = re.compile(r"([?&](?:token|key|sig|signature|password|secret|auth)[^=\s&]*=)[^&\s]+", re.I)

#: What pip says, the code, and what it means; the first that is found holds.
_MEANINGS = [
    (
        r"No space left on device|Disk quota exceeded|Errno 28\b",
        "resource_exhausted",
        "the disk is full; free some space, remove environments with 'slipway engines environments "
        "--prune', or move the cache with SLIPWAY_CACHE",
    ),
    (
        r"DO NOT MATCH THE HASHES",
        "model_invalid",
        "a package is not the one that the requirements' hash names: it was changed, or the hash is "
        "wrong; do not use it before you know which",
    ),
    (
        r"--require-hashes mode",
        "model_invalid",
        "the requirements have hashes, so every package needs a pinned version and a hash, also "
        "those that others depend on ('pip-compile --generate-hashes' writes them all)",
    ),
    (
        r"ResolutionImpossible|conflicting dependencies|have conflicts",
        "model_invalid",
        "the requirements contradict one another",
    ),
    (
        r"Failed to establish a new connection|Name or service not known|Temporary failure in name "
        r"resolution|Network is unreachable|Connection refused|NewConnectionError|ConnectTimeout|"
        r"ProxyError|Read timed out|Max retries exceeded|SSLError",
        "library_missing",
        "the package index cannot be reached; without a network, put the wheels into wheels/ beside "
        "the model ('pip download -r requirements.txt numpy -d wheels' makes them), or name an existing "
        "environment with the option 'environment'",
    ),
    (
        r"Invalid requirement|InvalidRequirement|Invalid version|no such option|InstallationError",
        "model_invalid",
        "a line of the requirements is malformed",
    ),
    (
        r"No matching distribution found|Could not find a version",
        "model_invalid",
        "",
    ),
    (
        r"requires a different Python|Requires-Python",
        "model_invalid",
        "a package does not support this version of Python; name another with the option 'python'",
    ),
    (
        r"Failed building wheel|subprocess-exited-with-error|metadata-generation-failed",
        "model_invalid",
        "a package has no wheel for this Python and machine, and building it from source failed; "
        "pin a version that has one, or build a wheel and put it into wheels/ beside the model",
    ),
]


def install(
    plan: "Plan", pip: List[str], progress: Callable[[str], None]
) -> List[Dict[str, str]]:
    """Installs the requirements by that pip and returns what is in the environment now."""
    with tempfile.TemporaryDirectory(dir=plan.path) as scratch:
        report = os.path.join(scratch, "report.json")
        wanted = os.path.join(scratch, "requirements.txt")
        command = [
            *pip, "install", "--no-input", "--no-color", "--disable-pip-version-check",
            "--progress-bar", "off", "--report", report,
        ]
        is_locked = os.path.exists(plan.lock_file)
        if is_locked:
            progress("installing the versions that were recorded when it was first made")
            command += locked_arguments(plan, wanted)
        else:
            command += ["--requirement", wanted]
            write_requirements(plan, wanted, scratch, command)
        if plan.wheels:
            command += ["--find-links", plan.wheels]
        if plan.offline:
            command += ["--no-index"]
        run(command, plan, progress, is_locked)
        packages = read_report(report)
    if not is_locked:
        write_lock(plan, packages)
    return [{"name": one["name"], "version": one["version"]} for one in packages]


def write_requirements(plan: "Plan", path: str, scratch: str, command: List[str]) -> None:
    """Gives pip the model's lines, and the worker's own needs unless hashes are checked."""
    lines = list(plan.requirements.lines)
    if not plan.requirements.are_hashed:
        lines += [need for need in plan.needs if not plan.requirements.names(need)]
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(line + "\n" for line in lines)
    if plan.requirements.constraints:
        constraints = os.path.join(scratch, "constraints.txt")
        with open(constraints, "w", encoding="utf-8") as file:
            file.writelines(line + "\n" for line in plan.requirements.constraints)
        command += ["--constraint", constraints]


def locked_arguments(plan: "Plan", path: str) -> List[str]:
    """How to get again what was there before, from where the model's own lines say."""
    with open(plan.lock_file, encoding="utf-8") as file:
        is_hashed = "--hash=" in file.read()
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(line + "\n" for line in plan.requirements.lines if line.startswith("-"))
    return ["--no-deps", "--requirement", path, "--requirement", plan.lock_file] + (
        ["--require-hashes"] if is_hashed else [])


def run(
    command: List[str], plan: "Plan", progress: Callable[[str], None], is_locked: bool
) -> None:
    """Runs pip in the model's directory, tells what it does, and throws with its last words."""
    kept: Deque[str] = deque(maxlen=LINES_KEPT)
    environment = clean_environment()
    if plan.offline:
        # A place for wheels in the user's own configuration would come in by the back door.
        environment["PIP_CONFIG_FILE"] = os.devnull
        environment.pop("PIP_FIND_LINKS", None)
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        env=environment, cwd=plan.directory or None, text=True, errors="replace",
    ) as process:
        for line in process.stdout:
            line = without_secrets(line.rstrip())[:1000]
            kept.append(line)
            if _TOLD.match(line):
                progress(line.split(" (from ")[0][:200])
    if process.returncode == 0:
        return
    hint = ""
    if is_locked:
        hint = f" (remove {plan.lock_file} to let pip choose versions anew)"
    raise failure("\n".join(kept), process.returncode, plan, hint)


def failure(output: str, status: int, plan: "Plan", hint: str = "") -> Failure:
    """What pip's words mean."""
    words = last_words(output)
    for pattern, code, meaning in _MEANINGS:
        if re.search(pattern, output):
            return Failure(code, f"{meaning or unmatched(output, plan)}{hint}. pip said: {words}")
    if status < 0:
        return Failure(
            "resource_exhausted",
            f"pip was killed by signal {-status}, perhaps for want of memory. It said: {words}")
    return Failure(
        "engine_failed", f"pip ended with status {status}{hint}. Its last words: {words}")


def unmatched(output: str, plan: "Plan") -> str:
    """No such package, or no such version of it."""
    found = re.search(r"No matching distribution found for (.+)", output)
    name = found.group(1).strip()[:200] if found else "a package"
    known = re.search(r"from versions: ([^)]*)\)", output)
    where = f"in {plan.wheels} (offline)" if plan.offline else "in the package index"
    if known and known.group(1) != "none":
        return f"there is no version {where} that satisfies '{name}'"
    if plan.offline:
        return (
            f"there is no package '{name}' {where}; 'pip download -r requirements.txt numpy -d wheels' "
            "fetches all that is needed")
    return f"there is no package '{name}' {where}, or none for this Python and machine"


def raise_if_disk_is_full(words: str) -> None:
    """The one failure that venv and pip share."""
    pattern, code, meaning = _MEANINGS[0]
    if re.search(pattern, words):
        raise Failure(code, f"{meaning}. It said: {words}")


def last_words(output: str) -> str:
    """The lines that say what went wrong: errors if there are any, and the end otherwise."""
    lines = [line.strip() for line in without_secrets(output).splitlines() if line.strip()]
    lines = [line for line in lines if not line.startswith(("[notice]", "WARNING: Retrying"))]
    start = next((i for i, line in enumerate(lines) if line.startswith("ERROR:")), None)
    # The conflict's explanation stands before the last error, and after the first.
    told = lines[start:] if start is not None else lines[-8:]
    text = " | ".join(told)
    return text if len(text) <= WORDS_MAXIMUM else text[:WORDS_MAXIMUM] + "..."


def without_secrets(text: str) -> str:
    """The text without names and passwords in addresses."""
    return _QUERY.sub(r"\1***", _SECRET.sub("://***@", text))


def clean_environment() -> Dict[str, str]:
    """Ours, less what would make pip install elsewhere or import something of the user's."""
    unwanted = {
        "PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "VIRTUAL_ENV", "PIP_TARGET", "PIP_PREFIX",
        "PIP_ROOT", "PIP_USER", "PIP_REQUIRE_VIRTUALENV", "PIP_REPORT", "PIP_QUIET", "PIP_LOG",
        "PIP_DRY_RUN", "PIP_REQUIREMENT", "PIP_CONSTRAINT", "PIP_NO_DEPS", "__PYVENV_LAUNCHER__",
    }
    kept = {name: value for name, value in os.environ.items() if name not in unwanted}
    return {**kept, "PYTHONNOUSERSITE": "1", "PIP_NO_INPUT": "1", "LC_ALL": "C.UTF-8"}


def read_report(path: str) -> List[Dict[str, str]]:
    """What pip installed: name, version, and where from, sorted by name."""
    with open(path, encoding="utf-8") as file:
        installed = json.load(file)["install"]
    packages = []
    for one in installed:
        source = one.get("download_info", {})
        hashes = source.get("archive_info", {}).get("hashes", {})
        packages.append({
            "name": one["metadata"]["name"],
            "version": one["metadata"]["version"],
            "sha256": hashes.get("sha256", ""),
            "address": source.get("url", "") if one.get("is_direct") else "",
        })
    return sorted(packages, key=lambda package: package["name"].lower())


def write_lock(plan: "Plan", packages: List[Dict[str, str]]) -> None:
    """Records the exact packages beside the environment, so that making it again gives the same.

    It stays when the environment is removed. Hashes are recorded when every package has one.
    """
    is_hashed = all(package["sha256"] for package in packages)
    lines = []
    for package in packages:
        address = package["address"]
        line = (
            f"{package['name']} @ {address}" if address
            else f"{package['name']}=={package['version']}")
        lines.append(line + (f" --hash=sha256:{package['sha256']}" if is_hashed else ""))
    with open(plan.lock_file + ".new", "w", encoding="utf-8") as file:
        file.write("# What pip chose when this environment was first made.\n")
        file.writelines(line + "\n" for line in lines)
        file.flush()
        os.fsync(file.fileno())
    os.chmod(plan.lock_file + ".new", 0o600)
    os.rename(plan.lock_file + ".new", plan.lock_file)

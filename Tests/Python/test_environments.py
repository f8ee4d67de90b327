"""Environments of Python models: made once, kept, never half, and clear about what went wrong.

The packages are wheels made here on the fly; no network is used. Where a test must catch pip at
work, pip gets them from a server of the test's own, which answers when the test lets it.
"""

import base64
import hashlib
import http.server
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import zipfile

import pytest
from harness import ROOT, TIMEOUT, until

PACKAGE = ROOT / "Sources" / "Engines" / "PythonEngine" / "Worker"
PROGRAM = (
    "import sys; sys.path.insert(0, sys.argv[1]); sys.dont_write_bytecode = True\n"
    "from slipway_worker.environments import main; main()"
)


def wheel(folder, name, version, needs=(), body="", files=None):
    """Writes a wheel: a zip of one module and its metadata."""
    folder.mkdir(parents=True, exist_ok=True)
    info = f"{name}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    metadata += "".join(f"Requires-Dist: {need}\n" for need in needs)
    content = {
        f"{name}.py": f"__version__ = '{version}'\n{body}",
        f"{info}/METADATA": metadata,
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        **(files or {}),
    }
    record = ""
    for path, text in content.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        record += f"{path},sha256={digest},{len(text)}\n"
    content[f"{info}/RECORD"] = record + f"{info}/RECORD,,\n"
    path = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as file:
        for name_in_zip, text in content.items():
            file.writestr(zipfile.ZipInfo(name_in_zip), text)
    return path


class Builder:
    """The process that makes environments, as the server starts it."""

    def __init__(self, cache, python=sys.executable, **fields):
        self.process = subprocess.Popen(
            [str(python), "-I", "-X", "utf8", "-c", PROGRAM, str(PACKAGE)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        request = {"action": "build", "cache": str(cache), "model": "m/1", **fields}
        text = ""
        for name, value in request.items():
            for item in value if isinstance(value, list) else [value]:
                text += f"{name}={item}\0"
        self.process.stdin.write(text.encode() + b"\0")
        self.process.stdin.flush()
        self.lines = []

    def read(self):
        """The next line: kind and text; nothing at the end."""
        line = self.process.stdout.readline().decode()
        if line:
            self.lines.append(line)
        kind, _, text = line.rstrip("\n").removeprefix("slipway:").partition(" ")
        return kind, text.replace("\\n", "\n").replace("\\\\", "\\")

    def answer(self):
        """The last word, `ready` or `failed`, with its text."""
        watchdog = threading.Timer(TIMEOUT * 8, self.process.kill)
        watchdog.start()
        try:
            while True:
                kind, text = self.read()
                if kind in ("ready", "failed"):
                    return kind, text
                assert kind, f"it ended without an answer: {self.lines}"
        finally:
            watchdog.cancel()
            self.process.stdin.close()
            self.process.stdout.close()
            self.process.wait()


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache"


@pytest.fixture(scope="module")
def wheels(tmp_path_factory):
    """Two versions of a package, one that wants a version that does not exist beside it."""
    folder = tmp_path_factory.mktemp("wheels")
    wheel(folder, "scales", "1.0")
    wheel(folder, "scales", "2.0")
    wheel(folder, "weights", "1.0", needs=["scales<2"])
    wheel(folder, "broken", "1.0", body="raise ImportError('no engine')\n")
    return folder


def model(tmp_path, requirements, name="model"):
    """A version directory with requirements; gives the request's fields."""
    folder = tmp_path / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "requirements.txt").write_text(requirements)
    return {"directory": str(folder), "requirement_file": str(folder / "requirements.txt")}


def build(cache, wheels, fields, **more):
    return Builder(cache, wheels=str(wheels), offline="1", **fields, **more).answer()


def version_in(python, package):
    done = subprocess.run(
        [python, "-I", "-c", f"import {package}; print({package}.__version__)"],
        capture_output=True, text=True, timeout=TIMEOUT, check=True,
    )
    return done.stdout.strip()


def has_setuptools(python):
    """Python's own environments have it up to 3.11, and packages rely on it."""
    question = "import importlib.util as u; print(u.find_spec('pkg_resources') is not None)"
    done = subprocess.run(
        [python, "-I", "-c", question], capture_output=True, text=True, timeout=TIMEOUT, check=True)
    return done.stdout.strip() == "True"


def folders(cache):
    return [path for path in (cache / "environments").iterdir() if path.is_dir()]


class Shelf:
    """A place for wheels that gives none before it is opened."""

    def __init__(self, wheels):
        shelf = self
        self.was_asked = threading.Event()
        self.is_open = threading.Event()

        class Handler(http.server.SimpleHTTPRequestHandler):
            def __init__(self, *arguments):
                super().__init__(*arguments, directory=str(wheels))

            def do_GET(self):
                shelf.was_asked.set()
                if shelf.is_open.wait(TIMEOUT * 8):
                    super().do_GET()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def lines(self):
        """The requirements that send pip here; the key of the environment is made from them."""
        return ["--no-index", f"--find-links http://127.0.0.1:{self.server.server_port}/"]


@pytest.fixture
def shelf(wheels, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    shelf = Shelf(wheels)
    yield shelf
    shelf.is_open.set()
    shelf.server.shutdown()
    shelf.server.server_close()


def test_two_versions_of_a_package_live_side_by_side_and_are_reused(tmp_path, cache, wheels):
    content = (wheels / "scales-2.0-py3-none-any.whl").read_bytes()
    lines = {
        "1.0": "scales==1.0",
        # With a hash, which pip checks.
        "2.0": f"scales==2.0 \\\n  --hash=sha256:{hashlib.sha256(content).hexdigest()}",
    }
    pythons = {}
    for version, line in lines.items():
        kind, python = build(cache, wheels, model(tmp_path, line + "\n", version))
        assert kind == "ready", python
        assert version_in(python, "scales") == version
        pythons[version] = python
    assert pythons["1.0"] != pythons["2.0"]
    assert has_setuptools(python) == (sys.version_info < (3, 12))
    # Spelled otherwise it is the same environment; it is found without pip.
    builder = Builder(
        cache, wheels=str(wheels), offline="1",
        **model(tmp_path, "# comment\n\n  Scales==1.0   # the old one\n", "other"))
    assert builder.answer() == ("ready", pythons["1.0"])
    assert len(builder.lines) == 1
    record = json.loads((cache / "environments" / pythons["1.0"].split("/")[-3] / "environment.json").read_text())
    assert record["packages"] == [{"name": "scales", "version": "1.0"}]


def test_a_second_making_installs_what_the_first_recorded(tmp_path, cache, tmp_path_factory):
    wheels = tmp_path_factory.mktemp("growing")
    wheel(wheels, "scales", "1.0")
    fields = model(tmp_path, "scales\n")
    # The place is named by a line, as an index would be: what it holds is no part of the name.
    fields["requirement"] = ["--no-index", f"--find-links {wheels}"]
    kind, python = Builder(cache, **fields).answer()
    assert kind == "ready", python
    locks = list((cache / "environments").glob("*.lock"))
    assert "--hash=sha256:" in locks[0].read_text()
    wheel(wheels, "scales", "2.0")
    shutil.rmtree(folders(cache)[0])
    builder = Builder(cache, **fields)
    assert builder.answer() == ("ready", python)
    assert version_in(python, "scales") == "1.0"


def test_a_python_without_pip_makes_environments_as_well(tmp_path, cache, wheels):
    bare = tmp_path / "bare"
    subprocess.run([sys.executable, "-I", "-m", "venv", "--without-pip", bare], check=True, timeout=TIMEOUT * 4)
    kind, python = Builder(
        cache, bare / "bin" / "python", wheels=str(wheels), offline="1",
        **model(tmp_path, "scales==1.0\n")).answer()
    assert kind == "ready", python
    assert version_in(python, "scales") == "1.0"


@pytest.mark.parametrize("requirements, code, words", [
    ("nothere==1\n", "model_invalid", "there is no package 'nothere==1'"),
    ("scales==9\n", "model_invalid", "there is no version"),
    ("weights\nscales==2.0\n", "model_invalid", "contradict"),
    ("scales==1.0 --hash=sha256:" + "0" * 64 + "\n", "model_invalid", "hash"),
    ("scales=\n", "model_invalid", "malformed"),
    ("-e .\n", "model_invalid", "editable"),
    ("-r missing.txt\n", "file_unreadable", "missing.txt"),
    ("-r requirements.txt\n", "model_invalid", "nests deeper"),
    ("./missing.whl\n", "model_invalid", "not a file"),
    ("\xff\n", "model_invalid", "UTF-8"),
])
def test_requirements_that_cannot_be_met_say_why_and_leave_nothing(
    tmp_path, cache, wheels, requirements, code, words
):
    fields = model(tmp_path, "")
    (tmp_path / "model" / "requirements.txt").write_bytes(requirements.encode("latin-1"))
    kind, text = build(cache, wheels, fields)
    assert kind == "failed"
    assert text.startswith(code + " "), text
    assert words in text
    if (cache / "environments").exists():
        assert folders(cache) == []


def test_what_the_worker_needs_is_added_and_must_be_importable(tmp_path, cache, wheels):
    kind, python = build(cache, wheels, model(tmp_path, "weights\n", "a"), need="scales")
    assert kind == "ready", python
    assert version_in(python, "scales") == "1.0"
    kind, text = build(cache, wheels, model(tmp_path, "weights\n", "b"), need="broken")
    assert (kind, "no engine" in text) == ("failed", True), text
    assert len(folders(cache)) == 1


def test_secrets_in_addresses_are_not_repeated(tmp_path, cache, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("PIP_RETRIES", "1")
    lines = "--index-url http://me:hunter2@127.0.0.1:9/simple?token=hunter3\nscales\n"
    kind, text = Builder(cache, **model(tmp_path, lines)).answer()
    assert kind == "failed"
    assert "hunter" not in text
    assert text.startswith("library_missing the package index cannot be reached"), text


def test_a_python_that_is_not_here_is_named(tmp_path, cache, wheels):
    kind, text = build(cache, wheels, model(tmp_path, "scales\n"), wanted="3.99")
    assert kind == "failed"
    assert text.startswith("library_missing the model wants Python 3.99"), text
    kind, text = build(cache, wheels, model(tmp_path, "scales\n"), wanted="2.7")
    assert (kind, "3.9 or newer" in text) == ("failed", True), text
    kind, text = build(cache, wheels, model(tmp_path, "scales\n"), wanted="newest")
    assert (kind, "no Python version" in text) == ("failed", True), text


def test_a_killed_builder_leaves_nothing_that_blocks(tmp_path, cache, shelf):
    fields = model(tmp_path, "scales==1.0\n") | {"requirement": shelf.lines}
    first = Builder(cache, **fields)
    until(shelf.was_asked.is_set, "pip at work", 240)
    os.killpg(first.process.pid, signal.SIGKILL)
    first.process.wait()
    assert len(folders(cache)) == 1 and not list((cache / "environments").glob("*/environment.json"))
    shelf.is_open.set()
    kind, python = Builder(cache, **fields).answer()
    assert kind == "ready", python
    assert version_in(python, "scales") == "1.0"


def test_the_builder_and_its_children_end_with_the_server(tmp_path, cache, shelf):
    fields = model(tmp_path, "scales==1.0\n") | {"requirement": shelf.lines}
    builder = Builder(cache, **fields)
    until(shelf.was_asked.is_set, "pip at work", 240)
    builder.process.stdin.close()
    assert builder.process.wait(TIMEOUT * 4) == -signal.SIGKILL

    def is_gone():
        try:
            os.killpg(builder.process.pid, 0)
            return False
        except ProcessLookupError:
            return True

    until(is_gone, "the end of the group", 60)
    builder.process.stdout.close()


def test_builders_of_the_same_environment_wait_for_one_another(tmp_path, cache, shelf):
    fields = model(tmp_path, "scales==2.0\n") | {"requirement": shelf.lines}
    first = Builder(cache, **fields)
    until(shelf.was_asked.is_set, "pip at work", 240)
    others = [Builder(cache, **fields) for _ in range(2)]
    for builder in others:
        kind, text = builder.read()
        assert (kind, "waiting for another" in text) == ("progress", True), text
    shelf.is_open.set()
    answers = [builder.answer() for builder in [first, *others]]
    assert len(set(answers)) == 1 and answers[0][0] == "ready", answers
    assert not any("making environment" in line for builder in others for line in builder.lines)


def kept(cache, key, package, version):
    """An environment as its record describes it; gives the path of its interpreter."""
    folder = cache / "environments" / (key * 32)
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "python").symlink_to(sys.executable)
    packages = [{"name": package, "version": version}]
    (folder / "environment.json").write_text(json.dumps({"packages": packages, "bytes": 7}))
    return str(folder / "bin" / "python")


def test_environments_are_listed_and_pruned_unless_in_use(cache):
    pythons = [kept(cache, "a", "scales", "1.0"), kept(cache, "b", "scales", "2.0")]
    user = subprocess.Popen([pythons[0], "-S", "-c", "input()"], stdin=subprocess.PIPE)
    try:
        kind, text = Builder(cache, action="list").answer()
        found = {item["path"]: item for item in json.loads(text)}
        assert kind == "ready" and len(found) == 2
        item = found[pythons[1].removesuffix("/bin/python")]
        assert item["packages"] == ["scales==2.0"] and item["bytes"] == 7 and not item["in_use"]

        Builder(cache, action="prune", unused_seconds="86400").answer()
        assert len(folders(cache)) == 2
        until(
            lambda: any(one["in_use"] for one in json.loads(Builder(cache, action="list").answer()[1])),
            "the use", 60)
        kind, text = Builder(cache, action="prune").answer()
        removed = {item["path"] for item in json.loads(text) if item["removed"]}
        assert removed == {pythons[1].removesuffix("/bin/python")}
        assert os.path.exists(pythons[0])
    finally:
        user.communicate()


@pytest.mark.parametrize("words, code, meaning", [
    ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device",
        "resource_exhausted", "disk is full"),
    ("WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError(...: Failed to "
     "establish a new connection: [Errno -3] Temporary failure in name resolution')'\nERROR: No matching "
     "distribution found for x", "library_missing", "cannot be reached"),
    ("error: subprocess-exited-with-error\nERROR: Failed building wheel for x", "model_invalid",
        "building it from source failed"),
    ("something unheard of", "engine_failed", "something unheard of"),
    ("ERROR: In --require-hashes mode, all requirements must have their versions pinned",
        "model_invalid", "every package needs"),
])
def test_what_pip_says_is_explained(words, code, meaning):
    sys.path.insert(0, str(PACKAGE))
    try:
        from slipway_worker.environments import pip
    finally:
        sys.path.remove(str(PACKAGE))

    class Plan:
        offline, wheels = False, ""

    failure = pip.failure(words, 1, Plan())
    assert failure.code == code
    assert meaning in failure.message

"""Runs the program: servers on free ports, and single commands."""

import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time

import pytest
import requests

ROOT = pathlib.Path(__file__).resolve().parents[2]
MODELS = ROOT / "examples" / "models"
REQUESTS = ROOT / "examples" / "requests"
FIXTURES = ROOT / "Tests" / "Fixtures" / "models"
DIGITS_1 = MODELS / "digits" / "1"
DIGITS_2 = MODELS / "digits" / "2"
HALF = MODELS / "half_plus_two" / "123"
TIMEOUT = 30


def program():
    """The program under test; its absence is an error, not a skip."""
    path = os.environ.get("SLIPWAY_BIN")
    if not path:
        pytest.fail("SLIPWAY_BIN does not name the program; run scripts/test")
    return path


def slipway(*arguments, cwd=None, input=None, timeout=TIMEOUT):
    """Runs one command to its end."""
    return subprocess.run(
        [program(), *map(str, arguments)],
        cwd=cwd, input=input, capture_output=True, timeout=timeout, text=True,
    )


def until(question, what, seconds=30, check=lambda: None, pause=0.02):
    """Asks until the answer is true and returns it; fails, saying the last answer, when it never is."""
    deadline = time.monotonic() + seconds
    while True:
        answer = question()
        if answer:
            return answer
        check()
        if time.monotonic() > deadline:
            pytest.fail(f"{what}: not within {seconds} s; the last answer was {answer!r}")
        time.sleep(pause)


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path, timeout=TIMEOUT):
        super().__init__("localhost", timeout=timeout)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Server:
    """A running server: where it listens, what it says, and how to stop it."""

    def __init__(self, folder, *arguments):
        self.log = folder / "server.log"
        announcement = folder / "announce.json"
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                [program(), "serve", *map(str, arguments), "--announce", str(announcement)],
                stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=folder,
            )
        # The file appears whole or not at all.
        try:
            self.wait_for(announcement.exists, "the announcement")
        except BaseException:
            self.stop()
            raise
        self.addresses = json.loads(announcement.read_text())
        self.rest = self.addresses.get("rest")
        self.admin = self.addresses.get("admin")

    @property
    def authority(self):
        """host:port, as tritonclient and http.client want it."""
        return self.rest.split("://")[1]

    def text(self):
        """The log so far."""
        return self.log.read_text()

    def _check(self):
        if self.process.poll() is not None:
            pytest.fail(f"the server ended with {self.process.returncode}:\n{self.text()}")

    def wait_for(self, question, what, seconds=30):
        """Asks until the answer is true; fails with the log when the server ends or takes too long."""
        try:
            return until(question, what, seconds, self._check)
        except pytest.fail.Exception as failure:
            pytest.fail(f"{failure}\n{self.text()}")

    def wait_for_log(self, *words, seconds=30):
        """Waits for a line of the log that has all these words."""
        return self.wait_for(
            lambda: next(
                (line for line in self.text().splitlines() if all(w in line for w in words)), None
            ),
            f"a log line with {words}", seconds,
        )

    def models(self):
        """Every model by name, as the admin port tells it."""
        listed = requests.get(f"{self.admin}/models", timeout=TIMEOUT).json()["models"]
        return {model["name"]: model for model in listed}

    def states(self, model):
        """The states of a model's versions that have not ended, by number."""
        versions = self.models()[model]["versions"]
        return {v["version"]: v["state"] for v in versions if v["state"] != "END"}

    def version(self, model, number):
        """What the admin port tells of one version; nothing if it tells nothing."""
        versions = self.models().get(model, {}).get("versions", [])
        return next((v for v in versions if v["version"] == number), {})

    def wait_for_states(self, model, wanted, seconds=30):
        """Waits until exactly these versions live, in these states."""
        self.wait_for(
            lambda: self.states(model) == wanted, f"{model} in the states {wanted}", seconds
        )

    def wait_until_ready(self, seconds=30):
        def is_ready():
            return requests.get(f"{self.admin}/readyz", timeout=TIMEOUT).status_code == 200

        self.wait_for(is_ready, "readiness", seconds)
        return self

    def readiness(self):
        """Whether the server is ready, and if not the reasons."""
        reply = requests.get(f"{self.admin}/readyz", timeout=TIMEOUT)
        return reply.status_code == 200, reply.json()["reasons"]

    def predict(self, model, body, timeout=TIMEOUT, **options):
        """A TensorFlow Serving prediction."""
        return requests.post(
            f"{self.rest}/v1/models/{model}:predict", json=body, timeout=timeout, **options
        )

    def terminate(self):
        self.process.send_signal(signal.SIGTERM)

    def stop(self):
        """Ends the server, by force if it must be, and gives its exit status."""
        if self.process.poll() is None:
            self.terminate()
            try:
                self.process.wait(timeout=40)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        return self.process.returncode


def put(source, base, version):
    """Publishes a version in one step: copied aside, then renamed."""
    base.mkdir(parents=True, exist_ok=True)
    aside = base / f"{version}.tmp"
    shutil.copytree(source, aside)
    aside.rename(base / str(version))


def link(source, base, version):
    """Publishes a version whose files are old, so that a server that starts believes them at once."""
    base.mkdir(parents=True, exist_ok=True)
    (base / str(version)).symlink_to(source)


def put_file(source, base, version, name="model.onnx"):
    """Publishes a version that has one file."""
    base.mkdir(parents=True, exist_ok=True)
    aside = base / f"{version}.tmp"
    aside.mkdir()
    shutil.copy(source, aside / name)
    aside.rename(base / str(version))


def put_builtin(base, version, *lines):
    """Publishes a built-in model, described by lines."""
    aside = base / f"{version}.tmp"
    aside.mkdir(parents=True)
    (aside / "model.builtin").write_text("\n".join(lines) + "\n")
    aside.rename(base / str(version))

"""Starts the server program for the wire tests: the program itself, over a real socket.

`SLIPWAY_BIN` names the program; without it there is nothing to test, which is an error, not a
skip. The models are those of `examples/models`, on ports that the system picks; the server
writes the addresses into the file that `--announce` names, as JSON: {"rest": url, "admin": url}.
"""

import json
import os
import pathlib
import signal
import subprocess
import time

import pytest
import requests

ROOT = pathlib.Path(__file__).resolve().parents[2]
MODELS = ROOT / "examples" / "models"
REQUESTS = ROOT / "examples" / "requests"

CONFIGURATION = f"""\
listen: {{ rest: 0, admin: 0 }}
models:
  - name: digits
    source: {MODELS}/digits
    versions: {{ latest: 2 }}
    labels: {{ stable: 1, canary: 2 }}
  - name: wine
    source: {MODELS}/wine
  - name: half_plus_two
    source: {MODELS}/half_plus_two
"""


class Server:
    """A running server and where it listens."""

    def __init__(self, process, log, rest, admin):
        self.process = process
        self.log = log
        self.rest = rest
        self.admin = admin

    @property
    def authority(self):
        """host:port, as tritonclient wants it."""
        return self.rest.removeprefix("http://").rstrip("/")


def wait_for(what, question, process, log, seconds=60):
    """Asks until the answer is true; fails with the log when the server is gone or too slow."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            pytest.fail(f"the server ended with {process.returncode}:\n{log.read_text()}")
        answer = question()
        if answer:
            return answer
        time.sleep(0.05)
    pytest.fail(f"no {what} within {seconds} s:\n{log.read_text()}")


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    program = os.environ.get("SLIPWAY_BIN")
    if not program:
        pytest.fail("SLIPWAY_BIN does not name the program; run scripts/test")
    folder = tmp_path_factory.mktemp("server")
    announcement = folder / "announce.json"
    configuration = folder / "slipway.yaml"
    configuration.write_text(CONFIGURATION)
    log = folder / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [program, "serve", "--config", str(configuration), "--announce", str(announcement)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )

    def addresses():
        # The file may be read while it is written.
        try:
            return json.loads(announcement.read_text())
        except (FileNotFoundError, json.JSONDecodeError):
            return None

    try:
        found = wait_for("announcement", addresses, process, log)
        running = Server(process, log, found["rest"].rstrip("/"), found["admin"].rstrip("/"))

        def is_ready():
            return requests.get(f"{running.rest}/v2/health/ready", timeout=5).status_code == 200

        wait_for("readiness", is_ready, process, log)
        yield running
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(timeout=40)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@pytest.fixture(scope="session")
def reference():
    """Answers of ONNX Runtime itself: reference("digits", 2, {"pixels": array}, ["label"])."""
    import onnxruntime

    sessions = {}

    def run(model, version, inputs, outputs):
        path = MODELS / model / str(version) / "model.onnx"
        if path not in sessions:
            sessions[path] = onnxruntime.InferenceSession(
                str(path), providers=["CPUExecutionProvider"]
            )
        return sessions[path].run(outputs, inputs)

    return run

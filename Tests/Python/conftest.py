"""Fixtures of the end-to-end tests: the program itself, over real sockets.

`SLIPWAY_BIN` names the program; without it there is nothing to test, which is an error, not a
skip. `server` serves the models of `examples/models` for a whole session; `launch` starts servers
of a test's own, which end with the test. Ports are those that the system picks; the server
writes the addresses into the file that `--announce` names, as JSON: {"rest": url, "admin": url}.
"""

import pytest
from harness import MODELS, REQUESTS, Server

__all__ = ["MODELS", "REQUESTS"]

CONFIGURATION = f"""\
listen: {{ rest: 0, grpc: 0, admin: 0 }}
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


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("server")
    configuration = folder / "slipway.yaml"
    configuration.write_text(CONFIGURATION)
    running = Server(folder, "--config", configuration)
    try:
        yield running.wait_until_ready()
    finally:
        running.stop()


@pytest.fixture
def launch(tmp_path_factory):
    """Starts servers: launch(configuration text) or launch("name=directory", "--flag", ...)."""
    servers = []

    def start(*arguments, configuration=None):
        folder = tmp_path_factory.mktemp("server")
        if configuration is None:
            arguments = ["--rest-port", "0", "--grpc-port", "0", "--admin-port", "0", *arguments]
        else:
            path = folder / "slipway.yaml"
            path.write_text(configuration)
            arguments = ["--config", path, *arguments]
            if "grpc" not in configuration:
                arguments += ["--grpc-port", "0"]
        servers.append(Server(folder, *arguments))
        servers[-1].folder = folder
        return servers[-1]

    yield start
    for each in servers:
        each.stop()


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

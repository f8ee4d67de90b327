"""`slipway conformance` on this server in every mode, and on KServe's and MLServer's own."""

import json
import os
import socket
import subprocess

import pytest
import requests
from harness import MODELS, ROOT, slipway, until

V1 = {"tfs-rest", "tfs-grpc"}
ALL = {*V1, "v2-rest", "v2-grpc", "kserve-v1", "invocations", "grpc"}
CLIENTS = ROOT / "Tests" / "Python" / "clients"


def check(rest, grpc, *arguments):
    """The exit status, and each claim's verdict by protocol and name."""
    result = slipway(
        "conformance", rest, "--grpc", grpc, "--output", "json", *arguments, timeout=180
    )
    assert result.stderr == "", result.stderr
    said = json.loads(result.stdout)
    verdicts = {(c["protocol"], c["name"]): c["verdict"] for c in said["checks"]}
    assert said["holds"] == sum(v == "holds" for v in verdicts.values())
    breaks = {
        key: next(c["reason"] for c in said["checks"] if (c["protocol"], c["name"]) == key)
        for key, verdict in verdicts.items() if verdict == "breaks"
    }
    return result.returncode, verdicts, breaks


def spoken(verdicts):
    return {protocol for (protocol, _), verdict in verdicts.items() if verdict != "skipped"}


@pytest.mark.parametrize("model", ["digits", "wine", "half_plus_two"])
def test_every_claim_holds_here(server, model):
    grpc = f"http://{server.addresses['grpc']}"
    status, verdicts, breaks = check(server.rest, grpc, "--model", model)
    assert (status, breaks) == (0, {})
    assert spoken(verdicts) == ALL - {"kserve-v1"}
    assert sum(v == "holds" for v in verdicts.values()) > 100


@pytest.mark.parametrize("v1", ["tensorflow", "kserve"])
@pytest.mark.parametrize("v2", ["kserve", "triton", "mlserver"])
def test_every_claim_holds_in_every_mode(launch, v1, v2):
    # One port for both, as well.
    server = launch(
        configuration=f"""\
listen: {{ rest: 0, grpc: same, admin: 0 }}
compatibility: {{ v1: {v1}, v2: {v2} }}
models:
  - {{ name: half_plus_two, source: {MODELS}/half_plus_two }}
"""
    ).wait_until_ready()
    status, verdicts, breaks = check(server.rest, server.rest)
    assert (status, breaks) == (0, {})
    wanted = ALL - {"kserve-v1"} if v1 == "tensorflow" else ALL - {"tfs-rest"}
    assert spoken(verdicts) == wanted


def test_every_claim_holds_over_tls(launch, tmp_path):
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
            "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
            "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", key, "-out", certificate,
        ],
        check=True, capture_output=True,
    )
    server = launch(
        configuration=f"""\
listen: {{ rest: 0, grpc: same, admin: 0 }}
tls: {{ certificate: {certificate}, key: {key} }}
models:
  - {{ name: half_plus_two, source: {MODELS}/half_plus_two }}
"""
    ).wait_until_ready()
    status, _, breaks = check(server.rest, server.rest, "--ca", certificate)
    assert (status, breaks) == (0, {})


def test_exit_statuses(server):
    grpc = f"http://{server.addresses['grpc']}"
    asked = slipway("conformance", server.rest, "--grpc", grpc, "--protocol", "kserve-v1")
    assert asked.returncode == 1 and "BREAKS" in asked.stdout
    absent = slipway("conformance", server.rest, "--grpc", grpc, "--model", "none")
    assert absent.returncode not in (0, 1) and "none" in absent.stderr
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        gone = slipway("conformance", f"http://127.0.0.1:{taken.getsockname()[1]}")
    assert gone.returncode == 4
    assert slipway("conformance", server.rest, "--protocol", "no-such").returncode not in (0, 1)


def free_ports(count):
    """Ports that were free a moment ago: these servers cannot choose their own."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


@pytest.fixture
def other(tmp_path):
    """Starts another server and waits until it answers."""
    processes = []

    def start(environment, program, *arguments, port, **variables):
        bin_folder = ROOT / ".deps" / environment / "bin"
        assert bin_folder.exists(), "run scripts/test, which makes the clients' environments"
        log = (tmp_path / "other.log").open("wb")
        processes.append(
            subprocess.Popen(
                [bin_folder / program, *map(str, arguments)], cwd=tmp_path,
                env={**os.environ, **variables}, stdout=log, stderr=log,
            )
        )

        def answers():
            try:
                url = f"http://127.0.0.1:{port}/v2/models/half/ready"
                return requests.get(url, timeout=5).status_code == 200
            except requests.ConnectionError:
                return False

        def lives():
            assert processes[-1].poll() is None, (tmp_path / "other.log").read_text()

        until(answers, f"{environment} answers", 90, lives, pause=0.2)

    yield start
    for each in processes:
        each.terminate()
        try:
            each.wait(timeout=20)
        except subprocess.TimeoutExpired:
            each.kill()
            each.wait()


# What gRPC's C core, which both use, does otherwise; see docs/conformance.md. `deadline` is a race.
GRPCIO = {("grpc", name) for name in ("content-type", "deadline", "truncated", "two-messages")}


def test_kserves_own_server(other):
    rest, grpc = free_ports(2)
    other("venv-kserve", "python", CLIENTS / "kserve_server.py", rest, grpc, port=rest)
    status, verdicts, breaks = check(
        f"http://127.0.0.1:{rest}", f"http://127.0.0.1:{grpc}", "--model", "half",
        "--timeout", "3",
    )
    assert status == 1
    # Its server leaves it to the model to look at its inputs, and this one does not.
    known = {("v2-rest", "unknown-input"), ("v2-rest", "wrong-datatype")}
    assert set(breaks) - GRPCIO == known, breaks
    assert spoken(verdicts) == {"v2-rest", "v2-grpc", "kserve-v1", "grpc"}
    assert verdicts["v2-rest", "binary"] == "holds"
    assert verdicts["grpc", "gzip"] == "holds"


def test_mlservers_own_server(other, tmp_path):
    rest, grpc, metrics = free_ports(3)
    settings = {
        "host": "127.0.0.1", "http_port": rest, "grpc_port": grpc, "metrics_port": metrics,
        "parallel_workers": 0,
    }
    model = {
        "name": "half", "implementation": "mlserver_runtime.Half", "parameters": {"version": "1"},
        "inputs": [{"name": "x", "datatype": "FP32", "shape": [-1, 2]}],
        "outputs": [{"name": "y", "datatype": "FP32", "shape": [-1, 2]}],
    }
    (tmp_path / "settings.json").write_text(json.dumps(settings))
    (tmp_path / "half").mkdir()
    (tmp_path / "half" / "model-settings.json").write_text(json.dumps(model))
    other("venv-mlserver", "mlserver", "start", tmp_path, port=rest, PYTHONPATH=str(CLIENTS))
    status, verdicts, breaks = check(
        f"http://127.0.0.1:{rest}", f"http://127.0.0.1:{grpc}", "--model", "half",
        "--timeout", "3",
    )
    assert status == 1
    known = {
        # It leaves these to the model, whose exceptions become 500 with a traceback.
        ("v2-rest", "unknown-input"), ("v2-rest", "wrong-datatype"), ("v2-rest", "wrong-shape"),
        ("v2-rest", "no-inputs"),
        # It takes the raw contents and drops the others.
        ("v2-grpc", "both-contents"),
        # A model that does not stream answers the first request only.
        ("v2-grpc", "stream"),
    }
    assert set(breaks) - GRPCIO == known, breaks
    assert spoken(verdicts) == {"v2-rest", "v2-grpc", "grpc"}
    assert verdicts["v2-rest", "binary"] == "skipped"
    assert verdicts["v2-grpc", "infer-raw"] == "holds"

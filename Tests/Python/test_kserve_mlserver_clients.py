"""The Open Inference Protocol as KServe's and MLServer's own clients speak it."""

import json
import subprocess

import pytest
from harness import ROOT, put_builtin

TYPES = [
    "BOOL", "INT8", "INT16", "INT32", "INT64", "UINT8", "UINT16", "UINT32", "UINT64", "FP16",
    "FP32", "FP64", "BYTES",
]
ABSENT = "Servable not found for request: Latest(none)"
WRONG_TYPE = "input 'x' is FP32, not INT64"


@pytest.fixture
def identities(launch, tmp_path):
    """Starts a server with a model of each type that returns its input."""

    def start(v2):
        for datatype in TYPES:
            shape = "[-1, -1]" if datatype == "BYTES" else "[-1, 2]"
            put_builtin(
                tmp_path / datatype, 1, "kind: identity", f"type: {datatype}", f"shape: {shape}"
            )
        models = "".join(f"  - {{ name: {t}, source: {tmp_path}/{t} }}\n" for t in TYPES)
        return launch(
            configuration="listen: { rest: 0, grpc: 0, admin: 0 }\n"
            f"compatibility: {{ v2: {v2} }}\nmodels:\n{models}"
        ).wait_until_ready()

    return start


def client(environment, script, server):
    python = ROOT / ".deps" / environment / "bin" / "python"
    assert python.exists(), "run scripts/test, which makes the clients' environments"
    result = subprocess.run(
        [
            python, ROOT / "Tests" / "Python" / "clients" / script, server.rest,
            server.addresses["grpc"],
        ],
        capture_output=True, text=True, timeout=180,
    )
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def test_kserves_clients(identities):
    said = client("venv-kserve", "kserve_v2.py", identities("kserve"))
    rest, grpc = said["rest"], said["grpc"]
    assert rest["wrong"] == {} and grpc["wrong"] == {}
    for each in (rest, grpc):
        assert (each["live"], each["ready"], each["model"]) == (True, True, True)
    assert rest["absent"] is False
    assert grpc["absent"] == "NOT_FOUND"
    assert rest["no model"][0] == 404 and ABSENT in rest["no model"][1]
    assert rest["wrong type"][0] == 400 and WRONG_TYPE in rest["wrong type"][1]
    assert grpc["no model"] == ["NOT_FOUND", ABSENT]
    assert grpc["wrong type"] == ["INVALID_ARGUMENT", WRONG_TYPE]


def test_mlservers_types_and_stubs(identities):
    said = client("venv-mlserver", "mlserver_v2.py", identities("mlserver"))
    rest, grpc = said["rest"], said["grpc"]
    assert rest["wrong"] == {} and grpc["wrong"] == {}
    for each in (rest, grpc):
        assert each["server"] == "slipway"
        assert each["metadata"] == ["FP32", "FP32", [-1, 2]]
        assert each["index"] == sorted(TYPES)
    assert rest["whole"] == [[0.5, -1.25], [3.0, 0.0]]
    for probe in ("live", "ready", "model ready"):
        assert rest[probe] == [200, ""]
        assert grpc[probe] is True
    assert rest["absent"][0] == 404
    assert rest["no model"] == [404, json.dumps({"error": ABSENT}, separators=(",", ":"))]
    assert rest["wrong type"][0] == 400 and WRONG_TYPE in rest["wrong type"][1]
    # What breaks the schema is 422 there.
    assert rest["no inputs"][0] == 422
    assert grpc["texts"] == ["ä b", ""]
    assert grpc["streamed"] == 2
    assert grpc["no model"] == ["NOT_FOUND", ABSENT]
    assert grpc["wrong type"] == ["INVALID_ARGUMENT", WRONG_TYPE]

"""The OpenAPI document: valid, true of the live server, and one for each model."""

import pathlib
import subprocess
import sys

import pytest
import requests
from harness import MODELS, put_builtin
from openapi_spec_validator import validate

TIMEOUT = 30
# Every check that schemathesis has by default but these:
# - negative_data_rejection: the schema says less than the server accepts (TensorFlow Serving ignores
#   unknown members and what follows the object);
# - positive_data_acceptance: JSON Schema cannot say that shapes must fit each other and the data, nor
#   which words a categorical input takes;
# - unsupported_method: TensorFlow Serving's routes answer 400 to it, not 405.
LEFT_OUT = "negative_data_rejection,positive_data_acceptance,unsupported_method"
# 501 and 503 are described answers: what is not offered, and what is not ready.
SETTINGS = """\
[checks]
not_a_server_error.expected-statuses = ["2xx", "3xx", "4xx", "501", "503"]
"""


def document(server, **parameters):
    reply = requests.get(f"{server.rest}/openapi.json", params=parameters, timeout=TIMEOUT)
    assert reply.status_code == 200, reply.text
    return reply.json()


def test_the_document_is_valid(server):
    validate(document(server))


def test_every_route_is_in_it(server):
    paths = document(server)["paths"]
    for path in [
        "/v2", "/ping", "/version", "/v1/models/wine:predict", "/v1/models/digits/metadata",
        "/v2/models/half_plus_two/infer", "/v2/models/digits/versions/2/ready", "/openapi.json",
        "/v1/models/digits:classify", "/v1/models/half_plus_two:regress", "/metrics", "/livez",
        "/v1/models/digits/versions/2:predict", "/v1/models/digits/labels/{label}/metadata",
        "/v2/models/digits/stats", "/v2/models/digits/versions/2/config", "/readyz",
        "/v2/repository/index", "/v2/repository/models/digits/load", "/v2/logging",
        "/v2/models/digits/trace/setting", "/v2/systemsharedmemory/region/{region}/register",
    ]:
        assert path in paths


def test_a_model_has_a_document_of_its_own(server):
    one = document(server, model="wine")
    validate(one)
    assert all("wine" in path for path in one["paths"])
    absent = requests.get(f"{server.rest}/openapi.json?model=none", timeout=TIMEOUT)
    assert absent.status_code == 404


def test_examples_are_answered(server):
    """Every example of a request, sent as it stands, gives 200."""
    asked = 0
    for path, operations in document(server)["paths"].items():
        content = operations.get("post", {}).get("requestBody", {}).get("content", {})
        example = content.get("application/json", {}).get("example")
        if example is None or "{" in path:
            continue
        reply = requests.post(server.rest + path, json=example, timeout=TIMEOUT)
        if reply.status_code != 200:
            # A categorical input takes none but its own words.
            assert "wine" in path, reply.text
        asked += 1
    assert asked >= 6


def test_shapes_are_the_models_own(server):
    schema = document(server, model="digits")["paths"]["/v1/models/digits:predict"]["post"]
    body = schema["requestBody"]["content"]["application/json"]["schema"]
    rows = body["anyOf"][0]["properties"]["instances"]["items"]["anyOf"][0]
    assert (rows["minItems"], rows["maxItems"]) == (64, 64)
    assert rows["items"] == {"type": "number", "format": "float"}


def search(server, examples):
    """Lets schemathesis look for answers that the document does not describe."""
    program = pathlib.Path(sys.executable).with_name("schemathesis")
    settings = server.folder / "schemathesis.toml"
    settings.write_text(SETTINGS)
    result = subprocess.run(
        [
            program, "--config-file", settings, "run", f"{server.rest}/openapi.json",
            "--exclude-checks", LEFT_OUT, "--max-examples", str(examples), "--phases",
            "examples,coverage,fuzzing", "--seed", "1", "--no-color",
        ],
        capture_output=True, text=True, timeout=400, cwd=server.folder,
    )
    assert result.returncode == 0, result.stdout[-6000:] + result.stderr[-2000:]
    assert "Errors" not in result.stdout, result.stdout[-6000:]


@pytest.mark.parametrize(
    "v1, v2", [("tensorflow", "kserve"), ("kserve", "triton"), ("tensorflow", "mlserver")]
)
def test_schemathesis_finds_nothing(launch, v1, v2):
    server = launch(
        configuration=f"""\
listen: {{ rest: 0, grpc: 0, admin: 0 }}
compatibility: {{ v1: {v1}, v2: {v2} }}
models:
  - {{ name: half_plus_two, source: {MODELS}/half_plus_two }}
"""
    ).wait_until_ready()
    search(server, 20)


def test_schemathesis_finds_nothing_with_other_types(launch, tmp_path):
    put_builtin(tmp_path / "pair", 1, "kind: identity", "type: INT8, BYTES", "shape: [-1, 2]")
    put_builtin(tmp_path / "flags", 1, "kind: identity", "type: BOOL", "shape: [-1]")
    server = launch(
        configuration=f"""\
listen: {{ rest: 0, grpc: 0, admin: 0 }}
models:
  - {{ name: digits, source: {MODELS}/digits }}
  - {{ name: wine, source: {MODELS}/wine }}
  - {{ name: pair, source: {tmp_path}/pair }}
  - {{ name: flags, source: {tmp_path}/flags }}
"""
    ).wait_until_ready()
    search(server, 8)


def test_every_mode_is_valid(launch):
    for v2 in ["triton", "mlserver"]:
        server = launch(
            configuration=f"""\
listen: {{ rest: 0, grpc: 0, admin: 0 }}
compatibility: {{ v2: {v2} }}
models:
  - {{ name: half_plus_two, source: {MODELS}/half_plus_two }}
"""
        ).wait_until_ready()
        said = document(server)
        validate(said)
        ready = said["paths"]["/v2/models/half_plus_two/ready"]["get"]["responses"]
        assert "content" not in ready["200"] and "400" in ready

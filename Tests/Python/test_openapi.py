"""The OpenAPI document: valid, true of the live server, and one for each model."""

import pathlib
import subprocess
import sys

import pytest
import requests
from harness import MODELS
from openapi_spec_validator import validate

TIMEOUT = 30
CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,"
    "response_headers_conformance,response_schema_conformance"
)


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
        if example is None:
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


@pytest.mark.parametrize("v1", ["tensorflow", "kserve"])
def test_schemathesis_finds_nothing(launch, v1):
    server = launch(
        configuration=f"""\
listen: {{ rest: 0, admin: 0 }}
compatibility: {{ v1: {v1} }}
models:
  - {{ name: half_plus_two, source: {MODELS}/half_plus_two }}
"""
    ).wait_until_ready()
    program = pathlib.Path(sys.executable).with_name("schemathesis")
    result = subprocess.run(
        [
            program, "run", f"{server.rest}/openapi.json", "--checks", CHECKS,
            "--max-examples", "40", "--phases", "examples,coverage,fuzzing", "--seed", "1",
            "--no-color",
        ],
        capture_output=True, text=True, timeout=300, cwd=server.folder,
    )
    assert result.returncode == 0, result.stdout[-6000:] + result.stderr[-2000:]

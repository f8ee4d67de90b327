"""KServe's first protocol, on the paths that are TensorFlow Serving's otherwise."""

import json
import subprocess

import pytest
import requests
from harness import MODELS, ROOT

TIMEOUT = 30


@pytest.fixture
def kserve(launch):
    return launch(
        configuration=f"""\
listen: {{ rest: 0, admin: 0 }}
compatibility: {{ v1: kserve }}
models:
  - {{ name: half_plus_two, source: {MODELS}/half_plus_two }}
"""
    ).wait_until_ready()


def post(server, body, **options):
    return requests.post(
        f"{server.rest}/v1/models/half_plus_two:predict", json=body, timeout=TIMEOUT, **options
    )


def test_models_and_predictions(kserve):
    listed = requests.get(f"{kserve.rest}/v1/models", timeout=TIMEOUT)
    assert listed.json() == {"models": ["half_plus_two"]}
    ready = requests.get(f"{kserve.rest}/v1/models/half_plus_two", timeout=TIMEOUT)
    assert ready.json() == {"name": "half_plus_two", "ready": True}
    assert post(kserve, {"instances": [1, 2]}).json() == {"predictions": [2.5, 3.0]}
    assert post(kserve, {"inputs": [1, 2]}).json() == {"predictions": [2.5, 3.0]}


def test_errors(kserve):
    absent = requests.get(f"{kserve.rest}/v1/models/none", timeout=TIMEOUT)
    assert absent.status_code == 404
    assert absent.json() == {"error": "Model with name none does not exist."}
    wrong = post(kserve, {"inputs": {"x": [1]}})
    assert wrong.status_code == 400
    assert wrong.json() == {"error": 'Expected "inputs" to be a list'}
    explain = requests.post(
        f"{kserve.rest}/v1/models/half_plus_two:explain", json={}, timeout=TIMEOUT
    )
    assert explain.status_code == 501


def test_the_other_protocol_is_where_it_was(kserve):
    assert requests.get(f"{kserve.rest}/v2/health/ready", timeout=TIMEOUT).status_code == 200


def test_binary_cloud_events(kserve):
    headers = {"ce-specversion": "1.0", "ce-id": "a1", "ce-source": "test", "ce-type": "request"}
    reply = post(kserve, {"instances": [1]}, headers=headers)
    assert reply.json() == {"predictions": [2.5]}
    assert reply.headers["ce-id"] == "a1"
    assert reply.headers["ce-type"] == "io.kserve.inference.response"
    assert reply.headers["ce-source"] == "io.kserve.inference.half_plus_two"


def test_kserves_own_client(kserve):
    python = ROOT / ".deps" / "venv-kserve" / "bin" / "python"
    assert python.exists(), "run scripts/test, which makes the clients' environments"
    result = subprocess.run(
        [python, ROOT / "Tests" / "Python" / "clients" / "kserve_v1.py", kserve.rest],
        capture_output=True, text=True, timeout=120,
    )
    assert result.returncode == 0, result.stderr
    said = json.loads(result.stdout)
    assert said["instances"] == {"predictions": [2.5, 3.0]}
    assert said["inputs"] == {"predictions": [4.0]}
    assert said["ready"] is True
    assert said["absent"] is False or "404" in str(said["absent"])

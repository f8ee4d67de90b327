"""SageMaker's and MLflow's requests, by hand and with MLflow's own client."""

import contextlib
import io
import json
import os
import socket
import subprocess

import numpy
import pytest
import requests
from conftest import REQUESTS
from harness import DIGITS_2, MODELS, ROOT, link

TIMEOUT = 30
CLIENTS = ROOT / "Tests" / "Python" / "clients"


def invoke(server, body, kind="application/json", model="digits", accept=None, **headers):
    data = json.dumps(body) if not isinstance(body, (bytes, str)) else body
    headers = {"Content-Type": kind, "X-Amzn-SageMaker-Target-Model": model, **headers}
    if accept:
        headers["Accept"] = accept
    return requests.post(
        f"{server.rest}/invocations", data=data, headers=headers, timeout=TIMEOUT
    )


def quiet_port():
    """A free port below those that the system gives to connections by itself."""
    for port in range(21000 + os.getpid() % 1000, 31000, 37):
        with socket.socket() as trial, contextlib.suppress(OSError):
            trial.bind(("127.0.0.1", port))
            return port
    pytest.fail("no port below the ephemeral ones is free")


@pytest.fixture
def pixels():
    return numpy.float32(json.loads((REQUESTS / "digit.json").read_text())["instances"])


@pytest.fixture
def expected(reference, pixels):
    return reference("digits", 2, {"pixels": pixels}, ["label", "probabilities"])


def check(reply, expected):
    assert reply.status_code == 200, reply.text
    rows = reply.json()["predictions"]
    assert [row["label"] for row in rows] == expected[0].tolist()
    probabilities = numpy.float32([row["probabilities"] for row in rows])
    assert numpy.array_equal(probabilities, expected[1])


class TestJSON:
    @pytest.mark.parametrize("key", ["instances", "dataframe_split", "dataframe_records"])
    def test_rows(self, server, pixels, expected, key):
        names = [f"p{i}" for i in range(64)]
        forms = {
            "instances": pixels.tolist(),
            "dataframe_split": {"columns": names, "data": pixels.tolist()},
            "dataframe_records": [dict(zip(names, row)) for row in pixels.tolist()],
        }
        check(invoke(server, {key: forms[key]}), expected)

    def test_a_bare_list(self, server, pixels, expected):
        check(invoke(server, pixels.tolist()), expected)

    def test_columns(self, server, pixels, expected):
        reply = invoke(server, {"inputs": pixels.tolist(), "params": {}})
        assert reply.json()["predictions"]["label"] == expected[0].tolist()

    def test_open_inference(self, server):
        body = (REQUESTS / "digit.infer.json").read_bytes()
        reply = invoke(server, body)
        assert reply.json()["model_name"] == "digits"

    def test_frames_of_named_columns(self, server):
        rows = json.loads((REQUESTS / "wine.json").read_text())["instances"]
        records = [
            {k: v[0] if isinstance(v, list) else v for k, v in row.items()} for row in rows
        ]
        names = sorted(records[0])
        split = {"columns": names, "data": [[row[n] for n in names] for row in records]}
        one = invoke(server, {"dataframe_records": records}, model="wine")
        assert one.status_code == 200, one.text
        assert one.json() == invoke(server, {"dataframe_split": split}, model="wine").json()
        assert one.json() == invoke(server, {"instances": rows}, model="wine").json()
        text = ",".join(names) + "\n"
        text += "\n".join(",".join(str(row[n]) for n in names) for row in records)
        assert one.json() == invoke(server, text, kind="text/csv", model="wine").json()

    @pytest.mark.parametrize(
        ("body", "words"),
        [
            ("{", "JSON Parse error"),
            ({"rows": []}, "unknown key 'rows'"),
            ({"instances": [[1, 2]]}, "input 'pixels' has shape"),
            ({"dataframe_split": {"columns": ["a"], "data": [[1]]}}, "1 columns cannot fill it"),
            ({"instances": [[1]], "params": {"a": 1}}, "takes no parameters"),
        ],
    )
    def test_refusals(self, server, body, words):
        reply = invoke(server, body)
        assert reply.status_code == 400
        assert set(reply.json()) == {"error_code", "message"}
        assert words in reply.json()["message"]


class TestOtherFormats:
    def test_csv(self, server, pixels, expected):
        text = "\n".join(",".join(map(str, row)) for row in pixels.tolist())
        check(invoke(server, text, kind="text/csv"), expected)
        check(invoke(server, text, kind="text/csv; header=absent"), expected)
        names = ",".join(f"p{i}" for i in range(64))
        check(invoke(server, f"{names}\n{text}", kind="text/csv; header=present"), expected)

    def test_numpy_both_ways(self, server):
        body = io.BytesIO()
        numpy.save(body, numpy.float64([1, 2, 3]))
        reply = invoke(
            server, body.getvalue(), kind="application/x-npy", model="half_plus_two",
            accept="application/x-npy",
        )
        assert reply.status_code == 200, reply.text
        answer = numpy.load(io.BytesIO(reply.content))
        assert answer.dtype == numpy.float32
        assert answer.tolist() == [2.5, 3.0, 3.5]

    def test_json_lines_both_ways(self, server, pixels, expected):
        text = "\n".join(json.dumps(row) for row in pixels.tolist())
        reply = invoke(
            server, text, kind="application/jsonlines", accept="application/jsonlines"
        )
        rows = [json.loads(line) for line in reply.text.splitlines()]
        assert [row["label"] for row in rows] == expected[0].tolist()

    def test_csv_answers(self, server):
        reply = invoke(server, "1\n2\n", kind="text/csv", model="half_plus_two", accept="text/csv")
        assert [float(line) for line in reply.text.splitlines()] == [2.5, 3.0]

    def test_binary_tensors_in_sagemakers_type(self, server):
        document = json.dumps(
            {
                "inputs": [
                    {
                        "name": "x", "datatype": "FP32", "shape": [2],
                        "parameters": {"binary_data_size": 8},
                    }
                ],
                "parameters": {"binary_data_output": True},
            }
        ).encode()
        kind = "application/vnd.sagemaker-triton.binary+json;json-header-size="
        reply = invoke(
            server, document + numpy.float32([1, 2]).tobytes(), kind=kind + str(len(document)),
            model="half_plus_two",
        )
        assert reply.status_code == 200, reply.text
        assert reply.headers["content-type"].startswith(kind)
        size = int(reply.headers["content-type"].removeprefix(kind))
        assert numpy.frombuffer(reply.content[size:], numpy.float32).tolist() == [2.5, 3.0]

    @pytest.mark.parametrize(
        ("kind", "accept"),
        [("image/png", None), ("text/csv; charset=latin-1", None), ("text/csv", "image/png")],
    )
    def test_other_media_types(self, server, kind, accept):
        assert invoke(server, "1", kind=kind, accept=accept).status_code == 415


class TestBeside:
    def test_ping_and_health(self, server):
        for path in ["/ping", "/health"]:
            reply = requests.get(server.rest + path, timeout=2)
            assert (reply.status_code, reply.content) == (200, b"")

    def test_version(self, server):
        reply = requests.get(server.rest + "/version", timeout=TIMEOUT)
        assert reply.text == requests.get(server.rest + "/v2", timeout=TIMEOUT).json()["version"]

    def test_execution_parameters(self, server):
        reply = requests.get(server.rest + "/execution-parameters", timeout=TIMEOUT).json()
        assert reply["MaxPayloadInMB"] == 100
        assert reply["BatchStrategy"] == "MULTI_RECORD"
        assert reply["MaxConcurrentTransforms"] >= 1

    def test_a_choice_of_models_is_refused(self, server):
        reply = requests.post(f"{server.rest}/invocations", json=[[1]], timeout=TIMEOUT)
        assert reply.status_code == 400
        assert "digits, half_plus_two, wine" in reply.json()["message"]

    def test_the_configured_model_answers(self, launch):
        server = launch(
            configuration=f"""\
listen: {{ rest: 0, admin: 0 }}
invocations: {{ model: half_plus_two, accept: text/csv, concurrent_transforms: 3 }}
models:
  - {{ name: digits, source: {MODELS}/digits }}
  - {{ name: half_plus_two, source: {MODELS}/half_plus_two }}
"""
        ).wait_until_ready()
        reply = requests.post(f"{server.rest}/invocations", json=[1], timeout=TIMEOUT)
        assert (reply.status_code, reply.text) == (200, "2.5\n")


class TestContainer:
    """The command `serve` in the environment that SageMaker makes."""

    @pytest.fixture
    def environment(self, monkeypatch):
        def put(**values):
            monkeypatch.setenv("SAGEMAKER_BIND_TO_PORT", "0")
            for name, value in values.items():
                monkeypatch.setenv(f"SAGEMAKER_{name}", value)

        return put

    def start(self, tmp_path):
        from harness import Server

        return Server(tmp_path)

    def test_one_port_without_a_model(self, tmp_path, environment):
        environment(
            MODEL_SERVER_WORKERS="4", MAX_PAYLOAD_IN_MB="7", BATCH_STRATEGY="SINGLE_RECORD",
            MAX_CONCURRENT_TRANSFORMS="2",
        )
        server = self.start(tmp_path)
        try:
            assert server.admin is None
            # Nothing is in /opt/ml/model here.
            assert requests.get(f"{server.rest}/ping", timeout=2).status_code == 503
            assert "SAGEMAKER_MODEL_SERVER_WORKERS has no meaning here" in server.text()
            reply = requests.get(f"{server.rest}/execution-parameters", timeout=TIMEOUT)
            assert reply.json() == {
                "MaxConcurrentTransforms": 2, "BatchStrategy": "SINGLE_RECORD",
                "MaxPayloadInMB": 7,
            }
        finally:
            assert server.stop() == 0

    def test_a_multi_model_endpoint_is_alive_without_models(self, tmp_path, environment):
        port = quiet_port()
        environment(MULTI_MODEL="true", SAFE_PORT_RANGE=f"{port}-{port + 999}")
        server = self.start(tmp_path)
        try:
            assert server.admin.endswith(f":{port}")
            assert requests.get(f"{server.rest}/ping", timeout=2).status_code == 200
        finally:
            assert server.stop() == 0

    def test_wrong_values_name_their_variable(self, tmp_path, environment):
        environment(MODEL_SERVER_TIMEOUT="soon")
        from harness import slipway

        result = slipway("serve", cwd=tmp_path)
        assert result.returncode == 3
        assert "SAGEMAKER_MODEL_SERVER_TIMEOUT" in result.stderr


class TestMLflow:
    def test_its_own_client(self, launch, tmp_path, reference):
        python = ROOT / ".deps" / "venv-mlflow" / "bin" / "python"
        assert python.exists(), "run scripts/test, which makes the clients' environments"
        base = tmp_path / "digits"
        link(DIGITS_2, base, 2)
        server = launch(f"digits={base}").wait_until_ready()
        host, port = server.authority.split(":")
        result = subprocess.run(
            [python, CLIENTS / "mlflow_scoring.py", host, port],
            capture_output=True, text=True, timeout=120,
        )
        assert result.returncode == 0, result.stderr
        said = json.loads(result.stdout)
        rows = numpy.float32([[0] * 64, [1] * 64])
        labels, probabilities = reference(
            "digits", 2, {"pixels": rows}, ["label", "probabilities"]
        )
        assert said["frame"]["label"] == labels.tolist()
        assert numpy.array_equal(numpy.float32(said["frame"]["probabilities"]), probabilities)
        ones = [labels.tolist()[1]] * 2
        assert said["array"]["label"] == ones
        assert said["list"]["label"] == ones
        assert "error code 400" in said["narrow"] and "cannot fill it" in said["narrow"]
        assert "'params' has 'temperature'" in said["parameters"]
        assert said["version"]

"""Saved Spark pipelines over both protocols, against what Spark itself made of the same rows."""

import json
import shutil

import numpy
import pytest
import requests
import tritonclient.grpc as triton_grpc
import tritonclient.http as triton_http
from harness import ROOT, TIMEOUT, Server

FIXTURES = ROOT / "Tests" / "Fixtures" / "spark"
MODELS = {"iris": "iris_logistic", "diabetes": "diabetes_linear", "digits": "digits_kmeans", "lines": "text_hashing"}


@pytest.fixture(scope="module")
def spark(tmp_path_factory):
    folder = tmp_path_factory.mktemp("spark")
    lines = ["listen: { rest: 0, grpc: 0, admin: 0 }", "models:"]
    for name, fixture in MODELS.items():
        shutil.copytree(FIXTURES / fixture, folder / name / "1")
        lines.append(f"  - {{ name: {name}, source: {folder}/{name} }}")
    (folder / "slipway.yaml").write_text("\n".join(lines) + "\n")
    running = Server(folder, "--config", folder / "slipway.yaml")
    try:
        yield running.wait_until_ready(seconds=60)
    finally:
        running.stop()


def recording(name):
    return json.loads((FIXTURES / f"{MODELS[name]}.json").read_text())


def columns(recorded):
    """Each input's name with its values as an array."""
    for name, values in recorded["inputs"].items():
        is_text = isinstance(values[0], str)
        yield name, numpy.array([v.encode() for v in values], dtype=object) if is_text else numpy.array(values)


def client(kind, server):
    if kind == "rest":
        return triton_http, triton_http.InferenceServerClient(server.authority)
    return triton_grpc, triton_grpc.InferenceServerClient(server.addresses["grpc"].split("://")[-1])


def check(recorded, column, found):
    wanted = recorded["outputs"][column]
    if isinstance(wanted[0], str):
        assert [v.decode() if isinstance(v, bytes) else v for v in found] == wanted
    else:
        numpy.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("kind", ["rest", "grpc"])
@pytest.mark.parametrize("name", list(MODELS))
def test_answers_as_spark_does(spark, kind, name):
    recorded = recording(name)
    library, connection = client(kind, spark)
    with connection:
        metadata = connection.get_model_metadata(name)
        answered = [o["name"] for o in metadata["outputs"]] if kind == "rest" else [o.name for o in metadata.outputs]
        inputs = []
        for column, values in columns(recorded):
            tensor = library.InferInput(column, values.shape, "BYTES" if values.dtype == object else "FP64")
            tensor.set_data_from_numpy(values)
            inputs.append(tensor)
        answer = connection.infer(name, inputs)
        compared = [column for column in recorded["outputs"] if column in answered]
        assert "prediction" in compared
        for column in compared:
            check(recorded, column, answer.as_numpy(column))


def test_rows_of_named_columns(spark):
    """TensorFlow Serving's row format, as a data frame's records are sent."""
    recorded = recording("iris")
    names = list(recorded["inputs"])
    rows = [dict(zip(names, values)) for values in zip(*recorded["inputs"].values())]
    reply = requests.post(f"{spark.rest}/v1/models/iris:predict", json={"instances": rows}, timeout=TIMEOUT)
    assert reply.status_code == 200, reply.text
    found = reply.json()["predictions"]
    assert [row["species"] for row in found] == recorded["outputs"]["species"]
    check(recorded, "probability", [row["probability"] for row in found])


def test_a_text_that_is_no_number_is_refused(spark):
    body = {"inputs": [{"name": "sepal_length", "shape": [1], "datatype": "BYTES", "data": ["long"]}]}
    reply = requests.post(f"{spark.rest}/v2/models/iris/infer", json=body, timeout=TIMEOUT)
    assert reply.status_code == 400, reply.text


def test_a_stage_that_only_spark_runs_is_named(tmp_path):
    shutil.copytree(FIXTURES / "refused_sql", tmp_path / "sql" / "1")
    (tmp_path / "slipway.yaml").write_text(
        "listen: { rest: 0, grpc: 0, admin: 0 }\n"
        f"models:\n  - {{ name: sql, source: {tmp_path}/sql, engine: spark }}\n"
    )
    running = Server(tmp_path, "--config", tmp_path / "slipway.yaml")
    try:
        running.wait_for_log("SQLTransformer", "engine: python", seconds=60)
    finally:
        running.stop()

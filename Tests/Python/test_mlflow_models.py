"""MLflow model directories, served: the answers are those of mlflow.pyfunc itself."""

import json
import subprocess

import pytest
import requests
from harness import ROOT, TIMEOUT, Server

MLFLOW = ROOT / ".deps" / "venv-mlflow"
COLUMNS = ["width (cm)", "count", "city", "seen"]
ROWS = [
    [1.5, 1, "berlin", "2026-01-31T12:00:00"], [2.0, 2, "zürich", "2026-02-01T00:00:00"],
    [8.25, 3, "", "2025-12-31T00:00:00"],
]
OPTIONS = {"environment": str(MLFLOW), "allow_code": True}


def configuration(models):
    sections = [
        json.dumps({"name": name, "source": str(source), "options": options})
        for name, (source, options) in models.items()
    ]
    return "listen: { rest: 0, grpc: 0, admin: 0 }\ninvocations: { model: columns }\nmodels:\n" + "".join(f"  - {text}\n" for text in sections)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mlflow")
    subprocess.run(
        [MLFLOW / "bin" / "python", ROOT / "Tests" / "Fixtures" / "make_mlflow.py", folder],
        check=True, timeout=300, cwd=folder, capture_output=True,
    )
    return folder


@pytest.fixture(scope="module")
def answers(made):
    return json.loads((made / "answers.json").read_text())


@pytest.fixture(scope="module")
def served(made, tmp_path_factory):
    folder = tmp_path_factory.mktemp("served")
    (folder / "slipway.yaml").write_text(configuration({
        "columns": (made / "columns", OPTIONS),
        "tripled": (made / "columns", {**OPTIONS, "settings": {"factor": "3.0"}}),
        "tensor": (made / "tensor", OPTIONS),
        "bare": (made / "bare", OPTIONS),
        "forbidden": (made / "tensor", {"environment": str(MLFLOW)}),
    }))
    server = Server(folder, "--config", folder / "slipway.yaml")
    try:
        for name in ("columns", "tripled", "tensor"):
            server.wait_for_states(name, {1: "AVAILABLE"}, 240)
        yield server
    finally:
        server.stop()


@pytest.mark.parametrize("name", ["columns", "tripled"])
def test_columns_become_a_frame(served, answers, name):
    body = {"inputs": [
        {"name": column, "datatype": kind, "shape": [3], "data": [row[index] for row in ROWS]}
        for index, (column, kind) in enumerate(zip(COLUMNS, ["FP64", "INT64", "BYTES", "BYTES"]))
    ]}
    reply = requests.post(f"{served.rest}/v2/models/{name}/infer", json=body, timeout=TIMEOUT)
    assert reply.status_code == 200, reply.text
    found = {output["name"]: output["data"] for output in reply.json()["outputs"]}
    assert found == answers[name]


def test_mlflows_own_format_of_a_frame_works(served, answers):
    body = {"dataframe_split": {"columns": COLUMNS, "data": ROWS}}
    reply = requests.post(f"{served.rest}/invocations", json=body, timeout=TIMEOUT)
    assert reply.status_code == 200, reply.text
    rows = reply.json()["predictions"]
    assert [row["total"] for row in rows] == answers["columns"]["total"]


def test_tensors_stay_tensors(served, answers):
    body = {"instances": [[1, 2, 3], [4, 5, 6]]}
    reply = requests.post(f"{served.rest}/v1/models/tensor:predict", json=body, timeout=TIMEOUT)
    assert reply.json() == {"predictions": answers["tensor"]}


def test_a_wrong_time_is_the_clients_error(served):
    rows = [[1.5, 1, "berlin", "yesterday"]]
    body = {"dataframe_split": {"columns": COLUMNS, "data": rows}}
    reply = requests.post(f"{served.rest}/invocations", json=body, timeout=TIMEOUT)
    assert reply.status_code == 400, reply.text
    assert "seen" in reply.text


@pytest.mark.parametrize("name, words", [
    ("bare", "infer_signature"), ("forbidden", "allow_code: true"),
])
def test_models_that_cannot_be_served_say_what_to_do(served, name, words):
    served.wait_for(lambda: words in json.dumps(served.version(name, 1)), f"the reason of {name}", 240)

"""MXNet models, served in worker processes over both protocols: the answers are MXNet's own."""

import json
import shutil

import numpy
import pytest
import requests
import tritonclient.grpc
import tritonclient.http
from harness import ROOT, TIMEOUT, Server, slipway

FIXTURES = ROOT / "Tests" / "Fixtures" / "mxnet"
MODELS = {
    "gluon_mlp": {},
    "gluon_convolution": {"inputs": {"data": "float32[-1,1,8,8]"}},
    "module_softmax": {},
    "two_inputs": {"inputs": {"left": "[-1,3]", "right": "[-1,3]"}},
}


def section(name, source, options=None, **more):
    """A model of the configuration; YAML takes JSON as it is."""
    model = {"name": name, "source": str(source), "options": options or {}, **more}
    return "  - " + json.dumps(model) + "\n"


def configuration(*sections):
    return "listen: { rest: 0, grpc: 0, admin: 0 }\nmodels:\n" + "".join(sections)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A version directory for every model, as a user's repository has it."""
    folder = tmp_path_factory.mktemp("mxnet")
    for name in MODELS:
        version = folder / name / "1"
        shutil.copytree(FIXTURES / name, version)
        (version / "expected.json").unlink()
    return folder


@pytest.fixture(scope="module")
def served(folder):
    sections = [section(name, folder / name, options) for name, options in MODELS.items()]
    (folder / "slipway.yaml").write_text(configuration(*sections))
    server = Server(folder, "--config", "slipway.yaml")
    try:
        yield server.wait_until_ready(120)
    finally:
        server.stop()


def arrays(recorded):
    return {
        name: numpy.array(entry["values"], "float32").reshape(entry["shape"])
        for name, entry in recorded.items()
    }


def expected(name):
    return json.loads((FIXTURES / name / "expected.json").read_text())


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("protocol", [tritonclient.http, tritonclient.grpc])
def test_answers_are_mxnets_own(served, name, protocol):
    address = served.addresses["rest" if protocol is tritonclient.http else "grpc"]
    record = expected(name)
    with protocol.InferenceServerClient(address.split("://")[-1]) as client:
        inputs = []
        for key, value in arrays(record["inputs"]).items():
            tensor = protocol.InferInput(key, value.shape, "FP32")
            tensor.set_data_from_numpy(value)
            inputs.append(tensor)
        result = client.infer(name, inputs)
        for key, value in arrays(record["outputs"]).items():
            numpy.testing.assert_allclose(result.as_numpy(key), value, rtol=1e-5, atol=1e-6)


def test_rows_that_share_a_run_get_their_own_answers(served):
    record = expected("module_softmax")
    rows = arrays(record["inputs"])["data"]
    wanted = arrays(record["outputs"])["softmax_output"]
    for row, answer in zip(rows, wanted):
        reply = requests.post(
            f"{served.rest}/v1/models/module_softmax:predict",
            json={"instances": [row.tolist()]}, timeout=TIMEOUT,
        )
        assert reply.status_code == 200, reply.text
        numpy.testing.assert_allclose(
            reply.json()["predictions"][0], answer, rtol=1e-5, atol=1e-6
        )


def test_a_model_without_its_weights_says_so_and_the_others_are_served(folder, tmp_path):
    version = tmp_path / "half" / "1"
    version.mkdir(parents=True)
    shutil.copy(FIXTURES / "gluon_mlp" / "digits-symbol.json", version)
    (tmp_path / "slipway.yaml").write_text(
        configuration(section("half", tmp_path / "half"), section("whole", folder / "gluon_mlp"))
    )
    server = Server(tmp_path, "--config", "slipway.yaml")
    try:
        server.wait_for(lambda: "digits-NNNN.params" in json.dumps(server.models()["half"]), "why")
        server.wait_for_states("whole", {1: "AVAILABLE"}, 120)
        assert server.predict("whole", {"instances": [[0.5] * 64]}).status_code == 200
    finally:
        server.stop()


def test_the_engine_is_listed_with_its_library():
    engines = json.loads(slipway("engines", "--output", "json", cwd=ROOT).stdout)["engines"]
    (mxnet,) = [engine for engine in engines if engine["name"] == "mxnet"]
    assert mxnet["available"] and mxnet["version"] == "1.9.1"
    assert mxnet["engine"]["install"] == "slipway engines install mxnet"
    assert mxnet["engine"]["isolation"] == "process"
    assert mxnet["engine"]["bytes"] > 100_000_000

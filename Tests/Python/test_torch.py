"""PyTorch models over REST and gRPC, by the official clients, against PyTorch's own answers."""

import json
import shutil

import numpy
import pytest
import tritonclient.grpc
import tritonclient.http

import harness

FIXTURES = harness.ROOT / "Tests" / "Fixtures" / "torch"
LIBRARY = harness.ROOT / ".deps" / "torch" / "2.13.0" / "lib" / "libslipway_torch.so"
TYPES = {"FP32": numpy.float32, "FP64": numpy.float64, "FP16": numpy.float16,
         "INT64": numpy.int64, "BOOL": numpy.bool_, "BYTES": numpy.object_}
NAMES = ["digits_scripted", "digits_traced", "digits_noted", "digits_conv", "dictionaries",
         "tuples", "tokens", "half", "bool", "scalars", "texts"]


def arrays(name, side):
    document = json.loads((FIXTURES / name / "answers.json").read_text())
    return {
        key: (value["type"], numpy.array(value["data"], TYPES[value["type"]]).reshape(value["shape"]))
        for key, value in document[side].items()
    }


@pytest.fixture(scope="module")
def torch_server(tmp_path_factory):
    assert LIBRARY.exists(), "run scripts/fetch-deps torch && scripts/build-torch-shim"
    folder = tmp_path_factory.mktemp("torch")
    lines = "listen: { rest: 0, grpc: 0, admin: 0 }\nmodels:\n"
    for name in NAMES:
        version = folder / "models" / name / "1"
        version.mkdir(parents=True)
        for file in ["model.pt", "model.yaml"]:
            if (FIXTURES / name / file).exists():
                shutil.copy(FIXTURES / name / file, version)
        lines += f"  - {{ name: {name}, source: {folder}/models/{name} }}\n"
    (folder / "slipway.yaml").write_text(lines)
    running = harness.Server(folder, "--config", folder / "slipway.yaml")
    try:
        # Each model has a process of its own, which opens the library: many seconds when busy.
        yield running.wait_until_ready(seconds=240)
    finally:
        running.stop()


def check(name, result):
    for output, (kind, wanted) in arrays(name, "outputs").items():
        got = result.as_numpy(output)
        assert got.shape == wanted.shape
        if kind == "BYTES":
            assert [item.decode() for item in got.flatten()] == list(wanted.flatten())
        elif kind in ("FP32", "FP16"):
            numpy.testing.assert_allclose(
                got.astype(numpy.float32), wanted.astype(numpy.float32), rtol=1e-2 if kind == "FP16" else 1e-4,
                atol=1e-3 if kind == "FP16" else 1e-5)
        else:
            numpy.testing.assert_array_equal(got, wanted)


@pytest.mark.parametrize("name", NAMES)
def test_triton_clients_get_pytorchs_answers(torch_server, name):
    grpc_authority = torch_server.addresses["grpc"].split("://")[-1]
    for module, authority in [
        (tritonclient.http, torch_server.authority), (tritonclient.grpc, grpc_authority),
    ]:
        client = module.InferenceServerClient(authority)
        inputs = []
        for key, (kind, value) in arrays(name, "inputs").items():
            tensor = module.InferInput(key, list(value.shape), kind)
            if kind == "BYTES":
                value = numpy.array([text.encode() for text in value], numpy.object_)
            tensor.set_data_from_numpy(value)
            inputs.append(tensor)
        check(name, client.infer(name, inputs))


def test_rest_predicts_rows(torch_server):
    _, pixels = arrays("digits_noted", "inputs")["pixels"]
    reply = torch_server.predict("digits_noted", {"instances": pixels.tolist()})
    assert reply.status_code == 200, reply.text
    _, wanted = arrays("digits_noted", "outputs")["probabilities"]
    numpy.testing.assert_allclose(reply.json()["predictions"], wanted, rtol=1e-4, atol=1e-5)


def test_other_methods_are_signatures(torch_server):
    body = {"signature_name": "features", "inputs": {"pixels": [[0.0] * 64]}}
    reply = torch_server.predict("digits_scripted", body)
    assert reply.status_code == 200, reply.text
    assert numpy.shape(reply.json()["outputs"]) == (1, 32)


def test_wrong_shapes_are_the_clients_fault(torch_server):
    reply = torch_server.predict("tokens", {"inputs": {"tokens": [[99]]}})
    assert reply.status_code == 400, reply.text
    assert "out of range" in reply.text


@pytest.mark.parametrize("file, words", [
    ("state_dict.pt", "load_state_dict"), ("eager.pt", "torch.jit.script(model).save"),
    ("exported.pt2", "aoti_compile_and_package"), ("truncated.pt", "cut short"),
])
def test_files_without_a_program_say_how_to_export(tmp_path, file, words):
    version = tmp_path / "models" / "bad" / "1"
    version.mkdir(parents=True)
    shutil.copy(FIXTURES / "bad" / file, version / file)
    result = harness.slipway("inspect", tmp_path / "models" / "bad")
    assert words in result.stdout + result.stderr

"""Model files that cannot be served: each is refused in words that help, and harms no other model."""

import pytest
import requests
from harness import FIXTURES, HALF, TIMEOUT, put, put_builtin, put_file, slipway

# The file, what the error must say of it, and what to do about it.
BAD = {
    "zip_named.onnx": ("is not an ONNX model", "a zip archive", "export the model to ONNX"),
    "truncated.onnx": ("is not an ONNX model", "cut short", "copy it again"),
    "text.onnx": ("is not an ONNX model", "it is text", "git lfs pull"),
    "empty.onnx": ("is not an ONNX model", "it is empty", "copy it again"),
    "bad_ir.onnx": ("cannot load", "version 999 of the ONNX file format", "save it in a lower"),
    "bad_opset.onnx": ("cannot load", "operator set 999", "export it for a lower set"),
    "bad_type.onnx": ("cannot load", "Add", "tensor(int64)"),
    "unknown_op.onnx": ("cannot load", "com.example:Frobnicate", "not supported"),
    "external_data_missing.onnx": ("missing.bin", "no such file", "copy it there"),
    "external_data_escape.onnx": ("outside the version directory", "put them beside"),
    "map_input.onnx": ("cannot load", "input 'x' is a map", "only tensors"),
}


def name_of(file):
    return file.removesuffix(".onnx")


@pytest.fixture(scope="module")
def bad(tmp_path_factory):
    """A server of all the bad models and a good one, once each bad one has been given up."""
    from harness import Server

    folder = tmp_path_factory.mktemp("bad")
    names = [name_of(file) for file in BAD]
    for file in BAD:
        put_file(FIXTURES / file, folder / name_of(file), 1)
    put(HALF, folder / "good", 1)
    (folder / "slipway.yaml").write_text(
        "listen: { rest: 0, grpc: 0, admin: 0 }\nmodels:\n"
        + "".join(
            f"  - {{ name: {name}, source: {folder}/{name}, retry: {{ attempts: 0 }} }}\n"
            for name in [*names, "good"]
        )
    )
    server = Server(folder, "--config", folder / "slipway.yaml")
    try:
        for name in names:
            server.wait_for(lambda: server.version(name, 1).get("error"), f"an error of {name}")
        yield server
    finally:
        server.stop()


@pytest.mark.parametrize("file", BAD)
def test_the_error_names_the_file_what_it_is_and_what_to_do(bad, file):
    version = bad.version(name_of(file), 1)
    message = version["error"]["message"]
    for words in BAD[file]:
        assert words in message, message
    assert f"/{name_of(file)}/1/" in message
    assert version["state"] == "END"
    assert version["error"]["code"] in ("model_invalid", "unsupported")
    # One line, of a length that can be read.
    assert "\n" not in message and len(message) < 500


@pytest.mark.parametrize("file", BAD)
def test_clients_are_told_by_both_protocols(bad, file):
    name = name_of(file)
    message = bad.version(name, 1)["error"]["message"]
    reply = bad.predict(name, {"instances": [1]})
    assert reply.status_code == 503
    assert message in reply.json()["error"]
    body = {"inputs": [{"name": "x", "datatype": "FP32", "shape": [1], "data": [1]}]}
    reply = requests.post(f"{bad.rest}/v2/models/{name}/infer", json=body, timeout=TIMEOUT)
    assert reply.status_code == 503
    assert message in reply.json()["error"]
    status = requests.get(f"{bad.rest}/v1/models/{name}", timeout=TIMEOUT).json()
    assert status["model_version_status"][0]["status"]["error_message"] == message
    assert requests.get(f"{bad.rest}/v2/models/{name}/ready", timeout=TIMEOUT).status_code == 503


@pytest.mark.parametrize("file", BAD)
def test_readiness_gives_a_reason_for_each(bad, file):
    ready, reasons = bad.readiness()
    assert not ready
    message = bad.version(name_of(file), 1)["error"]["message"]
    assert sum(f"model {name_of(file)} " in r and message in r for r in reasons) == 1, reasons


def test_the_good_model_answers_all_the_same(bad):
    assert bad.predict("good", {"instances": [1]}).json() == {"predictions": [2.5]}
    assert len(bad.readiness()[1]) == len(BAD)
    good = requests.get(f"{bad.rest}/v2/models/good/ready", timeout=TIMEOUT)
    assert good.status_code == 200
    # The server as a whole is not ready: an operator has something to do.
    assert requests.get(f"{bad.rest}/v2/health/ready", timeout=TIMEOUT).status_code == 503


def test_the_log_warns_of_each_once(bad):
    for file in BAD:
        lines = [
            line for line in bad.text().splitlines()
            if " warn " in line and f"model={name_of(file)} " in line
        ]
        assert len(lines) == 1, lines
        assert "version has failed" in lines[0]


@pytest.mark.parametrize("file", BAD)
def test_the_command_line_says_the_same_of_a_file(file, tmp_path):
    (tmp_path / "x.json").write_text('{"instances": [1]}')
    done = slipway("predict", FIXTURES / file, tmp_path / "x.json")
    assert (done.returncode, done.stdout) == (5, "")
    assert done.stderr.startswith("error: ")
    for words in BAD[file]:
        assert words in done.stderr


def test_directories_without_a_model_say_what_is_in_them(launch, tmp_path):
    (tmp_path / "m" / "1").mkdir(parents=True)
    (tmp_path / "m" / "1" / "notes.txt").write_text("hello")
    server = launch(f"m={tmp_path}/m")
    error = server.wait_for(lambda: server.version("m", 1).get("error"), "an error")
    assert error["code"] == "model_invalid"
    assert "holds 'notes.txt'" in error["message"]
    assert "onnxruntime" in error["message"]


def test_directories_with_models_of_two_engines_ask_which_is_meant(launch, tmp_path):
    put(HALF, tmp_path / "m", 1)
    (tmp_path / "m" / "1" / "model.builtin").write_text("kind: identity\n")
    server = launch(f"m={tmp_path}/m")
    error = server.wait_for(lambda: server.version("m", 1).get("error"), "an error")
    assert "write which one you mean, for example 'engine: " in error["message"]


def test_models_that_fail_when_they_run_are_not_ready(launch, tmp_path):
    put_builtin(tmp_path / "m", 1, "kind: faulty", "fail: run")
    server = launch(f"m={tmp_path}/m")
    error = server.wait_for(lambda: server.version("m", 1).get("error"), "an error")
    assert "the model is described to fail every run" in error["message"]
    assert not server.readiness()[0]

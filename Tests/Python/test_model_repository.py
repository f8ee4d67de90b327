"""Triton's model repository and model control, with the official clients over REST and gRPC."""

import json
import os
import shutil
import subprocess
import threading

import numpy
import pytest
import requests
import tritonclient.grpc as triton_grpc
import tritonclient.http as triton_http
from conftest import REQUESTS
from harness import (
    DIGITS_1, DIGITS_2, HALF, TIMEOUT, Server, link, program, put_builtin, put_file, slipway, until,
)
from tritonclient.utils import InferenceServerException

PIXELS = numpy.float32(json.loads((REQUESTS / "digit.json").read_text())["instances"])
SIGNATURE = """\
input [ { name: "pixels" data_type: TYPE_FP32 dims: [ 64 ] } ]
output [
  { name: "label" data_type: TYPE_INT64 dims: [ ] },
  { name: "probabilities" data_type: TYPE_FP32 dims: [ 10 ] %s }
]
"""


def configure(folder, text):
    """Writes a model's config.pbtxt in one step."""
    folder.mkdir(parents=True, exist_ok=True)
    aside = folder / "config.pbtxt.new"
    aside.write_text(text)
    aside.rename(folder / "config.pbtxt")


def digits(repository, *versions, name="digits", config=None):
    """A digit model in the repository."""
    for version, source in versions or [(1, DIGITS_1), (2, DIGITS_2)]:
        link(source, repository / name, version)
    if config is not None:
        configure(repository / name, config)
    return repository / name


class REST:
    """The official client over HTTP."""

    module = triton_http

    def __init__(self, server):
        self.client = triton_http.InferenceServerClient(server.authority, concurrency=4)

    def index(self):
        return self.client.get_model_repository_index()

    def statistics(self, *model):
        return self.client.get_inference_statistics(*model)["model_stats"]

    def config(self, model):
        return self.client.get_model_config(model)


class GRPC:
    """The official client over gRPC, with its answers in the form of REST's."""

    module = triton_grpc

    def __init__(self, server):
        address = server.addresses["grpc"].split("://")[-1]
        self.client = triton_grpc.InferenceServerClient(address)

    def index(self):
        index = self.client.get_model_repository_index(as_json=True)
        return index.get("models", [])

    def statistics(self, *model):
        return self.client.get_inference_statistics(*model, as_json=True)["model_stats"]

    def config(self, model):
        return self.client.get_model_config(model, as_json=True)["config"]


@pytest.fixture(params=[REST, GRPC])
def connect(request):
    """Connects to a server with one of the clients."""
    made = []

    def connect(server):
        made.append(request.param(server))
        return made[-1]

    yield connect
    for each in made:
        each.client.close()


@pytest.fixture
def repository(tmp_path):
    folder = tmp_path / "repository"
    folder.mkdir()
    return folder


def served(launch, repository, control="off"):
    """A server that answers for models as Triton does: one that is unknown is not ready."""
    return launch(
        configuration="listen: { rest: 0, grpc: 0, admin: 0 }\ncompatibility: { v2: triton }\n"
        f"repository: {repository}\nmodel_control: {control}\n"
    )


def infer(api, model="digits", output="label", version="", classes=0, pixels=PIXELS):
    tensor = api.module.InferInput("pixels", list(pixels.shape), "FP32")
    tensor.set_data_from_numpy(pixels)
    wanted = [api.module.InferRequestedOutput(output, class_count=classes)]
    result = api.client.infer(model, [tensor], model_version=version, outputs=wanted)
    return result.as_numpy(output)


def half(api, model, *values):
    tensor = api.module.InferInput("x", [len(values)], "FP32")
    tensor.set_data_from_numpy(numpy.float32(values))
    return api.client.infer(model, [tensor]).as_numpy("y").tolist()


def states(api, model):
    return {e.get("version"): e.get("state") for e in api.index() if e["name"] == model}


def inferences(api):
    return int(api.statistics("digits")[0].get("inference_count", 0))


class TestExplicit:
    def test_index_load_infer_unload(self, launch, repository, connect, reference):
        digits(repository)
        server = served(launch, repository, "explicit").wait_until_ready()
        api = connect(server)
        assert [(e["name"], e.get("version", ""), e.get("state", "")) for e in api.index()] == [
            ("digits", "", "")
        ]
        assert not api.client.is_model_ready("digits")
        with pytest.raises(InferenceServerException, match="digits"):
            infer(api)

        api.client.load_model("digits")
        assert states(api, "digits") == {"2": "READY"}
        assert api.client.is_model_ready("digits")
        # The runs that warm it up are counted.
        warm = inferences(api)
        expected = reference("digits", 2, {"pixels": PIXELS}, ["label"])[0]
        assert infer(api).tolist() == expected.tolist()
        (one,) = api.statistics("digits")
        assert int(one["inference_stats"]["success"]["count"]) == 1
        assert int(one["inference_count"]) - warm == len(PIXELS)

        api.client.unload_model("digits")
        assert not api.client.is_model_ready("digits")
        (gone,) = [e for e in api.index() if e["name"] == "digits"]
        assert (gone["state"], gone["reason"]) == ("UNAVAILABLE", "unloaded")
        with pytest.raises(InferenceServerException):
            api.statistics("digits")
        with pytest.raises(InferenceServerException):
            infer(api)

        api.client.load_model("digits")
        assert infer(api).tolist() == expected.tolist()

    def test_what_is_not_there_is_refused_by_name(self, launch, repository, connect):
        digits(repository)
        api = connect(served(launch, repository, "explicit").wait_until_ready())
        with pytest.raises(InferenceServerException, match="nope"):
            api.client.load_model("nope")
        with pytest.raises(InferenceServerException, match="digits.*not loaded|digits"):
            api.client.unload_model("digits")

    def test_a_configuration_comes_with_the_request(self, launch, repository, connect):
        digits(repository)
        api = connect(served(launch, repository, "explicit").wait_until_ready())
        api.client.load_model(
            "digits",
            config=json.dumps({"backend": "onnxruntime", "version_policy": {"all": {}},
                               "maxBatchSize": 4,
                               "instance_group": [{"count": 2, "kind": "KIND_CPU"}],
                               "parameters": {"owner": {"string_value": "us"}}}),
        )
        assert states(api, "digits") == {"1": "READY", "2": "READY"}
        config = api.config("digits")
        assert config["max_batch_size"] == 4
        assert config["instance_group"][0]["count"] == 2
        assert config["parameters"]["owner"]["string_value"] == "us"
        # Without it the repository's own counts again.
        api.client.load_model("digits")
        assert [v for v, state in states(api, "digits").items() if state == "READY"] == ["2"]

    @pytest.mark.parametrize(
        "config, words",
        [
            ("{", "JSON|line 1"),
            ('{"max_batch_sizes": 1}', "there is no field 'max_batch_sizes'.*max_batch_size"),
            ('{"backend": "python"}', "engine python finds nothing that it can load"),
            ('{"sequence_batching": {"max_sequence_idle_microseconds": 5}}', "sequence_batching"),
            ('{"instance_group": [{"kind": "KIND_GPU"}]}', "asks for a GPU"),
            ('{"input": [{"name": "y", "data_type": "TYPE_FP32", "dims": [64]}]}', "'?y'?"),
        ],
    )
    def test_a_wrong_configuration_is_refused_and_nothing_is_loaded(
        self, launch, repository, connect, config, words
    ):
        digits(repository)
        api = connect(served(launch, repository, "explicit").wait_until_ready())
        with pytest.raises(InferenceServerException, match=words):
            api.client.load_model("digits", config=config)
        assert not api.client.is_model_ready("digits")
        api.client.load_model("digits")
        assert infer(api).shape == (len(PIXELS),)

    def test_files_come_with_the_request(self, launch, repository, connect):
        server = served(launch, repository, "explicit").wait_until_ready()
        api = connect(server)
        content = (HALF / "model.onnx").read_bytes()
        api.client.load_model(
            "half", config='{"backend": "onnxruntime"}', files={"file:7/model.onnx": content}
        )
        assert states(api, "half") == {"7": "READY"}
        assert half(api, "half", 1, 2) == [2.5, 3]
        api.client.unload_model("half")
        assert not api.client.is_model_ready("half")
        assert [e for e in api.index() if e["name"] == "half" and e.get("state") == "READY"] == []

    @pytest.mark.parametrize(
        "path", ["file:../1/model.onnx", "file:1/../../x", "file:/etc/x", "file:1/a\\b", "file:"]
    )
    def test_files_stay_in_their_directory(self, launch, repository, connect, path):
        api = connect(served(launch, repository, "explicit").wait_until_ready())
        with pytest.raises(InferenceServerException):
            api.client.load_model("half", config="{}", files={path: b"x"})
        assert api.index() == []

    def test_files_that_are_no_model_leave_what_was_served(self, launch, repository, connect):
        api = connect(served(launch, repository, "explicit").wait_until_ready())
        files = {"file:1/model.onnx": (HALF / "model.onnx").read_bytes()}
        api.client.load_model("half", config="{}", files=files)
        with pytest.raises(InferenceServerException):
            api.client.load_model("half", config="{}", files={"file:2/model.onnx": b"no model"})
        assert half(api, "half", 1) == [2.5]

    def test_a_new_version_is_swapped_in_without_a_failed_request(
        self, launch, repository, connect
    ):
        digits(repository, (1, DIGITS_1))
        server = served(launch, repository, "explicit").wait_until_ready()
        api = connect(server)
        api.client.load_model("digits")
        body = (REQUESTS / "digit.infer.json").read_bytes()
        failures, answered, ends = [], set(), threading.Event()

        def ask():
            with requests.Session() as session:
                while not ends.is_set():
                    reply = session.post(
                        f"{server.rest}/v2/models/digits/infer", data=body, timeout=TIMEOUT
                    )
                    if reply.status_code != 200:
                        return failures.append(reply.text)
                    answered.add(reply.json()["model_version"])

        threads = [threading.Thread(target=ask) for _ in range(3)]
        for thread in threads:
            thread.start()
        try:
            server.wait_for(lambda: answered == {"1"}, "answers of version 1")
            link(DIGITS_2, repository / "digits", 2)
            api.client.load_model("digits")
            assert api.client.is_model_ready("digits", "2")
            server.wait_for(lambda: "2" in answered or failures, "answers of version 2")
        finally:
            ends.set()
            for thread in threads:
                thread.join()
        assert failures == []
        # The version that was replaced goes by itself.
        server.wait_for_states("digits", {2: "AVAILABLE"})

    def test_models_of_the_repository_appear_in_the_index(self, launch, repository, connect):
        server = served(launch, repository, "explicit").wait_until_ready()
        api = connect(server)
        assert api.index() == []
        digits(repository)
        server.wait_for(lambda: [e["name"] for e in api.index()] == ["digits"], "the index")
        shutil.rmtree(repository / "digits")
        server.wait_for(lambda: api.index() == [], "the empty index")


class TestOff:
    def test_every_model_is_served_and_clients_change_nothing(self, launch, repository, connect):
        digits(repository)
        put_builtin(repository / "same", 1, "kind: identity")
        server = served(launch, repository).wait_until_ready()
        api = connect(server)
        assert states(api, "digits") == {"2": "READY"}
        assert states(api, "same") == {"1": "READY"}
        for call in [api.client.load_model, api.client.unload_model]:
            with pytest.raises(InferenceServerException, match="not allowed|model_control"):
                call("digits")
        assert infer(api).shape == (len(PIXELS),)

    def test_models_come_and_go_with_their_directories(self, launch, repository, connect):
        digits(repository)
        server = served(launch, repository).wait_until_ready()
        api = connect(server)
        link(HALF, repository / "half", 1)
        server.wait_for(lambda: api.client.is_model_ready("half"), "the new model")
        assert half(api, "half", 1) == [2.5]
        shutil.rmtree(repository / "half")
        server.wait_for(lambda: not api.client.is_model_ready("half"), "its end")
        assert infer(api).shape == (len(PIXELS),)

    def test_a_bad_configuration_leaves_the_others_running(self, launch, repository, connect):
        folder = digits(repository)
        link(HALF, repository / "half", 1)
        configure(repository / "bad", "max_batch_sise: 4")
        link(HALF, repository / "bad", 1)
        server = served(launch, repository)
        api = connect(server)
        server.wait_for(lambda: api.client.is_model_ready("half"), "the good model")
        server.wait_for(lambda: api.client.is_model_ready("digits"), "the other good model")
        assert not api.client.is_model_ready("bad")
        (entry,) = [e for e in api.index() if e["name"] == "bad"]
        assert entry["state"] == "UNAVAILABLE"
        assert "bad/config.pbtxt, line 1, column 1" in entry["reason"]
        assert "did you mean 'max_batch_size'" in entry["reason"]

        # One that turns bad keeps what was served; mending it brings the new state in.
        configure(folder, "nonsense {")
        server.wait_for_log("digits/config.pbtxt")
        assert infer(api).shape == (len(PIXELS),)
        configure(folder, "version_policy { specific { versions: 1 } }")
        server.wait_for_states("digits", {1: "AVAILABLE"})
        configure(repository / "bad", "max_batch_size: 0")
        server.wait_for(lambda: api.client.is_model_ready("bad"), "the mended model")


class TestConfiguration:
    """What a config.pbtxt says holds for an ONNX model."""

    def test_everything_at_once(self, launch, repository, connect):
        folder = digits(
            repository,
            config='name: "digits" platform: "onnxruntime_onnx" max_batch_size: 8\n'
            + SIGNATURE % 'label_filename: "labels.txt"'
            + """
version_policy { latest { num_versions: 2 } }
instance_group [ { count: 2 kind: KIND_CPU } ]
dynamic_batching { preferred_batch_size: [ 4, 8 ] max_queue_delay_microseconds: 100 }
parameters { key: "intra_op_thread_count" value { string_value: "1" } }
parameters { key: "owner" value { string_value: "us" } }
model_warmup [ {
  name: "zeros" batch_size: 2 count: 3
  inputs { key: "pixels" value { data_type: TYPE_FP32 dims: [ 64 ] zero_data: true } }
} ]
""",
        )
        labels = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
        (folder / "labels.txt").write_text("\n".join(labels) + "\n")
        server = served(launch, repository).wait_until_ready()
        api = connect(server)
        ready = {"1": "READY", "2": "READY"}
        server.wait_for(lambda: states(api, "digits") == ready, "both versions", 60)
        config = api.config("digits")
        assert config["max_batch_size"] == 8
        assert "dynamic_batching" in config
        assert config["instance_group"][0]["count"] == 2
        assert config["parameters"]["owner"]["string_value"] == "us"
        ranked = infer(api, output="probabilities", classes=2)
        for row in ranked:
            for cell in row:
                _, index, label = cell.decode().split(":")
                assert labels[int(index)] == label
        # Classify of TensorFlow Serving has the same labels.
        body = {"examples": [{"pixels": PIXELS[0].tolist()}]}
        reply = requests.post(
            f"{server.rest}/v1/models/digits:classify", json=body, timeout=TIMEOUT
        )
        assert reply.status_code == 200, reply.text
        assert sorted(label for label, _ in reply.json()["results"][0]) == sorted(labels)
        for field in ["preferred_batch_size", "max_queue_delay_microseconds"]:
            assert server.text().count(f"dynamic_batching.{field}' has no effect") == 1

    def test_a_file_of_another_name(self, launch, repository, connect):
        put_file(HALF / "model.onnx", repository / "half", 1, name="other.onnx")
        configure(repository / "half", 'backend: "onnxruntime" default_model_filename: "other.onnx"')
        server = served(launch, repository).wait_until_ready()
        assert half(connect(server), "half", 4) == [4]

    @pytest.mark.parametrize(
        "config, words",
        [
            (SIGNATURE.replace("[ 64 ]", "[ 63 ]") % "", ["pixels", "63"]),
            (SIGNATURE.replace("TYPE_FP32 dims: [ 64 ]", "TYPE_INT8 dims: [ 64 ]") % "",
             ["pixels", "INT8"]),
            (SIGNATURE.replace('"label"', '"lable"') % "", ["lable"]),
            (SIGNATURE % 'label_filename: "missing.txt"', ["missing.txt"]),
            (SIGNATURE % 'label_filename: "../labels.txt"', ["label_filename"]),
            ('name: "other"', ["'name' is 'other'"]),
            ('default_model_filename: "missing.onnx"', ["missing.onnx"]),
            ('platform: "tensorrt_plan"', ["tensorrt_plan", "TensorRT"]),
            ("ensemble_scheduling { step [ { model_name: \"a\" } ] }", ["ensemble_scheduling"]),
            ("sequence_batching { direct { } }", ["sequence_batching"]),
            ("model_transaction_policy { decoupled: true }", ["decoupled", "one answer"]),
            ("response_cache { enable: true }", ["enable", "not cached"]),
            ("dynamic_batching { priority_levels: 2 }", ["priority_levels"]),
            ("dynamic_batching { }", ["needs 'max_batch_size' above 0"]),
            ("instance_group { kind: KIND_GPU }", ["asks for a GPU"]),
            ("optimization { cuda { graphs: true } }", ["cuda", "no GPU"]),
            ('input { name: "pixels" data_type: TYPE_FP32 dims: [ 64 ] optional: true }',
             ["optional"]),
            ("version_policy { specific { } }", ["at least one version"]),
            ('model_warmup { inputs { key: "pixels" value { data_type: TYPE_FP32 dims: [ 3 ] '
             "zero_data: true } } }", ["pixels"]),
            ("max_batch_size: -1", ["-1", "max_batch_size"]),
            ("parameters { key: \"intra_op_thread_count\" value { string_value: \"many\" } }",
             ["many"]),
        ],
    )
    def test_what_cannot_hold_is_refused_by_name(self, launch, repository, config, words):
        head = "" if "max_batch_size" in config or "dynamic" in config else "max_batch_size: 8\n"
        digits(repository, config=head + config)
        server = served(launch, repository)

        def reason():
            model = server.models().get("digits", {})
            reasons = [model.get("reason", "")] + [
                v.get("reason", "") for v in model.get("versions", [])
            ]
            return "; ".join(r for r in reasons if r)

        server.wait_for(lambda: all(word in reason() for word in words), f"a reason with {words}")
        assert server.readiness()[0] is False

    def test_warm_up_data_of_a_file(self, launch, repository, connect):
        folder = digits(
            repository,
            config="max_batch_size: 8\nmodel_warmup [ { batch_size: 1 inputs { key: \"pixels\" value "
            '{ data_type: TYPE_FP32 dims: [ 64 ] input_data_file: "raw" } } } ]',
        )
        (folder / "warmup").mkdir()
        (folder / "warmup" / "raw").write_bytes(PIXELS[0].tobytes()[:-1])
        server = served(launch, repository)
        server.wait_for_log("digits", "has 256 bytes, not 255")
        assert not server.readiness()[0]
        (folder / "warmup" / "raw").write_bytes(PIXELS[0].tobytes())
        configure(folder, (folder / "config.pbtxt").read_text() + "\n# again\n")
        server.wait_until_ready()


class TestCommandLine:
    """`slipway serve` with Triton's flags, and `tritonserver` as a name of the program."""

    FLAGS = ["--http-port=0", "--grpc-port=0", "--metrics-port=0", "--http-address=127.0.0.1"]

    @pytest.fixture
    def serve(self, tmp_path, repository):
        running = []

        def start(*flags):
            flags = [f"--model-repository={repository}", *self.FLAGS, *flags]
            running.append(Server(tmp_path, *flags))
            return running[-1]

        yield start
        for server in running:
            assert server.stop() == 0

    def test_all_models_at_once(self, serve, repository, connect):
        digits(repository)
        server = serve("--log-verbose=1", "--exit-on-error=true").wait_until_ready()
        api = connect(server)
        assert api.client.is_server_ready() and api.client.is_model_ready("digits")
        assert not api.client.is_model_ready("nope")
        assert infer(api).shape == (len(PIXELS),)
        assert "--exit-on-error=true has no effect" in server.text()
        page = requests.get(f"{server.admin}/metrics", timeout=TIMEOUT).text
        assert 'nv_inference_request_success{model="digits",version="2"} 1' in page

    def test_explicit_with_a_model_to_begin_with(self, serve, repository, connect):
        digits(repository)
        link(HALF, repository / "half", 1)
        api = connect(serve(
            "--model-control-mode=explicit", "--load-model", "half").wait_until_ready())
        assert api.client.is_model_ready("half") and not api.client.is_model_ready("digits")
        api.client.load_model("digits")
        assert infer(api).shape == (len(PIXELS),)
        api.client.unload_model("half")
        assert not api.client.is_model_ready("half")

    def test_polling_finds_new_models(self, serve, repository, connect):
        digits(repository)
        server = serve(
            "--model-control-mode=poll", "--repository-poll-secs=1").wait_until_ready()
        api = connect(server)
        link(HALF, repository / "half", 1)
        server.wait_for(lambda: api.client.is_model_ready("half"), "the new model")

    @pytest.mark.parametrize(
        "flags, status, words",
        [
            (["--model-repositry=/m", "--model-store=/m"], 2, "did you mean 'model-repository'"),
            (["--model-repository=/a", "--model-store=/b"], 3, "a second directory"),
            (["--model-repository=/a", "--strict-readiness=false"], 3, "is refused"),
            (["--model-repository=/a", "--model-control-mode=all"], 2, "none, poll, explicit"),
        ],
    )
    def test_wrong_flags_end_the_program(self, flags, status, words, tmp_path):
        result = slipway("serve", *flags, cwd=tmp_path)
        assert result.returncode == status
        assert words in result.stderr

    def test_the_name_of_the_original(self, repository, tmp_path):
        digits(repository)
        binary = tmp_path / "tritonserver"
        binary.symlink_to(os.path.abspath(program()))
        announcement = tmp_path / "announce.json"
        server = subprocess.Popen(
            [binary, "--model-store", repository, *self.FLAGS, "--announce", announcement],
            stderr=subprocess.DEVNULL, cwd=tmp_path)
        try:
            until(announcement.exists, "the announcement")
            rest = json.loads(announcement.read_text())["rest"]
            until(
                lambda: requests.get(f"{rest}/v2/health/ready", timeout=TIMEOUT).ok, "readiness")
        finally:
            server.terminate()
            assert server.wait(TIMEOUT) == 0

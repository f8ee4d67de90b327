"""TensorFlow Serving's ways to change what is served, through the official stubs."""

import os
import subprocess
import threading

import grpc
import pytest
import requests
from harness import DIGITS_1, DIGITS_2, HALF, TIMEOUT, Server, link, program, put_builtin, until
from test_operations import make_certificates
from test_tensorflow_serving_flags import entry, free_port, listing, replace
from test_tensorflow_serving_grpc import Client, floats, refused, specification
from tensorflow_serving.apis import (
    get_model_status_pb2, model_management_pb2, model_service_pb2_grpc, predict_pb2,
    prediction_service_pb2_grpc,
)

NOT_FOUND, WRONG = grpc.StatusCode.NOT_FOUND, grpc.StatusCode.INVALID_ARGUMENT
INVALID_ARGUMENT, FAILED_PRECONDITION = 3, 9


class Models:
    """Builds a ReloadConfigRequest, model by model."""

    def __init__(self):
        self.request = model_management_pb2.ReloadConfigRequest()
        self.request.config.model_config_list.SetInParent()

    def model(self, name, base, labels=None, versions=None, platform="tensorflow"):
        config = self.request.config.model_config_list.config.add()
        config.name, config.base_path, config.model_platform = name, str(base), platform
        if versions == "all":
            config.model_version_policy.all.SetInParent()
        elif versions:
            config.model_version_policy.specific.versions.extend(versions)
        for label, version in (labels or {}).items():
            config.version_labels[label] = version
        return self


def reload(client, models):
    """Code and message of the answer; a failure ends the call with them, as in the original."""
    try:
        reply = client.models.HandleReloadConfigRequest(models.request, timeout=TIMEOUT)
    except grpc.RpcError as error:
        return error.code().value[0], error.details()
    return reply.status.error_code, reply.status.error_message


def versions(client, name):
    request = get_model_status_pb2.GetModelStatusRequest(model_spec=specification(name))
    reply = client.models.GetModelStatus(request, timeout=TIMEOUT)
    names = get_model_status_pb2.ModelVersionStatus.State.Name
    return {v.version: names(v.state) for v in reply.model_version_status}


def predict(client, name, **spec):
    return list(client.predict(name, {"x": floats(1, 2)}, **spec).outputs["y"].float_val)


@pytest.fixture
def serve(tmp_path):
    """Starts `slipway serve` with flags, on free ports."""
    running = []

    def start(*flags):
        # Here 0 switches a port off.
        server = Server(
            tmp_path, f"--port={free_port()}", f"--rest_api_port={free_port()}", "--admin-port=0",
            "--host=127.0.0.1", *flags,
        )
        running.append(server)
        return server

    yield start
    for server in running:
        server.stop()


@pytest.fixture
def base(tmp_path):
    link(HALF, tmp_path / "half", 1)
    return tmp_path / "half"


@pytest.fixture
def client(serve, base):
    server = serve("--model_name=half", f"--model_base_path={base}").wait_until_ready()
    client = Client(server)
    client.server = server
    yield client
    client.channel.close()


class TestReload:
    def test_models_are_added_and_answer_at_once(self, client, base, tmp_path):
        put_builtin(tmp_path / "same", 5, "kind: identity")
        models = Models().model("half", base).model("same", tmp_path / "same")
        assert reload(client, models) == (0, "")
        assert versions(client, "same") == {5: "AVAILABLE"}
        assert predict(client, "half") == [2.5, 3]

    def test_models_that_are_left_out_go(self, client, base):
        assert reload(client, Models().model("other", base)) == (0, "")
        assert predict(client, "other") == [2.5, 3]
        client.server.wait_for(
            lambda: refused(predict, client, "half")[0] == NOT_FOUND, "half to go"
        )
        code, words = refused(predict, client, "half")
        assert (code, words) == (NOT_FOUND, "Servable not found for request: Latest(half)")

    def test_an_empty_list_unloads_everything(self, client):
        assert reload(client, Models()) == (0, "")
        client.server.wait_for(
            lambda: refused(predict, client, "half")[0] == NOT_FOUND, "half to go"
        )

    def test_a_model_that_stays_answers_all_the_time(self, client, base, tmp_path):
        put_builtin(tmp_path / "same", 1, "kind: identity")
        failures, ends = [], threading.Event()

        def ask():
            while not ends.is_set():
                try:
                    predict(client, "half")
                except grpc.RpcError as error:
                    return failures.append(error.details())

        threads = [threading.Thread(target=ask) for _ in range(2)]
        for thread in threads:
            thread.start()
        try:
            both = Models().model("half", base).model("same", tmp_path / "same")
            for _ in range(3):
                assert reload(client, both) == (0, "")
                assert reload(client, Models().model("half", base)) == (0, "")
        finally:
            ends.set()
            for thread in threads:
                thread.join()
        assert failures == []

    def test_labels_are_set_and_moved(self, client, base):
        link(HALF, base, 2)
        both = dict(versions="all")
        assert reload(client, Models().model("half", base, **both)) == (0, "")
        client.server.wait_for(
            lambda: versions(client, "half") == {1: "AVAILABLE", 2: "AVAILABLE"}, "both versions"
        )
        for version in [1, 2]:
            models = Models().model("half", base, labels={"stable": version}, **both)
            assert reload(client, models) == (0, "")
            reply = client.predict("half", {"x": floats(1)}, version_label="stable")
            assert reply.model_spec.version.value == version
        code, _ = refused(predict, client, "half", version_label="nope")
        assert code == WRONG

    def test_a_label_of_a_version_that_does_not_answer_is_refused(self, client, base):
        code, words = reload(client, Models().model("half", base, labels={"next": 9}))
        assert code == FAILED_PRECONDITION
        assert words == (
            "Request to assign label to version 9 of model half, which is not currently available "
            "for inference"
        )
        assert predict(client, "half") == [2.5, 3]
        assert refused(predict, client, "half", version_label="next")[0] == WRONG

    @pytest.mark.parametrize(
        "change, words",
        [
            (lambda m, b: m.model("half", b).model("half", b), "Illegal to list model half multiple"),
            (lambda m, b: m.model("half", "relative"), "to have an absolute path or URI"),
            (lambda m, b: m.model("half", b, platform="caffe"), "platform 'caffe'"),
            (lambda m, b: m.model("bad/name", b), "bad/name"),
        ],
    )
    def test_a_bad_configuration_changes_nothing(self, client, base, tmp_path, change, words):
        link(HALF, tmp_path / "new", 1)
        models = change(Models().model("new", tmp_path / "new"), base)
        code, message = reload(client, models)
        assert code == INVALID_ARGUMENT
        assert words in message
        assert predict(client, "half") == [2.5, 3]
        assert set(client.server.models()) == {"half"}

    def test_custom_configurations_are_refused(self, client):
        request = model_management_pb2.ReloadConfigRequest()
        request.config.custom_model_config.SetInParent()
        code, _ = refused(client.models.HandleReloadConfigRequest, request, timeout=TIMEOUT)
        assert code == WRONG
        assert predict(client, "half") == [2.5, 3]

    def test_a_broken_model_is_told_of_while_the_others_answer(self, client, base, tmp_path):
        (tmp_path / "bad" / "1").mkdir(parents=True)
        (tmp_path / "bad" / "1" / "model.onnx").write_bytes(b"no model")
        models = Models().model("half", base).model("bad", tmp_path / "bad")
        code, message = reload(client, models)
        assert code != 0 and "bad" in message
        assert predict(client, "half") == [2.5, 3]


class TestFiles:
    def test_the_polled_list_moves_labels_versions_and_models(self, serve, base, tmp_path):
        link(HALF, base, 2)
        config = tmp_path / "models.config"
        every = "model_version_policy { all {} }"
        stable = 'version_labels {{ key: "stable" value: {} }}'
        config.write_text(listing(entry("half", base, every, stable.format(1))))
        server = serve(
            f"--model_config_file={config}", "--model_config_file_poll_wait_seconds=1"
        ).wait_until_ready()
        client = Client(server)

        def labelled():
            reply = client.predict("half", {"x": floats(1)}, version_label="stable")
            return reply.model_spec.version.value

        assert labelled() == 1
        put_builtin(tmp_path / "same", 1, "kind: identity")
        replace(config, listing(
            entry("half", base, every, stable.format(2)), entry("same", tmp_path / "same")))
        server.wait_for(lambda: labelled() == 2, "the label to move")
        server.wait_for(lambda: versions_or_none(client, "same") == {1: "AVAILABLE"}, "same")
        # A list with an error changes nothing, whatever else it says.
        replace(config, listing(entry("half", base), entry("same", "relative")))
        server.wait_for_log("the last one stays in use")
        assert labelled() == 2 and predict(client, "half") == [2.5, 3]
        client.channel.close()

    @pytest.mark.parametrize("allowed", [False, True])
    def test_labels_for_versions_to_come(self, serve, base, allowed):
        flags = ["--allow_version_labels_for_unavailable_models"] if allowed else []
        server = serve(
            "--model_name=half", f"--model_base_path={base}", *flags
        ).wait_until_ready()
        client = Client(server)
        code, _ = reload(client, Models().model("half", base, labels={"next": 2}))
        assert code == (0 if allowed else FAILED_PRECONDITION)
        client.channel.close()

    def test_certificates_of_grpc_alone(self, serve, base, tmp_path):
        make_certificates(tmp_path, "server", "client")
        text = {name: (tmp_path / name).read_text().replace("\n", "\\n")
                for name in ["server.key", "server.pem", "ca.pem"]}
        ssl = tmp_path / "ssl.config"
        ssl.write_text(
            f'server_key: "{text["server.key"]}"\nserver_cert: "{text["server.pem"]}"\n'
            f'custom_ca: "{text["ca.pem"]}"\nclient_verify: true\n')
        server = serve(
            "--model_name=half", f"--model_base_path={base}", f"--ssl_config_file={ssl}")
        server.wait_for_states("half", {1: "AVAILABLE"})
        address = server.addresses["grpc"].split("://")[-1]
        request = predict_pb2.PredictRequest(model_spec=specification("half"))
        request.inputs["x"].CopyFrom(floats(1, 2))
        authority = (tmp_path / "ca.pem").read_bytes()
        mine = [(tmp_path / f"client.{end}").read_bytes() for end in ["key", "pem"]]
        credentials = grpc.ssl_channel_credentials(authority, *mine)
        with grpc.secure_channel(address, credentials) as channel:
            stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
            reply = stub.Predict(request, timeout=TIMEOUT)
            assert list(reply.outputs["y"].float_val) == [2.5, 3]
        # Without a certificate of its own, and in the clear, nobody gets in.
        for credentials in [grpc.ssl_channel_credentials(authority), None]:
            channel = (grpc.secure_channel(address, credentials) if credentials
                       else grpc.insecure_channel(address))
            with channel:
                stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
                assert refused(stub.Predict, request, timeout=5)[0] in (
                    grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)
        assert server.rest.startswith("http://")
        assert requests.post(
            f"{server.rest}/v1/models/half:predict", json={"instances": [1]}, timeout=TIMEOUT
        ).json() == {"predictions": [2.5]}

    def test_batching_and_the_path_of_metrics(self, serve, tmp_path):
        link(DIGITS_1, tmp_path / "digits", 1)
        batching = tmp_path / "batching"
        batching.write_text(
            "max_batch_size { value: 32 } batch_timeout_micros { value: 1000 }\n"
            "num_batch_threads { value: 2 } max_enqueued_batches { value: 100 }\n"
            'pad_variable_length_inputs: true thread_pool_name { value: "p" }')
        monitoring = tmp_path / "monitoring"
        monitoring.write_text('prometheus_config { enable: true path: "/watch/this" }')
        server = serve(
            "--model_name=digits", f"--model_base_path={tmp_path}/digits", "--enable_batching=true",
            f"--batching_parameters_file={batching}", f"--monitoring_config_file={monitoring}",
        ).wait_until_ready()
        config = requests.get(f"{server.rest}/v2/models/digits/config", timeout=TIMEOUT).json()
        assert config["max_batch_size"] == 32
        page = requests.get(f"{server.rest}/watch/this", timeout=TIMEOUT)
        assert page.status_code == 200 and ":tensorflow:serving:request_count" in page.text
        for name in ["batch_timeout_micros", "pad_variable_length_inputs", "thread_pool_name"]:
            assert server.text().count(f"'{name}' has no effect") == 1


def versions_or_none(client, name):
    try:
        return versions(client, name)
    except grpc.RpcError:
        return None


def test_the_original_by_its_name_and_environment(tmp_path):
    binary = tmp_path / "tensorflow_model_server"
    binary.symlink_to(os.path.abspath(program()))
    link(DIGITS_2, tmp_path / "models" / "digits", 2)
    port, rest = free_port(), free_port()
    log = tmp_path / "log"
    with log.open("wb") as output:
        server = subprocess.Popen(
            [binary, f"--port={port}", f"--rest_api_port={rest}"], stdout=output, stderr=output,
            cwd=tmp_path,
            env={**os.environ, "MODEL_NAME": "digits", "MODEL_BASE_PATH": f"{tmp_path}/models"},
        )
    try:
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            stub = model_service_pb2_grpc.ModelServiceStub(channel)
            request = get_model_status_pb2.GetModelStatusRequest(
                model_spec=specification("digits"))

            def state():
                assert server.poll() is None, log.read_text()
                reply = stub.GetModelStatus(request, timeout=TIMEOUT, wait_for_ready=True)
                return [(v.version, v.state) for v in reply.model_version_status]

            until(lambda: state() == [(2, 30)], "the model of the environment")
        body = {"instances": [{"pixels": [0.0] * 64}]}
        assert requests.post(
            f"http://127.0.0.1:{rest}/v1/models/digits:predict", json=body, timeout=TIMEOUT
        ).status_code == 200
    finally:
        server.terminate()
        assert server.wait(TIMEOUT) == 0

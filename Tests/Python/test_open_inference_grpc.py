"""The Open Inference Protocol over gRPC, with tritonclient and with bare stubs."""

import queue
import threading

import grpc
import numpy
import pytest
import tritonclient.grpc as triton
from harness import put_builtin
from tritonclient.grpc import service_pb2 as pb
from tritonclient.grpc import service_pb2_grpc
from tritonclient.utils import InferenceServerException

# Types with the field of typed contents that carries them; None where only raw contents do.
TYPES = {
    "BOOL": (numpy.bool_, "bool_contents"),
    "INT8": (numpy.int8, "int_contents"),
    "INT16": (numpy.int16, "int_contents"),
    "INT32": (numpy.int32, "int_contents"),
    "INT64": (numpy.int64, "int64_contents"),
    "UINT8": (numpy.uint8, "uint_contents"),
    "UINT16": (numpy.uint16, "uint_contents"),
    "UINT32": (numpy.uint32, "uint_contents"),
    "UINT64": (numpy.uint64, "uint64_contents"),
    "FP16": (numpy.float16, None),
    "FP32": (numpy.float32, "fp32_contents"),
    "FP64": (numpy.float64, "fp64_contents"),
    "BYTES": (numpy.object_, "bytes_contents"),
}
SERVER = "listen: { rest: 0, grpc: 0, admin: 0 }\n"


@pytest.fixture(scope="session")
def identities(tmp_path_factory):
    """A directory with one identity model a type, a slow model and one that fails."""
    folder = tmp_path_factory.mktemp("identities")
    for name in TYPES:
        put_builtin(folder / name, 1, "kind: identity", f"type: {name}", "shape: [-1, -1]")
    put_builtin(folder / "slow", 1, "kind: delay", "delay: 300ms")
    return folder


def configuration(folder, extra=""):
    models = "".join(
        f"  - {{ name: {name}, source: {folder}/{name} }}\n" for name in [*TYPES, "slow"]
    )
    return SERVER + extra + "models:\n" + models


@pytest.fixture(scope="session")
def typed_server(identities, tmp_path_factory):
    from harness import Server

    folder = tmp_path_factory.mktemp("server")
    (folder / "slipway.yaml").write_text(configuration(identities))
    running = Server(folder, "--config", folder / "slipway.yaml")
    try:
        yield running.wait_until_ready()
    finally:
        running.stop()


def address(server):
    return server.addresses["grpc"].split("://")[-1]


@pytest.fixture
def client(server):
    with triton.InferenceServerClient(address(server)) as client:
        yield client


@pytest.fixture
def stub(server):
    with grpc.insecure_channel(address(server)) as channel:
        yield service_pb2_grpc.GRPCInferenceServiceStub(channel)


@pytest.fixture
def typed_client(typed_server):
    with triton.InferenceServerClient(address(typed_server)) as client:
        yield client


@pytest.fixture
def typed_stub(typed_server):
    with grpc.insecure_channel(address(typed_server)) as channel:
        yield service_pb2_grpc.GRPCInferenceServiceStub(channel)


def x_input(values):
    values = numpy.float32(values)
    tensor = triton.InferInput("x", values.shape, "FP32")
    tensor.set_data_from_numpy(values)
    return tensor


def sample(name):
    kind, _ = TYPES[name]
    if name == "BYTES":
        return numpy.array([[b"", b"a"], [b"\x00\xff", b"long" * 100]], dtype=object)
    if name == "BOOL":
        return numpy.array([[True, False], [False, True]])
    if numpy.issubdtype(kind, numpy.integer):
        limits = numpy.iinfo(kind)
        return numpy.array([[limits.min, limits.max], [1, 2]], dtype=kind)
    return numpy.array([[-1.5, numpy.inf], [0, 3]], dtype=kind)


def typed_request(model, name, values, **more):
    _, field = TYPES[name]
    request = pb.ModelInferRequest(model_name=model, **more)
    tensor = request.inputs.add(name="x", datatype=name, shape=values.shape)
    flat = values.flatten().tolist()
    getattr(tensor.contents, field).extend(flat)
    return request


def refused(call, code):
    with pytest.raises(grpc.RpcError) as failure:
        call()
    assert failure.value.code() == code, failure.value.details()
    return failure.value.details()


class TestDocuments:
    def test_health(self, client):
        assert client.is_server_live()
        assert client.is_server_ready()
        assert client.is_model_ready("half_plus_two")
        assert client.is_model_ready("half_plus_two", "123")

    def test_an_unknown_model_is_not_found(self, stub):
        for name, version in [("nope", ""), ("half_plus_two", "5")]:
            refused(
                lambda: stub.ModelReady(pb.ModelReadyRequest(name=name, version=version)),
                grpc.StatusCode.NOT_FOUND,
            )

    def test_server_metadata(self, client):
        metadata = client.get_server_metadata()
        assert metadata.name == "slipway"
        assert metadata.version
        assert {"model_repository", "statistics", "system_shared_memory"} <= set(
            metadata.extensions
        )

    def test_model_metadata(self, client):
        metadata = client.get_model_metadata("digits", as_json=True)
        assert metadata["name"] == "digits"
        assert metadata["versions"] == ["1", "2"]
        assert metadata["platform"] == "onnxruntime_onnx"
        assert metadata["inputs"] == [
            {"name": "pixels", "datatype": "FP32", "shape": ["-1", "64"]}
        ]
        assert [output["name"] for output in metadata["outputs"]] == ["label", "probabilities"]
        assert list(client.get_model_metadata("digits", "1").versions) == ["1"]

    def test_model_configuration(self, client):
        config = client.get_model_config("digits").config
        assert config.name == "digits"
        assert config.max_batch_size > 1
        assert [(i.name, i.data_type, list(i.dims)) for i in config.input] == [
            ("pixels", 11, [64])
        ]
        assert config.backend == "onnxruntime"

    @pytest.mark.parametrize(
        "version, words",
        [
            ("abc", "failed to get model version from specified version string 'abc'"),
            ("-1", "invalid model version specified '-1' , version should be an integral value > 0"),
        ],
    )
    def test_a_bad_version_is_refused_in_tritons_words(self, stub, version, words):
        details = refused(
            lambda: stub.ModelMetadata(
                pb.ModelMetadataRequest(name="half_plus_two", version=version)
            ),
            grpc.StatusCode.INVALID_ARGUMENT,
        )
        assert words in details

    def test_statistics_count_what_was_asked(self, client):
        before = client.get_inference_statistics("half_plus_two").model_stats[0]
        client.infer("half_plus_two", [x_input([1, 2, 3])])
        after = client.get_inference_statistics("half_plus_two", "123").model_stats[0]
        assert after.name == "half_plus_two" and after.version == "123"
        assert after.inference_stats.success.count == before.inference_stats.success.count + 1
        assert after.inference_count == before.inference_count + 3
        assert after.last_inference > 0
        assert len(client.get_inference_statistics().model_stats) >= 3

    def test_the_repository_index_lists_versions(self, client):
        index = client.get_model_repository_index()
        states = {(m.name, m.version): m.state for m in index.models}
        assert states[("digits", "1")] == "READY"
        assert states[("half_plus_two", "123")] == "READY"

    def test_loading_is_refused_where_it_is_not_allowed(self, stub):
        details = refused(
            lambda: stub.RepositoryModelLoad(pb.RepositoryModelLoadRequest(model_name="digits")),
            grpc.StatusCode.UNIMPLEMENTED,
        )
        assert "explicit model load / unload is not allowed" in details

    def test_trace_settings_say_off_and_refuse_more(self, client):
        settings = client.get_trace_settings(as_json=True)["settings"]
        assert settings["trace_level"]["value"] == ["OFF"]
        client.update_trace_settings(settings={"trace_level": ["OFF"]})
        with pytest.raises(InferenceServerException, match="does not trace"):
            client.update_trace_settings(settings={"trace_level": ["TIMESTAMPS"]})
        with pytest.raises(InferenceServerException, match="nope"):
            client.get_trace_settings(model_name="nope")

    def test_log_settings_change(self, client):
        settings = client.get_log_settings(as_json=True)["settings"]
        assert settings["log_error"]["bool_param"] is True
        changed = client.update_log_settings({"log_verbose_level": 1}, as_json=True)
        assert changed["settings"]["log_verbose_level"]["uint32_param"] == 1
        client.update_log_settings({"log_verbose_level": 0})
        with pytest.raises(InferenceServerException, match="log_nope"):
            client.update_log_settings({"log_nope": 1})


class TestInfer:
    def test_the_official_client(self, client):
        result = client.infer(
            "half_plus_two", [x_input([1, 2, 5])],
            outputs=[triton.InferRequestedOutput("y")], request_id="id 7",
        )
        numpy.testing.assert_array_equal(result.as_numpy("y"), numpy.float32([2.5, 3, 4.5]))
        response = result.get_response()
        assert response.id == "id 7"
        assert response.model_name == "half_plus_two"
        assert response.model_version == "123"
        assert len(response.raw_output_contents) == 1

    @pytest.mark.parametrize("version", ["1", "2"])
    def test_digits_answer_as_onnx_runtime_does(self, client, reference, version):
        pixels = numpy.random.default_rng(7).random((3, 64), numpy.float32)
        tensor = triton.InferInput("pixels", pixels.shape, "FP32")
        tensor.set_data_from_numpy(pixels)
        result = client.infer("digits", [tensor], model_version=version)
        names = ["label", "probabilities"]
        for name, expected in zip(names, reference("digits", version, {"pixels": pixels}, names)):
            numpy.testing.assert_allclose(result.as_numpy(name), expected, rtol=1e-5)

    def test_gzip(self, client):
        result = client.infer(
            "half_plus_two", [x_input(numpy.zeros(5000))], compression_algorithm="gzip"
        )
        numpy.testing.assert_array_equal(result.as_numpy("y"), numpy.full(5000, 2, numpy.float32))

    def test_asynchronous_calls(self, client):
        results = queue.Queue()
        for index in range(20):
            client.async_infer(
                "half_plus_two", [x_input([index])],
                lambda result, error: results.put((result, error)), request_id=str(index),
            )
        answers = {}
        for _ in range(20):
            result, error = results.get(timeout=30)
            assert error is None
            answers[int(result.get_response().id)] = float(result.as_numpy("y")[0])
        assert answers == {index: index / 2 + 2 for index in range(20)}

    @pytest.mark.parametrize("name", TYPES)
    def test_every_type_raw(self, typed_client, name):
        values = sample(name)
        tensor = triton.InferInput("x", values.shape, name)
        tensor.set_data_from_numpy(values)
        result = typed_client.infer(name, [tensor])
        numpy.testing.assert_array_equal(result.as_numpy("y"), values)

    @pytest.mark.parametrize("name", [name for name in TYPES if TYPES[name][1]])
    def test_every_type_typed(self, typed_stub, name):
        values = sample(name)
        response = typed_stub.ModelInfer(typed_request(name, name, values))
        assert not response.raw_output_contents, "a typed request has a typed answer"
        output = response.outputs[0]
        assert (output.name, output.datatype, list(output.shape)) == ("y", name, [2, 2])
        contents = getattr(output.contents, TYPES[name][1])
        assert list(contents) == values.flatten().tolist()

    def test_a_typed_request_may_ask_for_raw_answers(self, typed_stub):
        request = typed_request("FP32", "FP32", sample("FP32"))
        request.parameters["binary_data_output"].bool_param = True
        response = typed_stub.ModelInfer(request)
        assert response.raw_output_contents[0] == sample("FP32").tobytes()

    def test_a_large_tensor_comes_back(self, typed_client):
        values = numpy.random.default_rng(1).random((224 * 3, 224), numpy.float32)
        tensor = triton.InferInput("x", values.shape, "FP32")
        tensor.set_data_from_numpy(values)
        result = typed_client.infer("FP32", [tensor])
        numpy.testing.assert_array_equal(result.as_numpy("y"), values)

    def test_classification(self, client):
        pixels = numpy.random.default_rng(7).random((2, 64), numpy.float32)
        tensor = triton.InferInput("pixels", pixels.shape, "FP32")
        tensor.set_data_from_numpy(pixels)
        output = triton.InferRequestedOutput("probabilities", class_count=3)
        result = client.infer("digits", [tensor], outputs=[output]).as_numpy("probabilities")
        assert result.shape == (2, 3)
        value, index = result[0][0].decode().split(":")[:2]
        assert 0 <= float(value) <= 1 and 0 <= int(index) < 10

    def test_timeouts_of_the_client_and_of_the_request(self, typed_client):
        values = x_input([1])
        with pytest.raises(InferenceServerException, match="Deadline Exceeded"):
            typed_client.infer("slow", [values], client_timeout=0.05)
        with pytest.raises(InferenceServerException, match="DEADLINE_EXCEEDED"):
            typed_client.infer("slow", [values], timeout=1)


class TestBadRequests:
    def request(self, **changes):
        request = typed_request("half_plus_two", "FP32", numpy.float32([1, 2]))
        for name, value in changes.items():
            setattr(request, name, value)
        return request

    @pytest.mark.parametrize(
        "change, words",
        [
            (lambda r: r.raw_input_contents.append(b"\0" * 8), "contents field must not be"),
            (lambda r: r.inputs[0].ClearField("contents"), "unable to find data for input tensor"),
            (lambda r: r.inputs[0].shape.append(2), "FP32 tensor of shape [2, 2]"),
            (lambda r: r.inputs[0].shape.insert(0, -1), "negative dimension"),
            (lambda r: r.inputs[0].shape.extend([2**40, 2**40]), "more than"),
            (lambda r: setattr(r.inputs[0], "datatype", "FP8"), "invalid datatype 'FP8'"),
            (lambda r: setattr(r.inputs[0], "datatype", "FP16"), "raw_input_contents"),
            (lambda r: setattr(r.inputs[0], "datatype", "INT32"), "unexpected explicit tensor data"),
            (lambda r: r.inputs[0].contents.int_contents.append(1), "more than one field"),
            (lambda r: setattr(r.inputs[0], "name", "z"), "z"),
            (lambda r: r.inputs.add(name="w", datatype="FP32", shape=[1]), "unable to find data"),
            (lambda r: r.outputs.add(name="nope"), "nope"),
            (lambda r: setattr(r, "model_name", ""), "names no model"),
            (lambda r: setattr(r, "model_version", "1.5"), "version should be an integral value"),
            (
                lambda r: setattr(r.parameters["timeout"], "string_param", "1"),
                "invalid value type for 'timeout' parameter, expected int64_param.",
            ),
            (lambda r: setattr(r.parameters["triton_x"], "bool_param", True), "are reserved for"),
        ],
    )
    def test_is_refused(self, stub, change, words):
        request = self.request()
        change(request)
        details = refused(lambda: stub.ModelInfer(request), grpc.StatusCode.INVALID_ARGUMENT)
        assert words in details

    @pytest.mark.parametrize(
        "raw, words",
        [
            ([b"\0" * 7], "input byte size mismatch"),
            ([b"\0" * 8, b""], "does not match the expected number of raw input contents"),
        ],
    )
    def test_wrong_raw_contents(self, stub, raw, words):
        request = self.request(raw_input_contents=[]) if False else self.request()
        request.inputs[0].ClearField("contents")
        request.raw_input_contents.extend(raw)
        details = refused(lambda: stub.ModelInfer(request), grpc.StatusCode.INVALID_ARGUMENT)
        assert words in details

    def test_integers_that_do_not_fit(self, typed_stub):
        request = pb.ModelInferRequest(model_name="INT8")
        tensor = request.inputs.add(name="x", datatype="INT8", shape=[1, 1])
        tensor.contents.int_contents.append(300)
        details = refused(
            lambda: typed_stub.ModelInfer(request), grpc.StatusCode.INVALID_ARGUMENT
        )
        assert "300, which does not fit INT8" in details

    def test_an_unknown_model(self, stub):
        refused(
            lambda: stub.ModelInfer(self.request(model_name="nope")), grpc.StatusCode.NOT_FOUND
        )

    def test_bytes_that_are_no_message(self, server):
        with grpc.insecure_channel(address(server)) as channel:
            call = channel.unary_unary("/inference.GRPCInferenceService/ModelInfer")
            details = refused(lambda: call(b"\x0a\xff"), grpc.StatusCode.INVALID_ARGUMENT)
            assert "no valid protobuf" in details


class TestStream:
    def test_answers_come_in_order(self, client):
        results = queue.Queue()
        client.start_stream(lambda result, error: results.put((result, error)))
        for index in range(200):
            client.async_stream_infer(
                "half_plus_two", [x_input([index])], request_id=str(index),
                enable_empty_final_response=True,
            )
        for index in range(200):
            result, error = results.get(timeout=30)
            assert error is None
            response = result.get_response()
            assert response.id == str(index)
            assert response.parameters["triton_final_response"].bool_param
            assert float(result.as_numpy("y")[0]) == index / 2 + 2
        client.stop_stream()

    def test_an_error_does_not_end_the_stream(self, stub):
        good = typed_request("half_plus_two", "FP32", numpy.float32([1]), id="good")
        bad = typed_request("nope", "FP32", numpy.float32([1]), id="bad")
        answers = list(stub.ModelStreamInfer(iter([good, bad, good])))
        assert [bool(answer.error_message) for answer in answers] == [False, True, False]
        assert [answer.infer_response.id for answer in answers] == ["good", "bad", "good"]

    def test_the_first_error_ends_the_stream_if_asked(self, stub):
        good = typed_request("half_plus_two", "FP32", numpy.float32([1]), id="good")
        bad = typed_request("nope", "FP32", numpy.float32([1]), id="bad")
        stream = stub.ModelStreamInfer(
            iter([good, bad, good]), metadata=[("triton_grpc_error", "true")]
        )
        assert next(stream).infer_response.id == "good"
        assert refused(lambda: next(stream), grpc.StatusCode.NOT_FOUND)

    def test_a_cancelled_stream_leaves_the_server_well(self, typed_stub):
        request = typed_request("slow", "FP32", numpy.float32([1]))
        gate = threading.Event()

        def requests():
            for _ in range(10):
                yield request
            gate.wait(10)

        stream = typed_stub.ModelStreamInfer(requests())
        next(stream)
        stream.cancel()
        gate.set()
        values = sample("FP32")
        assert typed_stub.ModelInfer(typed_request("FP32", "FP32", values)).outputs


class TestSharedMemory:
    def test_inputs_and_outputs(self, client):
        from tritonclient.utils import shared_memory as shm

        values = numpy.float32([1, 2, 5])
        region = shm.create_shared_memory_region("both", "/slipway_grpc_test", 24)
        try:
            shm.set_shared_memory_region(region, [values])
            client.unregister_system_shared_memory()
            client.register_system_shared_memory("both", "/slipway_grpc_test", 24)
            status = client.get_system_shared_memory_status(as_json=True)["regions"]
            assert status["both"]["byte_size"] == "24"
            tensor = triton.InferInput("x", [3], "FP32")
            tensor.set_shared_memory("both", 12)
            output = triton.InferRequestedOutput("y")
            output.set_shared_memory("both", 12, 12)
            result = client.infer("half_plus_two", [tensor], outputs=[output])
            assert not result.get_response().raw_output_contents
            answer = shm.get_contents_as_numpy(region, numpy.float32, [3], 12)
            numpy.testing.assert_array_equal(answer, values / 2 + 2)
            client.unregister_system_shared_memory("both")
            with pytest.raises(InferenceServerException, match="both"):
                client.infer("half_plus_two", [tensor])
        finally:
            shm.destroy_shared_memory_region(region)

    def test_cuda_is_refused(self, client):
        client.unregister_cuda_shared_memory()
        assert client.get_cuda_shared_memory_status(as_json=True) == {}
        with pytest.raises(InferenceServerException, match="CUDA shared memory is not offered"):
            client.register_cuda_shared_memory("x", b"aGFuZGxl", 0, 8)

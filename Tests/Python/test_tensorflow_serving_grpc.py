"""TensorFlow Serving's gRPC API, through its official stubs."""

import struct

import grpc
import numpy
import pytest
from google.protobuf import wrappers_pb2
from harness import FIXTURES, put_file
from tensorflow.core.framework import tensor_pb2, types_pb2
from tensorflow_serving.apis import (
    get_model_metadata_pb2,
    get_model_status_pb2,
    model_management_pb2,
    model_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_service_pb2_grpc,
)

TIMEOUT = 30
NUMBERS = {
    "float": (types_pb2.DT_FLOAT, "float_val", "<f4", [[1.5, -2], [0.1, 3e38]]),
    "double": (types_pb2.DT_DOUBLE, "double_val", "<f8", [[1.5, -2], [0.1, 1e300]]),
    "int8": (types_pb2.DT_INT8, "int_val", "i1", [[1, -128]]),
    "int16": (types_pb2.DT_INT16, "int_val", "<i2", [[1, -300]]),
    "int32": (types_pb2.DT_INT32, "int_val", "<i4", [[1, -(2**31)]]),
    "int64": (types_pb2.DT_INT64, "int64_val", "<i8", [[1, -(2**63)]]),
    "uint8": (types_pb2.DT_UINT8, "int_val", "u1", [[0, 255]]),
    "uint16": (types_pb2.DT_UINT16, "int_val", "<u2", [[0, 65535]]),
    "uint32": (types_pb2.DT_UINT32, "uint32_val", "<u4", [[0, 2**32 - 1]]),
    "uint64": (types_pb2.DT_UINT64, "uint64_val", "<u8", [[0, 2**64 - 1]]),
    "bool": (types_pb2.DT_BOOL, "bool_val", "?", [[True, False]]),
    "float16": (types_pb2.DT_HALF, "half_val", "<u2", [[0x3E00, 0xC000]]),
    "bfloat16": (types_pb2.DT_BFLOAT16, "half_val", "<u2", [[0x3FC0, 0xC000]]),
}


class Client:
    def __init__(self, server):
        self.channel = grpc.insecure_channel(server.addresses["grpc"])
        self.prediction = prediction_service_pb2_grpc.PredictionServiceStub(self.channel)
        self.models = model_service_pb2_grpc.ModelServiceStub(self.channel)

    def predict(self, model, inputs, output_filter=(), **spec):
        request = predict_pb2.PredictRequest(output_filter=output_filter)
        request.model_spec.CopyFrom(specification(model, **spec))
        for name, value in inputs.items():
            request.inputs[name].CopyFrom(value)
        return self.prediction.Predict(request, timeout=TIMEOUT)


def specification(name, version=None, **fields):
    if version is not None:
        fields["version"] = wrappers_pb2.Int64Value(value=version)
    return model_pb2.ModelSpec(name=name, **fields)


def tensor(dtype, shape, **values):
    message = tensor_pb2.TensorProto(dtype=dtype, **values)
    message.tensor_shape.SetInParent()
    for size in shape:
        message.tensor_shape.dim.add(size=size)
    return message


def floats(*values):
    return tensor(types_pb2.DT_FLOAT, [len(values)], float_val=values)


def refused(call, *arguments, **options):
    """The code and the words of a refusal."""
    with pytest.raises(grpc.RpcError) as failure:
        call(*arguments, **options)
    return failure.value.code(), failure.value.details()


@pytest.fixture(scope="session")
def client(server):
    client = Client(server)
    yield client
    client.channel.close()


@pytest.fixture(scope="module")
def identities(tmp_path_factory):
    """A server of one model for each data type."""
    from harness import Server

    folder = tmp_path_factory.mktemp("identities")
    names = [*NUMBERS, "string"]
    for name in names:
        put_file(FIXTURES / f"identity_{name}.onnx", folder / name, 1)
    server = Server(
        folder, *[f"{name}={folder / name}" for name in names],
        "--rest-port", "0", "--grpc-port", "0", "--admin-port", "0",
    )
    try:
        server.wait_until_ready()
        client = Client(server)
        yield client
        client.channel.close()
    finally:
        server.stop()


class TestPredict:
    def test_answers_in_typed_fields_with_the_model_that_answered(self, client):
        answer = client.predict("half_plus_two", {"x": floats(1, 2, 5)})
        expected = predict_pb2.PredictResponse()
        expected.outputs["y"].CopyFrom(floats(2.5, 3, 4.5))
        expected.model_spec.CopyFrom(
            specification("half_plus_two", 123, signature_name="serving_default")
        )
        assert answer == expected
        assert answer.SerializeToString(deterministic=True) == expected.SerializeToString(
            deterministic=True
        )

    def test_reads_content_too(self, client):
        content = struct.pack("<3f", 1, 2, 5)
        message = tensor(types_pb2.DT_FLOAT, [3], tensor_content=content)
        assert list(client.predict("half_plus_two", {"x": message}).outputs["y"].float_val) == [
            2.5, 3, 4.5,
        ]

    def test_repeats_the_last_value(self, client):
        message = tensor(types_pb2.DT_FLOAT, [3], float_val=[2])
        assert list(client.predict("half_plus_two", {"x": message}).outputs["y"].float_val) == [
            3, 3, 3,
        ]

    def test_filters_outputs_and_chooses_by_version_and_label(self, client, reference):
        pixels = numpy.linspace(0, 16, 64, dtype=numpy.float32).reshape(1, 64)
        inputs = {"pixels": tensor(types_pb2.DT_FLOAT, [1, 64], float_val=pixels[0])}
        for spec, version in [({"version": 1}, 1), ({"version_label": "canary"}, 2), ({}, 2)]:
            answer = client.predict("digits", inputs, ["probabilities"], **spec)
            assert list(answer.outputs) == ["probabilities"]
            assert answer.model_spec.version.value == version
            [expected] = reference("digits", version, {"pixels": pixels}, ["probabilities"])
            numpy.testing.assert_allclose(
                answer.outputs["probabilities"].float_val, expected[0], rtol=1e-5, atol=1e-7
            )

    @pytest.mark.parametrize("name", NUMBERS)
    def test_every_number_comes_back_as_it_went(self, identities, name):
        dtype, field, layout, rows = NUMBERS[name]
        values = numpy.array(rows, layout)
        typed = tensor(dtype, values.shape, **{field: values.flatten().tolist()})
        content = tensor(dtype, values.shape, tensor_content=values.tobytes())
        assert identities.predict(name, {"x": typed}).outputs["y"] == typed
        assert identities.predict(name, {"x": content}).outputs["y"] == typed

    def test_strings_come_back_as_they_went(self, identities):
        values = [b"hi", b"", "né".encode(), b"x" * 300]
        typed = tensor(types_pb2.DT_STRING, [2, 2], string_val=values)
        lengths = bytes([2, 0, 3, 0xAC, 2])
        content = tensor(types_pb2.DT_STRING, [2, 2], tensor_content=lengths + b"".join(values))
        assert identities.predict("string", {"x": typed}).outputs["y"] == typed
        assert identities.predict("string", {"x": content}).outputs["y"] == typed

    @pytest.mark.parametrize(
        "model, inputs, options, code, words",
        [
            ("", {}, {}, "INVALID_ARGUMENT", "ModelSpec has no name specified."),
            ("nope", {}, {}, "NOT_FOUND", "Servable not found for request: Latest(nope)"),
            (
                "digits", {}, {"version": 7}, "NOT_FOUND",
                "Servable not found for request: Specific(digits, 7)",
            ),
            (
                "digits", {}, {"version_label": "nope"}, "INVALID_ARGUMENT",
                "Unrecognized servable version label: nope",
            ),
            (
                "half_plus_two", {}, {"signature_name": "nope"}, "FAILED_PRECONDITION",
                'Serving signature key "nope" not found.',
            ),
            (
                "half_plus_two", {"x": floats(1), "z": floats(1)}, {}, "INVALID_ARGUMENT",
                "input size does not match signature: 2!=1 len({x,z}) != len({x}). "
                "Sent extra: {z}. Missing but required: {}.",
            ),
            (
                "half_plus_two", {"x": floats(1)}, {"output_filter": ["z"]}, "INVALID_ARGUMENT",
                "output tensor alias not found in signature: z Outputs expected to be in the set "
                "{y}.",
            ),
            (
                "half_plus_two", {"x": tensor(types_pb2.DT_FLOAT, [2], tensor_content=b"12345")},
                {}, "INVALID_ARGUMENT",
                "tensor parsing error: x: tensor_content has 5 bytes, but shape [2] of float "
                "needs 8",
            ),
            (
                "half_plus_two", {"x": tensor(types_pb2.DT_INT32, [1], int_val=[1])}, {},
                "INVALID_ARGUMENT", "Expected input x to be float but get int32.",
            ),
        ],
    )
    def test_refuses_in_the_words_of_the_original(
        self, client, model, inputs, options, code, words
    ):
        assert refused(client.predict, model, inputs, **options) == (
            getattr(grpc.StatusCode, code), words,
        )

    def test_a_request_without_a_model_is_refused(self, client):
        assert refused(client.prediction.Predict, predict_pb2.PredictRequest()) == (
            grpc.StatusCode.INVALID_ARGUMENT, "Missing ModelSpec",
        )

    @pytest.mark.parametrize(
        "shape", [[-1], [2**40, 2**40], [2**40, 2**40, 0], [1] * 33, [2**31]]
    )
    def test_impossible_shapes_are_refused(self, client, shape):
        message = tensor(types_pb2.DT_FLOAT, shape, float_val=[1])
        code, words = refused(client.predict, "half_plus_two", {"x": message})
        assert code == grpc.StatusCode.INVALID_ARGUMENT
        assert words.startswith("tensor parsing error: x: ") or len(shape) == 1

    def test_messages_that_are_no_protobuf_are_refused(self, client):
        call = client.channel.unary_unary("/tensorflow.serving.PredictionService/Predict")
        for body in [b"\x0a\x05", b"\x12\x03\x0a\x01", b"\xff" * 20, b"\x0b"]:
            code, words = refused(call, body, timeout=TIMEOUT)
            assert code == grpc.StatusCode.INVALID_ARGUMENT
            assert "protobuf" in words


class TestMetadata:
    def ask(self, client, model, *fields):
        request = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=fields)
        request.model_spec.CopyFrom(specification(model))
        return client.prediction.GetModelMetadata(request, timeout=TIMEOUT)

    def test_describes_the_signature(self, client):
        answer = self.ask(client, "half_plus_two", "signature_def")
        assert answer.model_spec == specification("half_plus_two", 123)
        assert list(answer.metadata) == ["signature_def"]
        found = get_model_metadata_pb2.SignatureDefMap()
        assert answer.metadata["signature_def"].Unpack(found)
        assert answer.metadata["signature_def"].type_url == (
            "type.googleapis.com/tensorflow.serving.SignatureDefMap"
        )
        signature = found.signature_def["serving_default"]
        assert signature.method_name == "tensorflow/serving/predict"
        assert list(signature.inputs) == ["x"]
        assert signature.inputs["x"].dtype == types_pb2.DT_FLOAT
        assert [dim.size for dim in signature.inputs["x"].tensor_shape.dim] == [-1]
        assert list(signature.outputs) == ["y"]

    def test_refuses_other_fields(self, client):
        assert refused(self.ask, client, "digits") == (
            grpc.StatusCode.INVALID_ARGUMENT,
            "GetModelMetadataRequest must specify at least one metadata_field",
        )
        assert refused(self.ask, client, "digits", "graph") == (
            grpc.StatusCode.INVALID_ARGUMENT, "Metadata field graph is not supported",
        )


class TestModelService:
    def ask(self, client, **spec):
        request = get_model_status_pb2.GetModelStatusRequest()
        request.model_spec.CopyFrom(specification(**spec))
        answer = client.models.GetModelStatus(request, timeout=TIMEOUT)
        return [(status.version, status.state) for status in answer.model_version_status]

    def test_tells_the_states_of_versions(self, client):
        available = get_model_status_pb2.ModelVersionStatus.AVAILABLE
        assert self.ask(client, name="digits") == [(2, available), (1, available)]
        assert self.ask(client, name="digits", version=1) == [(1, available)]
        # As over REST: a label selects nothing.
        assert len(self.ask(client, name="digits", version_label="stable")) == 2

    def test_refuses_unknown_models_in_the_words_of_the_original(self, client):
        assert refused(self.ask, client, name="nope") == (
            grpc.StatusCode.NOT_FOUND, "Could not find any versions of model nope",
        )
        assert refused(self.ask, client, name="digits", version=7) == (
            grpc.StatusCode.NOT_FOUND, "Could not find version 7 of model digits",
        )

    def test_only_a_list_of_models_can_be_reloaded(self, client):
        request = model_management_pb2.ReloadConfigRequest()
        assert refused(client.models.HandleReloadConfigRequest, request) == (
            grpc.StatusCode.INVALID_ARGUMENT,
            "ServerModelConfig type not supported by HandleReloadConfigRequest. "
            "Only ModelConfigList is currently supported",
        )

    def test_a_server_that_does_not_allow_it_says_how_to_allow_a_reload(self, client):
        request = model_management_pb2.ReloadConfigRequest()
        request.config.model_config_list.config.add(name="a", base_path="/models/a")
        code, words = refused(client.models.HandleReloadConfigRequest, request)
        assert code == grpc.StatusCode.UNIMPLEMENTED
        assert "model_control: explicit" in words

    def test_services_that_are_not_offered_are_unimplemented(self, client):
        call = client.channel.unary_unary("/tensorflow.serving.SessionService/SessionRun")
        code, _ = refused(call, b"", timeout=TIMEOUT)
        assert code == grpc.StatusCode.UNIMPLEMENTED

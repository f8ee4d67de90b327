"""Classification, regression and warm-up files, as clients of TensorFlow Serving use them."""

import json
import struct

import numpy
import pytest
import requests
from harness import DIGITS_2, HALF, MODELS, REQUESTS
from tensorflow.core.example import example_pb2
from tensorflow_serving.apis import (
    classification_pb2, inference_pb2, input_pb2, prediction_log_pb2, regression_pb2,
)

TIMEOUT = 30


def post(server, path, body):
    data = body if isinstance(body, str) else json.dumps(body)
    return requests.post(f"{server.rest}/v1/models/{path}", data=data, timeout=TIMEOUT)


def example(**features):
    """A tf.Example; ints, floats and strings each go into the list of their kind."""
    made = example_pb2.Example()
    for name, values in features.items():
        values = values if isinstance(values, list) else [values]
        feature = made.features.feature[name]
        if isinstance(values[0], float):
            feature.float_list.value.extend(values)
        elif isinstance(values[0], int):
            feature.int64_list.value.extend(values)
        else:
            feature.bytes_list.value.extend(value.encode() for value in values)
    return made


def examples(*rows):
    made = input_pb2.Input()
    made.example_list.examples.extend(rows)
    return made


WINE = json.loads((REQUESTS / "wine.json").read_text())["instances"]
DIGIT = json.loads((REQUESTS / "digit.json").read_text())["instances"]


class TestREST:
    def test_regression_is_byte_for_byte_that_of_tensorflow_serving(self, server):
        response = post(server, "half_plus_two:regress", {"examples": [{"x": 1.0}, {"x": 2}]})
        assert response.status_code == 200
        assert response.headers["content-type"] == "application/json"
        assert response.text == '{\n    "results": [2.5, 3.0]\n}'

    def test_a_classification_has_the_labels_of_the_file_and_the_scores_of_predict(self, server):
        response = post(server, "wine:classify", {"examples": WINE})
        predicted = post(server, "wine:predict", {"instances": WINE}).json()["predictions"]
        results = response.json()["results"]
        assert response.text.startswith('{\n    "results": [[["barbera", ')
        assert response.text.endswith("]]\n    ]\n}")
        for result, row in zip(results, predicted, strict=True):
            assert [label for label, _ in result] == ["barbera", "barolo", "grignolino"]
            assert [score for _, score in result] == row["output_probability"]
            assert max(result, key=lambda pair: pair[1])[0] == row["output_label"]

    def test_digits_classify_by_their_digit(self, server):
        result = post(server, "digits:classify", {"examples": [{"pixels": DIGIT[0]}]}).json()
        predicted = post(server, "digits:predict", {"instances": DIGIT}).json()["predictions"]
        assert [label for label, _ in result["results"][0]] == [str(digit) for digit in range(10)]
        best = max(result["results"][0], key=lambda pair: pair[1])
        assert best[0] == str(predicted[0]["label"])

    def test_examples_inherit_from_the_context(self, server):
        common = {key: WINE[0][key] for key in ("color_intensity", "proline")}
        rest = {key: value for key, value in WINE[0].items() if key not in common}
        response = post(server, "wine:classify", {"context": common, "examples": [rest]})
        assert response.json() == post(server, "wine:classify", {"examples": WINE[:1]}).json()

    @pytest.mark.parametrize(
        "path, body, status, message",
        [
            (
                "half_plus_two:regress", {"examples": []}, 400,
                'JSON Value: {\n    "examples": []\n} \'examples\' value is an empty array',
            ),
            (
                "half_plus_two:regress", {"examples": [{"y": 1}]}, 400,
                "Name: <unknown>, Feature: x (data type: float) is required but could not be found.",
            ),
            (
                "half_plus_two:regress", {"examples": [{"x": [1, 1.5]}]}, 400,
                "Unexpected element type in feature: x expecting type: int64",
            ),
            ("half_plus_two:regress", "", 400, "JSON Parse error: The document is empty"),
            ("nope:classify", {"examples": [{}]}, 404, "Servable not found for request: Latest(nope)"),
            (
                "half_plus_two/versions/7:regress", {"examples": [{"x": 1}]}, 404,
                "Servable not found for request: Specific(half_plus_two, 7)",
            ),
        ],
    )
    def test_errors_are_those_of_tensorflow_serving(self, server, path, body, status, message):
        response = post(server, path, body)
        assert response.status_code == status
        assert response.json() == {"error": message}

    def test_a_model_that_does_not_classify_says_what_is_missing(self, server):
        response = post(server, "half_plus_two:classify", {"examples": [{"x": 1.0}]})
        assert response.status_code == 400
        assert '"classes" or "scores"' in response.json()["error"]

    def test_requests_are_counted(self, launch):
        server = launch(f"half={MODELS}/half_plus_two").wait_until_ready()
        assert post(server, "half:regress", {"examples": [{"x": 1.0}]}).status_code == 200
        assert post(server, "half:classify", {"examples": [{"x": 1.0}]}).status_code == 400
        text = requests.get(f"{server.admin}/metrics", timeout=TIMEOUT).text
        counted = [line for line in text.splitlines() if 'protocol="tfs_rest"' in line]
        assert any('outcome="ok"' in line and line.endswith(" 1") for line in counted), counted
        assert any(
            'outcome="invalid_request"' in line and line.endswith(" 1") for line in counted
        ), counted


def checksum(data):
    """CRC-32C, masked as TFRecord files have it."""
    state = 0xFFFFFFFF
    for byte in data:
        state ^= byte
        for _ in range(8):
            state = (state >> 1) ^ (0x82F63B78 if state & 1 else 0)
    value = state ^ 0xFFFFFFFF
    return ((value >> 15 | value << 17) + 0xA282EAD8) & 0xFFFFFFFF


def tfrecord(*messages):
    """A TFRecord file."""
    file = b""
    for message in messages:
        data = message.SerializeToString()
        length = struct.pack("<Q", len(data))
        file += length + struct.pack("<I", checksum(length)) + data
        file += struct.pack("<I", checksum(data))
    return file


def predict_log(values):
    log = prediction_log_pb2.PredictionLog()
    tensor = log.predict_log.request.inputs["x"]
    tensor.dtype = 1
    tensor.tensor_shape.dim.add().size = len(values)
    tensor.float_val.extend(values)
    return log


def regress_log(*rows):
    log = prediction_log_pb2.PredictionLog()
    log.regress_log.request.input.CopyFrom(examples(*rows))
    return log


def reason(server):
    """Why the only version is not loaded, once that has to do with its warm-up file."""

    def ask():
        text = server.version("m", 1).get("reason", "")
        return text if "assets.extra/tf_serving_warmup_requests" in text else None

    return server.wait_for(ask, "a reason that names the warm-up file")


class TestWarmUpFiles:
    @pytest.fixture
    def serve(self, launch, tmp_path):
        """Serves half_plus_two with a warm-up file, and tells when its load has ended."""

        def start(content, source=HALF):
            version = tmp_path / "model" / "1"
            (version / "assets.extra").mkdir(parents=True)
            (version / "model.onnx").write_bytes((source / "model.onnx").read_bytes())
            (version / "assets.extra" / "tf_serving_warmup_requests").write_bytes(content)
            server = launch(f"m={tmp_path}/model")
            return server

        return start

    def test_requests_are_replayed_before_the_model_is_available(self, serve):
        multi = prediction_log_pb2.PredictionLog()
        task = multi.multi_inference_log.request.tasks.add()
        task.model_spec.name = "m"
        task.method_name = "tensorflow/serving/regress"
        multi.multi_inference_log.request.input.CopyFrom(examples(example(x=3.0)))
        logs = [predict_log([1.0, 2.0]), regress_log(example(x=1.0), example(x=2)), multi]
        server = serve(tfrecord(*logs, prediction_log_pb2.PredictionLog())).wait_until_ready()
        text = requests.get(f"{server.admin}/metrics", timeout=TIMEOUT).text
        # Three requests, and no made-up one.
        runs = [line for line in text.splitlines() if "run_duration_seconds_count" in line]
        assert post(server, "m:regress", {"examples": [{"x": 1.0}]}).json() == {"results": [2.5]}
        assert [line.split()[-1] for line in runs] == ["3"]

    def test_classifications_are_replayed(self, serve):
        log = prediction_log_pb2.PredictionLog()
        log.classify_log.request.input.CopyFrom(examples(example(pixels=[0.5] * 64)))
        serve(tfrecord(log), source=DIGITS_2).wait_until_ready()

    @pytest.mark.parametrize(
        "content, words",
        [
            (b"this is no record file", "in TFRecord format"),
            (tfrecord(predict_log([1.0]))[:-3], "record 1"),
            (tfrecord(predict_log([1.0]), regress_log()), "record 2: Input is empty."),
            (
                tfrecord(regress_log(example(y=1.0))),
                "Feature: x (data type: float) is required but could not be found.",
            ),
            (tfrecord(*[predict_log([1.0])] * 1001), "more than 1000 recorded requests"),
        ],
    )
    def test_a_file_that_cannot_be_replayed_fails_the_load_with_the_reason(
        self, serve, content, words
    ):
        server = serve(content)
        assert words in reason(server)

    def test_session_runs_are_refused(self, serve):
        log = prediction_log_pb2.PredictionLog()
        log.session_run_log.SetInParent()
        server = serve(tfrecord(log))
        assert "Unsupported log_type for warmup: 5" in reason(server)


class TestGRPC:
    """The messages of the official package, over a plain channel of grpcio."""

    @pytest.fixture
    def call(self, server):
        grpc = pytest.importorskip("grpc")
        if "grpc" not in server.addresses:
            pytest.skip("this build has no gRPC listener")
        address = server.addresses["grpc"].split("://")[-1]
        with grpc.insecure_channel(address) as channel:

            def invoke(method, request, answer):
                stub = channel.unary_unary(
                    f"/tensorflow.serving.PredictionService/{method}",
                    request_serializer=lambda message: message.SerializeToString(),
                    response_deserializer=answer.FromString,
                )
                return stub(request, timeout=TIMEOUT)

            yield invoke

    def classification(self, rows, model="wine"):
        request = classification_pb2.ClassificationRequest()
        request.model_spec.name = model
        request.input.CopyFrom(examples(*rows))
        return request

    def test_a_classification_is_that_of_rest(self, call, server):
        reply = call(
            "Classify", self.classification([example(**row) for row in WINE]),
            classification_pb2.ClassificationResponse,
        )
        results = post(server, "wine:classify", {"examples": WINE}).json()["results"]
        assert reply.model_spec.name == "wine"
        assert reply.model_spec.version.value == 1
        assert reply.model_spec.signature_name == "serving_default"
        for row, result in zip(reply.result.classifications, results, strict=True):
            assert [each.label for each in row.classes] == [label for label, _ in result]
            numpy.testing.assert_array_equal(
                numpy.float32([each.score for each in row.classes]),
                numpy.float32([score for _, score in result]),
            )

    def test_regression(self, call):
        request = regression_pb2.RegressionRequest()
        request.model_spec.name = "half_plus_two"
        request.input.example_list_with_context.context.CopyFrom(example(x=1.0))
        request.input.example_list_with_context.examples.extend([example(), example(x=5.0)])
        reply = call("Regress", request, regression_pb2.RegressionResponse)
        assert [each.value for each in reply.result.regressions] == [2.5, 4.5]
        assert reply.model_spec.version.value == 123

    def test_multi_inference(self, call):
        request = inference_pb2.MultiInferenceRequest()
        task = request.tasks.add()
        task.model_spec.name = "half_plus_two"
        task.method_name = "tensorflow/serving/regress"
        request.input.CopyFrom(examples(example(x=2.0)))
        reply = call("MultiInference", request, inference_pb2.MultiInferenceResponse)
        assert [each.value for each in reply.results[0].regression_result.regressions] == [3.0]
        assert reply.results[0].model_spec.signature_name == "serving_default"

    def test_errors(self, call):
        grpc = pytest.importorskip("grpc")
        for request, code, words in [
            (self.classification([]), "INVALID_ARGUMENT", "Input is empty."),
            (
                self.classification([example(x=1.0)], "nope"), "NOT_FOUND",
                "Servable not found for request: Latest(nope)",
            ),
        ]:
            with pytest.raises(grpc.RpcError) as failure:
                call("Classify", request, classification_pb2.ClassificationResponse)
            assert failure.value.code().name == code
            assert failure.value.details() == words

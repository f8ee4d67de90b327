"""TensorFlow SavedModels, through the official clients: the answers are those that TensorFlow's own
Python package gave when the models were made (`Tests/Fixtures/make_tensorflow.py`)."""

import base64
import json

import grpc
import numpy
import pytest
import requests
import tritonclient.grpc
import tritonclient.http
from harness import ROOT, TIMEOUT, Server
from tensorflow.core.example import example_pb2
from tensorflow.core.framework import tensor_pb2, types_pb2
from tensorflow_serving.apis import (
    classification_pb2,
    get_model_metadata_pb2,
    model_pb2,
    predict_pb2,
    prediction_service_pb2_grpc,
    regression_pb2,
)

MODELS = ROOT / "Tests" / "Fixtures" / "tensorflow"
SERVED = ["digits", "image", "iris_v1", "examples", "several", "words", "ragged"]
DTYPES = {
    "FP16": numpy.float16, "FP32": numpy.float32, "FP64": numpy.float64, "BOOL": numpy.bool_,
    "INT32": numpy.int32, "INT64": numpy.int64, "BYTES": numpy.object_,
}
NUMBERS = {
    "FP16": types_pb2.DT_HALF, "FP32": types_pb2.DT_FLOAT, "FP64": types_pb2.DT_DOUBLE,
    "BOOL": types_pb2.DT_BOOL, "INT32": types_pb2.DT_INT32, "INT64": types_pb2.DT_INT64,
    "BYTES": types_pb2.DT_STRING,
}
# The first load opens a library of 850 MB, which takes seconds when it is not in memory.
SLOW = 240


def array(value):
    data = value["data"]
    if value["type"] == "BYTES":
        data = [base64.b64decode(element) for element in data]
    return numpy.array(data, DTYPES[value["type"]]).reshape(value["shape"])


def answers(model):
    """Signature, inputs and outputs of every call on record."""
    for call in json.loads((MODELS / model / "answers.json").read_text()):
        inputs = {name: array(value) for name, value in call["inputs"].items()}
        outputs = {name: array(value) for name, value in call["outputs"].items()}
        yield call["signature"], inputs, outputs


def calls(*models):
    return [
        pytest.param(model, *call, id=f"{model}-{call[0]}-{number}")
        for model in models
        for number, call in enumerate(answers(model))
    ]


def assert_same(found, wanted):
    found = numpy.asarray(found)
    assert list(found.shape) == list(wanted.shape)
    if wanted.dtype.kind == "f":
        numpy.testing.assert_allclose(found.astype(float), wanted.astype(float), 1e-4, 1e-5)
    else:
        assert found.tolist() == wanted.tolist()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tensorflow")
    lines = ["listen: { rest: 0, grpc: 0, admin: 0 }", "models:"]
    for name in SERVED:
        lines.append(f"  - {{ name: {name}, source: {MODELS / name} }}")
    configuration = folder / "slipway.yaml"
    configuration.write_text("\n".join(lines) + "\n")
    running = Server(folder, "--config", configuration)
    try:
        yield running.wait_until_ready(SLOW)
    finally:
        running.stop()


@pytest.fixture(scope="module")
def stub(server):
    with grpc.insecure_channel(server.addresses["grpc"]) as channel:
        yield prediction_service_pb2_grpc.PredictionServiceStub(channel)


# MARK: TensorFlow Serving


def to_proto(value, kind):
    message = tensor_pb2.TensorProto(dtype=NUMBERS[kind])
    message.tensor_shape.SetInParent()
    for size in value.shape:
        message.tensor_shape.dim.add(size=size)
    if kind == "BYTES":
        message.string_val.extend(value.reshape(-1).tolist())
    else:
        message.tensor_content = value.tobytes()
    return message


def from_proto(message):
    shape = [dim.size for dim in message.tensor_shape.dim]
    if message.dtype == types_pb2.DT_STRING:
        return numpy.array(list(message.string_val), object).reshape(shape)
    (kind,) = [kind for kind, number in NUMBERS.items() if number == message.dtype]
    if message.tensor_content:
        return numpy.frombuffer(message.tensor_content, DTYPES[kind]).reshape(shape)
    if kind == "FP16":
        return numpy.array(message.half_val, numpy.uint16).view(numpy.float16).reshape(shape)
    values = {
        "FP32": message.float_val, "FP64": message.double_val, "BOOL": message.bool_val,
        "INT32": message.int_val, "INT64": message.int64_val,
    }[kind]
    return numpy.array(list(values), DTYPES[kind]).reshape(shape)


def kind_of(value):
    if value.dtype == object:
        return "BYTES"
    return next(kind for kind, dtype in DTYPES.items() if dtype == value.dtype.type)


@pytest.mark.parametrize("model, signature, inputs, outputs", calls(*SERVED))
def test_grpc_predict_gives_the_recorded_answer(stub, model, signature, inputs, outputs):
    request = predict_pb2.PredictRequest(
        model_spec=model_pb2.ModelSpec(name=model, signature_name=signature)
    )
    for name, value in inputs.items():
        request.inputs[name].CopyFrom(to_proto(value, kind_of(value)))
    reply = stub.Predict(request, timeout=TIMEOUT)
    assert set(reply.outputs) == set(outputs)
    for name, wanted in outputs.items():
        assert_same(from_proto(reply.outputs[name]), wanted)


def test_rest_predict_gives_the_recorded_answer_in_rows(server):
    _, inputs, outputs = next(answers("iris_v1"))
    rows = [{"x": row} for row in inputs["x"].tolist()]
    reply = server.predict("iris_v1", {"instances": rows}).json()["predictions"]
    assert_same([row["scores"] for row in reply], outputs["scores"])
    assert [row["species"].encode() for row in reply] == outputs["species"].tolist()


def test_rest_predict_takes_other_signatures_and_columns(server):
    body = {"signature_name": "add", "inputs": {"a": [1, 2], "b": [5, -1]}}
    assert server.predict("several", body).json() == {
        "outputs": {"larger": [False, True], "sum": [6, 1]}
    }


def test_the_classic_client_sends_the_bytes_of_pictures(server):
    _, inputs, outputs = list(answers("image"))[1]
    instances = [
        {"image_bytes": {"b64": base64.b64encode(data).decode()}}
        for data in inputs["image_bytes"].tolist()
    ]
    reply = server.predict("image", {"instances": instances}).json()["predictions"]
    assert [row["classes"] for row in reply] == outputs["classes"].tolist()
    assert_same([row["probabilities"] for row in reply], outputs["probabilities"])


def test_a_picture_that_is_none_is_the_clients_fault(server):
    body = {"instances": [{"image_bytes": {"b64": "bm90IGEgcGljdHVyZQ=="}}]}
    reply = server.predict("image", body)
    assert reply.status_code == 400
    assert "JPEG" in reply.json()["error"]


def test_text_goes_in_and_comes_out(server):
    body = {"instances": [{"words": ["one", "three"]}, {"words": ["two", "none"]}]}
    rows = server.predict("words", body).json()["predictions"]
    assert rows[0] == {"german": ["eins", "drei, und zwar über 22 Bytes"], "numbers": [1, 3]}
    assert rows[1] == {"german": ["zwei", "?"], "numbers": [2, -1]}


# MARK: Classification and regression with tf.Example


def flowers():
    _, inputs, _ = next(answers("examples"))
    made = []
    for data in inputs["inputs"].tolist():
        example = example_pb2.Example()
        example.ParseFromString(data)
        made.append(example)
    return made


def recorded(signature):
    return next(outputs for name, _, outputs in answers("examples") if name == signature)


@pytest.mark.parametrize("signature", ["", "named"])
def test_grpc_classifies_examples(stub, signature):
    request = classification_pb2.ClassificationRequest(
        model_spec=model_pb2.ModelSpec(name="examples", signature_name=signature)
    )
    request.input.example_list.examples.extend(flowers())
    rows = stub.Classify(request, timeout=TIMEOUT).result.classifications
    wanted = recorded("serving_default")
    assert [[c.label.encode() for c in row.classes] for row in rows] == wanted["classes"].tolist()
    assert_same([[c.score for c in row.classes] for row in rows], wanted["scores"])


def test_grpc_regresses_examples(stub):
    request = regression_pb2.RegressionRequest(
        model_spec=model_pb2.ModelSpec(name="examples", signature_name="regression")
    )
    request.input.example_list.examples.extend(flowers())
    rows = stub.Regress(request, timeout=TIMEOUT).result.regressions
    assert_same([row.value for row in rows], recorded("regression")["outputs"].reshape(-1))


def features():
    return [
        {"x": list(example.features.feature["x"].float_list.value)} for example in flowers()
    ]


def test_rest_classifies_and_regresses_examples(server):
    def post(method, body):
        url = f"{server.rest}/v1/models/examples:{method}"
        reply = requests.post(url, json=body, timeout=TIMEOUT)
        assert reply.status_code == 200, reply.text
        return reply.json()["results"]

    rows = post("classify", {"examples": features()})
    assert_same([[score for _, score in row] for row in rows], recorded("serving_default")["scores"])
    values = post("regress", {"signature_name": "regression", "examples": features()})
    assert_same(values, recorded("regression")["outputs"].reshape(-1))


def test_metadata_tells_the_method_of_each_signature(stub, server):
    url = f"{server.rest}/v1/models/examples/metadata"
    found = requests.get(url, timeout=TIMEOUT).json()["metadata"]["signature_def"]["signature_def"]
    methods = {name: signature["method_name"] for name, signature in found.items()}
    assert methods == {
        "serving_default": "tensorflow/serving/classify",
        "named": "tensorflow/serving/classify",
        "predict": "tensorflow/serving/predict",
        "regression": "tensorflow/serving/regress",
    }
    request = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=["signature_def"])
    request.model_spec.name = "examples"
    reply = stub.GetModelMetadata(request, timeout=TIMEOUT)
    message = get_model_metadata_pb2.SignatureDefMap()
    reply.metadata["signature_def"].Unpack(message)
    assert message.signature_def["regression"].method_name == "tensorflow/serving/regress"


# MARK: Open Inference Protocol


@pytest.mark.parametrize(
    "model, signature, inputs, outputs", calls("digits", "image", "iris_v1", "words", "ragged")
)
@pytest.mark.parametrize("kind", ["http", "grpc"])
def test_tritonclient_gets_the_recorded_answer(server, kind, model, signature, inputs, outputs):
    if signature != "serving_default":
        return  # The protocol has no signatures; the default one is served.
    library = {"http": tritonclient.http, "grpc": tritonclient.grpc}[kind]
    address = server.authority if kind == "http" else server.addresses["grpc"]
    with library.InferenceServerClient(address) as client:
        wanted = []
        for name, value in inputs.items():
            wanted.append(library.InferInput(name, list(value.shape), kind_of(value)))
            wanted[-1].set_data_from_numpy(value)
        reply = client.infer(model, wanted)
        for name, value in outputs.items():
            assert_same(reply.as_numpy(name), value)
        metadata = client.get_model_metadata(model)
        platform = metadata["platform"] if kind == "http" else metadata.platform
        assert platform == "tensorflow_savedmodel"


# MARK: The program


def test_tags_choose_the_graph(launch):
    configuration = f"""\
listen: {{ rest: 0, grpc: 0, admin: 0 }}
models:
  - name: tagged
    source: {MODELS / "tagged"}
    options: {{ tags: "serve,gpu" }}
"""
    server = launch(configuration=configuration).wait_until_ready(SLOW)
    assert server.predict("tagged", {"instances": [1, 3]}).json() == {"predictions": [4, 12]}


def test_wrong_tags_are_answered_with_those_that_there_are(launch):
    configuration = f"""\
listen: {{ rest: 0, grpc: 0, admin: 0 }}
models:
  - name: tagged
    source: {MODELS / "tagged"}
"""
    server = launch(configuration=configuration)
    server.wait_for_log("'train', 'serve,gpu'", seconds=SLOW)
    assert server.predict("tagged", {"instances": [1]}).status_code in (404, 503)

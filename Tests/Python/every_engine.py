"""One model of every engine with the answers on record, and what the official clients make of them.

Shared by `test_every_engine.py` and `Benchmarks/soak`.
"""

import dataclasses
import json
import pathlib
import shutil
import subprocess

import numpy
import requests
import tritonclient.grpc
import tritonclient.http
from harness import HALF, ROOT, TIMEOUT
from tensorflow.core.framework import tensor_pb2, types_pb2
from tensorflow_serving.apis import predict_pb2

FIXTURES = ROOT / "Tests" / "Fixtures"
SKLEARN = ROOT / ".deps" / "venv-sklearn"
TYPES = {"FP32": numpy.float32, "FP64": numpy.float64, "INT64": numpy.int64}
NUMBERS = {"FP32": types_pb2.DT_FLOAT, "FP64": types_pb2.DT_DOUBLE, "INT64": types_pb2.DT_INT64}

FOREST = """
import json, sys
import joblib
from sklearn import datasets
from sklearn.ensemble import RandomForestClassifier
data = datasets.load_wine()
model = RandomForestClassifier(5, max_depth=4, random_state=1).fit(data.data, data.target)
joblib.dump(model, sys.argv[1])
rows = data.data[::20]
print(json.dumps([rows.tolist(), model.predict(rows).tolist(), model.predict_proba(rows).tolist()]))
"""

# Takes memory without end when the first number is the word for it.
CODE = """
import numpy


class Model:
    inputs = [("x", "float64", [None, 3])]
    outputs = [("sums", "float64", [None])]

    def predict(self, inputs):
        x = inputs["x"]
        taken = []
        while len(x) and x[0, 0] == 1e9:
            taken.append(numpy.ones(4 << 20))
        return {"sums": x.sum(axis=1)}
"""


@dataclasses.dataclass
class Recorded:
    """A model and a call of it with its answer."""

    engine: str
    source: pathlib.Path
    inputs: dict
    outputs: dict
    tolerance: float = 1e-5
    options: dict = dataclasses.field(default_factory=dict)
    memory: str = "4GiB"

    def kind(self, name):
        dtype = self.inputs[name].dtype.type
        return next(kind for kind, each in TYPES.items() if each is dtype)

    def section(self, name, **more):
        """The model of the configuration; YAML takes JSON as it is."""
        model = {"name": name, "source": str(self.source), "options": self.options, **more}
        return "  - " + json.dumps(model) + "\n"

    def check(self, name, found):
        """That these are the recorded outputs."""
        for output, wanted in self.outputs.items():
            numpy.testing.assert_allclose(
                numpy.asarray(found[output], float).reshape(wanted.shape), wanted,
                self.tolerance, 1e-6, err_msg=f"{name}: {output}",
            )


def values(record):
    """An array of MXNet's or a tensor's record."""
    dtype = TYPES[record.get("type", "FP32")]
    return numpy.array(record.get("data", record.get("values")), dtype).reshape(record["shape"])


def arrays(records):
    return {name: values(record) for name, record in records.items()}


def document(*path):
    return json.loads(FIXTURES.joinpath(*path).read_text())


def place(folder, name, source, *files):
    """A base directory with version 1 made of these files of a fixture: {as: from} or names."""
    version = folder / name / "1"
    version.mkdir(parents=True)
    for file in files:
        origin, target = file if isinstance(file, tuple) else (file, file)
        shutil.copy(source / origin, version / target)
    return version.parent


def trees(folder, name, fixture, file, dtype):
    recorded = document("trees", fixture.split(".")[0] + ".answers.json")
    return Recorded(
        "trees", place(folder, name, FIXTURES / "trees", (fixture, file)),
        {"input__0": numpy.array(recorded["rows"], dtype)},
        {"output__0": numpy.array(recorded["prediction"])},
    )


def python_models(folder):
    """A forest of scikit-learn, trained now, and code of a user's own."""
    subprocess.run(
        [ROOT / "scripts" / "python-venv", SKLEARN, FIXTURES / "requirements-sklearn.txt"],
        check=True, timeout=900, stdout=subprocess.DEVNULL,
    )
    (folder / "sklearn" / "1").mkdir(parents=True)
    made = subprocess.run(
        [SKLEARN / "bin" / "python", "-c", FOREST, folder / "sklearn" / "1" / "model.joblib"],
        check=True, timeout=300, stdout=subprocess.PIPE,
    )
    rows, classes, chances = map(numpy.array, json.loads(made.stdout))
    yield "sklearn", Recorded(
        "python", folder / "sklearn", {"input": rows},
        {"predict": classes, "predict_proba": chances},
        options={"environment": str(SKLEARN), "allow_code": True},
    )
    (folder / "code" / "1").mkdir(parents=True)
    (folder / "code" / "1" / "model.py").write_text(CODE)
    yield "code", Recorded(
        "python", folder / "code", {"x": numpy.arange(12.0).reshape(4, 3)},
        {"sums": numpy.array([3.0, 12.0, 21.0, 30.0])}, memory="256MiB",
        options={"environment": str(ROOT / ".deps" / "venv"), "allow_code": True},
    )


def make(folder):
    """Every model by name, made below the folder."""
    call = document("tensorflow", "digits", "answers.json")[1]
    models = {
        "tensorflow": Recorded(
            "tensorflow", FIXTURES / "tensorflow" / "digits", arrays(call["inputs"]),
            arrays(call["outputs"]),
        )
    }
    record = document("torch", "digits_noted", "answers.json")
    models["torch"] = Recorded(
        "torch",
        place(folder, "torch", FIXTURES / "torch" / "digits_noted", "model.pt", "model.yaml"),
        arrays(record["inputs"]), arrays(record["outputs"]), tolerance=1e-4,
    )
    models["onnx"] = Recorded(
        "onnxruntime", HALF.parent, {"x": numpy.array([1, 2, 5], numpy.float32)},
        {"y": numpy.array([2.5, 3.0, 4.5])},
    )
    # Zeros of the shape that is asked for: a small request that takes as much memory as it likes.
    models["zeros"] = Recorded(
        "onnxruntime",
        place(folder, "zeros", FIXTURES / "models", ("big_output.onnx", "model.onnx")),
        {"shape": numpy.array([2, 3])}, {"y": numpy.zeros((2, 3))}, memory="256MiB",
    )
    record = document("mxnet", "module_softmax", "expected.json")
    models["mxnet"] = Recorded(
        "mxnet",
        place(folder, "mxnet", FIXTURES / "mxnet" / "module_softmax",
              "mlp-0012.params", "mlp-symbol.json"),
        arrays(record["inputs"]), arrays(record["outputs"]),
    )
    models["xgboost"] = trees(folder, "xgboost", "xgb_softprob.ubj", "model.ubj", numpy.float32)
    models["lightgbm"] = trees(folder, "lightgbm", "lgb_multiclass.txt", "model.txt", numpy.float64)
    shutil.copytree(FIXTURES / "spark" / "iris_logistic", folder / "spark" / "1")
    record = document("spark", "iris_logistic.json")
    models["spark"] = Recorded(
        "spark", folder / "spark",
        {name: numpy.array(column) for name, column in record["inputs"].items()},
        {name: numpy.array(record["outputs"][name]) for name in ("prediction", "probability")},
    )
    models.update(python_models(folder))
    return models


# MARK: The clients


def rest_v1(session, server, name, record, inputs=None):
    """TensorFlow Serving's column form: the reply."""
    body = {key: value.tolist() for key, value in (inputs or record.inputs).items()}
    # As text: requests' own `json` refuses the NaN that stands for a missing value.
    return session.post(
        f"{server.rest}/v1/models/{name}:predict", data=json.dumps({"inputs": body}),
        timeout=TIMEOUT * 4,
    )


def outputs_of(reply, record):
    """The outputs by name of a reply in column form, which has one output without its name."""
    found = reply.json()["outputs"]
    return found if isinstance(found, dict) else dict.fromkeys(record.outputs, found)


def triton_inputs(module, record):
    for name, value in record.inputs.items():
        tensor = module.InferInput(name, value.shape, record.kind(name))
        tensor.set_data_from_numpy(value)
        yield tensor


def triton(client, module, name, record):
    """Triton's client: the outputs by name."""
    result = client.infer(name, list(triton_inputs(module, record)))
    return {output: result.as_numpy(output) for output in record.outputs}


def serving_request(name, record):
    """A call of TensorFlow Serving's stub."""
    request = predict_pb2.PredictRequest()
    request.model_spec.name = name
    for key, value in record.inputs.items():
        message = tensor_pb2.TensorProto(
            dtype=NUMBERS[record.kind(key)], tensor_content=value.tobytes())
        message.tensor_shape.SetInParent()
        for size in value.shape:
            message.tensor_shape.dim.add(size=size)
        request.inputs[key].CopyFrom(message)
    return request


def serving_outputs(reply, record):
    found = {}
    for name in record.outputs:
        message = reply.outputs[name]
        kind = next(kind for kind, number in NUMBERS.items() if number == message.dtype)
        found[name] = (
            numpy.frombuffer(message.tensor_content, TYPES[kind]) if message.tensor_content
            else list(message.float_val or message.double_val or message.int64_val)
        )
    return found


class Asking:
    """A client of one model, REST and gRPC in turn, until it is told to stop.

    `failures` has every refusal and wrong answer; `answered` counts the right ones.
    """

    def __init__(self, server, stub, name, record, stop, pause=0.05):
        self.server, self.stub, self.name, self.record = server, stub, name, record
        self.stop, self.pause = stop, pause
        self.answered, self.failures = 0, []

    def run(self):
        session, request = requests.Session(), serving_request(self.name, self.record)
        while not self.stop.is_set():
            try:
                self._over_rest(session)
                self._over_grpc(request)
            except Exception as error:  # noqa: BLE001: whatever it is, it is what is looked for
                self.failures.append((type(error).__name__, str(error)[:300]))
            self.stop.wait(self.pause)

    def _over_rest(self, session):
        reply = rest_v1(session, self.server, self.name, self.record)
        if reply.status_code != 200:
            self.failures.append((reply.status_code, reply.text[:300]))
            return
        self.record.check(self.name, outputs_of(reply, self.record))
        self.answered += 1

    def _over_grpc(self, request):
        reply = self.stub.Predict.future(request, timeout=TIMEOUT * 4)
        error = reply.exception()
        if error is not None:
            self.failures.append((error.code().name, error.details()[:300]))
            return
        self.record.check(self.name, serving_outputs(reply.result(), self.record))
        self.answered += 1

"""Where things go, and how they are written, for every example."""

import json
import pathlib

import numpy
import onnx
import onnxruntime

EXAMPLES = pathlib.Path(__file__).resolve().parent.parent

# Old enough for every ONNX Runtime of the last years, new enough for every operator used.
OPSETS = {"": 17, "ai.onnx.ml": 3}


def save_model(model, name, version):
    onnx.checker.check_model(model)
    path = EXAMPLES / "models" / name / str(version) / "model.onnx"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(model.SerializeToString(deterministic=True))
    print(f"models/{name}/{version}/model.onnx: {path.stat().st_size} bytes")
    return onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])


def round_weights(classifier):
    """Keep four decimals. Processors differ in the last bits of a sum; the files must not."""
    for name in ("coef_", "intercept_", "coefs_", "intercepts_"):
        if hasattr(classifier, name):
            weights = getattr(classifier, name)
            if isinstance(weights, list):
                weights = [numpy.round(layer, 4) for layer in weights]
            else:
                weights = numpy.round(weights, 4)
            setattr(classifier, name, weights)


def name_batch(model, name="batch"):
    """Give the first dimension of every input and output a name: it says what it is."""
    for value in [*model.graph.input, *model.graph.output]:
        value.type.tensor_type.shape.dim[0].dim_param = name


def name_columns(model, output, labels):
    """Say in the file which class each column of an output is: `:classify` answers with these."""
    model.metadata_props.add(key=f"classes.{output}", value=json.dumps(labels.tolist()))


def short(array):
    """The shortest decimal text of each float32, as a Python number for JSON."""
    array = numpy.asarray(array)
    if array.dtype.kind == "f":
        numbers = [float(str(value)) for value in array.astype(numpy.float32).ravel()]
        numbers = [int(value) if value.is_integer() else value for value in numbers]
        return numpy.array(numbers, dtype=object).reshape(array.shape).tolist()
    return array.tolist()


def save_requests(name, inputs, named=False):
    """One request in TensorFlow Serving's form, and the same in the Open Inference Protocol's.

    `inputs` maps each input's name to its rows. With one input, TensorFlow Serving's form
    needs no name.
    """
    rows = len(next(iter(inputs.values())))
    values = {key: short(value) for key, value in inputs.items()}
    if named:
        instances = [{key: value[row] for key, value in values.items()} for row in range(rows)]
    else:
        (instances,) = values.values()
    save_json(f"{name}.json", {"instances": instances})
    datatypes = {"f": "FP32", "i": "INT64", "O": "BYTES", "U": "BYTES"}
    tensors = [
        {
            "name": key,
            "shape": list(numpy.shape(value)),
            "datatype": datatypes[numpy.asarray(value).dtype.kind],
            "data": short(numpy.ravel(value)),
        }
        for key, value in inputs.items()
    ]
    save_json(f"{name}.infer.json", {"inputs": tensors})


def save_json(name, document):
    path = EXAMPLES / "requests" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document) + "\n")

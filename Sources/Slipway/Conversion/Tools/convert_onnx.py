"""ONNX: what an exported file takes, and a file that is already ONNX."""

import pathlib
import shutil

import numpy as np
import onnx
import onnxruntime

from convert_arrays import Outcome, Refusal, made_up, only

TOOLS = {"onnx": "a copy"}

DTYPES = {
    "tensor(float)": np.float32, "tensor(double)": np.float64, "tensor(float16)": np.float16,
    "tensor(int64)": np.int64, "tensor(int32)": np.int32, "tensor(bool)": np.bool_,
    "tensor(uint8)": np.uint8, "tensor(int8)": np.int8, "tensor(string)": np.object_,
}


def session(path):
    return onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])


def shape_of(value):
    return [extent if isinstance(extent, int) else -1 for extent in value.shape]


def adapter(path):
    """How a session's inputs are made from arrays in the same order: the type, and the rank."""
    wanted = session(path).get_inputs()

    def adapt(samples):
        if len(wanted) == 1 and len(samples) > 1:
            columns = [np.asarray(array).reshape(len(array), -1) for array in samples.values()]
            samples = {wanted[0].name: np.concatenate(columns, axis=1)}
        if len(wanted) != len(samples):
            raise Refusal(
                f"the result takes {[value.name for value in wanted]}, and the original "
                f"{list(samples)}: their inputs do not correspond"
            )
        by_name = all(value.name in samples for value in wanted)
        arrays = [samples[value.name] for value in wanted] if by_name else samples.values()
        return {
            value.name: fit(np.asarray(array), value) for value, array in zip(wanted, arrays)
        }

    return adapt


def fit(array, value):
    array = array.astype(DTYPES[value.type])
    rank = len(value.shape)
    return array.reshape(-1, 1) if array.ndim == 1 and rank == 2 else array


def save(model, folder, name="model.onnx"):
    onnx.checker.check_model(model)
    onnx.save(model, str(pathlib.Path(folder) / name))
    return pathlib.Path(folder) / name


def runner(path):
    """Answers samples with ONNX Runtime, as the original of a quantized model."""
    original = session(path)
    names = [value.name for value in original.get_outputs()]

    def run(samples):
        return dict(zip(names, original.run(None, {k: np.asarray(v) for k, v in samples.items()})))

    return run


def convert(job, samples):
    """Takes an ONNX file as it is: there is something to do only when it is quantized."""
    if not job["quantize"]:
        raise Refusal("the model is ONNX already; with --quantize int8 or fp16 there is work to do")
    path = pathlib.Path(job["directory"]) / "original.onnx"
    shutil.copyfile(job["source"], path)
    wanted = session(path).get_inputs()
    if samples is None:
        arrays = {v.name: made_up(shape_of(v), DTYPES[v.type]) for v in wanted}
    else:
        arrays = {
            value.name: fit(array, value)
            for value, array in zip(wanted, only(samples, [v.name for v in wanted]).values())
        }
    return Outcome("original.onnx", f"onnx {onnx.__version__}", arrays, runner(path))

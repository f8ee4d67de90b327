"""Keras files and TensorFlow SavedModels, to SavedModel or ONNX."""

import os
import pathlib
import subprocess
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from convert_arrays import Outcome, Refusal, made_up, only

TOOLS = {"keras": "Keras", "savedmodel": "tf2onnx"}


def convert(job, samples):
    folder = pathlib.Path(job["directory"])
    if job["kind"] == "savedmodel":
        if job["target"] != "onnx":
            raise Refusal("the model is a SavedModel already; --to onnx is possible")
        return to_onnx(job, pathlib.Path(job["source"]), samples)
    import keras

    model = keras.saving.load_model(job["source"], safe_mode=not job["allow_code"])
    exported = folder / ("model.savedmodel" if job["target"] == "savedmodel" else "exported")
    model.export(str(exported), verbose=False)
    if job["target"] == "onnx":
        return to_onnx(job, exported, samples)
    inputs, original = signature(exported, samples)

    def ask(arrays):
        answer = model(list(arrays.values()) if len(arrays) > 1 else next(iter(arrays.values())))
        answers = answer if isinstance(answer, (list, tuple)) else [answer]
        return dict(zip(original.names, (np.asarray(one) for one in answers)))

    return Outcome(exported.name, f"keras {keras.__version__}", inputs, ask)


class Signature:
    """The default signature of a SavedModel, by TensorFlow itself."""

    def __init__(self, path):
        import tensorflow as tf

        self.model = tf.saved_model.load(str(path))
        if "serving_default" not in self.model.signatures:
            raise Refusal(f"there is no serving_default in it: {list(self.model.signatures)}")
        self.call = self.model.signatures["serving_default"]
        self.inputs = self.call.structured_input_signature[1]
        self.names = sorted(self.call.structured_outputs)

    def __call__(self, arrays):
        import tensorflow as tf

        feeds = {n: tf.constant(a, self.inputs[n].dtype) for n, a in arrays.items()}
        answer = self.call(**feeds)
        return {name: answer[name].numpy() for name in self.names}


def signature(path, samples):
    call = Signature(path)
    specs = call.inputs
    if samples is None:
        unknown = [n for n, s in specs.items() if s.shape.rank is None or s.dtype.name == "string"]
        if unknown:
            raise Refusal(f"no values can be made up for {', '.join(unknown)}; give --samples")
        arrays = {n: made_up(s.shape.as_list(), s.dtype.as_numpy_dtype) for n, s in specs.items()}
    else:
        arrays = {
            name: np.asarray(array).astype(specs[name].dtype.as_numpy_dtype)
            for name, array in only(samples, list(specs)).items()
        }
    return arrays, call


def to_onnx(job, source, samples):
    import tf2onnx

    from convert_onnx import adapter

    inputs, original = signature(source, samples)
    path = pathlib.Path(job["directory"]) / "model.onnx"
    command = [sys.executable, "-m", "tf2onnx.convert", "--saved-model", str(source)]
    command += ["--output", str(path), "--opset", "17"]
    run = subprocess.run(command, capture_output=True, text=True)
    if run.returncode != 0 or not path.exists():
        raise Refusal(f"tf2onnx failed: {run.stderr.strip()[-1500:]}")
    return Outcome(path.name, f"tf2onnx {tf2onnx.__version__}", inputs, original, adapter(path))

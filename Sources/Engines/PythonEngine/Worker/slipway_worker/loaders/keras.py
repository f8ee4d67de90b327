"""Keras models, `.keras` and `.h5`, with the backend that is installed."""

from __future__ import annotations

import json
import os
from typing import Any, List

import numpy

from ..errors import configuration_invalid, from_exception, library_missing
from ..model import LoadedModel, LoadRequest
from ..signature import Signature, TensorSpec

#: Where they can be imported from, the first choice first.
_BACKENDS = ("tensorflow", "jax", "torch")


def load(request: LoadRequest) -> LoadedModel:
    """Reads the file in Keras' safe mode, unless code is allowed."""
    keras = _keras(request)
    if request.entry.endswith(".h5") and not request.allow_code:
        _require_no_lambda(request)
    try:
        model = keras.models.load_model(
            request.path, compile=False, safe_mode=not request.allow_code)
    except BaseException as error:  # pylint: disable=broad-except
        if "safe_mode" in str(error) or "unsafe" in str(error).lower():
            raise _lambda_refused(request) from None
        raise from_exception(error, f"reading {request.entry}", "model_invalid") from None
    return KerasModel(request, keras, model)


def _keras(request: LoadRequest) -> Any:
    """Imports Keras on the CPU, with the first backend that is there."""
    import importlib.util

    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    os.environ.setdefault("TF_NUM_INTRAOP_THREADS", str(request.processors))
    os.environ.setdefault("TF_NUM_INTEROP_THREADS", "1")
    found = [name for name in _BACKENDS if importlib.util.find_spec(name)]
    if "KERAS_BACKEND" not in os.environ and found:
        os.environ["KERAS_BACKEND"] = found[0]
    try:
        import keras
    except ImportError as error:
        raise library_missing(
            f"cannot import keras ({error}); add keras and one of tensorflow-cpu, jax, torch to the "
            "model's requirements") from None
    return keras


def _require_no_lambda(request: LoadRequest) -> None:
    """Older readers of `.h5` run what a Lambda layer holds; so its description is looked at first."""
    try:
        import h5py

        with h5py.File(request.path, "r") as file:
            text = file.attrs.get("model_config", b"")
    except Exception as error:  # pylint: disable=broad-except
        raise from_exception(error, f"reading {request.entry}", "model_invalid") from None
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    try:
        layers = json.loads(text or "{}")
    except ValueError as error:
        raise from_exception(error, f"reading {request.entry}", "model_invalid") from None
    if _names_lambda(layers):
        raise _lambda_refused(request)


def _names_lambda(value: Any) -> bool:
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            if item.get("class_name") in ("Lambda", "__lambda__"):
                return True
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)
    return False


def _lambda_refused(request: LoadRequest) -> Exception:
    return configuration_invalid(
        f"{request.entry} holds a Lambda layer or another object that is code, which would run "
        "when it is read; if you trust the file, write options: {allow_code: true}")


class KerasModel(LoadedModel):
    """Inputs and outputs by the names of the model's tensors."""

    def __init__(self, request: LoadRequest, keras: Any, model: Any) -> None:
        super().__init__()
        self.platform = "python_keras"
        self.model = model
        self.keras = keras
        inputs = [_spec(item, "input", index) for index, item in enumerate(model.inputs)]
        names = list(getattr(model, "output_names", []) or [])
        outputs = [
            TensorSpec(names[index] if index < len(names) else f"output_{index}",
                       _dtype(item), [None if n is None else int(n) for n in item.shape])
            for index, item in enumerate(model.outputs)]
        self.signatures = [Signature(inputs, outputs)]
        self.concurrency = request.options.get("concurrency", 1)
        self.properties = [
            ("keras_version", str(keras.__version__)),
            ("backend", str(keras.config.backend() if hasattr(keras, "config") else "tensorflow"))]

    def run(self, signature: int, inputs: list, wanted: List[int], deadline: float) -> list:
        given = inputs[0] if len(inputs) == 1 else list(inputs)
        found = self.model(given, training=False)
        if isinstance(found, dict):
            found = [found[spec.name] for spec in self.signatures[0].outputs]
        results = found if isinstance(found, (list, tuple)) else [found]
        convert = getattr(getattr(self.keras, "ops", None), "convert_to_numpy", numpy.asarray)
        return [convert(results[index]) for index in wanted]


def _spec(tensor: Any, what: str, index: int) -> TensorSpec:
    name = str(getattr(tensor, "name", "") or f"{what}_{index}").split(":")[0]
    return TensorSpec(name, _dtype(tensor), [None if n is None else int(n) for n in tensor.shape])


def _dtype(tensor: Any) -> str:
    found = getattr(tensor, "dtype", "float32")
    return str(getattr(found, "name", found))

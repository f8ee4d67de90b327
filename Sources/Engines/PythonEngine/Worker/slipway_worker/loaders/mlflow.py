"""MLflow model directories: the generic flavour, through `mlflow.pyfunc`.

Inputs and outputs are those of the model's signature; where it has no outputs (or words for them
that say nothing, `any`), they are what the model answers to its input example.
"""

from __future__ import annotations

import os
import sys
from typing import Any, Dict, List, Optional

from ..errors import (
    WorkerError, configuration_invalid, from_exception, invalid_request, library_missing,
    model_invalid, words_of)
from ..mlflow_answers import Answers, answers_of
from ..mlflow_fields import Field, example_fields, fields_of
from ..model import LoadedModel, LoadRequest
from ..signature import Signature, TensorSpec

#: What MLflow calls a client's mistake.
_CLIENT_CODES = {"BAD_REQUEST", "INVALID_PARAMETER_VALUE"}


def load(request: LoadRequest) -> LoadedModel:
    """Loads the directory's `python_function` flavour."""
    if not request.allow_code:
        raise configuration_invalid(
            "an MLflow model is code (a pickle, or Python files): allow_code: true lets it run")
    mlflow = _library()
    try:
        saved = mlflow.models.Model.load(request.directory)
    except Exception as error:
        raise from_exception(error, "reading MLmodel", "model_invalid") from None
    pickled = _plain_estimator(saved)
    if pickled is not None:
        from .pickled import load as load_pickled

        request.progress(f"no signature: '{pickled}' is served by its own methods")
        return load_pickled(request._replace(entry=pickled))
    try:
        function = mlflow.pyfunc.load_model(request.directory)
    except ImportError as error:
        raise library_missing(
            f"the model cannot be loaded by {sys.executable}: {words_of(error)}; its requirements "
            "lack it, or are not applied") from None
    except Exception as error:
        raise from_exception(error, "mlflow.pyfunc.load_model", "model_invalid") from None
    return MLflowModel(request, mlflow, saved, function)


def _library() -> Any:
    # A server sends nobody word of what it loads.
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("DO_NOT_TRACK", "true")
    try:
        import mlflow
        import mlflow.models
        import mlflow.pyfunc
    except ImportError as error:
        raise library_missing(
            f"{sys.executable} cannot import mlflow ({words_of(error)}); add mlflow (or mlflow-skinny "
            "and pandas) to the requirements of the model, or name an environment that has it with "
            "the option 'environment'") from None
    return mlflow


def _plain_estimator(saved: Any) -> Optional[str]:
    """The pickle of a scikit-learn model without signature and example: its methods say enough."""
    flavour = saved.flavors.get("sklearn", {})
    path = flavour.get("pickled_model", "")
    if saved.signature is not None or saved.saved_input_example_info or not path:
        return None
    return path if flavour.get("serialization_format") in ("pickle", "cloudpickle") else None


class MLflowModel(LoadedModel):
    """A pyfunc model."""

    platform = "mlflow_pyfunc"

    def __init__(self, request: LoadRequest, mlflow: Any, saved: Any, function: Any) -> None:
        super().__init__()
        self._function = function
        self.properties = [
            ("mlflow", str(mlflow.__version__)), ("saved_with", str(saved.mlflow_version)),
            ("flavors", ", ".join(saved.flavors)),
        ]
        if getattr(saved, "model_uuid", None):
            self.properties.append(("model_uuid", str(saved.model_uuid)))
        self._parameters = _parameters(request, saved.signature)
        example = self._example(request, saved)
        fields = fields_of(saved.signature.inputs) if saved.signature else []
        self._fields: List[Field] = fields or example_fields(example)
        if not self._fields:
            raise model_invalid(
                "the model has no signature and no input example, so nobody can tell its inputs; save "
                "it with signature=mlflow.models.infer_signature(x, model.predict(x)) and "
                "input_example=x[:2]")
        self._is_frame = self._fields[0].is_column
        declared = fields_of(saved.signature.outputs) if saved.signature else []
        if declared:
            outputs = [field.spec(index, "output") for index, field in enumerate(declared)]
        else:
            outputs = self._tried(example, request)
        self._answers = Answers(outputs)
        self.signatures = [Signature(
            [field.spec(index, "input") for index, field in enumerate(self._fields)], outputs)]

    def _example(self, request: LoadRequest, saved: Any) -> Any:
        if not saved.saved_input_example_info:
            return None
        try:
            return saved.load_input_example(request.directory)
        except Exception as error:  # pylint: disable=broad-except
            request.warn(f"the input example cannot be read: {words_of(error)}")
            return None

    def _tried(self, example: Any, request: LoadRequest) -> List[TensorSpec]:
        """What comes out when the example goes in, or one row of zeros when there is none."""
        trial = example
        if trial is None:
            trial = self._given([field.zeros() for field in self._fields])
        request.progress("the signature names no outputs: trying the model")
        try:
            return answers_of(self._predict(trial))
        except WorkerError:
            raise
        except Exception as error:
            raise model_invalid(
                "the model's signature names no outputs, and a trial to see them failed "
                f"({words_of(error)}); save it with signature=mlflow.models.infer_signature(x, "
                "model.predict(x)) and an input_example") from None

    def _given(self, inputs: List[Any]) -> Any:
        """The inputs as MLflow wants them: a DataFrame, an array, or arrays by name."""
        if self._is_frame:
            from ..columns import pandas

            columns = {
                field.key(index): field.cells(array)
                for index, (field, array) in enumerate(zip(self._fields, inputs))
            }
            rows = {name: len(column) for name, column in columns.items()}
            if len(set(rows.values())) > 1:
                raise WorkerError("invalid_tensor", f"the columns have different lengths: {rows}")
            return pandas().DataFrame(columns)
        if len(self._fields) == 1 and self._fields[0].name is None:
            return self._fields[0].cells(inputs[0])
        return {
            field.key(index): field.cells(array)
            for index, (field, array) in enumerate(zip(self._fields, inputs))
        }

    def _predict(self, given: Any) -> Any:
        if self._parameters:
            return self._function.predict(given, params=self._parameters)
        return self._function.predict(given)

    def run(self, signature: int, inputs: list, wanted: List[int], deadline: float) -> list:
        try:
            result = self._predict(self._given(inputs))
        except WorkerError:
            raise
        except Exception as error:
            if getattr(error, "error_code", None) in _CLIENT_CODES:
                raise invalid_request(words_of(error)) from None
            raise
        return self._answers.pick(result, wanted)


def _parameters(request: LoadRequest, signature: Any) -> Dict[str, Any]:
    """The parameters that the options' `settings` give, as the types that the signature declares."""
    settings = request.options.get("settings", {})
    if not settings:
        return {}
    known = {item.name: item for item in (signature.params or [])} if signature else {}
    values = {}
    for name, text in settings.items():
        if name not in known:
            raise configuration_invalid(
                f"option 'settings' has '{name}', and the model's signature has no such parameter "
                f"(it has: {', '.join(known) or 'none'})")
        values[name] = _parameter(name, text, known[name].dtype.to_python())
    return values


def _parameter(name: str, text: str, kind: type) -> Any:
    if kind is bool and text.lower() in ("true", "false"):
        return text.lower() == "true"
    try:
        if kind in (int, float, str):
            return kind(text)
    except ValueError:
        pass
    raise configuration_invalid(f"option 'settings' has {name}: '{text}', which is no {kind.__name__}")

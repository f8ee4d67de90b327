"""Objects with scikit-learn's interface: what they take and give, and running them."""

from __future__ import annotations

import sys
import warnings
from typing import Any, Dict, List, Optional, Tuple

import numpy

from . import element_types
from .columns import frame, texts
from .errors import configuration_invalid, from_exception, model_invalid
from .feature_kinds import column_kinds, takes_text, wants_columns
from .model import LoadedModel, LoadRequest
from .signature import Dimension, TensorSpec, signatures_of

#: Methods that become outputs, by their own names; the second of a pair only without the first.
_METHODS = ("predict", "predict_proba", "decision_function", "transform")
_INSTEAD = {"decision_function": "predict_proba", "transform": "predict"}
#: Two rows: an extent of two then tells which dimension the rows are.
_PROBE_ROWS = 2


class EstimatorModel(LoadedModel):
    """An estimator or pipeline: one input `input`, or one a column; an output a method."""

    def __init__(self, request: LoadRequest, estimator: Any) -> None:
        super().__init__()
        self.estimator = estimator
        self.platform = "python_sklearn"
        self.inputs = InputForm(request, estimator)
        self.methods = methods_of(request, estimator)
        outputs = [self._output(name) for name in self.methods]
        self.signatures = signatures_of(self.inputs.specs, outputs)
        self.outputs = [[self.methods.index(o.name) for o in s.outputs] for s in self.signatures]
        self.concurrency = request.options.get("concurrency", 1)
        self.properties = _properties(estimator)

    def run(self, signature: int, inputs: list, wanted: List[int], deadline: float) -> list:
        table = self.inputs.table(inputs)
        # A method that is asked for twice runs once.
        results: Dict[int, Any] = {}
        for position in wanted:
            method = self.outputs[signature][position]
            if method not in results:
                results[method] = self._call(self.methods[method], table)
        return [results[self.outputs[signature][position]] for position in wanted]

    def _call(self, name: str, table: Any) -> numpy.ndarray:
        try:
            return dense(getattr(self.estimator, name)(table))
        except BaseException as error:  # pylint: disable=broad-except
            # scikit-learn says ValueError for what is wrong with the rows: NaN, unknown categories.
            code = "invalid_request" if isinstance(error, ValueError) else "engine_failed"
            raise from_exception(error, name, code) from None

    def _output(self, name: str) -> TensorSpec:
        """Type and shape of a method's result: by what it gives for a row of zeros, else by `classes_`."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                result = dense(getattr(self.estimator, name)(self.inputs.probe(_PROBE_ROWS)))
            if result.ndim < 1 or len(result) != _PROBE_ROWS:
                raise model_invalid(f"{name} gives {result.shape} for {_PROBE_ROWS} rows")
            shape: List[Dimension] = [None] + list(result.shape[1:])
            return TensorSpec(name, element_types.of(result.dtype).name, shape)
        except (ValueError, TypeError, KeyError, IndexError):
            return _declared_output(name, self.estimator)
        except BaseException as error:  # pylint: disable=broad-except
            raise from_exception(error, f"{name} with a row of zeros", "model_invalid") from None


class InputForm:
    """What goes in: a matrix, a list of texts, or a DataFrame."""

    def __init__(self, request: LoadRequest, estimator: Any) -> None:
        names = getattr(estimator, "feature_names_in_", None)
        # Whether a matrix will do is decided here; scikit-learn need not say so at every call.
        warnings.filterwarnings("ignore", message="X does not have valid feature names")
        self.names: Optional[List[str]] = None if names is None else [str(name) for name in names]
        chosen = request.options.get("columns")
        if chosen and self.names is None:
            raise configuration_invalid(
                "option 'columns' is true, but the model was fitted without column names")
        self.is_frame = self.names is not None and (
            wants_columns(estimator) if chosen is None else bool(chosen))
        self.is_text = not self.is_frame and takes_text(estimator)
        self.specs = self._specs(request, estimator)
        self.dtype = self.specs[0].element_type.dtype

    def _specs(self, request: LoadRequest, estimator: Any) -> List[TensorSpec]:
        types = request.options.get("column_types", {})
        if not self.is_frame:
            if types:
                raise configuration_invalid(
                    "option 'column_types' is for models that take columns; this one takes one "
                    "matrix (columns: true makes it take columns, when it knows their names)")
            return [self._matrix(request, estimator)]
        names = self.names or []
        unknown = sorted(set(types) - set(names))
        if unknown:
            raise configuration_invalid(
                f"option 'column_types' names '{unknown[0]}'; the columns are {', '.join(names)}")
        kinds = column_kinds(estimator, names, request.options.get("input_type", "float64"))
        kinds.update(types)
        return [TensorSpec(name, kinds[name], [None]) for name in names]

    def _matrix(self, request: LoadRequest, estimator: Any) -> TensorSpec:
        if self.is_text:
            return TensorSpec("input", "bytes", [None])
        count = getattr(estimator, "n_features_in_", None)
        width: Dimension = int(count) if isinstance(count, (int, numpy.integer)) else None
        return TensorSpec("input", request.options.get("input_type", "float64"), [None, width])

    def table(self, inputs: list) -> Any:
        """The arrays as the estimator wants them; numbers are not copied."""
        if self.is_frame:
            return frame([spec.name for spec in self.specs], inputs)
        array = inputs[0]
        return texts(array) if array.dtype == object else array

    def probe(self, rows: int) -> Any:
        """Rows of zeros, and of empty texts."""
        arrays = []
        for spec in self.specs:
            shape = [rows] + [item if isinstance(item, int) else 1 for item in (spec.shape or ())[1:]]
            if spec.element_type is element_types.BYTES:
                arrays.append(numpy.full(shape, b"0", object))
            else:
                arrays.append(numpy.zeros(shape, spec.element_type.dtype))
        return self.table(arrays)


def methods_of(request: LoadRequest, estimator: Any) -> List[str]:
    """The methods that become outputs: those of the option `outputs`, or those that there are."""
    there = [name for name in _METHODS if callable(getattr(estimator, name, None))]
    chosen = request.options.get("outputs")
    if chosen is not None:
        names = [name.strip() for name in chosen.split(",") if name.strip()]
        missing = [name for name in names if name not in there]
        if missing or not names:
            raise configuration_invalid(
                f"option 'outputs' is '{chosen}'; this model has {', '.join(there) or 'none'}")
        return names
    found = [name for name in there if _INSTEAD.get(name) not in there]
    if not found:
        raise model_invalid(
            f"{request.entry} holds a {type(estimator).__name__}, which has no method predict or "
            "transform; save a fitted estimator or pipeline")
    # A classifier of several labels gives a list of arrays, which no tensor can hold.
    if isinstance(getattr(estimator, "classes_", None), list) and "predict_proba" in found:
        found.remove("predict_proba")
    return found


def dense(result: Any) -> numpy.ndarray:
    """A result as an array; sparse ones are filled in, frames lose their names."""
    if hasattr(result, "toarray"):
        return result.toarray()
    return numpy.asarray(result)


def _declared_output(name: str, estimator: Any) -> TensorSpec:
    classes = getattr(estimator, "classes_", None)
    if name == "predict" and isinstance(classes, numpy.ndarray):
        return TensorSpec(name, element_types.of(classes.dtype).name, [None])
    if name == "predict":
        return TensorSpec(name, "float64", None)
    width = len(classes) if isinstance(classes, numpy.ndarray) and name == "predict_proba" else None
    return TensorSpec(name, "float64", [None, width])


def _properties(estimator: Any) -> List[Tuple[str, str]]:
    found = [("estimator", type(estimator).__name__)]
    sklearn = sys.modules.get("sklearn")
    if sklearn is not None:
        found.append(("sklearn_version", str(sklearn.__version__)))
    classes = getattr(estimator, "classes_", None)
    if isinstance(classes, numpy.ndarray) and classes.ndim == 1 and len(classes) <= 100:
        found.append(("classes", ", ".join(str(item) for item in classes.tolist())))
    return found

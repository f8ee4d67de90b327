"""CatBoost's own files, `.cbm`: read by CatBoost, no code of the file's runs."""

from __future__ import annotations

from typing import Any, List

import numpy

from .. import element_types
from ..columns import frame
from ..errors import from_exception, library_missing
from ..model import LoadedModel, LoadRequest
from ..signature import TensorSpec, signatures_of

_CLASSIFIERS = ("Logloss", "CrossEntropy", "MultiClass", "MultiClassOneVsAll")


def load(request: LoadRequest) -> LoadedModel:
    """Reads the file."""
    try:
        import catboost
    except ImportError as error:
        raise library_missing(
            f"cannot import catboost ({error}); add catboost to the model's requirements") from None
    model = catboost.CatBoost()
    try:
        model.load_model(request.path, format="cbm")
    except Exception as error:  # pylint: disable=broad-except
        raise from_exception(error, f"reading {request.entry}", "model_invalid") from None
    return CatBoostModel(request, model, catboost.__version__)


class CatBoostModel(LoadedModel):
    """One matrix, or a column each when some features are categories or texts."""

    def __init__(self, request: LoadRequest, model: Any, version: str) -> None:
        super().__init__()
        self.platform = "python_catboost"
        self.model = model
        self.threads = request.processors
        self.names = [str(name) for name in model.feature_names_]
        texts = set(model.get_cat_feature_indices()) | set(model.get_text_feature_indices())
        self.is_frame = bool(texts)
        number = request.options.get("input_type", "float32")
        if self.is_frame:
            inputs = [
                TensorSpec(name, "bytes" if index in texts else number, [None])
                for index, name in enumerate(self.names)]
        else:
            inputs = [TensorSpec("input", number, [None, len(self.names)])]
        loss = str(model.get_all_params().get("loss_function", "")) or "unknown"
        is_classifier = loss.split(":")[0] in _CLASSIFIERS
        self.kinds = {"predict": "Class" if is_classifier else "RawFormulaVal"}
        if is_classifier:
            self.kinds["predict_proba"] = "Probability"
        elif loss.split(":")[0] in ("Poisson", "Tweedie"):
            self.kinds["predict"] = "Exponent"
        outputs = [self._output(name, inputs) for name in self.kinds]
        self.signatures = signatures_of(inputs, outputs)
        self.concurrency = request.options.get("concurrency", 1)
        self.properties = [("catboost_version", version), ("loss_function", loss)]

    def run(self, signature: int, inputs: list, wanted: List[int], deadline: float) -> list:
        table = self._table(inputs)
        outputs = self.signatures[signature].outputs
        return [self._predict(outputs[position].name, table) for position in wanted]

    def _table(self, inputs: list) -> Any:
        if self.is_frame:
            return frame(self.names, inputs)
        return inputs[0]

    def _predict(self, name: str, table: Any) -> numpy.ndarray:
        if len(table) == 0:
            return numpy.empty((0,) + self.widths[name], self.dtypes[name])
        kind = self.kinds[name]
        found = numpy.asarray(
            self.model.predict(table, prediction_type=kind, thread_count=self.threads))
        # Classes of a model for several come as one column.
        return found.reshape(len(table)) if kind == "Class" else found

    def _output(self, name: str, inputs: List[TensorSpec]) -> TensorSpec:
        """Type and shape by what a row of zeros gives."""
        rows = []
        for spec in inputs:
            shape = [2] + [item if isinstance(item, int) else 1 for item in (spec.shape or ())[1:]]
            is_text = spec.element_type is element_types.BYTES
            rows.append(numpy.full(shape, b"0" if is_text else 0, spec.element_type.dtype))
        found = self._predict(name, self._table(rows))
        self.widths = getattr(self, "widths", {})
        self.dtypes = getattr(self, "dtypes", {})
        self.widths[name] = found.shape[1:]
        self.dtypes[name] = found.dtype
        return TensorSpec(name, found.dtype, [None] + list(found.shape[1:]))

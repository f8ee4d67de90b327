"""The inputs of an MLflow model: columns of a DataFrame, or tensors, as its signature lists them."""

from __future__ import annotations

import json
from typing import Any, List, Optional, Tuple

import numpy

from . import columns, element_types
from .errors import WorkerError, model_invalid
from .signature import TensorSpec

#: MLflow's column types and ours; times come as ISO 8601 text.
_COLUMN_TYPES = {
    "boolean": "bool", "integer": "int32", "long": "int64", "float": "float32", "double": "float64",
    "string": "bytes", "binary": "bytes", "datetime": "bytes",
}
#: Types whose values are one JSON text a row.
_JSON_TYPES = ("array", "map", "object")


class Field:
    """One column or tensor."""

    def __init__(
        self, name: Any, kind: str, dtype: str, shape: Optional[Tuple[Optional[int], ...]],
        is_column: bool,
    ) -> None:
        #: The name as MLflow has it (pandas allows numbers), or None.
        self.name = name
        #: MLflow's word for a column's type, `tensor` otherwise.
        self.kind = kind
        self.dtype = dtype
        self.shape = shape
        self.is_column = is_column

    def key(self, index: int) -> Any:
        """What stands above the column; columns without a name are numbered, as pandas does."""
        return index if self.name is None else self.name

    def spec(self, index: int, role: str) -> TensorSpec:
        """How it is declared to clients; the only one without a name is `input` or `output`."""
        name = str(self.name) if self.name is not None else (role if index == 0 else f"{role}_{index}")
        return TensorSpec(name, self.dtype, self.shape)

    def zeros(self) -> numpy.ndarray:
        """One row of nothing in particular."""
        shape = [1 if extent is None else extent for extent in self.shape or ()]
        if self.dtype != "bytes":
            return numpy.zeros(shape, element_types.named(self.dtype).dtype)
        text = b"1970-01-01" if self.kind == "datetime" else b"null" if self.kind in _JSON_TYPES else b""
        return numpy.full(shape, text, object)

    def cells(self, array: numpy.ndarray) -> Any:
        """The values as the model wants them."""
        if self.dtype != "bytes":
            return self._numbers(array)
        if self.kind == "binary":
            return array
        if not self.is_column:
            return columns.texts(array)
        texts = columns.texts(array.reshape(-1) if array.ndim != 1 else array)
        if self.kind == "datetime":
            return self._times(texts)
        if self.kind in _JSON_TYPES:
            return self._documents(texts)
        return texts

    def _numbers(self, array: numpy.ndarray) -> Any:
        # Columns that come as [N, 1] are flat columns to pandas.
        return array.reshape(-1) if self.is_column and array.ndim != 1 else array

    def _times(self, texts: numpy.ndarray) -> Any:
        try:
            return columns.pandas().to_datetime(list(texts), format="ISO8601")
        except ValueError as error:
            raise WorkerError(
                "invalid_tensor", f"column '{self.name}' wants times such as 2026-01-31T12:00:00: "
                f"{error}") from None

    def _documents(self, texts: numpy.ndarray) -> Any:
        try:
            values = [json.loads(text) for text in texts]
        except ValueError as error:
            raise WorkerError(
                "invalid_tensor", f"column '{self.name}' wants a JSON text in each row: {error}"
            ) from None
        cells = numpy.empty(len(values), object)
        cells[:] = values
        return cells


def fields_of(schema: Any) -> List[Field]:
    """What a schema of MLflow lists; nothing for one that says nothing (`any`)."""
    if schema is None:
        return []
    fields = [_field(item) for item in schema.to_dict()]
    return [] if any(field is None for field in fields) else fields  # type: ignore[misc]


def _field(item: dict) -> Optional[Field]:
    kind, name = item["type"], item.get("name")
    if kind == "tensor":
        tensor = item["tensor-spec"]
        shape = tuple(None if extent == -1 else int(extent) for extent in tensor["shape"])
        return Field(name, kind, element_types.named(tensor["dtype"]).name, shape, False)
    if kind == "any":
        return None
    if kind in _JSON_TYPES:
        return Field(name, kind, "bytes", (None,), True)
    if kind not in _COLUMN_TYPES:
        raise model_invalid(f"the signature has a column of type '{kind}', which is not known here")
    return Field(name, kind, _COLUMN_TYPES[kind], (None,), True)


def example_fields(example: Any) -> List[Field]:
    """What an input example shows, for a model without a signature."""
    if example is None:
        return []
    if hasattr(example, "columns"):
        return [_column(name, example[name]) for name in example.columns]
    if isinstance(example, dict):
        return [_tensor(name, numpy.asarray(value)) for name, value in example.items()]
    if isinstance(example, list) and example and isinstance(example[0], str):
        return [Field(None, "string", "bytes", (None,), False)]
    return [_tensor(None, numpy.asarray(example))]


def _column(name: Any, column: Any) -> Field:
    dtype = column.dtype
    if getattr(dtype, "kind", "O") == "M":
        return Field(name, "datetime", "bytes", (None,), True)
    if getattr(dtype, "kind", "O") in "biuf":
        return Field(name, "number", element_types.of(numpy.dtype(dtype.name.lower())).name, (None,), True)
    if all(isinstance(value, str) for value in column):
        return Field(name, "string", "bytes", (None,), True)
    return Field(name, "object", "bytes", (None,), True)


def _tensor(name: Any, array: numpy.ndarray) -> Field:
    if array.ndim == 0:
        raise model_invalid("the input example has no rows; save the model with a signature")
    kind = "tensor" if array.dtype.kind in "biuf" else "string"
    return Field(name, kind, element_types.of(array.dtype).name, (None,) + array.shape[1:], False)

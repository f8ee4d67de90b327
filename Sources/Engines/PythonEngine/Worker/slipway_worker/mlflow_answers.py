"""What an MLflow model answers, brought into the outputs that are declared."""

from __future__ import annotations

import json
from typing import Any, Dict, List, Optional

import numpy

from . import element_types
from .errors import WorkerError, model_invalid
from .signature import TensorSpec

#: What a single answer without a name is called.
ONLY = "output"


def parts_of(result: Any) -> Dict[str, Any]:
    """The named parts of an answer; a single one is called `output`."""
    if hasattr(result, "columns") and hasattr(result, "iloc"):
        return {str(name): result[name] for name in result.columns}
    if isinstance(result, dict):
        return {str(name): value for name, value in result.items()}
    if isinstance(result, list) and result and all(isinstance(row, dict) for row in result):
        names = list(result[0])
        if all(list(row) == names for row in result):
            return {str(name): [row[name] for row in result] for name in names}
    if getattr(result, "name", None) is not None and hasattr(result, "iloc"):
        return {str(result.name): result}
    return {ONLY: result}


def array_of(value: Any) -> numpy.ndarray:
    """A part as an array of numbers, or of byte strings; never of anything else."""
    if hasattr(value, "toarray"):
        return value.toarray()
    dtype = getattr(value, "dtype", None)
    if dtype is not None and not isinstance(dtype, numpy.dtype) and hasattr(value, "to_numpy"):
        # pandas' own types: whole numbers that may be missing, text, categories.
        array = value.to_numpy()
    else:
        array = numpy.asarray(value) if not _is_ragged(value) else _objects(value)
    if array.dtype.kind == "M":
        array = numpy.datetime_as_string(array).astype(object)
    if array.dtype.kind in "OSU":
        return _texts(array)
    return array


def _is_ragged(value: Any) -> bool:
    try:
        numpy.asarray(value)
        return False
    except ValueError:
        return True


def _objects(value: Any) -> numpy.ndarray:
    items = list(value)
    array = numpy.empty(len(items), object)
    array[:] = items
    return array


def _texts(array: numpy.ndarray) -> numpy.ndarray:
    flat = array.reshape(-1)
    numbers = [item for item in flat if isinstance(item, (int, float, numpy.number, numpy.ndarray))]
    if len(numbers) == len(flat) and len(flat):
        # A column of lists of one length, or of numbers that pandas holds as objects.
        try:
            stacked = numpy.asarray([numpy.asarray(item) for item in flat])
            if stacked.dtype.kind in "biuf":
                return stacked.reshape(array.shape + stacked.shape[1:])
        except ValueError:
            pass
    result = numpy.empty(len(flat), object)
    result[:] = [_text(item) for item in flat]
    return result.reshape(array.shape)


def _text(item: Any) -> bytes:
    if isinstance(item, bytes):
        return item
    if isinstance(item, str):
        return item.encode("utf-8", "replace")
    if item is None or item is numpy.nan or (isinstance(item, float) and item != item):
        return b""
    if hasattr(item, "isoformat"):
        return item.isoformat().encode("ascii")
    if hasattr(item, "model_dump"):
        item = item.model_dump()
    try:
        return json.dumps(item, ensure_ascii=False, default=_plain).encode("utf-8")
    except (TypeError, ValueError):
        return str(item).encode("utf-8", "replace")


def _plain(value: Any) -> Any:
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError


def answers_of(result: Any) -> List[TensorSpec]:
    """The outputs that an answer shows; extents beyond the first may vary."""
    outputs = []
    for name, value in parts_of(result).items():
        array = array_of(value)
        try:
            kind = element_types.of(array.dtype).name
        except TypeError:
            raise model_invalid(
                f"the model's output '{name}' has the type {array.dtype}, which cannot be sent") from None
        outputs.append(TensorSpec(name, kind, [None] * array.ndim))
    if not outputs:
        raise model_invalid("the model answers nothing to its input example")
    return outputs


class Answers:
    """Picks the wanted outputs out of an answer."""

    def __init__(self, outputs: List[TensorSpec]) -> None:
        self._outputs = outputs

    def pick(self, result: Any, wanted: List[int]) -> list:
        """An array for each position in `wanted`."""
        parts = parts_of(result)
        found = [self._find(parts, index) for index in wanted]
        return [self._shaped(array_of(value), index) for value, index in zip(found, wanted)]

    def _find(self, parts: Dict[str, Any], index: int) -> Any:
        name = self._outputs[index].name
        if name in parts:
            return parts[name]
        if len(parts) == len(self._outputs) == 1:
            return next(iter(parts.values()))
        if len(self._outputs) == 1:
            # A DataFrame for a declared tensor.
            return numpy.stack([array_of(value) for value in parts.values()], axis=1)
        if len(parts) == 1:
            column = self._column(next(iter(parts.values())), index)
            if column is not None:
                return column
        raise WorkerError(
            "engine_failed",
            f"the model declares the output '{name}' and answered {', '.join(map(repr, parts))}", "model")

    def _column(self, value: Any, index: int) -> Optional[Any]:
        """A matrix with a column for each declared output."""
        array = numpy.asarray(value)
        if array.ndim == 2 and array.shape[1] == len(self._outputs):
            return array[:, index]
        return None

    def _shaped(self, array: numpy.ndarray, index: int) -> numpy.ndarray:
        """A column of a DataFrame for a declared tensor of rank 2 and one column, and the reverse."""
        declared = self._outputs[index].shape
        if declared is None or array.ndim == len(declared):
            return array
        if array.ndim == 1 and len(declared) == 2 and declared[1] in (1, None):
            return array.reshape(-1, 1)
        if array.ndim == 2 and len(declared) == 1 and array.shape[1] == 1:
            return array.reshape(-1)
        return array

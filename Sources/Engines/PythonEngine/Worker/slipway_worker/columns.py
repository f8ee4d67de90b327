"""Arrays as the columns of a pandas DataFrame; pandas is imported only here, when a model wants it."""

from __future__ import annotations

from typing import Any, List, Sequence

import numpy

from .errors import WorkerError, library_missing


def pandas() -> Any:
    """The module; raises `library_missing` when it is not installed."""
    try:
        import pandas as module
    except ImportError as error:
        raise library_missing(
            f"the model works on columns with names and needs pandas ({error}); add pandas to its "
            "requirements") from None
    return module


def frame(names: Sequence[str], arrays: Sequence[numpy.ndarray]) -> Any:
    """A DataFrame of one column an array; byte strings become text.

    Arrays have shape `[N]` or `[N, 1]`; a column is a view where pandas lets it be.
    """
    columns = {}
    rows = None
    for name, array in zip(names, arrays):
        flat = array.reshape(-1) if array.ndim != 1 else array
        if rows is not None and len(flat) != rows:
            raise WorkerError(
                "invalid_tensor", f"column '{name}' has {len(flat)} rows, the ones before it {rows}")
        rows = len(flat)
        columns[name] = texts(flat) if flat.dtype == object else flat
    return pandas().DataFrame(columns, columns=list(names), copy=False)


def texts(array: numpy.ndarray) -> numpy.ndarray:
    """The same elements as text; raises `invalid_tensor` for bytes that are no UTF-8."""
    flat: List[Any] = []
    for item in array.reshape(-1):
        try:
            flat.append(item.decode("utf-8"))
        except UnicodeDecodeError:
            raise WorkerError("invalid_tensor", f"{item[:32]!r} is no UTF-8 text") from None
    result = numpy.empty(len(flat), object)
    result[:] = flat
    return result.reshape(array.shape)

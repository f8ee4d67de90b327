"""What scikit-learn pipelines read from their rows: numbers, categories or texts, by column or not."""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, Tuple

import numpy

_VECTORIZERS = ("CountVectorizer", "TfidfVectorizer", "HashingVectorizer")


def first_step(estimator: Any) -> Any:
    """The first step of a pipeline that does something, or the estimator itself."""
    while hasattr(estimator, "steps") and estimator.steps:
        steps = [step for _, step in estimator.steps if step not in (None, "passthrough")]
        if not steps:
            return estimator
        estimator = steps[0]
    return estimator


def takes_text(estimator: Any) -> bool:
    """Whether the rows are texts: a vectorizer comes first."""
    return type(first_step(estimator)).__name__ in _VECTORIZERS


def wants_columns(estimator: Any) -> bool:
    """Whether it picks columns by their names, which only a DataFrame has."""
    first = first_step(estimator)
    return any(isinstance(name, str) for _, names in _parts(first) for name in names)


def _parts(transformer: Any) -> Iterator[Tuple[Any, List[Any]]]:
    """A ColumnTransformer's fitted parts with the columns of each."""
    for part in getattr(transformer, "transformers_", []):
        if len(part) == 3:
            columns = part[2]
            if isinstance(columns, str):
                columns = [columns]
            if isinstance(columns, (list, tuple, numpy.ndarray)) or hasattr(columns, "tolist"):
                yield part[1], list(columns)


def column_kinds(estimator: Any, names: List[str], number: str) -> Dict[str, str]:
    """An element type for each column: `bytes` where categories or texts are read, else `number`."""
    kinds = {name: number for name in names}
    for step, columns in _parts(first_step(estimator)):
        inner = first_step(step)
        if type(inner).__name__ in _VECTORIZERS:
            kinds.update({name: "bytes" for name in columns if name in kinds})
            continue
        learnt = _learnt(inner)
        for name, values in zip(columns, learnt):
            if name in kinds and _is_text(values):
                kinds[name] = "bytes"
    return kinds


def _learnt(step: Any) -> List[Any]:
    """What an encoder or imputer has seen, column by column."""
    for attribute in ("categories_", "statistics_"):
        found = getattr(step, attribute, None)
        if found is not None:
            return list(found)
    return []


def _is_text(values: Any) -> bool:
    array = numpy.atleast_1d(numpy.asarray(values))
    if array.dtype.kind in "US":
        return True
    return array.dtype.kind == "O" and any(isinstance(item, str) for item in array.tolist())

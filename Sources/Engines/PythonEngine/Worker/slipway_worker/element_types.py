"""Element types of the protocol and the NumPy types that stand for them."""

from __future__ import annotations

from typing import Dict, List, NamedTuple

import numpy

from .errors import model_invalid


class ElementType(NamedTuple):
    """One type: its number in the protocol, its name, and how NumPy holds it."""

    number: int
    name: str
    dtype: numpy.dtype


def _bfloat16() -> numpy.dtype:
    """NumPy has no bfloat16: `ml_dtypes` gives one, and without it the bits come as uint16."""
    try:
        import ml_dtypes
    except ImportError:
        return numpy.dtype("<u2")
    return numpy.dtype(ml_dtypes.bfloat16)


_FORMS = [
    ("bool", "?"), ("uint8", "u1"), ("uint16", "<u2"), ("uint32", "<u4"), ("uint64", "<u8"),
    ("int8", "i1"), ("int16", "<i2"), ("int32", "<i4"), ("int64", "<i8"), ("float16", "<f2"),
    ("bfloat16", None), ("float32", "<f4"), ("float64", "<f8"), ("bytes", "O"),
]
ALL: List[ElementType] = [
    ElementType(number, name, numpy.dtype(form) if form else _bfloat16())
    for number, (name, form) in enumerate(_FORMS)
]
BYTES = ALL[13]
BFLOAT16 = ALL[10]

#: Other spellings of the same, in lower case: of Python, of the Open Inference Protocol.
_ALIASES: Dict[str, str] = {
    "fp16": "float16", "bf16": "bfloat16", "fp32": "float32", "fp64": "float64", "float": "float64",
    "double": "float64", "int": "int64", "str": "bytes", "string": "bytes", "object": "bytes",
    "boolean": "bool",
}
_BY_NAME: Dict[str, ElementType] = {form.name: form for form in ALL}


def named(name: object) -> ElementType:
    """The type of that name: `float32`, `FP32`, `numpy.float32`, `str`, ...; raises `model_invalid`."""
    if isinstance(name, str):
        text = name.lower()
    elif isinstance(name, type) and name in (str, bytes, bool, int, float, object):
        text = name.__name__
    else:
        try:
            return of(numpy.dtype(name))
        except TypeError:
            text = repr(name)
    text = _ALIASES.get(text, text)
    if text not in _BY_NAME:
        raise model_invalid(
            f"element type {name!r} is not known; use one of {', '.join(_BY_NAME)}")
    return _BY_NAME[text]


def of(dtype: numpy.dtype) -> ElementType:
    """The type that holds a NumPy type's values; raises `TypeError` when there is none."""
    if dtype.kind in "OSU":
        return BYTES
    for form in ALL:
        if form.dtype == dtype.newbyteorder("<") or form.dtype == dtype:
            # Without ml_dtypes uint16 stands for bfloat16 too; then it means itself.
            return ALL[2] if form.number == 10 and dtype.kind == "u" else form
    raise TypeError(f"no tensor can hold {dtype}")

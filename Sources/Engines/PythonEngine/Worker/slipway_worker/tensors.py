"""Tensors in run and result frames, as NumPy arrays."""

from __future__ import annotations

from typing import List, NamedTuple

import numpy

from . import element_types
from .codec import U32, ProtocolError, Reader, Writer
from .errors import WorkerError
from .shared_memory import SharedMemory, aligned
from .signature import TensorSpec

#: Tensors of up to so many bytes travel in the frame...
INLINE_MAXIMUM = 4096
#: ... as long as its payload stays below this.
INLINE_PAYLOAD_MAXIMUM = 64 << 10


def read_tensor(payload: Reader, memory: SharedMemory) -> numpy.ndarray:
    """An array over the tensor's bytes where they lie: it cannot be written."""
    number = payload.u8()
    if number >= len(element_types.ALL):
        raise ProtocolError(f"element type {number}")
    form = element_types.ALL[number]
    shape = payload.list(payload.i64)
    place = payload.u8()
    if place == 0:
        data = payload.bytes(payload.u64())
    elif place == 1:
        data = memory.input(payload.u64(), payload.u64())
    else:
        raise ProtocolError(f"place {place}")
    count = 1
    for extent in shape:
        if extent < 0:
            raise ProtocolError(f"extent {extent}")
        count *= extent
    if form is element_types.BYTES:
        return _byte_strings(data, count, shape)
    if count * form.dtype.itemsize != len(data):
        raise ProtocolError(f"{len(data)} bytes for {form.name} {shape}")
    array = numpy.frombuffer(data, form.dtype, count).reshape(shape)
    if not array.flags.aligned:
        # Only small tensors, inside a frame, lie at odd addresses; compiled code may not like that.
        array = array.copy()
        array.flags.writeable = False
    return array


def _byte_strings(data: memoryview, count: int, shape: List[int]) -> numpy.ndarray:
    if count * 4 > len(data):
        raise ProtocolError(f"{len(data)} bytes for {count} byte strings")
    flat = numpy.empty(count, object)
    end = 0
    for index in range(count):
        start = end + 4
        if start > len(data):
            raise ProtocolError("byte strings are cut short")
        end = start + U32.unpack_from(data, end)[0]
        if end > len(data):
            raise ProtocolError("byte strings are cut short")
        flat[index] = bytes(data[start:end])
    if end != len(data):
        raise ProtocolError("bytes after the last byte string")
    array = flat.reshape(shape)
    array.flags.writeable = False
    return array


class Placed(NamedTuple):
    """Where the next large output goes."""

    memory: SharedMemory
    offset: int


def write_tensor(
    writer: Writer, spec: TensorSpec, value: object, memory: SharedMemory, offset: int
) -> int:
    """Writes a result: a copy, made once; returns from where on the memory is free."""
    array = as_declared(spec, value)
    form = spec.element_type
    writer.u8(form.number)
    writer.list(list(array.shape), writer.i64)
    if form is element_types.BYTES:
        data = _packed(spec, array)
        count = len(data)
    else:
        data = b""
        count = array.size * form.dtype.itemsize
    if count <= INLINE_MAXIMUM and len(writer.buffer) + count + 4096 < INLINE_PAYLOAD_MAXIMUM:
        writer.u8(0)
        writer.u64(count)
        writer.buffer += data if form is element_types.BYTES else array.astype(
            form.dtype, copy=False).tobytes()
        return offset
    start = aligned(offset)
    view = memory.output(start, count)
    if form is element_types.BYTES:
        view[:] = data
    else:
        # The copy converts type and layout on its way.
        target = numpy.frombuffer(view, form.dtype, array.size).reshape(array.shape)
        numpy.copyto(target, array, casting="same_kind")
    writer.u8(1)
    writer.u64(start)
    writer.u64(count)
    return start + count


def as_declared(spec: TensorSpec, value: object) -> numpy.ndarray:
    """The array of a result, after checking it against what the model declares."""
    form = spec.element_type
    try:
        array = numpy.asarray(value)
    except Exception as error:  # pylint: disable=broad-except
        raise _wrong(spec, f"cannot become an array: {error}") from None
    if not spec.accepts(array.shape):
        raise _wrong(spec, f"has shape {list(array.shape)}")
    if form is element_types.BYTES:
        if array.dtype.kind not in "OSU":
            raise _wrong(spec, f"has type {array.dtype}")
    elif array.dtype != form.dtype and not _fits(array.dtype, form.dtype):
        raise _wrong(spec, f"has type {array.dtype}")
    return array


def _fits(given: numpy.dtype, declared: numpy.dtype) -> bool:
    """Whether values may be converted: within a kind, and from a smaller kind to a larger."""
    if given.kind == "O" or declared == element_types.BFLOAT16.dtype:
        return False
    return numpy.can_cast(given, declared, "same_kind")


def _wrong(spec: TensorSpec, what: str) -> WorkerError:
    return WorkerError(
        "engine_failed", f"output '{spec.name}' {what}; the model declares {spec.described()}")


def _packed(spec: TensorSpec, array: numpy.ndarray) -> bytearray:
    data = bytearray()
    for item in array.reshape(-1).tolist():
        if isinstance(item, str):
            item = item.encode("utf-8", "replace")
        elif not isinstance(item, (bytes, bytearray)):
            raise _wrong(spec, f"holds {type(item).__name__} where text or bytes belong")
        data += U32.pack(len(item))
        data += item
    return data

"""What a model declares: signatures of named, typed, shaped inputs and outputs."""

from __future__ import annotations

from typing import List, Optional, Sequence, Tuple, Union

from .codec import Writer
from .element_types import ElementType, named
from .errors import model_invalid

#: A fixed extent, the name of a varying one, or None for one that varies and has no name.
Dimension = Union[int, str, None]
DEFAULT_NAME = "serving_default"


class TensorSpec:
    """One input or output: `TensorSpec("x", "float32", [None, 4])`; shape None: any rank."""

    def __init__(
        self, name: str, dtype: object = "float32", shape: Optional[Sequence[Dimension]] = None
    ) -> None:
        if not isinstance(name, str) or not name:
            raise model_invalid(f"{name!r} cannot be the name of an input or output; it must be text")
        self.name = name
        self.element_type: ElementType = named(dtype)
        self.shape: Optional[Tuple[Dimension, ...]] = (
            None if shape is None else tuple(_dimension(name, item) for item in shape))

    @classmethod
    def of(cls, declared: object) -> "TensorSpec":
        """A declaration of user code: a `TensorSpec`, `(name, type, shape)` or a dict of these."""
        if isinstance(declared, TensorSpec):
            return declared
        if isinstance(declared, dict):
            extra = set(declared) - {"name", "dtype", "type", "shape"}
            if extra or "name" not in declared:
                raise model_invalid(
                    f"{declared!r} does not declare an input or output; it needs name, dtype and shape")
            return cls(
                declared["name"], declared.get("dtype", declared.get("type", "float32")),
                declared.get("shape"))
        if isinstance(declared, (tuple, list)) and 1 <= len(declared) <= 3:
            return cls(*declared)
        raise model_invalid(
            f"{declared!r} does not declare an input or output; write (name, type, shape), "
            'such as ("x", "float32", [None, 4])')

    def accepts(self, shape: Sequence[int]) -> bool:
        """Whether an array of that shape is one of these."""
        if self.shape is None:
            return True
        return len(shape) == len(self.shape) and all(
            not isinstance(wanted, int) or wanted == got for wanted, got in zip(self.shape, shape))

    def described(self) -> str:
        """`float32 [-1, 4]`."""
        if self.shape is None:
            return f"{self.element_type.name} of any shape"
        extents = [item if isinstance(item, int) else -1 for item in self.shape]
        return f"{self.element_type.name} {extents}"

    def write(self, writer: Writer) -> None:
        writer.string(self.name)
        writer.u8(self.element_type.number)
        writer.boolean(self.shape is not None)
        if self.shape is not None:
            writer.list(list(self.shape), lambda item: _write_dimension(writer, item))


def _dimension(name: str, item: object) -> Dimension:
    if item is None or isinstance(item, str):
        return item
    if isinstance(item, bool) or not hasattr(item, "__index__"):
        raise model_invalid(f"'{name}' has {item!r} for a dimension; write a number, a name or None")
    extent = item.__index__()
    if extent < -1:
        raise model_invalid(f"'{name}' has a dimension of {extent}")
    return None if extent == -1 else extent


def _write_dimension(writer: Writer, item: Dimension) -> None:
    if isinstance(item, int):
        writer.u8(0)
        writer.i64(item)
    else:
        writer.u8(1)
        writer.string(item or "")


class Signature:
    """One way to call a model; `batching` None: rows are independent, else why they are not."""

    def __init__(
        self, inputs: Sequence[TensorSpec], outputs: Sequence[TensorSpec],
        name: str = DEFAULT_NAME, batching: Optional[str] = None,
    ) -> None:
        self.name = name
        self.inputs = list(inputs)
        self.outputs = list(outputs)
        for what, specs in (("input", self.inputs), ("output", self.outputs)):
            names = [spec.name for spec in specs]
            twice = sorted({item for item in names if names.count(item) > 1})
            if twice:
                raise model_invalid(f"two {what}s have the name '{twice[0]}'")
        if not self.outputs:
            raise model_invalid("the model declares no outputs")
        self.batching = batching or self._objection()

    def _objection(self) -> Optional[str]:
        """Why the declared shapes do not let requests share a run."""
        if not self.inputs:
            return "the model has no inputs"
        for spec in self.inputs + self.outputs:
            if not spec.shape:
                return f"'{spec.name}' has no dimension 0"
            if isinstance(spec.shape[0], int):
                return f"dimension 0 of '{spec.name}' is fixed"
        return None

    def write(self, writer: Writer) -> None:
        writer.string(self.name)
        writer.list(self.inputs, lambda spec: spec.write(writer))
        writer.list(self.outputs, lambda spec: spec.write(writer))
        if self.batching is None:
            writer.u8(1)
        else:
            writer.u8(0)
            writer.string(self.batching)


def signatures_of(inputs: List[TensorSpec], outputs: List[TensorSpec]) -> List[Signature]:
    """The default signature, and one for each output by itself when there are several."""
    found = [Signature(inputs, outputs)]
    if len(outputs) > 1:
        found += [Signature(inputs, [output], name=output.name) for output in outputs]
    return found

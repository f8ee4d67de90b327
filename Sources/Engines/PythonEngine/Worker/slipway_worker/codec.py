"""Payloads of the worker protocol: little-endian integers, strings and lists."""

from __future__ import annotations

import struct
from typing import Callable, List, TypeVar

U8 = struct.Struct("<B")
U32 = struct.Struct("<I")
U64 = struct.Struct("<Q")
I64 = struct.Struct("<q")

Item = TypeVar("Item")


class ProtocolError(Exception):
    """The server broke a rule of the protocol; the worker ends with status 2."""


class Reader:
    """Reads a payload from its start to its end; everything it returns was within it."""

    def __init__(self, payload: memoryview) -> None:
        self.payload = payload
        self.offset = 0

    def _number(self, form: struct.Struct) -> int:
        try:
            value = form.unpack_from(self.payload, self.offset)[0]
        except struct.error:
            raise ProtocolError("a payload is cut short") from None
        self.offset += form.size
        return value

    def u8(self) -> int:
        return self._number(U8)

    def u32(self) -> int:
        return self._number(U32)

    def u64(self) -> int:
        return self._number(U64)

    def i64(self) -> int:
        return self._number(I64)

    def boolean(self) -> bool:
        value = self.u8()
        if value > 1:
            raise ProtocolError(f"a bool is {value}")
        return value == 1

    def bytes(self, count: int) -> memoryview:
        """A view of the next bytes."""
        end = self.offset + count
        if end > len(self.payload):
            raise ProtocolError(f"{count} bytes are announced, {len(self.payload) - self.offset} are there")
        view = self.payload[self.offset:end]
        self.offset = end
        return view

    def string(self) -> str:
        try:
            return str(self.bytes(self.u32()), "utf-8")
        except UnicodeDecodeError:
            raise ProtocolError("a string is no UTF-8") from None

    def list(self, item: Callable[[], Item]) -> List[Item]:
        count = self.u32()
        # Every item takes a byte at least: a count beyond that is a lie.
        if count > len(self.payload) - self.offset:
            raise ProtocolError(f"a list of {count} items does not fit")
        return [item() for _ in range(count)]

    def end(self) -> None:
        if self.offset != len(self.payload):
            raise ProtocolError(f"{len(self.payload) - self.offset} bytes too many")


class Writer:
    """Collects a payload."""

    def __init__(self) -> None:
        self.buffer = bytearray()

    def u8(self, value: int) -> None:
        self.buffer += U8.pack(value)

    def u32(self, value: int) -> None:
        self.buffer += U32.pack(value)

    def u64(self, value: int) -> None:
        self.buffer += U64.pack(value)

    def i64(self, value: int) -> None:
        self.buffer += I64.pack(value)

    def boolean(self, value: bool) -> None:
        self.buffer += b"\1" if value else b"\0"

    def string(self, text: str) -> None:
        encoded = text.encode("utf-8", "replace")
        self.u32(len(encoded))
        self.buffer += encoded

    def list(self, items: List[Item], write: Callable[[Item], None]) -> None:
        self.u32(len(items))
        for item in items:
            write(item)

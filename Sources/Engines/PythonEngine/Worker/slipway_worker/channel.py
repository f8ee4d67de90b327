"""Frames over a pair of pipes, with blocking reads and writes."""

from __future__ import annotations

import os
import struct
from typing import NamedTuple, Optional, Union

from .codec import ProtocolError

HEADER = struct.Struct("<IHHQ")
VERSION = 1
PAYLOAD_MAXIMUM = 1 << 20

HELLO = 0x80
LOAD = 0x01
LOADED = 0x81
STATISTICS = 0x02
STATISTICS_REPLY = 0x82
UNLOAD = 0x03
CANCEL = 0x04
PROGRESS = 0x83
FAILED = 0x8F
RUN = 0x10
RESULT = 0x90


class Frame(NamedTuple):
    """One message."""

    kind: int
    sequence: int
    payload: memoryview


class Channel:
    """Reads frames from one descriptor and writes them to another."""

    def __init__(self, reading: int, writing: int) -> None:
        self.reading = reading
        self.writing = writing
        self._pending = b""

    def read(self) -> Optional[Frame]:
        """The next frame; None when the other side is gone."""
        data = self._at_least(HEADER.size)
        if data is None:
            return None
        length, kind, version, sequence = HEADER.unpack_from(data)
        if version != VERSION:
            raise ProtocolError(f"protocol version {version}; this worker speaks {VERSION}")
        if length > PAYLOAD_MAXIMUM:
            raise ProtocolError(f"a frame of {length} bytes")
        end = HEADER.size + length
        data = self._at_least(end)
        if data is None:
            return None
        self._pending = data[end:]
        return Frame(kind, sequence, memoryview(data)[HEADER.size:end])

    def _at_least(self, count: int) -> Optional[bytes]:
        data = self._pending
        if len(data) < count:
            parts = [data]
            size = len(data)
            while size < count:
                part = os.read(self.reading, max(65536, count - size))
                if not part:
                    return None
                parts.append(part)
                size += len(part)
            data = b"".join(parts)
            self._pending = data
        return data

    def write(self, kind: int, sequence: int, payload: Union[bytes, bytearray]) -> None:
        """Sends a frame; raises OSError when the other side is gone."""
        frame = HEADER.pack(len(payload), kind, VERSION, sequence) + payload
        sent = os.write(self.writing, frame)
        while sent < len(frame):
            sent += os.write(self.writing, memoryview(frame)[sent:])

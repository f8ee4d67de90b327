"""A client of HTTP/2 that may break every rule: it writes the frames it is told to."""

import gzip
import socket
import struct

import hpack

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
GRPC = [
    (":method", "POST"), (":scheme", "http"), (":authority", "localhost"), ("te", "trailers"),
    ("content-type", "application/grpc"),
]
CHECK = "/grpc.health.v1.Health/Check"
DATA, HEADERS, PRIORITY, RESET, SETTINGS, PUSH, PING, AWAY, WINDOW, MORE = range(10)


def framed(message, flag=0, length=None):
    return struct.pack(">BI", flag, len(message) if length is None else length) + message


def frame(kind, flags, stream, payload=b"", length=None):
    size = len(payload) if length is None else length
    return struct.pack(">I", size)[1:] + struct.pack(">BBI", kind, flags, stream) + payload


class Wire:
    """One connection, and what came on it."""

    def __init__(self, target, greets=True, settings=b"", timeout=30):
        if target.startswith("unix:"):
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.connect(target[5:])
        else:
            host, port = target.rsplit(":", 1)
            self.socket = socket.create_connection((host, int(port)))
        self.socket.settimeout(timeout)
        self.encoder, self.decoder = hpack.Encoder(), hpack.Decoder()
        self.input = b""
        self.fields, self.bodies, self.resets, self.over = {}, {}, {}, set()
        self.away_frames, self.last_stream = [], None
        self.settings_seen = self.pongs = 0
        self.answers_pings = self.refills = True
        self.is_closed = False
        if greets:
            self.send(PREFACE + frame(SETTINGS, 0, 0, settings))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        """Sends; false when the server does not listen any more."""
        try:
            self.socket.sendall(data)
            return True
        except (BrokenPipeError, ConnectionResetError):
            return False

    def frame(self, *arguments, **options):
        return self.send(frame(*arguments, **options))

    def headers(self, stream, fields, end=False):
        """A whole header block, pseudo-fields first."""
        fields = sorted(fields, key=lambda field: not field[0].startswith(":"))
        return self.frame(HEADERS, 4 | end, stream, self.encoder.encode(fields))

    def data(self, stream, payload, end=False):
        """Cuts into frames of the size that every peer takes; does not mind windows."""
        parts = [payload[i:i + 16384] for i in range(0, len(payload), 16384)] or [b""]
        return self.send(b"".join(
            frame(DATA, int(end and i == len(parts) - 1), stream, part)
            for i, part in enumerate(parts)
        ))

    def read(self):
        """One more frame; false when there are no more."""
        while len(self.input) < 9 or len(self.input) < 9 + self._length():
            try:
                more = self.socket.recv(1 << 16)
            except ConnectionResetError:
                more = b""
            if not more:
                self.is_closed = True
                return False
            self.input += more
        size = self._length()
        kind, flags, stream = struct.unpack(">BBI", self.input[3:9])
        payload, self.input = self.input[9:9 + size], self.input[9 + size:]
        self._take(kind, flags, stream, payload)
        return True

    def _length(self):
        return int.from_bytes(self.input[:3], "big")

    def _take(self, kind, flags, stream, payload):
        if kind == SETTINGS and not flags & 1:
            self.settings_seen += 1
            self.frame(SETTINGS, 1, 0)
        elif kind == PING and flags & 1:
            self.pongs += 1
        elif kind == PING and self.answers_pings:
            self.frame(PING, 1, 0, payload)
        elif kind == AWAY:
            last, code = struct.unpack(">II", payload[:8])
            self.last_stream = last
            self.away_frames.append((code, payload[8:]))
        elif kind == RESET:
            self.resets[stream] = int.from_bytes(payload, "big")
        elif kind == HEADERS:
            self.fields.setdefault(stream, {}).update(self.decoder.decode(payload))
        elif kind == DATA:
            self.bodies[stream] = self.bodies.get(stream, b"") + payload
            if payload and self.refills:
                increment = struct.pack(">I", len(payload))
                self.frame(WINDOW, 0, 0, increment)
                if not flags & 1:
                    self.frame(WINDOW, 0, stream, increment)
        if kind in (HEADERS, DATA) and flags & 1:
            self.over.add(stream)

    def until(self, question):
        """Reads until that is so; false when the connection ends before."""
        while not question():
            if not self.read():
                return bool(question())
        return True

    def status(self, stream):
        """The last fields of a call."""
        assert self.until(lambda: stream in self.over or stream in self.resets), "no answer"
        return self.fields.get(stream, {"reset": self.resets.get(stream)})

    def away(self):
        """Why the server sends this client away."""
        assert self.until(lambda: self.away_frames), "no GOAWAY"
        return self.away_frames[-1]

    def ended(self):
        """Reads to the end."""
        while self.read():
            pass
        return True

    def call(self, stream, path=CHECK, message=b"", fields=(), end=True):
        self.headers(stream, [*GRPC, (":path", path), *fields])
        return self.data(stream, framed(message), end=end)

    def check(self, stream):
        """A health check, which must succeed."""
        self.call(stream)
        assert self.status(stream).get("grpc-status") == "0", self.status(stream)


def bomb(size):
    """Very few bytes that become that many zeros."""
    return gzip.compress(bytes(size), 9)

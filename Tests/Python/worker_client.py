"""The server's side of docs/worker-protocol.md in a few lines, to try the Python worker by itself."""

import fcntl
import os
import struct
import subprocess

import numpy

from harness import ROOT

WORKER = ROOT / "Sources" / "Engines" / "PythonEngine" / "Worker"
PYTHON = ROOT / ".deps" / "venv" / "bin" / "python"
TYPES = ["?", "u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", "f2", None, "f4", "f8", "O"]
HEADER = struct.Struct("<IHHQ")
F_ADD_SEALS, F_SEAL_SHRINK = 1033, 2


class Failed(Exception):
    """A `failed` reply."""

    def __init__(self, code, source, message):
        super().__init__(f"{code}: {message}")
        self.code, self.source, self.message = code, source, message


class Ended(Exception):
    """The worker is gone."""


def text(value):
    data = value.encode()
    return struct.pack("<I", len(data)) + data


def option(name, value):
    head = text(name)
    if isinstance(value, bool):
        return head + struct.pack("<BB", 0, value)
    if isinstance(value, int):
        return head + struct.pack("<Bq", 1, value)
    if isinstance(value, str):
        return head + b"\2" + text(value)
    return head + b"\3" + many([text(k) + text(v) for k, v in value.items()])


def many(items):
    return struct.pack("<I", len(items)) + b"".join(items)


class Reading:
    """Takes a payload apart."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, form):
        values = struct.unpack_from("<" + form, self.data, self.at)
        self.at += struct.calcsize("<" + form)
        return values[0]

    def raw(self, count):
        self.at += count
        return self.data[self.at - count:self.at]

    def text(self):
        return self.raw(self.take("I")).decode()

    def list(self, item):
        return [item() for _ in range(self.take("I"))]


class Worker:
    """A worker process with its lanes."""

    def __init__(self, lanes=1, python=PYTHON, environment=None):
        self.lanes = lanes
        self.memory = [os.memfd_create(f"lane-{i}", os.MFD_ALLOW_SEALING) for i in range(lanes)]
        for memory in self.memory:
            os.ftruncate(memory, 1 << 16)
            fcntl.fcntl(memory, F_ADD_SEALS, F_SEAL_SHRINK)
        theirs, self.ours = [], []
        for index in range(1 + lanes):
            down, up = os.pipe(), os.pipe()
            theirs += [down[0], up[1]] + ([self.memory[index - 1]] if index else [])
            self.ours.append((up[0], down[1]))
        # Moved out of the way of the numbers that they are to have.
        moved = [fcntl.fcntl(fd, fcntl.F_DUPFD, 400) for fd in theirs]
        redirections = " ".join(f"{3 + i}<&{fd}" for i, fd in enumerate(moved))
        closing = " ".join(f"{fd}<&-" for fd in moved)
        self.process = subprocess.Popen(
            ["bash", "-c", f'exec "$@" {redirections} {closing}', "bash",
             str(python), "-I", "-X", "utf8", str(WORKER)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            pass_fds=moved, start_new_session=True,
            env={"PATH": os.environ["PATH"], "SLIPWAY_WORKER_LANES": str(lanes), **(environment or {})},
        )
        for fd in moved + [fd for fd in theirs if fd not in self.memory]:
            os.close(fd)
        self.hello = self.reply(0, 0x80).text()

    def send(self, channel, kind, payload=b"", sequence=1, version=1):
        os.write(self.ours[channel][1], HEADER.pack(len(payload), kind, version, sequence) + payload)

    def frame(self, channel):
        head = self.exactly(channel, HEADER.size)
        length, kind, _, _ = HEADER.unpack(head)
        return kind, Reading(self.exactly(channel, length))

    def exactly(self, channel, count):
        data = b""
        while len(data) < count:
            part = os.read(self.ours[channel][0], count - len(data))
            if not part:
                raise Ended(self.log())
            data += part
        return data

    def reply(self, channel, wanted):
        while True:
            kind, reading = self.frame(channel)
            if kind == 0x83:
                continue
            if kind == 0x8F:
                raise Failed(reading.text(), reading.text(), reading.text())
            assert kind == wanted, hex(kind)
            return reading

    def load(self, directory, entry, loader, allow_code=True, options=None, processors=1):
        parameters = {"loader": loader, "allow_code": "true" if allow_code else "false"}
        payload = text("python") + text("m") + struct.pack("<Q", 1) + text(str(directory)) + text(entry)
        payload += many([option(k, v) for k, v in (options or {}).items()])
        payload += struct.pack("<I", processors) + many([])
        payload += many([text(k) + text(v) for k, v in parameters.items()])
        self.send(0, 0x01, payload)
        reading = self.reply(0, 0x81)
        self.platform = reading.text()
        self.properties = dict(reading.list(lambda: (reading.text(), reading.text())))
        self.concurrency = reading.take("I")
        self.signatures = reading.list(lambda: self.signature(reading))
        assert reading.at == len(reading.data)
        return self

    @staticmethod
    def signature(reading):
        def dimension():
            return reading.take("q") if reading.take("B") == 0 else reading.text() or None

        def spec():
            name, kind, ranked = reading.text(), reading.take("B"), reading.take("B")
            return name, kind, reading.list(dimension) if ranked else None

        name, inputs, outputs = reading.text(), reading.list(spec), reading.list(spec)
        batching = True if reading.take("B") else reading.text()
        return {"name": name, "inputs": inputs, "outputs": outputs, "batching": batching}

    def start(self, inputs, signature=0, wanted=None, lane=0, remaining=0, sequence=1):
        """Writes the inputs and the run frame."""
        tensors, offset = [], 0
        for array in inputs:
            kind = 13 if array.dtype == object else TYPES.index("?" if array.dtype == bool else array.dtype.str[1:])
            data = (b"".join(struct.pack("<I", len(x)) + x for x in array.reshape(-1))
                    if kind == 13 else array.tobytes())
            head = struct.pack("<B", kind) + many([struct.pack("<q", n) for n in array.shape])
            if len(data) <= 4096:
                tensors.append(head + struct.pack("<BQ", 0, len(data)) + data)
            else:
                offset = -(-offset // 64) * 64
                if os.fstat(self.memory[lane]).st_size < offset + len(data):
                    os.ftruncate(self.memory[lane], offset + len(data))
                os.pwrite(self.memory[lane], data, offset)
                tensors.append(head + struct.pack("<BQQ", 1, offset, len(data)))
                offset += len(data)
        if wanted is None:
            wanted = range(len(self.signatures[signature]["outputs"]))
        payload = struct.pack("<IQQ", signature, remaining, -(-offset // 64) * 64)
        payload += many([struct.pack("<I", i) for i in wanted]) + many(tensors)
        self.send(1 + lane, 0x10, payload, sequence)

    def cancel(self, sequence, lane=0):
        """Says that nobody waits for a run any more."""
        self.send(0, 0x04, struct.pack("<IQ", lane, sequence))

    def finish(self, lane=0):
        """Waits for the result and gives the outputs."""
        reading = self.reply(1 + lane, 0x90)
        self.spent = reading.take("Q")
        return reading.list(lambda: self.tensor(reading, lane))

    def run(self, *inputs, **options):
        self.start(inputs, **options)
        return self.finish(options.get("lane", 0))

    def tensor(self, reading, lane):
        kind, shape = reading.take("B"), reading.list(lambda: reading.take("q"))
        if reading.take("B") == 0:
            data = reading.raw(reading.take("Q"))
        else:
            offset, count = reading.take("Q"), reading.take("Q")
            assert offset % 64 == 0
            self.was_shared = True
            data = os.pread(self.memory[lane], count, offset)
        if kind != 13:
            return numpy.frombuffer(data, TYPES[kind] or "u2").reshape(shape)
        items, at = [], 0
        while at < len(data):
            length = struct.unpack_from("<I", data, at)[0]
            items.append(data[at + 4:at + 4 + length])
            at += 4 + length
        array = numpy.empty(len(items), object)
        array[:] = items
        return array.reshape(shape)

    def statistics(self):
        self.send(0, 0x02)
        reading = self.reply(0, 0x82)
        return reading.take("Q"), reading.take("Q"), reading.take("Q")

    def unload(self):
        self.send(0, 0x03)
        return self.process.wait(30)

    def log(self):
        """All that it has printed; waits for its end."""
        self.close()
        return self.process.stdout.read().decode()

    def close(self):
        """What the server's end does: the pipes close."""
        for pair in self.ours:
            for fd in pair:
                os.close(fd)
        self.ours = []
        for fd in self.memory:
            os.close(fd)
        self.memory = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
        self.process.wait(30)
        self.process.stdout.close()

"""gRPC messages for the benchmark, written by hand so that it needs no packages, and h2load."""
import pathlib
import re
import struct
import subprocess
import sys
import tempfile

PREDICT = "/tensorflow.serving.PredictionService/Predict"
INFER = "/inference.GRPCInferenceService/ModelInfer"


def varint(value):
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def field(number, content):
    """A length-delimited field: bytes, text or a message."""
    content = content.encode() if isinstance(content, str) else content
    return varint(number << 3 | 2) + varint(len(content)) + content


def predict(model, name, shape, data, typed):
    """PredictRequest: one float input, as float_val or as tensor_content."""
    dims = b"".join(field(2, b"\x08" + varint(extent)) for extent in shape)
    tensor = b"\x08\x01" + field(2, dims) + field(5 if typed else 4, data)
    return field(1, field(1, model)) + field(2, field(1, name) + field(2, tensor))


def infer(model, name, shape, data, typed):
    """ModelInferRequest: one FP32 input, as fp32_contents or as raw_input_contents."""
    tensor = field(1, name) + field(2, "FP32") + field(3, b"".join(map(varint, shape)))
    if typed:
        tensor += field(5, field(6, data))
    return field(1, model) + field(5, tensor) + (b"" if typed else field(7, data))


def framed(message):
    return b"\0" + struct.pack(">I", len(message)) + message


def cases(row):
    """Name, path, framed message, in flight, engine calls that it costs."""
    small = struct.pack("<64f", *row)
    image = struct.pack("<150528f", *[index % 255 / 255 for index in range(150528)])
    result = []
    for name, path, write, typed in [
        ("Predict, float_val", PREDICT, predict, True),
        ("Predict, tensor_content", PREDICT, predict, False),
        ("ModelInfer, raw", INFER, infer, False),
        ("ModelInfer, fp32_contents", INFER, infer, True),
    ]:
        result += [
            (f"digits, {name}", path, framed(write("digits", "pixels", [1, 64], small, typed)), True),
            (f"identity, {name}", path, framed(write("identity", "x", [1, 64], small, typed)), False),
            (f"image (602 KB), {name}", path,
             framed(write("image", "x", [1, 3, 224, 224], image, typed)), False),
        ]
    return sorted(result, key=lambda case: ["d", "i"].index(case[0][0]) * 2 + ("image" in case[0]))


HEADERS = ["-H", "content-type: application/grpc", "-H", "te: trailers"]


def verify(url, body, directory):
    """The call must succeed before it is worth measuring."""
    path = pathlib.Path(directory) / "call.bin"
    path.write_bytes(body)
    text = subprocess.run(["nghttp", "-v", "-n", *HEADERS, "-H", ":method: POST", "-d", path, url],
                          capture_output=True, text=True, timeout=30).stdout
    if not re.search(r"grpc-status: 0\b", text):
        sys.exit(f"{url} did not answer with grpc-status 0:\n{text[-2000:]}")


def h2load(url, body, streams, seconds):
    """Requests, rate, and the 50th and 99th percentile in microseconds; one connection."""
    with tempfile.TemporaryDirectory() as directory:
        data = pathlib.Path(directory) / "body"
        data.write_bytes(body)
        log = pathlib.Path(directory) / "log"
        command = ["h2load", "-t1", "-c1", f"-m{streams}", f"-D{seconds}", "-w20", "-W24",
                   f"--log-file={log}", *HEADERS, "-d", data, url]
        text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        failed = re.search(r"(\d+) failed, (\d+) errored", text)
        if not failed or any(map(int, failed.groups())):
            sys.exit(f"h2load saw failures:\n{text}")
        times = sorted(int(line.split()[2]) for line in log.read_text().splitlines())
    return len(times), len(times) / seconds, times[len(times) // 2], times[len(times) * 99 // 100]

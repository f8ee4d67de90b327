"""Requests that mean harm, over every protocol: a documented status, and nothing else disturbed."""

import concurrent.futures
import json
import os
import struct

import grpc
import numpy
import pytest
import requests
from harness import TIMEOUT, Server, put_builtin

SERVER = "listen: { rest: 0, grpc: 0, admin: 0 }\nmodel_control: explicit\n"
TYPES = {"f": "FP32", "s": "BYTES", "i": "INT8"}
HUGE = [[-1], [2**62, 4], [2**63 - 1], [2**32, 2**32], [-(2**63)], [0, 2**62, 2**62], [1] * 40]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    models = ""
    for name, kind in TYPES.items():
        put_builtin(folder / name, 1, "kind: identity", f"type: {kind}", "shape: [-1, -1]")
        models += f"  - {{ name: {name}, source: {folder}/{name} }}\n"
    (folder / "slipway.yaml").write_text(SERVER + "models:\n" + models)
    running = Server(folder, "--config", folder / "slipway.yaml")
    try:
        yield running.wait_until_ready()
    finally:
        running.stop()


@pytest.fixture(autouse=True)
def good_client(server):
    """Whatever a test sends, the server lives on and answers the next client; its memory is bounded."""
    yield
    assert server.process.poll() is None, server.text()
    reply = server.predict("f", {"instances": [[1.0, 2.0]]})
    assert reply.json() == {"predictions": [[1.0, 2.0]]}
    status = open(f"/proc/{server.process.pid}/status").read()
    resident = next(int(line.split()[1]) for line in status.splitlines() if "VmRSS" in line)
    assert resident < 1 << 20, f"{resident} KiB"


def varint(value):
    value &= 2**64 - 1
    text = b""
    while value > 127:
        text += bytes([value & 127 | 128])
        value >>= 7
    return text + bytes([value])


def field(number, payload):
    return varint(number << 3 | 2) + varint(len(payload)) + payload


def integer(number, value):
    return varint(number << 3) + varint(value)


def call(server, method, message, timeout=TIMEOUT):
    """The code of a unary call with those bytes."""
    with grpc.insecure_channel(server.addresses["grpc"]) as channel:
        try:
            channel.unary_unary(method)(message, timeout=timeout)
            return grpc.StatusCode.OK
        except grpc.RpcError as error:
            assert len(error.details()) < 5000
            return error.code()


PREDICT = "/tensorflow.serving.PredictionService/Predict"
CLASSIFY = "/tensorflow.serving.PredictionService/Classify"
INFER = "/inference.GRPCInferenceService/ModelInfer"
LOAD = "/inference.GRPCInferenceService/RepositoryModelLoad"
REGISTER = "/inference.GRPCInferenceService/SystemSharedMemoryRegister"
RELOAD = "/tensorflow.serving.ModelService/HandleReloadConfigRequest"
INVALID = grpc.StatusCode.INVALID_ARGUMENT


def tensor_proto(shape, kind=1, more=b""):
    dims = b"".join(field(2, integer(1, extent)) for extent in shape)
    return integer(1, kind) + field(2, dims) + more


def predict(tensor, name=b"x", model=b"f"):
    return field(1, field(1, model)) + field(2, field(1, name) + field(2, tensor))


def infer(shape, *more, name=b"x", kind=b"FP32", model=b"f"):
    packed = b"".join(varint(extent) for extent in shape)
    tensor = field(1, name) + field(2, kind) + field(3, packed)
    return field(1, model) + field(5, tensor) + b"".join(more)


def input_name(server, model="f"):
    return requests.get(f"{server.rest}/v2/models/{model}", timeout=TIMEOUT).json()["inputs"][0]["name"]


@pytest.mark.parametrize("shape", HUGE, ids=str)
def test_shapes_that_cannot_be(server, shape):
    name = input_name(server)
    for content in [b"", field(4, b"\0" * 4), field(5, b"\0" * 4)]:
        code = call(server, PREDICT, predict(tensor_proto(shape, more=content), name.encode()))
        assert code == INVALID
    for content in [[], [field(7, b"\0" * 4)]]:
        assert call(server, INFER, infer(shape, *content, name=name.encode())) == INVALID
    body = {"inputs": [{"name": name, "shape": shape, "datatype": "FP32", "data": [1.0]}]}
    for path in ["/v2/models/f/infer", "/invocations"]:
        headers = {"x-amzn-sagemaker-target-model": "f"}
        reply = requests.post(server.rest + path, json=body, headers=headers, timeout=TIMEOUT)
        assert reply.status_code == 400, reply.text
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({','.join(map(str, shape))},), }}"
    array = b"\x93NUMPY\x01\0" + struct.pack("<H", len(header)) + header.encode() + b"\0" * 4
    reply = requests.post(
        f"{server.rest}/invocations", data=array, timeout=TIMEOUT,
        headers={"content-type": "application/x-npy", "x-amzn-sagemaker-target-model": "f"})
    assert reply.status_code == 400, reply.text


@pytest.mark.parametrize("message", [
    b"\xff" * 100, b"\x0b" * 100_000, field(1, b"\xff\xfe"), field(1, field(1, b"f")) + b"\x12\xff",
    field(2, b"") * 100_000, predict(tensor_proto([1, 1]), b"x") * 5000,
    field(1, field(1, b"f")) + field(3, b"nothing") * 100_000, field(5, b"") * 100_000,
    field(1, b"f") + field(5, field(1, b"x") + field(4, b"") * 100_000),
    infer([1, 1], field(7, b"") * 5000), field(1, field(1, b"n" * 1_000_000)),
], ids=range(11))
@pytest.mark.parametrize("method", [PREDICT, CLASSIFY, INFER, LOAD, REGISTER, RELOAD])
def test_messages_that_are_none(server, method, message):
    code = call(server, method, message)
    # Some are messages after all: of equal map entries the last counts, and KServe's request to load
    # has the model's name where a prediction has it.
    allowed = {INVALID, grpc.StatusCode.NOT_FOUND, grpc.StatusCode.FAILED_PRECONDITION}
    assert code in allowed | {grpc.StatusCode.OK, grpc.StatusCode.UNIMPLEMENTED}, code


def test_contexts_without_end(server):
    examples = field(2, field(1, b"") * 1000 + field(2, b"") * 1_000_000)
    message = field(1, field(1, b"f")) + field(2, examples)
    assert call(server, CLASSIFY, message) != grpc.StatusCode.DEADLINE_EXCEEDED


@pytest.mark.parametrize("path", [
    "../../x", "/etc/passwd", "1/../../x", "1//x", "1/./x", "1/a\0b", "..", "1", "", "1/" + "a" * 300,
    "1/a/b/c/d/e/f/g/h/i", "-1/x", "99999999999999999999/x", "1\\..\\x",
])
def test_files_that_leave_the_directory(server, path):
    parameters = {"config": "{}", f"file:{path}": "aGk="}
    reply = requests.post(
        f"{server.rest}/v2/repository/models/evil/load", json={"parameters": parameters},
        timeout=TIMEOUT)
    assert reply.status_code == 400, reply.text
    entries = b"".join(
        field(3, field(1, key.encode()) + field(2, field(number, value)))
        for key, number, value in [("config", 3, b"{}"), (f"file:{path}", 4, b"hi")])
    assert call(server, LOAD, field(2, b"evil") + entries) == INVALID


def test_many_loads_at_once(server):
    def load(number):
        parameters = {"config": '{"backend": "builtin"}', "file:1/model.builtin": "AAAA"}
        return requests.post(
            f"{server.rest}/v2/repository/models/flood{number % 7}/load",
            json={"parameters": parameters}, timeout=TIMEOUT).status_code

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        # 500 is the documented answer for files that no engine can load.
        assert set(pool.map(load, range(64))) <= {400, 409, 500, 503}


@pytest.mark.parametrize("key, offset, size", [
    ("/../etc/passwd", 0, 1), ("/..", 0, 1), ("/", 0, 1), ("", 0, 1), ("/a/b", 0, 1),
    ("/slipway-none", 0, 1), ("/{}", 2**63 - 1, 2**63 - 1), ("/{}", 0, 65), ("/{}", 65, 0),
    ("/{}", 64, 2**63 - 1), ("/{}\0x", 0, 1), ("/" + "k" * 1000, 0, 1), ("/{}-link", 0, 1),
])
def test_regions_that_cannot_be(server, key, offset, size):
    name = f"slipway-hostile-{os.getpid()}"
    with open(f"/dev/shm/{name}", "wb") as file:
        file.write(b"\0" * 64)
    os.symlink("/etc/hostname", f"/dev/shm/{name}-link")
    try:
        body = {"key": key.format(name), "offset": offset, "byte_size": size}
        reply = requests.post(
            f"{server.rest}/v2/systemsharedmemory/region/r/register", json=body, timeout=TIMEOUT)
        assert reply.status_code == 400, reply.text
        message = (field(1, b"r") + field(2, body["key"].encode()) + integer(3, offset)
                   + integer(4, size))
        assert call(server, REGISTER, message) == INVALID
        assert call(server, REGISTER, field(1, b"r") + field(2, f"/{name}".encode())
                    + integer(3, 2**64 - 1) + integer(4, 2**64 - 1)) == INVALID
    finally:
        os.unlink(f"/dev/shm/{name}")
        os.unlink(f"/dev/shm/{name}-link")


def test_memory_that_is_cut_while_it_is_used(server):
    name = f"slipway-cut-{os.getpid()}"
    input = input_name(server)
    with open(f"/dev/shm/{name}", "wb") as file:
        file.write(numpy.ones(1024, numpy.float32).tobytes())
    region = f"{server.rest}/v2/systemsharedmemory/region/cut"
    place = {"shared_memory_region": "cut", "shared_memory_byte_size": 4096}
    body = {
        "inputs": [{"name": input, "shape": [32, 32], "datatype": "FP32", "parameters": place}],
        "outputs": [],
    }
    try:
        register = {"key": f"/{name}", "offset": 0, "byte_size": 4096}
        assert requests.post(f"{region}/register", json=register, timeout=TIMEOUT).status_code == 200
        infer = f"{server.rest}/v2/models/f/infer"
        assert requests.post(infer, json=body, timeout=TIMEOUT).status_code == 200
        os.truncate(f"/dev/shm/{name}", 100)
        reply = requests.post(infer, json=body, timeout=TIMEOUT)
        assert (reply.status_code, "shorter" in reply.text) == (400, True)
        for offset in [2**63 - 1, -1, 4096]:
            place["shared_memory_offset"] = offset
            assert requests.post(infer, json=body, timeout=TIMEOUT).status_code == 400
    finally:
        requests.post(f"{region}/unregister", timeout=TIMEOUT)
        os.unlink(f"/dev/shm/{name}")


@pytest.mark.parametrize("timeout", [-1, 2**63 - 1, 2**64 - 1, 2**64, "1", 1.5, None])
@pytest.mark.parametrize("place", ["timeout", "classification"])
def test_parameters_of_any_size(server, place, timeout):
    name = input_name(server)
    output = {"name": name.replace("input", "output")}
    body = {"inputs": [{"name": name, "shape": [1, 1], "datatype": "FP32", "data": [1.0]}]}
    if place == "timeout":
        body["parameters"] = {"timeout": timeout}
    else:
        outputs = requests.get(f"{server.rest}/v2/models/f", timeout=TIMEOUT).json()["outputs"]
        body["outputs"] = [{"name": outputs[0]["name"], "parameters": {place: timeout}}]
    reply = requests.post(f"{server.rest}/v2/models/f/infer", json=body, timeout=TIMEOUT)
    assert reply.status_code in (200, 400), (reply.text, output)


@pytest.mark.parametrize("body", [
    b"", b"[" * 100_000, b'{"inputs":' * 5000, b'{"instances":[' + b"[" * 1000, b"NaN", b"\xff\xfe",
    b'{"instances":[[NaN,Infinity,-Infinity]]', b'{"instances":[["\xff"]]}', b"{}" * 1000,
    b'{"dataframe_records":[{' + b",".join(b'"%d":1' % i for i in range(30_000)) + b"},{"
    + b",".join(b'"%d":1' % i for i in reversed(range(30_000))) + b',"z":1}]}',
    b'{"dataframe_split":{"data":[[' + b"1," * 500_000 + b"1]]}}",
    b'{"parameters":{"a":[' + b"1," * 2_000_000 + b"1]}}",
    b'{"instances":[' + b"{}," * 100_000 + b"{}]}",
], ids=range(13))
def test_bodies_of_rest(server, body):
    for path in [
        "/v1/models/f:predict", "/v1/models/f:classify", "/v2/models/f/infer", "/invocations",
        "/v2/systemsharedmemory/region/r/register", "/v2/trace/setting", "/v2/logging",
        "/v2/repository/models/evil/load",
    ]:
        reply = requests.post(
            server.rest + path, data=body, timeout=TIMEOUT,
            headers={"content-type": "application/json", "x-amzn-sagemaker-target-model": "f"})
        # An empty body asks the settings only; a split frame of any width suits this model.
        assert reply.status_code < 500, (path, reply.text)
        assert len(reply.content) < 10_000 or reply.status_code == 200, path
        json.loads(reply.content or b"{}")


@pytest.mark.parametrize("body", [b"1\n" * 1_000_000, b"1," * 1_000_000 + b"1", b'"' * 100_001])
@pytest.mark.parametrize("type", ["text/csv", "application/jsonlines"])
def test_tables_of_many_small_fields(server, type, body):
    reply = requests.post(
        f"{server.rest}/invocations", data=body, timeout=TIMEOUT,
        headers={"content-type": type, "x-amzn-sagemaker-target-model": "f"})
    assert reply.status_code in (200, 400), reply.text[:1000]


def test_streams_that_break_off_are_forgotten(server):
    """A Watch whose second message is damaged must not count as an open one for ever."""
    import httpx

    damaged = b"\0\0\0\0\0" + b"\x09\0\0\0\0"
    url = f"http://{server.addresses['grpc']}/grpc.health.v1.Health/Watch"
    with httpx.Client(http1=False, http2=True, timeout=TIMEOUT) as client:
        headers = {"content-type": "application/grpc", "te": "trailers"}
        for _ in range(1100):
            client.post(url, content=damaged, headers=headers)
    with grpc.insecure_channel(server.addresses["grpc"]) as channel:
        watch = channel.unary_stream("/grpc.health.v1.Health/Watch")(b"", timeout=TIMEOUT)
        # A status, whichever it is after all that has been asked here; not a refusal.
        assert next(watch) in (b"\x08\x01", b"\x08\x02")
        watch.cancel()

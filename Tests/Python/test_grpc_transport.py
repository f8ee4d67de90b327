"""gRPC's transport against the running program: where it listens, and how calls begin and end."""

import gzip
import json
import queue
import re
import signal
import socket
import ssl
import subprocess
import threading
import time
import zlib

import grpc
import httpx
import numpy
import pytest
import requests
from grpc_health.v1 import health_pb2, health_pb2_grpc
from harness import TIMEOUT, Server, put_builtin, slipway
from rawhttp2 import GRPC, PING, Wire, framed
from test_operations import COLD, configured, gauge, make_certificates
from test_tensorflow_serving_grpc import floats, tensor
from tensorflow.core.framework import types_pb2
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc
from tritonclient.grpc import service_pb2, service_pb2_grpc

MIB = 1 << 20
CHECK = "/grpc.health.v1.Health/Check"
PREDICT = "/tensorflow.serving.PredictionService/Predict"
UNLIMITED = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
# Channels to one server share a connection unless they are told not to.
OWN = ("grpc.use_local_subchannel_pool", 1)


class Client:
    """The official stubs on one channel."""

    def __init__(self, target, credentials=None, options=()):
        options = [*UNLIMITED, OWN, *options]
        self.channel = (
            grpc.secure_channel(target, credentials, options)
            if credentials
            else grpc.insecure_channel(target, options)
        )
        self.health = health_pb2_grpc.HealthStub(self.channel)
        self.prediction = prediction_service_pb2_grpc.PredictionServiceStub(self.channel)
        self.inference = service_pb2_grpc.GRPCInferenceServiceStub(self.channel)

    def check(self, **options):
        options.setdefault("timeout", TIMEOUT)
        return self.health.Check(health_pb2.HealthCheckRequest(), **options).status

    def predict(self, *values, model="m", **options):
        options.setdefault("timeout", TIMEOUT)
        answer = self.prediction.Predict(request(*values, model=model), **options)
        (output,) = answer.outputs.values()
        return list(output.float_val)

    def raw(self, path, message=b"", **options):
        options.setdefault("timeout", TIMEOUT)
        return self.channel.unary_unary(path)(message, **options)

    def works(self):
        return self.check() == health_pb2.HealthCheckResponse.SERVING and self.predict(3) == [3]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.channel.close()


def request(*values, model="m"):
    message = predict_pb2.PredictRequest()
    message.model_spec.name = model
    message.inputs["x"].CopyFrom(floats(*values))
    return message


def large(count):
    """A request whose tensor has that many bytes."""
    message = predict_pb2.PredictRequest()
    message.model_spec.name = "m"
    values = numpy.arange(count // 4, dtype="<f4")
    message.inputs["x"].CopyFrom(
        tensor(types_pb2.DT_FLOAT, [len(values)], tensor_content=values.tobytes())
    )
    return message


def failure(call, *arguments, **options):
    with pytest.raises(grpc.RpcError) as caught:
        call(*arguments, **options)
    return caught.value


def code(call, *arguments, **options):
    return failure(call, *arguments, **options).code()


def metric(server, start):
    """The value of the only series whose line starts so; 0 if there is none."""
    page = requests.get(f"{server.admin}/metrics", timeout=TIMEOUT).text
    lines = [line for line in page.splitlines() if line.startswith(start)]
    return float(lines[0].split()[-1]) if lines else 0


def calls(server, number):
    return metric(server, f'slipway_grpc_calls_total{{listener="grpc",code="{number}"')


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """Base directories: `quick` gives back what it gets, `slow` does so after a while."""
    base = tmp_path_factory.mktemp("models")
    put_builtin(base / "quick", 1, "kind: identity")
    put_builtin(base / "slow", 1, "kind: delay", "delay: 400ms", "batch: off")
    put_builtin(base / "glacial", 1, "kind: delay", "delay: 30s", "batch: off")
    return base


@pytest.fixture
def start(launch, models):
    """Starts a server of the models with more sections of a configuration."""

    def begin(**sections):
        served = {
            "m": (models / "quick", ""),
            "slow": (models / "slow", COLD + ", instances: 1"),
            "glacial": (models / "glacial", COLD + ", instances: 1"),
        }
        return launch(configuration=configured(served, **sections)).wait_until_ready()

    return begin


@pytest.fixture(scope="module")
def shared(tmp_path_factory, models):
    """A server that the tests of this module share."""
    folder = tmp_path_factory.mktemp("shared")
    served = {
        "m": (models / "quick", ""),
        "slow": (models / "slow", COLD + ", instances: 1"),
        "glacial": (models / "glacial", COLD + ", instances: 1"),
    }
    (folder / "slipway.yaml").write_text(configured(served))
    server = Server(folder, "--config", folder / "slipway.yaml")
    try:
        yield server.wait_until_ready()
    finally:
        server.stop()


@pytest.fixture
def client(shared):
    with Client(shared.addresses["grpc"]) as client:
        yield client


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    folder = tmp_path_factory.mktemp("certificates")
    make_certificates(folder, "first", "second", "client")
    return folder


def curl(*arguments):
    done = subprocess.run(
        ["curl", "-sS", "-w", "\n%{http_version} %{http_code}", *map(str, arguments)],
        capture_output=True, text=True, timeout=TIMEOUT,
    )
    assert done.returncode == 0, done.stderr
    body, _, outcome = done.stdout.rpartition("\n")
    return body, *outcome.split()


def conforms(*arguments):
    """Whether all that `slipway conformance` checks there holds."""
    done = slipway("conformance", *arguments, "--model", "m", timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert " 0 break" in done.stdout
    assert "server reflection lists the services" in done.stdout


class TestListening:
    def test_tcp_in_the_clear(self, client):
        assert client.works()

    def test_unix_socket(self, start, tmp_path):
        path = tmp_path / "grpc.sock"
        server = start(listen=f"{{ rest: 0, grpc: off, grpc_socket: {path}, admin: 0 }}")
        assert server.addresses["grpc_socket"] == f"unix:{path}"
        with Client(f"unix:{path}") as client:
            assert client.works()

    def test_conformance_holds_over_unix_sockets(self, start, tmp_path):
        rest, calls = tmp_path / "rest.sock", tmp_path / "grpc.sock"
        start(listen=f"{{ rest: off, rest_socket: {rest}, grpc: off, grpc_socket: {calls}, admin: 0 }}")
        conforms(f"unix:{rest}", "--grpc", f"unix:{calls}")

    def test_one_port_for_everything(self, start):
        server = start(listen="{ rest: 0, grpc: same, admin: 0 }")
        body = {"instances": [1.5]}
        url = f"{server.rest}/v1/models/m:predict"
        expected = {"predictions": [1.5]}
        with Client(server.authority) as client, requests.Session() as first:
            with httpx.Client(http1=False, http2=True) as second:
                for _ in range(20):
                    assert client.works()
                    assert first.post(url, json=body, timeout=TIMEOUT).json() == expected
                    reply = second.post(url, json=body, timeout=TIMEOUT)
                    assert (reply.http_version, reply.json()) == ("HTTP/2", expected)
            data = json.dumps(body)
            for flag, version in [
                ("--http2-prior-knowledge", "2"), ("--http1.1", "1.1"), ("--http2", "1.1"),
            ]:
                text, spoken, status = curl(flag, "-d", data, url)
                assert (json.loads(text), spoken, status) == (expected, version, "200")
            text, spoken, status = curl("--http2-prior-knowledge", f"{server.rest}/v1/models/none")
            assert (spoken, status) == ("2", "404")
            assert client.works()

    def test_separate_ports_say_what_they_serve(self, shared):
        text, _, status = curl("--http1.1", f"http://{shared.addresses['grpc']}/v1/models/m")
        assert status == "400" and "gRPC" in text
        text, _, status = curl(
            "--http2-prior-knowledge", f"http://{shared.addresses['grpc']}/v1/models/m"
        )
        assert status == "415" and "gRPC" in text
        # The REST port speaks HTTP/2 too, but offers no gRPC.
        with Client(shared.authority) as client:
            refusal = failure(client.check)
            assert refusal.code() == grpc.StatusCode.UNIMPLEMENTED
            assert "listen.grpc" in refusal.details()

    def test_connections_beyond_the_limit_are_turned_away(self, start):
        server = start(limits="{ connections: 3 }")
        clients = [Client(server.addresses["grpc"]) for _ in range(4)]
        try:
            assert all(client.works() for client in clients[:3])
            assert code(clients[3].check, timeout=5) in (
                grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED,
            )
            assert all(client.works() for client in clients[:3])
            clients[0].channel.close()
            clients[3].channel.close()
            with Client(server.addresses["grpc"]) as late:
                assert late.check(wait_for_ready=True) == health_pb2.HealthCheckResponse.SERVING
        finally:
            for client in clients:
                client.channel.close()


class TestTLS:
    @pytest.fixture
    def folder(self, certificates, tmp_path):
        for end in ("pem", "key"):
            (tmp_path / f"server.{end}").write_bytes((certificates / f"first.{end}").read_bytes())
        return tmp_path

    def credentials(self, certificates, name=None):
        own = (None, None)
        if name:
            own = tuple((certificates / f"{name}.{end}").read_bytes() for end in ("key", "pem"))
        return grpc.ssl_channel_credentials((certificates / "ca.pem").read_bytes(), *own)

    def begin(self, start, folder, more="", listen="{ rest: 0, grpc: 0, admin: 0 }"):
        tls = f"{{ certificate: {folder}/server.pem, key: {folder}/server.key{more} }}"
        return start(tls=tls, listen=listen)

    def test_calls_and_requests_on_one_port_by_alpn(self, start, folder, certificates):
        server = self.begin(start, folder, listen="{ rest: 0, grpc: same, admin: 0 }")
        url = f"{server.rest}/v1/models/m:predict"
        with Client(server.authority, self.credentials(certificates)) as client:
            assert client.works()
            for flag, version in [("--http2", "2"), ("--http1.1", "1.1"), ("--no-alpn", "1.1")]:
                text, spoken, _ = curl(
                    flag, "--cacert", certificates / "ca.pem", "-d", '{"instances": [2]}', url
                )
                assert (json.loads(text), spoken) == ({"predictions": [2.0]}, version)
            assert client.works()
        with Client(server.authority) as client:
            assert code(client.check, timeout=3) in (
                grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED,
            )

    def test_conformance_holds_over_tls(self, start, folder, certificates):
        server = self.begin(start, folder)
        authority = certificates / "ca.pem"
        conforms(
            server.rest, "--grpc", f"https://{server.addresses['grpc']}", "--ca-file", authority
        )

    def test_a_client_must_show_a_certificate_where_that_is_asked(
        self, start, folder, certificates
    ):
        server = self.begin(
            start, folder, f", client_ca: {certificates}/ca.pem, client_verify: require"
        )
        target = server.addresses["grpc"]
        with Client(target, self.credentials(certificates)) as client:
            assert code(client.check, timeout=5) == grpc.StatusCode.UNAVAILABLE
        with Client(target, self.credentials(certificates, "client")) as client:
            assert client.works()

    def test_a_renewed_certificate_is_shown_to_new_connections(self, start, folder, certificates):
        server = self.begin(start, folder)
        target = server.addresses["grpc"]

        def subject():
            context = ssl.create_default_context(cafile=certificates / "ca.pem")
            context.set_alpn_protocols(["h2"])
            host, port = target.split(":")
            with socket.create_connection((host, int(port)), timeout=TIMEOUT) as plain:
                with context.wrap_socket(plain, server_hostname=host) as secure:
                    assert secure.selected_alpn_protocol() == "h2"
                    names = secure.getpeercert()["subject"]
            return dict(pair for (pair,) in names)["commonName"]

        with Client(target, self.credentials(certificates)) as old:
            assert old.works() and subject() == "first"
            for end in ("key", "pem"):
                aside = folder / f"new.{end}"
                aside.write_bytes((certificates / f"second.{end}").read_bytes())
                aside.rename(folder / f"server.{end}")
            server.process.send_signal(signal.SIGHUP)
            server.wait_for(lambda: subject() == "second", "the new certificate")
            # The connection that is open goes on.
            assert old.works()
            with Client(target, self.credentials(certificates)) as new:
                assert new.works()


class TestMessages:
    @pytest.mark.parametrize("algorithm", [grpc.Compression.Gzip, grpc.Compression.Deflate])
    def test_compressed_requests_get_compressed_answers(self, shared, algorithm):
        with Client(shared.addresses["grpc"]) as client:
            values = [1.0] * 5000
            answer = client.prediction.Predict(
                request(*values), timeout=TIMEOUT, compression=algorithm
            )
            assert list(answer.outputs["y"].float_val) == values

    @pytest.mark.parametrize("name, squeeze", [("gzip", gzip.compress), ("deflate", zlib.compress)])
    def test_the_answer_to_a_compressed_message_is_gzip(self, shared, name, squeeze):
        message = request(*[1.0] * 5000).SerializeToString()
        with Wire(shared.addresses["grpc"]) as wire:
            fields = [("grpc-encoding", name), ("grpc-accept-encoding", "identity, gzip")]
            wire.headers(1, [*GRPC, (":path", PREDICT), *fields])
            wire.data(1, framed(squeeze(message), flag=1), end=True)
            status = wire.status(1)
            assert (status["grpc-status"], status["grpc-encoding"]) == ("0", "gzip")
            body = wire.bodies[1]
            assert body[0] == 1 and len(body) < 1000
            answer = predict_pb2.PredictResponse.FromString(gzip.decompress(body[5:]))
            assert len(answer.outputs["y"].float_val) == 5000
            # Who does not compress gets what it can read.
            wire.call(3, PREDICT, message)
            assert "grpc-encoding" not in wire.status(3)
            assert wire.bodies[3][0] == 0

    def test_an_unknown_compression_is_unimplemented(self, shared):
        with Wire(shared.addresses["grpc"]) as wire:
            wire.headers(1, [*GRPC, (":path", CHECK), ("grpc-encoding", "snappy")])
            wire.data(1, framed(b"", flag=1), end=True)
            status = wire.status(1)
            assert status["grpc-status"] == "12" and "snappy" in status["grpc-message"]
            assert status["grpc-accept-encoding"] == "identity,deflate,gzip"

    @pytest.mark.parametrize("size", [5 * MIB, 60 * MIB])
    def test_large_messages_both_ways(self, client, size):
        answer = client.prediction.Predict(large(size), timeout=TIMEOUT)
        assert len(answer.outputs["y"].float_val) == size // 4
        assert answer.outputs["y"].float_val[-1] == numpy.float32(size // 4 - 1)

    def test_beyond_the_limit_is_resource_exhausted_and_the_connection_goes_on(self, start):
        server = start(limits="{ body: 4MiB, bodies: 4MiB }")
        with Client(server.addresses["grpc"]) as client:
            for _ in range(3):
                refusal = failure(client.prediction.Predict, large(8 * MIB), timeout=TIMEOUT)
                assert refusal.code() == grpc.StatusCode.RESOURCE_EXHAUSTED, refusal
                assert "limits.bodies" in refusal.details()
                assert client.works()
            # Few bytes that would become many.
            refusal = failure(
                client.prediction.Predict, large(0x800000), timeout=TIMEOUT,
                compression=grpc.Compression.Gzip,
            )
            assert refusal.code() == grpc.StatusCode.RESOURCE_EXHAUSTED, refusal
            assert client.works()

    def test_a_message_beyond_a_gigabyte_is_refused_by_its_prefix(self, shared):
        with Wire(shared.addresses["grpc"]) as wire:
            wire.headers(1, [*GRPC, (":path", PREDICT)])
            wire.data(1, b"\0\x40\0\0\x01")
            status = wire.status(1)
            assert status["grpc-status"] == "8"
            assert status["grpc-message"] == (
                "Received message larger than max (1073741825 vs. 1073741824)"
            )
            wire.check(3)

    def test_binary_metadata_is_no_obstacle(self, client):
        metadata = [("trace-bin", bytes(range(256))), ("x-text", "plain"), ("empty-bin", b"")]
        assert client.check(metadata=metadata) == health_pb2.HealthCheckResponse.SERVING
        assert client.predict(4, metadata=metadata) == [4]

    def test_unknown_methods_and_garbage(self, client):
        assert code(client.raw, "/no.such.Service/Method") == grpc.StatusCode.UNIMPLEMENTED
        assert code(client.raw, "/grpc.health.v1.Health/None") == grpc.StatusCode.UNIMPLEMENTED
        assert code(client.raw, PREDICT, b"\xff\xff\xff") in (
            grpc.StatusCode.INTERNAL, grpc.StatusCode.INVALID_ARGUMENT,
        )
        assert client.works()

    def test_many_streams_at_once(self, client):
        futures = [
            client.prediction.Predict.future(request(n, n + 1), timeout=TIMEOUT)
            for n in range(600)
        ]
        for n, future in enumerate(futures):
            assert list(future.result().outputs["y"].float_val) == [n, n + 1]


class TestDeadlines:
    def test_one_that_has_passed_is_said_at_once(self, shared):
        with Wire(shared.addresses["grpc"]) as wire:
            for stream, timeout in [(1, "1n"), (3, "0S"), (5, "0n")]:
                wire.headers(stream, [*GRPC, (":path", CHECK), ("grpc-timeout", timeout)])
                wire.data(stream, framed(b""), end=True)
                assert wire.status(stream)["grpc-status"] == "4"
            wire.headers(7, [*GRPC, (":path", CHECK), ("grpc-timeout", "99999999H")])
            wire.data(7, framed(b""), end=True)
            assert wire.status(7)["grpc-status"] == "0"

    def waiting(self, server):
        return gauge(server, 'slipway_queue_depth{model="glacial"')

    def occupy(self, server, client, **options):
        """A call whose run takes 30 s on the only instance, and one that waits behind it."""
        running = client.prediction.Predict.future(request(1, model="glacial"), **options)
        server.wait_for(
            lambda: self.waiting(server) == 0 and not running.done(), "a run"
        )
        waiting = client.prediction.Predict.future(request(2, model="glacial"), timeout=TIMEOUT)
        server.wait_for(lambda: self.waiting(server) == 1, "a call that waits")
        return running, waiting

    def test_the_server_ends_a_late_call_and_its_work(self, shared, client):
        begun = time.monotonic()
        running, waiting = self.occupy(shared, client, timeout=2)
        assert running.code() == grpc.StatusCode.DEADLINE_EXCEEDED
        # The next one has the instance long before the 30 s that the first would have taken.
        shared.wait_for(lambda: self.waiting(shared) == 0, "a free instance", 5)
        assert time.monotonic() - begun < 20
        waiting.cancel()
        assert client.works()

    def test_the_client_may_cancel(self, shared, client):
        before = calls(shared, 1)
        running, waiting = self.occupy(shared, client, timeout=TIMEOUT)
        begun = time.monotonic()
        running.cancel()
        shared.wait_for(lambda: self.waiting(shared) == 0, "a free instance", 5)
        assert time.monotonic() - begun < 10
        waiting.cancel()
        shared.wait_for(lambda: calls(shared, 1) >= before + 2, "two cancelled calls")
        assert client.works()

    def test_a_short_deadline_is_kept(self, client):
        begun = time.monotonic()
        assert (
            code(client.predict, 1, model="glacial", timeout=0.1)
            == grpc.StatusCode.DEADLINE_EXCEEDED
        )
        assert time.monotonic() - begun < 10


class TestStreams:
    def message(self, identity):
        message = service_pb2.ModelInferRequest(model_name="slow", id=identity)
        message.inputs.add(name="x", datatype="FP32", shape=[1])
        message.raw_input_contents.append(numpy.float32(7).tobytes())
        return message

    def test_a_cancelled_stream_ends_its_work(self, shared, client):
        before = calls(shared, 1)
        stream = client.inference.ModelStreamInfer(
            iter([self.message(str(n)) for n in range(50)])
        )
        assert next(stream).infer_response.id == "0"
        stream.cancel()
        shared.wait_for(lambda: calls(shared, 1) > before, "the cancelled call")
        # What waited behind it does not run any more: the model is free at once.
        begun = time.monotonic()
        assert client.predict(1, model="slow") == [1]
        assert time.monotonic() - begun < 5
        assert client.works()

    def test_streams_that_were_cancelled_leave_room_for_others(self, client):
        for n in range(400):
            kinds = [
                client.inference.ModelStreamInfer,
                client.channel.stream_stream(
                    "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"
                ),
            ]
            if n % 3 == 2:
                stream = client.health.Watch(health_pb2.HealthCheckRequest(), timeout=TIMEOUT)
                assert next(stream).status == health_pb2.HealthCheckResponse.SERVING
            else:
                ends = queue.Queue()
                stream = kinds[n % 3](iter(ends.get, None), timeout=TIMEOUT)
            stream.cancel()
        # 256 may be open at a time on the one connection.
        assert client.check(timeout=5) == health_pb2.HealthCheckResponse.SERVING

    def test_a_stream_ends_at_its_deadline(self, client):
        requests_ = queue.Queue()
        requests_.put(self.message("a"))
        stream = client.inference.ModelStreamInfer(iter(requests_.get, None), timeout=1)
        assert next(stream).infer_response.id == "a"
        assert failure(lambda: next(stream)).code() == grpc.StatusCode.DEADLINE_EXCEEDED
        requests_.put(None)


class TestPings:
    def test_a_client_that_keeps_its_connection_alive_is_left_alone(self, shared):
        options = [
            ("grpc.keepalive_time_ms", 1000), ("grpc.keepalive_permit_without_calls", 1),
            ("grpc.http2.max_pings_without_data", 0),
        ]
        with Client(shared.addresses["grpc"], options=options) as client:
            assert client.works()
            for _ in range(3):
                time.sleep(0.5)
                assert client.works()

    def test_one_that_pings_all_the_time_is_sent_away(self, shared):
        with Wire(shared.addresses["grpc"]) as wire:
            for _ in range(10):
                wire.frame(PING, 0, 0, bytes(8))
            assert wire.away() == (11, b"too_many_pings")


class TestDraining:
    def test_what_is_in_flight_ends_well_and_the_program_too(self, start):
        server = start()
        target = server.addresses["grpc"]
        outcomes = []
        stopped = threading.Event()

        def call(client):
            while not stopped.is_set():
                try:
                    assert client.predict(5, wait_for_ready=True, timeout=20) == [5]
                    outcomes.append(None)
                except grpc.RpcError as error:
                    outcomes.append(error.code())
                    return

        slow = [Client(target) for _ in range(3)]
        pending = [
            client.prediction.Predict.future(request(n, model="slow"), timeout=TIMEOUT)
            for n, client in enumerate(slow)
        ]
        busy = [Client(target) for _ in range(4)]
        threads = [threading.Thread(target=call, args=[client]) for client in busy]
        for thread in threads:
            thread.start()
        server.wait_for(lambda: len(outcomes) > 100, "calls")
        server.terminate()
        for n, future in enumerate(pending):
            assert list(future.result().outputs["y"].float_val) == [n]
        assert server.process.wait(timeout=20) == 0
        stopped.set()
        # A client that waits for a server finds none any more.
        for client in busy:
            client.channel.close()
        for thread in threads:
            thread.join(TIMEOUT)
        allowed = {None, grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED}
        assert set(outcomes) <= allowed
        assert "clean=true" in server.text()

    def test_goes_away_in_two_steps(self, start):
        server = start()
        with Wire(server.addresses["grpc"]) as wire:
            # The server waits a second for the answer to its ping, then goes on.
            wire.answers_pings = False
            wire.headers(1, [*GRPC, (":path", PREDICT)])
            wire.data(1, framed(request(2, model="slow").SerializeToString()), end=True)
            wire.check(3)
            server.terminate()
            assert wire.away() == (0, b"")
            assert wire.last_stream == 2**31 - 1
            # Sent before the client could know: still served.
            wire.check(5)
            wire.away_frames.clear()
            assert wire.status(1)["grpc-status"] == "0"
            assert wire.away() == (0, b"")
            assert wire.last_stream == 5
            assert wire.ended()
        assert server.process.wait(timeout=20) == 0


class TestRecords:
    def test_each_call_has_a_line_and_is_counted(self, launch, models):
        server = launch(
            configuration=configured(
                {"m": (models / "quick", "")}, log="{ access: json }"
            )
        ).wait_until_ready()
        with Client(server.addresses["grpc"]) as client:
            assert client.predict(1, 2) == [1, 2]
            assert code(client.predict, 1, model="none") == grpc.StatusCode.NOT_FOUND
            assert code(client.raw, "/no.such/Method") == grpc.StatusCode.UNIMPLEMENTED

        def lines():
            found = [json.loads(l) for l in server.text().splitlines() if '"grpc_status"' in l]
            return found if len(found) >= 3 else None

        good, missing, unknown = server.wait_for(lines, "three lines")
        assert (good["target"], good["method"], good["status"]) == (PREDICT, "POST", 200)
        assert [line["grpc_status"] for line in (good, missing, unknown)] == [0, 5, 12]
        assert good["bytes_in"] == len(request(1, 2).SerializeToString())
        assert good["bytes_out"] > 0 and good["listener"] == "grpc"
        assert good["user_agent"].startswith("grpc-python")
        assert re.fullmatch(r"127\.0\.0\.1:\d+", good["remote"])
        assert [calls(server, number) for number in (0, 5, 12)] == [1, 1, 1]

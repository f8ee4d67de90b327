"""Clients that mean harm: what they get, what they cost, and that others do not notice."""

import pathlib
import socket
import struct
import threading
import time

import grpc
import pytest
from harness import TIMEOUT, Server, put_builtin
from rawhttp2 import (
    CHECK, DATA, GRPC, HEADERS, MORE, PING, PREFACE, PRIORITY, PUSH, RESET, SETTINGS, WINDOW,
    Wire, bomb, frame, framed,
)
from test_grpc_transport import PREDICT, Client, large, request
from test_operations import COLD, configured
from test_tensorflow_serving_grpc import tensor
from tensorflow.core.framework import types_pb2
from tensorflow_serving.apis import predict_pb2

MIB = 1 << 20
PROTOCOL, FLOW, CLOSED, SIZE, REFUSED, CANCEL, COMPRESSION, CALM = 1, 3, 5, 6, 7, 8, 9, 11


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("attacked")
    put_builtin(folder / "quick", 1, "kind: identity")
    put_builtin(folder / "slow", 1, "kind: delay", "delay: 300ms", "batch: off")
    (folder / "slipway.yaml").write_text(configured(
        {"m": (folder / "quick", ""), "slow": (folder / "slow", COLD)},
        listen="{ rest: 0, grpc: same, admin: 0 }",
        limits="{ body: 64MiB, bodies: 256MiB, reply_timeout: 5s }",
    ))
    server = Server(folder, "--config", folder / "slipway.yaml")
    server.folder = folder
    try:
        yield server.wait_until_ready()
    finally:
        assert server.stop() == 0


def resident(server):
    """The bytes of memory that the server has."""
    status = pathlib.Path(f"/proc/{server.process.pid}/status").read_text()
    return next(int(l.split()[1]) for l in status.splitlines() if l.startswith("VmRSS")) * 1024


@pytest.fixture
def target(server):
    return server.authority


@pytest.fixture(autouse=True)
def watched(server):
    """A good client that calls all the time and must not notice; and the server's memory."""
    before = resident(server)
    failures, done, count = [], threading.Event(), [0]

    def call():
        with Client(server.authority) as client:
            while not done.is_set():
                try:
                    assert client.predict(3, timeout=10) == [3]
                    count[0] += 1
                except grpc.RpcError as error:
                    failures.append(error)
                    return
                time.sleep(0.005)

    thread = threading.Thread(target=call)
    thread.start()
    server.wait_for(lambda: count[0] or failures, "a good client")
    yield
    done.set()
    thread.join(TIMEOUT)
    assert not failures
    assert count[0] > 0
    assert server.process.poll() is None, server.text()
    assert resident(server) - before < 700 * MIB


GOOD = sorted([*GRPC, (":path", CHECK)], key=lambda field: not field[0].startswith(":"))


def block(fields=()):
    import hpack

    return hpack.Encoder().encode([*GOOD, *fields])


HEAD = frame(HEADERS, 4, 1, block())
WHOLE = HEAD + frame(DATA, 1, 1, framed(b""))


class TestBrokenFrames:
    @pytest.mark.parametrize("bytes_, code", {
        "data on stream 0": (frame(DATA, 0, 0, b"x"), PROTOCOL),
        "headers on stream 0": (frame(HEADERS, 4, 0, block()), PROTOCOL),
        "an even stream": (frame(HEADERS, 5, 2, block()), PROTOCOL),
        "data on an idle stream": (frame(DATA, 0, 5, b"x"), PROTOCOL),
        "a reset of an idle stream": (frame(RESET, 0, 5, bytes(4)), PROTOCOL),
        "a window of an idle stream": (frame(WINDOW, 0, 5, b"\0\0\0\1"), PROTOCOL),
        "a push promise": (HEAD + frame(PUSH, 4, 1, b"\0\0\0\2" + block()), PROTOCOL),
        "a continuation of nothing": (frame(MORE, 4, 1, b""), PROTOCOL),
        "a frame within a header block": (
            frame(HEADERS, 0, 1, block()[:4]) + frame(PING, 0, 0, bytes(8)), PROTOCOL),
        "a ping of seven bytes": (frame(PING, 0, 0, bytes(7)), SIZE),
        "settings of five bytes": (frame(SETTINGS, 0, 0, bytes(5)), SIZE),
        "settings on a stream": (HEAD + frame(SETTINGS, 0, 1), PROTOCOL),
        "a window that is too large": (
            frame(SETTINGS, 0, 0, struct.pack(">HI", 4, 2**31)), FLOW),
        "a frame beyond the limit": (HEAD + frame(DATA, 0, 1, bytes(70_000)), SIZE),
        "padding beyond the frame": (HEAD + frame(DATA, 8, 1, b"\xffabc"), PROTOCOL),
        "an increment of nothing": (frame(WINDOW, 0, 0, bytes(4)), PROTOCOL),
        "the window beyond its end": (frame(WINDOW, 0, 0, b"\x7f\xff\xff\xff"), FLOW),
        "an index of no field": (frame(HEADERS, 5, 1, b"\xff\xff\xff\xff\x0f"), COMPRESSION),
        "a string beyond the block": (frame(HEADERS, 5, 1, b"\x00\x7f\xff\xff"), COMPRESSION),
    }.items(), ids=lambda value: value if isinstance(value, str) else None)
    def test_end_the_connection_with_a_reason(self, target, bytes_, code):
        frames, expected = code
        with Wire(target) as wire:
            wire.send(frames)
            seen, _ = wire.away()
            # HTTP/2 lets an endpoint be less exact, but some error it must be.
            assert seen == expected or seen in (PROTOCOL, COMPRESSION, SIZE, FLOW, CLOSED)
            assert wire.ended()

    @pytest.mark.parametrize("cut", range(1, len(WHOLE), 7))
    def test_truncated_ones_wait_and_end_with_the_connection(self, target, cut):
        with Wire(target) as wire:
            wire.send(WHOLE[:cut])
            wire.socket.shutdown(socket.SHUT_WR)
            assert wire.ended()
            assert not wire.over

    def test_a_stream_error_leaves_the_other_streams_alone(self, target):
        with Wire(target) as wire:
            wire.headers(1, [*GRPC, (":path", PREDICT)])
            wire.data(1, framed(request(9, model="slow").SerializeToString()), end=True)
            wire.headers(3, [*GRPC, (":path", CHECK), ("Upper", "case")])
            assert wire.until(lambda: 3 in wire.resets or wire.away_frames)
            assert wire.resets == {3: PROTOCOL}
            wire.check(5)
            assert wire.status(1)["grpc-status"] == "0"

    @pytest.mark.parametrize("message, status", [
        (framed(b"", flag=2), "13"), (framed(b"", flag=255), "13"), (b"\0\0\0", "13"),
        (framed(b"abc", length=4), "13"), (framed(b"") + framed(b""), "13"), (b"", "13"),
        (b"\0\xff\xff\xff\xff", "8"), (framed(b"", flag=1), "13"),
    ])
    def test_bad_prefixes_are_an_error_of_the_call_alone(self, target, message, status):
        with Wire(target) as wire:
            wire.headers(1, [*GRPC, (":path", CHECK)])
            wire.data(1, message, end=True)
            assert wire.status(1)["grpc-status"] == status
            wire.check(3)


class TestFirstBytes:
    def test_the_preface_byte_by_byte(self, target):
        with Wire(target, greets=False) as wire:
            for byte in PREFACE + frame(SETTINGS, 0, 0) + WHOLE:
                wire.send(bytes([byte]))
            assert wire.status(1)["grpc-status"] == "0"

    @pytest.mark.parametrize("start", [
        b"PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n", b"PRI * HTTP/1.1\r\n\r\n", b"PRIVATE / HTTP/1.1\r\n\r\n",
        PREFACE[:-1] + b"X", b"\x16\x03\x01\x02\x00\x01\x00", b"\0" * 64 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\n" + PREFACE,
    ])
    def test_what_only_looks_like_it_is_a_bad_request_of_http_1(self, target, start):
        with Wire(target, greets=False) as wire:
            wire.send(start + WHOLE)
            answer = b""
            while more := wire.socket.recv(65536):
                answer += more
            assert answer.startswith((b"HTTP/1.1 400", b"HTTP/1.1 505"))
            assert answer.count(b"connection: close") == 1

    def test_http_1_does_not_become_http_2_later(self, target):
        with Wire(target, greets=False) as wire:
            wire.send(b"GET /v1/models/m HTTP/1.1\r\nHost: a\r\n\r\n" + PREFACE + WHOLE)
            answer = b""
            while more := wire.socket.recv(65536):
                answer += more
            assert answer.startswith(b"HTTP/1.1 200") and b"HTTP/1.1 505" in answer
            assert b"grpc-status" not in answer

    def test_a_body_of_http_1_is_not_read_as_frames(self, target):
        body = PREFACE + frame(SETTINGS, 0, 0) + WHOLE
        with Wire(target, greets=False) as wire:
            wire.send(
                b"POST /v1/models/m:predict HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
                b"Content-Length: %d\r\n\r\n" % len(body) + body
            )
            answer = b""
            while more := wire.socket.recv(65536):
                answer += more
            assert answer.startswith(b"HTTP/1.1 400") and answer.count(b"HTTP/1.1 ") == 1


class TestFloods:
    @pytest.mark.parametrize("one", {
        "pings": frame(PING, 0, 0, bytes(8)),
        "settings": frame(SETTINGS, 0, 0),
        "priorities": frame(PRIORITY, 0, 1, struct.pack(">IB", 0, 1)),
        "empty data": frame(DATA, 0, 1),
    }.items(), ids=lambda pair: pair[0])
    def test_are_told_to_calm_down(self, target, one):
        with Wire(target) as wire:
            wire.send(HEAD)
            for _ in range(200):
                if not wire.send(one[1] * 100):
                    break
            code, _ = wire.away()
            assert code == CALM
            assert wire.ended()

    def test_rapid_reset(self, target):
        with Wire(target) as wire:
            for stream in range(1, 4001, 2):
                wire.headers(stream, [*GRPC, (":path", CHECK)])
                if not wire.frame(RESET, 0, stream, struct.pack(">I", CANCEL)):
                    break
            code, _ = wire.away()
            assert code == CALM
            assert wire.ended()

    def test_resets_do_not_buy_more_work_than_the_streams_there_may_be(self, target):
        message = framed(request(1, model="slow").SerializeToString())
        with Wire(target) as wire:
            for stream in range(1, 1201, 2):
                wire.headers(stream, [*GRPC, (":path", PREDICT)])
                wire.data(stream, message, end=True)
                wire.frame(RESET, 0, stream, struct.pack(">I", CANCEL))
            assert wire.until(lambda: wire.resets or wire.away_frames)
            assert set(wire.resets.values()) == {REFUSED}
            assert not wire.away_frames

    def test_windows_that_change_all_the_time_cost_nothing(self, target):
        with Wire(target) as wire:
            wire.send(HEAD)
            for _ in range(200):
                wire.send(frame(WINDOW, 0, 1, b"\0\0\0\1") * 100)
            wire.frame(DATA, 1, 1, framed(b""))
            assert wire.status(1)["grpc-status"] == "0"

    def test_continuations_without_end(self, target):
        with Wire(target) as wire:
            wire.frame(HEADERS, 0, 1, block())
            for _ in range(2000):
                if not wire.frame(MORE, 0, 1, b"\x00\x01a\x01b" * 200):
                    break
            code, _ = wire.away()
            assert code in (CALM, PROTOCOL, COMPRESSION, SIZE)
            assert wire.ended()

    def test_empty_continuations(self, target):
        with Wire(target) as wire:
            wire.frame(HEADERS, 0, 1, block())
            wire.send(frame(MORE, 0, 1) * 5000)
            code, _ = wire.away()
            assert code in (CALM, PROTOCOL)

    def test_header_bombs(self, target):
        # One entry of 4000 bytes in the table, then thousands of references to it.
        entry = b"\x40\x01x" + b"\x7f" + bytes([0xA1, 0x1E]) + b"v" * 4000
        with Wire(target) as wire:
            wire.frame(HEADERS, 4, 1, block() + entry)
            wire.frame(DATA, 1, 1, framed(b""))
            wire.frame(HEADERS, 4, 3, block() + b"\xbe" * 15_000)
            assert wire.until(lambda: wire.away_frames or wire.resets or 3 in wire.over)
            assert wire.fields.get(3, {}).get("grpc-status") != "0"

    def test_many_small_fields(self, target):
        with Wire(target) as wire:
            wire.headers(1, [*GRPC, (":path", CHECK), *[(f"x-{n}", "1") for n in range(200)]])
            wire.frame(DATA, 1, 1, framed(b""))
            assert wire.status(1).get("grpc-status") == "8"
            wire.check(3)

    def test_a_gzip_bomb(self, target):
        squeezed = bomb(512 * MIB)
        with Wire(target) as wire:
            for stream in range(1, 9, 2):
                wire.headers(stream, [*GRPC, (":path", PREDICT), ("grpc-encoding", "gzip")])
                wire.data(stream, framed(squeezed, flag=1), end=True)
                assert wire.status(stream)["grpc-status"] == "8"
            wire.check(9)


class TestSlowReaders:
    def test_replies_that_nobody_reads_stay_within_the_limit(self, launch, server):
        """A window of nothing: a few bytes ask for 4 MiB each, and none is ever read."""
        server = launch(configuration=configured(
            {"m": (server.folder / "quick", "")}, listen="{ rest: 0, grpc: same, admin: 0 }",
            limits="{ body: 16MiB, bodies: 16MiB }",
        )).wait_until_ready()
        target = server.authority
        message = predict_pb2.PredictRequest()
        message.model_spec.name = "m"
        # The last value is repeated, as TensorFlow does it.
        message.inputs["x"].CopyFrom(tensor(types_pb2.DT_FLOAT, [MIB], float_val=[1]))
        before = resident(server)
        with Wire(target, settings=struct.pack(">HI", 4, 0)) as wire, Client(target) as pace:
            for stream in range(1, 201, 2):
                wire.call(stream, PREDICT, message.SerializeToString())
                # One at a time, so that memory counts what is kept and not what is being made.
                pace.prediction.Predict.future(message, timeout=TIMEOUT).exception()
            assert wire.until(lambda: len(wire.over) >= 90 or wire.away_frames)
            assert {wire.fields[stream]["grpc-status"] for stream in wire.over} == {"8"}
            assert "have not read" in wire.fields[max(wire.over)]["grpc-message"]
            # A hundred replies are 400 MiB.
            assert resident(server) - before < 250 * MIB
        with Client(target) as client:
            # What nobody reads is given back with the connection.
            server.wait_for(
                lambda: client.prediction.Predict.future(message, timeout=TIMEOUT).code()
                == grpc.StatusCode.OK, "room for replies", 20,
            )

    def test_a_reader_without_window_is_cut_off_in_the_end(self, target):
        with Wire(target, settings=struct.pack(">HI", 4, 0)) as wire:
            wire.call(1, PREDICT, request(1, 2).SerializeToString())
            assert wire.until(lambda: wire.resets or wire.away_frames)
            assert wire.resets == {1: CANCEL}
            # Afterwards the connection is as good as before.
            wire.frame(SETTINGS, 0, 0, struct.pack(">HI", 4, 65535))
            wire.check(3)

    def test_a_socket_that_takes_nothing_is_closed(self, target):
        message = framed(large(MIB // 2).SerializeToString())
        window = struct.pack(">HI", 4, 2**31 - 1)
        with Wire(target, settings=window) as wire:
            wire.frame(WINDOW, 0, 0, struct.pack(">I", 2**30))
            wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", 2, 0))
            wire.socket.setblocking(False)
            stream, output, begun = 1, b"", time.monotonic()
            ended = False
            while time.monotonic() - begun < 30 and not ended:
                if not output:
                    parts = [message[i:i + 16384] for i in range(0, len(message), 16384)]
                    output = frame(HEADERS, 4, stream, wire.encoder.encode(
                        sorted([*GRPC, (":path", PREDICT)], key=lambda f: f[0][0] != ":")))
                    output += b"".join(
                        frame(DATA, int(i == len(parts) - 1), stream, p)
                        for i, p in enumerate(parts))
                    stream += 2
                try:
                    output = output[wire.socket.send(output):]
                except BlockingIOError:
                    time.sleep(0.05)
                except OSError:
                    ended = True
            assert ended, "the server went on waiting"


class TestHalfClosed:
    def test_data_after_the_end_is_an_error(self, target):
        with Wire(target) as wire:
            wire.send(WHOLE)
            wire.frame(DATA, 0, 1, b"more")
            assert wire.until(lambda: 1 in wire.resets or wire.away_frames or 1 in wire.over)
            with Wire(target) as other:
                other.check(1)

    def test_a_stream_that_never_says_more_does_not_hold_others_up(self, target):
        with Wire(target) as wire:
            wire.until(lambda: wire.settings_seen)
            for stream in range(1, 2 * 255 + 1, 2):
                wire.headers(stream, [*GRPC, (":path", CHECK)])
            wire.check(511)

    def test_more_streams_than_were_offered_end_the_connection(self, target):
        with Wire(target) as wire:
            wire.until(lambda: wire.settings_seen)
            for stream in range(1, 2 * 257 + 1, 2):
                wire.headers(stream, [*GRPC, (":path", CHECK)])
            code, _ = wire.away()
            assert code == PROTOCOL
            assert wire.ended()

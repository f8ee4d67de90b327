"""What operators do to a running server: stop it, reconfigure it, secure it, overload it."""

import concurrent.futures
import gzip
import json
import re
import signal
import socket
import ssl
import subprocess

import pytest
import requests
from harness import TIMEOUT, UnixConnection, put_builtin, slipway, until

IDENTITY = "kind: identity"


@pytest.fixture(scope="session")
def quick(tmp_path_factory):
    """The base directory of a model that gives back what it gets; for all, so not to be changed."""
    base = tmp_path_factory.mktemp("models") / "quick"
    put_builtin(base, 1, IDENTITY)
    return base


@pytest.fixture
def slow(tmp_path):
    """Makes base directories of models that take their time."""

    def make(delay, *lines):
        put_builtin(tmp_path / "slow", 1, "kind: delay", f"delay: {delay}", *lines)
        return tmp_path / "slow"

    return make


def configured(models, **sections):
    """A configuration: name to (source, more keys), and sections as text."""
    sections.setdefault("listen", "{ rest: 0, grpc: 0, admin: 0 }")
    text = "".join(f"{name}: {value}\n" for name, value in sections.items())
    for name, (source, more) in models.items():
        text += f"{'' if 'models:' in text else 'models:' + chr(10)}"
        text += f"  - {{ name: {name}, source: {source}{', ' + more if more else ''} }}\n"
    return text


# A warm-up would take as long as a run; these tests know what their models do.
COLD = "warm_up: { synthetic: false }"


def in_background(call, *arguments, **options):
    """Runs a call on a thread of its own and gives its future."""
    pool = concurrent.futures.ThreadPoolExecutor(1)
    future = pool.submit(call, *arguments, **options)
    pool.shutdown(wait=False)
    return future


ONE_AT_A_TIME = COLD + ", instances: 1"


def gauge(server, start):
    """The value of the only series whose line starts so."""
    page = requests.get(f"{server.admin}/metrics", timeout=TIMEOUT).text
    (line,) = [line for line in page.splitlines() if line.startswith(start)]
    return float(line.split()[-1])


def occupy(server):
    """Has two requests in flight to a model that runs one at a time; the second surely waits."""
    replies = [in_background(server.predict, "m", {"instances": [n]}) for n in (3, 4)]
    server.wait_for(
        lambda: gauge(server, 'slipway_queue_depth{model="m"') == 1, "a request that waits"
    )
    return replies


class TestStopping:
    def test_sigterm_finishes_what_is_in_flight_and_refuses_what_is_new(self, launch, slow):
        configuration = configured({"m": (slow("800ms", "batch: off"), ONE_AT_A_TIME)})
        server = launch(configuration=configuration).wait_until_ready()
        replies = occupy(server)
        server.terminate()
        server.wait_for_log("draining")
        host, port = server.authority.split(":")

        def is_refused():
            try:
                socket.create_connection((host, int(port)), timeout=TIMEOUT).close()
            except ConnectionRefusedError:
                return True

        until(is_refused, "a refused connection", 5)
        assert not all(r.done() for r in replies), "they were over before the drain was seen"
        # Operators can still ask what the drain waits for.
        ready, reasons = server.readiness()
        assert (ready, reasons) == (False, ["the server is draining"])
        assert requests.get(f"{server.admin}/livez", timeout=TIMEOUT).status_code == 200
        assert [r.result().json() for r in replies] == [
            {"predictions": [3.0]}, {"predictions": [4.0]},
        ]
        assert server.process.wait(timeout=20) == 0
        assert "clean=true" in server.text()

    def test_the_drain_ends_at_its_deadline(self, launch, slow):
        configuration = configured(
            {"m": (slow("60s", "batch: off"), ONE_AT_A_TIME)}, limits="{ drain_timeout: 300ms, request_timeout: 2m }"
        )
        server = launch(configuration=configuration).wait_until_ready()
        replies = occupy(server)
        server.terminate()
        assert server.process.wait(timeout=20) == 1
        for reply in replies:
            assert isinstance(reply.exception(timeout=TIMEOUT), requests.ConnectionError)
        assert "error: not everything ended within the drain timeout" in server.text()

    def test_a_second_signal_ends_it_at_once(self, launch, slow):
        configuration = configured({"m": (slow("60s", "batch: off"), ONE_AT_A_TIME)}, limits="{ request_timeout: 2m }")
        server = launch(configuration=configuration).wait_until_ready()
        replies = occupy(server)
        server.terminate()
        server.wait_for_log("draining")
        server.terminate()
        assert server.process.wait(timeout=10) == -signal.SIGTERM
        for reply in replies:
            assert isinstance(reply.exception(timeout=TIMEOUT), requests.ConnectionError)

    def test_an_idle_kept_alive_connection_does_not_hold_the_drain_up(self, launch, quick):
        server = launch(f"m={quick}").wait_until_ready()
        with requests.Session() as session:
            url = f"{server.rest}/v1/models/m:predict"
            assert session.post(url, json={"instances": [1]}, timeout=TIMEOUT).status_code == 200
            server.process.send_signal(signal.SIGINT)
            assert server.process.wait(timeout=10) == 0


    def test_a_load_under_way_is_waited_for_no_longer_than_it_takes(self, launch, tmp_path):
        put_builtin(tmp_path / "m", 1, IDENTITY, "load_delay: 1s")
        server = launch(f"m={tmp_path}/m")
        server.wait_for_states("m", {1: "LOADING"})
        assert server.stop() == 0
        assert "clean=true" in server.text()


class TestReloading:
    def test_a_changed_file_is_applied_and_the_difference_is_logged(self, launch, quick):
        before = configured({"m": (quick, "queue: 8")}, log="{ level: info }")
        server = launch(configuration=before).wait_until_ready()
        file = server.folder / "slipway.yaml"
        file.write_text(
            before.replace("queue: 8", "queue: 9").replace("level: info", "level: debug")
            + "limits: { body: 1MiB }\n"
        )
        server.wait_for_log("note ", "models.m.queue: 8 -> 9")
        server.wait_for_log("note ", "log.level: info -> debug")
        line = server.wait_for_log("limits.body: 100MiB -> 1MiB")
        assert "(needs a restart; not applied)" in line
        assert server.predict("m", {"instances": [1]}).status_code == 200

    def test_a_file_with_an_error_changes_nothing_and_says_where(self, launch, quick):
        before = configured({"m": (quick, "")})
        server = launch(configuration=before).wait_until_ready()
        file = server.folder / "slipway.yaml"
        file.write_text(before.replace("source:", "suorce:"))
        line = server.wait_for_log("error", "unknown key 'suorce'")
        assert f"{file}:3:16: " in line
        assert "did you mean 'source'?" in line
        server.wait_for_log("the new configuration has errors; the last one stays in use")
        assert server.predict("m", {"instances": [1]}).status_code == 200
        assert server.readiness() == (True, [])
        # And the mended file is taken.
        file.write_text(before.replace("name: m", "name: n"))
        server.wait_for(lambda: "n" in server.models(), "model n")

    def test_sighup_reads_the_file_at_once(self, launch, quick):
        server = launch(configuration=configured({"m": (quick, "")})).wait_until_ready()
        server.process.send_signal(signal.SIGHUP)
        server.wait_for_log("the configuration was read again; nothing differs")
        assert server.predict("m", {"instances": [1]}).status_code == 200

    def test_a_file_that_is_gone_is_reported_and_the_server_goes_on(self, launch, quick):
        server = launch(configuration=configured({"m": (quick, "")})).wait_until_ready()
        (server.folder / "slipway.yaml").unlink()
        server.wait_for_log("warn", "the configuration file is gone")
        assert server.predict("m", {"instances": [1]}).status_code == 200

    def test_flags_win_over_the_file_also_when_it_is_read_again(self, launch, quick):
        before = configured({"m": (quick, "queue: 8")})
        server = launch("--log-level", "debug", configuration=before).wait_until_ready()
        (server.folder / "slipway.yaml").write_text(before.replace("queue: 8", "queue: 9"))
        server.wait_for_log("models.m.queue: 8 -> 9")
        assert "log.level" not in server.text()


class TestStarting:
    def test_a_port_in_use_ends_the_program_with_4(self, launch, quick):
        server = launch(f"m={quick}")
        port = server.authority.split(":")[1]
        done = slipway("serve", f"m={quick}", "--rest-port", port, "--admin-port", "0")
        assert done.returncode == 4
        assert f"127.0.0.1:{port}" in done.stderr
        assert "in use" in done.stderr
        assert done.stderr.endswith("(--rest-port, listen.rest)\n")

    def test_an_address_that_is_not_this_machines_ends_it_with_4(self, quick):
        done = slipway("serve", f"m={quick}", "--rest-port", "0", "--host", "192.0.2.1")
        assert done.returncode == 4
        assert "192.0.2.1" in done.stderr

    def test_an_invalid_file_ends_it_with_3_and_all_its_errors(self, tmp_path):
        (tmp_path / "slipway.yaml").write_text("listen: { rets: 1 }\nmodles: []\n")
        done = slipway("serve", cwd=tmp_path)
        assert done.returncode == 3
        assert "slipway.yaml:1:11: unknown key 'rets'; did you mean 'rest'?" in done.stderr
        assert "slipway.yaml:2:1: unknown key 'modles'; did you mean 'models'?" in done.stderr


def openssl(folder, *arguments):
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)


def make_certificates(folder, *names):
    """An authority, and certificates that it has signed: NAME.pem and NAME.key."""
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    openssl(
        folder, "req", "-x509", *curve, "-keyout", "ca.key", "-out", "ca.pem",
        "-subj", "/CN=Test Authority", "-days", "30",
    )
    (folder / "names.txt").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
    for name in names:
        openssl(
            folder, "req", *curve, "-keyout", f"{name}.key", "-out", f"{name}.csr",
            "-subj", f"/CN={name}",
        )
        openssl(
            folder, "x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
            "-CAcreateserial", "-out", f"{name}.pem", "-days", "30", "-extfile", "names.txt",
        )


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    folder = tmp_path_factory.mktemp("certificates")
    make_certificates(folder, "first", "second", "client")
    return folder


class TestTLS:
    @pytest.fixture
    def folder(self, certificates, tmp_path):
        """The files that a server uses, for a test to change."""
        for end in ("pem", "key"):
            (tmp_path / f"server.{end}").write_bytes((certificates / f"first.{end}").read_bytes())
        return tmp_path

    def start(self, launch, quick, folder, more=""):
        tls = f"{{ certificate: {folder}/server.pem, key: {folder}/server.key{more} }}"
        server = launch(configuration=configured({"m": (quick, "")}, tls=tls))
        assert server.rest.startswith("https://")
        return server.wait_until_ready()

    def subject(self, server, certificates):
        """Whom a new connection talks to."""
        context = ssl.create_default_context(cafile=certificates / "ca.pem")
        host, port = server.authority.split(":")
        with socket.create_connection((host, int(port)), timeout=TIMEOUT) as plain:
            with context.wrap_socket(plain, server_hostname=host) as secure:
                return dict(pair for (pair,) in secure.getpeercert()["subject"])["commonName"]

    def test_predictions_go_over_https_and_the_command_line_trusts_the_authority(
        self, launch, quick, folder, certificates
    ):
        server = self.start(launch, quick, folder)
        authority = certificates / "ca.pem"
        reply = server.predict("m", {"instances": [1]}, verify=authority)
        assert reply.json() == {"predictions": [1.0]}
        with pytest.raises(requests.exceptions.SSLError):
            server.predict("m", {"instances": [1]})
        ask = ["predict", "m", "-", "--server", server.rest]
        done = slipway(*ask, "--ca-file", authority, input="[4]")
        assert (done.returncode, done.stdout) == (0, "y  FP32 [1]\n[4.0]\n")
        done = slipway(*ask, input="[4]")
        assert done.returncode == 4
        assert "--ca-file" in done.stderr
        # Plain text is not spoken there; nor does it harm.
        with pytest.raises(requests.ConnectionError):
            requests.get(server.rest.replace("https", "http"), timeout=TIMEOUT)
        assert server.predict("m", {"instances": [1]}, verify=authority).status_code == 200

    def test_clients_without_a_certificate_are_turned_away(
        self, launch, quick, folder, certificates
    ):
        more = f", client_ca: {certificates}/ca.pem, client_verify: require"
        server = self.start(launch, quick, folder, more)
        authority = certificates / "ca.pem"
        with pytest.raises((requests.exceptions.SSLError, requests.ConnectionError)):
            server.predict("m", {"instances": [1]}, verify=authority)
        own = (certificates / "client.pem", certificates / "client.key")
        own = tuple(str(path) for path in own)
        reply = server.predict("m", {"instances": [1]}, verify=authority, cert=own)
        assert reply.json() == {"predictions": [1.0]}

    def test_a_renewed_certificate_is_taken_and_a_broken_one_is_not(
        self, launch, quick, folder, certificates
    ):
        server = self.start(launch, quick, folder)
        assert self.subject(server, certificates) == "first"
        for end in ("key", "pem"):
            aside = folder / f"new.{end}"
            aside.write_bytes((certificates / f"second.{end}").read_bytes())
            aside.rename(folder / f"server.{end}")
        server.process.send_signal(signal.SIGHUP)
        server.wait_for(lambda: self.subject(server, certificates) == "second", "the new one")
        (folder / "server.pem").write_text("nonsense")
        server.process.send_signal(signal.SIGHUP)
        line = server.wait_for_log("error", "the last certificate stays in use")
        assert str(folder / "server.pem") in line
        assert self.subject(server, certificates) == "second"

    def test_a_key_of_another_certificate_is_refused_at_start(self, quick, certificates, tmp_path):
        (tmp_path / "slipway.yaml").write_text(configured(
            {"m": (quick, "")},
            tls=f"{{ certificate: {certificates}/first.pem, key: {certificates}/second.key }}",
        ))
        done = slipway("serve", cwd=tmp_path)
        assert done.returncode == 3
        assert "a key that belongs to the certificate" in done.stderr


class TestUnixSocket:
    def test_predictions_over_a_socket_file(self, launch, quick, tmp_path):
        path = tmp_path / "rest.sock"
        server = launch(f"m={quick}", "--rest-socket", path).wait_until_ready()
        connection = UnixConnection(path)
        for value in (1.0, 2.0):
            connection.request("POST", "/v1/models/m:predict", json.dumps({"instances": [value]}))
            reply = connection.getresponse()
            assert (reply.status, json.loads(reply.read())) == (200, {"predictions": [value]})
        connection.close()
        assert server.addresses["rest_socket"] == f"unix:{path}"
        done = slipway("predict", "m", "-", "--server", f"unix:{path}", input="[4]")
        assert (done.returncode, done.stdout) == (0, "y  FP32 [1]\n[4.0]\n")
        assert server.predict("m", {"instances": [1]}).status_code == 200
        assert server.stop() == 0
        assert not path.exists()

    def test_the_port_may_be_off(self, launch, quick, tmp_path):
        path = tmp_path / "rest.sock"
        server = launch(configuration=configured(
            {"m": (quick, "")}, listen=f"{{ rest: off, admin: 0, rest_socket: {path} }}"
        )).wait_until_ready()
        assert server.rest is None
        connection = UnixConnection(path)
        connection.request("GET", "/v1/models/m")
        assert connection.getresponse().status == 200
        connection.close()

    def test_a_file_that_a_killed_server_left_is_no_obstacle(self, launch, quick, tmp_path):
        path = tmp_path / "rest.sock"
        server = launch(f"m={quick}", "--rest-socket", path)
        server.process.kill()
        server.process.wait()
        assert path.exists()
        launch(f"m={quick}", "--rest-socket", path).wait_until_ready()


class TestLogs:
    def test_the_access_log_is_json_lines(self, launch, quick):
        server = launch(f"m={quick}", "--access-log", "json").wait_until_ready()
        url = f"{server.rest}/v1/models/m:predict"
        reply = requests.post(
            url, params={"x": "\u001b[31m"}, json={"instances": [1]}, timeout=TIMEOUT,
            headers={"User-Agent": 'quote " back \\ slash'},
        )
        assert reply.status_code == 200
        assert requests.get(f"{server.rest}/nowhere", timeout=TIMEOUT).status_code == 404
        server.wait_for_log('"target":"/nowhere"')
        lines = [json.loads(l) for l in server.text().splitlines() if l.startswith("{")]
        (one,) = [line for line in lines if line["method"] == "POST"]
        assert one["listener"] == "rest"
        assert one["target"].startswith("/v1/models/m:predict?x=")
        assert (one["status"], one["bytes_out"]) == (200, len(reply.content))
        assert one["user_agent"] == 'quote " back \\ slash'
        assert 0 < one["duration_seconds"] < 30
        (other,) = [line for line in lines if line["target"] == "/nowhere"]
        assert other["status"] == 404
        assert "\u001b" not in server.text()

    def test_the_program_log_may_be_json_lines(self, launch, quick):
        server = launch(f"m={quick}", "--log-format", "json").wait_until_ready()
        assert server.stop() == 0
        # Every line of it is, so that collectors need not guess.
        lines = [json.loads(line) for line in server.text().splitlines()]
        told = [line.get("metadata", {}) for line in lines]
        (available,) = [each for each in told if each.get("state") == "AVAILABLE"]
        assert (available["model"], available["version"]) == ("m", "1")


class TestLimits:
    def test_a_run_beyond_the_deadline_is_504_and_the_server_is_free_again(self, launch, slow):
        configuration = configured(
            {"m": (slow("60s", "concurrency: 1"), COLD + ", instances: 1")},
            limits="{ request_timeout: 300ms }",
        )
        server = launch(configuration=configuration).wait_until_ready()
        for _ in range(3):
            reply = server.predict("m", {"instances": [1]})
            assert (reply.status_code, reply.headers["content-type"]) == (504, "application/json")
            assert re.search(r"time was up after \d+ ms", reply.json()["error"])
        status = requests.get(f"{server.rest}/v1/models/m", timeout=TIMEOUT)
        assert status.status_code == 200

    def test_more_than_the_queue_holds_is_refused_at_once(self, launch, slow):
        base = slow("1s", "concurrency: 1", "batch: off")
        configuration = configured({"m": (base, COLD + ", instances: 1, queue: 1")})
        server = launch(configuration=configuration).wait_until_ready()
        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            replies = list(pool.map(lambda n: server.predict("m", {"instances": [n]}), range(6)))
        refused = [reply for reply in replies if reply.status_code == 429]
        assert len(refused) >= 3, [reply.status_code for reply in replies]
        for reply in refused:
            assert int(reply.headers["retry-after"]) >= 1
            assert "queue" in reply.json()["error"]
        answered = [n for n, reply in enumerate(replies) if reply.status_code == 200]
        assert len(answered) >= 2 and len(answered) + len(refused) == 6
        for n in answered:
            assert replies[n].json() == {"predictions": [float(n)]}

    def test_overload_in_open_inference_is_503(self, launch, slow):
        base = slow("1s", "concurrency: 1", "batch: off")
        configuration = configured({"m": (base, COLD + ", instances: 1, queue: 1")})
        server = launch(configuration=configuration).wait_until_ready()
        body = {"inputs": [{"name": "x", "datatype": "FP32", "shape": [1], "data": [1]}]}
        url = f"{server.rest}/v2/models/m/infer"
        with concurrent.futures.ThreadPoolExecutor(5) as pool:
            replies = list(pool.map(
                lambda _: requests.post(url, json=body, timeout=TIMEOUT), range(5)
            ))
        refused = [reply for reply in replies if reply.status_code == 503]
        assert len(refused) >= 2 and all(reply.headers["retry-after"] for reply in refused)

    def test_a_body_over_the_limit_is_413(self, launch, quick):
        configuration = configured({"m": (quick, "")}, limits="{ body: 1KiB }")
        server = launch(configuration=configuration).wait_until_ready()
        reply = server.predict("m", {"instances": [1.0] * 1000})
        assert reply.status_code == 413
        assert "1024" in reply.json()["error"] or "1KiB" in reply.json()["error"]
        # A small body may unpack to a large one.
        packed = gzip.compress(json.dumps({"instances": [1.0] * 10_000}).encode())
        assert len(packed) < 1024
        reply = requests.post(
            f"{server.rest}/v1/models/m:predict", data=packed, timeout=TIMEOUT,
            headers={"Content-Encoding": "gzip"},
        )
        assert reply.status_code == 413
        assert server.predict("m", {"instances": [1]}).status_code == 200

    def test_gzip_both_ways(self, launch, quick):
        server = launch(f"m={quick}").wait_until_ready()
        values = [float(n) for n in range(2000)]
        packed = gzip.compress(json.dumps({"instances": values}).encode())
        reply = requests.post(
            f"{server.rest}/v1/models/m:predict", data=packed, timeout=TIMEOUT,
            headers={"Content-Encoding": "gzip", "Accept-Encoding": "gzip"},
        )
        assert reply.status_code == 200
        assert reply.headers["content-encoding"] == "gzip"
        assert int(reply.headers["content-length"]) < len(reply.content)
        assert reply.json() == {"predictions": values}
        plain = server.predict("m", {"instances": values}, headers={"Accept-Encoding": "identity"})
        assert "content-encoding" not in plain.headers
        assert plain.content == reply.content

    def test_clients_that_dawdle_are_cut_off_and_hold_nobody_up(self, launch, quick):
        configuration = configured(
            {"m": (quick, "")}, limits="{ header_timeout: 300ms, body_timeout: 300ms }"
        )
        server = launch(configuration=configuration).wait_until_ready()
        host, port = server.authority.split(":")
        halves = [
            b"POST /v1/models/m:predict HT",
            b"POST /v1/models/m:predict HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{",
        ]
        clients = []
        for half in halves:
            client = socket.create_connection((host, int(port)), timeout=TIMEOUT)
            client.sendall(half)
            clients.append(client)
        assert server.predict("m", {"instances": [1]}).status_code == 200
        for client in clients:
            reply = b""
            while part := client.recv(4096):
                reply += part
            client.close()
            assert b" 408 " in reply.splitlines()[0], reply
            assert b"error" in reply


    def test_clients_that_do_not_read_their_replies_are_cut_off(self, launch, quick):
        configuration = configured({"m": (quick, "")}, limits="{ reply_timeout: 300ms }")
        server = launch(configuration=configuration).wait_until_ready()
        count = 8 << 20
        head = json.dumps({
            "inputs": [{
                "name": "x", "datatype": "FP32", "shape": [count],
                "parameters": {"binary_data_size": count * 4},
            }],
            "parameters": {"binary_data_output": True},
        }).encode()
        host, port = server.authority.split(":")
        with socket.create_connection((host, int(port)), timeout=TIMEOUT) as client:
            client.sendall(
                b"POST /v2/models/m/infer HTTP/1.1\r\nHost: x\r\n"
                + f"Inference-Header-Content-Length: {len(head)}\r\n".encode()
                + f"Content-Length: {len(head) + count * 4}\r\n\r\n".encode()
            )
            client.sendall(head + bytes(count * 4))
            # 32 MiB are more than sockets hold, so the server waits for this client to read.
            assert client.recv(12) == b"HTTP/1.1 200"
            server.wait_for(
                lambda: gauge(server, 'slipway_connections{listener="rest"') == 0, "the cut"
            )
        assert server.predict("m", {"instances": [1]}).status_code == 200


class TestHealth:
    def test_a_model_whose_runs_begin_to_fail_is_not_ready_until_they_work(self, launch, tmp_path):
        # The warm-up is the first run, so the second, a client's, is the one that fails.
        put_builtin(tmp_path / "m", 1, "kind: faulty", "fail: every:2", "batch: off")
        server = launch(f"m={tmp_path}/m").wait_until_ready()
        reply = server.predict("m", {"instances": [1]})
        assert reply.status_code == 500
        ready, reasons = server.readiness()
        assert not ready
        assert "model m" in reasons[0] and "described to fail every 2 runs" in reasons[0]
        assert requests.get(f"{server.rest}/readyz", timeout=TIMEOUT).status_code == 503
        assert requests.get(f"{server.rest}/v2/models/m/ready", timeout=TIMEOUT).status_code == 503
        assert requests.get(f"{server.admin}/livez", timeout=TIMEOUT).status_code == 200
        assert server.predict("m", {"instances": [1]}).json() == {"predictions": [1.0]}
        assert server.readiness() == (True, [])

    def test_readiness_names_each_model_that_does_not_load(self, launch, quick, tmp_path):
        put_builtin(tmp_path / "bad", 1, "kind: faulty", "fail: load")
        server = launch(f"m={quick}", f"bad={tmp_path}/bad")
        server.wait_for(lambda: server.states("m") == {1: "AVAILABLE"}, "model m")
        server.wait_for(
            lambda: "described to fail to load" in " ".join(server.readiness()[1]), "the reason"
        )
        (reason,) = server.readiness()[1]
        assert reason.startswith("model bad has no available version: version 1")
        verbose = requests.get(f"{server.admin}/readyz?verbose", timeout=TIMEOUT).json()
        assert {m["name"]: m["ready"] for m in verbose["models"]} == {"bad": False, "m": True}
        assert server.predict("m", {"instances": [1]}).status_code == 200

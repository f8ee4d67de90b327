"""Models in worker processes: what dies, what stays, and what clients see of it."""

import concurrent.futures
import os
import pathlib
import signal
import subprocess
import time

import pytest
import requests

from harness import DIGITS_1, Server, link, program, put_builtin, until

ROWS = {"instances": [[1.0, 2.0, 3.0, 4.0]]}
TRIGGER = {"instances": [[13.0, 2.0, 3.0, 4.0]]}


def workers(server):
    """The processes of the server's workers, in the order of their numbers."""
    return [pid for pid, name in children(server.process.pid) if name == "slipway-worker"]


def children(parent):
    """The children of a process and their names."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            name, rest = (entry / "stat").read_text().split("(", 1)[1].rsplit(") ", 1)
        except OSError:
            continue
        if int(rest.split()[1]) == parent:
            found.append((int(entry.name), name))
    return sorted(found)


def alive(pid):
    """Whether the process runs; a zombie that nobody has waited for does not."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1][0] not in "ZX"
    except OSError:
        return False


@pytest.fixture
def start(tmp_path):
    """Starts servers of one built-in model `m` in processes, and stops them."""
    servers = []

    def begin(*lines, worker="count: 1", isolation="process"):
        put_builtin(tmp_path / "m", 1, *(lines or ["kind: identity"]), "shape: [-1, 4]")
        (tmp_path / "slipway.yaml").write_text(
            "listen: { rest: 0, grpc: off, admin: 0 }\n"
            "models:\n"
            f"  - name: m\n    source: {tmp_path}/m\n    isolation: {isolation}\n"
            f"    worker: {{ {worker} }}\n    batching: off\n"
        )
        server = Server(tmp_path, "--config", tmp_path / "slipway.yaml")
        servers.append(server)
        return server.wait_until_ready()

    yield begin
    for server in servers:
        server.stop()


def refusal(reply):
    """The error of a reply that must be a retryable refusal."""
    assert reply.status_code == 503, reply.text
    assert int(reply.headers["retry-after"]) >= 1
    return reply.json()["error"]


def comes_back(server, dead):
    """Waits until the model answers again, from another process."""
    server.wait_for(
        lambda: workers(server) and not set(dead) & set(workers(server)), "another worker")
    server.wait_until_ready()
    assert server.predict("m", ROWS).json()["predictions"] == ROWS["instances"]


def test_same_answers_as_in_the_server(start, tmp_path):
    server = start("kind: half_plus_two")
    assert len(workers(server)) == 1
    assert server.predict("m", ROWS).json() == {"predictions": [[2.5, 3.0, 3.5, 4.0]]}
    large = {"instances": [[float(i), 0.5, -1.0, 1e30] for i in range(20_000)]}
    rows = server.predict("m", large).json()["predictions"]
    assert rows[19_999][0] == 19_999 / 2 + 2 and len(rows) == 20_000


def test_onnx_gives_the_same_answers_in_a_worker(tmp_path):
    link(DIGITS_1, tmp_path / "digits", 1)
    (tmp_path / "slipway.yaml").write_text(
        "listen: { rest: 0, grpc: off, admin: 0 }\nmodels:\n"
        f"  - {{ name: here, source: {tmp_path}/digits, isolation: in_process }}\n"
        f"  - {{ name: there, source: {tmp_path}/digits, isolation: process,"
        " worker: { count: 2, processors: 1 } }\n"
    )
    server = Server(tmp_path, "--config", tmp_path / "slipway.yaml")
    try:
        server.wait_until_ready()
        assert len(workers(server)) == 2
        body = {"instances": [[float((i * 7 + j) % 17) for j in range(64)] for i in range(40)]}
        here, there = (server.predict(name, body) for name in ("here", "there"))
        assert here.status_code == 200, here.text
        assert here.text == there.text
    finally:
        server.stop()


def test_a_killed_worker_fails_only_its_own_request(start):
    server = start("kind: delay", "delay: 400ms", worker="count: 2")
    first, second = workers(server)
    page = f"{server.admin}/metrics"
    before = sum(busy(page).values())
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        replies = [pool.submit(server.predict, "m", ROWS) for _ in range(2)]
        server.wait_for(lambda: sum(busy(page).values()) >= before + 2, "runs in both workers")
        os.kill(first, signal.SIGKILL)
        codes = sorted(reply.result().status_code for reply in replies)
    assert codes in ([200, 200], [200, 503])
    comes_back(server, [first])
    assert second in workers(server)
    server.wait_for_log("worker has failed", "SIGKILL")


def busy(page):
    """The runs that each worker was given."""
    lines = requests.get(page, timeout=30).text.splitlines()
    runs = [line for line in lines if line.startswith("slipway_worker_runs_total{")]
    return {line.split('worker="')[1][0]: int(line.rsplit(" ", 1)[1]) for line in runs}


def test_a_request_in_flight_hears_at_once_that_its_worker_was_killed(start):
    server = start("kind: faulty", "fail: hang", "fail_on: 13")
    (worker,) = workers(server)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        before = busy(f"{server.admin}/metrics")["0"]
        reply = pool.submit(server.predict, "m", TRIGGER)
        server.wait_for(lambda: busy(f"{server.admin}/metrics")["0"] > before, "the run")
        os.kill(worker, signal.SIGKILL)
        error = refusal(reply.result())
    assert "was killed by SIGKILL" in error and "try again" in error
    comes_back(server, [worker])


@pytest.mark.parametrize(
    "fail, words",
    [
        ("crash", "was killed by SIGABRT"),
        ("exit:7", "ended with exit status 7"),
        ("exhaust", "'worker.memory' allows 160.0 MiB"),
        ("stall", "was killed because a run took longer than"),
    ],
)
def test_a_failing_process_is_replaced(start, fail, words):
    server = start(
        "kind: faulty", f"fail: {fail}", "fail_on: 13",
        worker="memory: 160MiB, watchdog: 1s",
    )
    before = workers(server)
    assert words in refusal(server.predict("m", TRIGGER))
    comes_back(server, before)
    line = server.wait_for_log("worker has failed", words)
    if fail == "crash":
        assert "the model is described to crash" in line


def test_a_stopped_worker_is_noticed_when_work_waits(start):
    server = start("kind: identity")
    (worker,) = workers(server)
    os.kill(worker, signal.SIGSTOP)
    assert "had been stopped" in refusal(server.predict("m", ROWS))
    comes_back(server, [worker])


def test_a_crash_loop_is_told_and_ends_by_itself(start, tmp_path):
    server = start("kind: identity")
    marker = tmp_path / "m" / "1" / "model.builtin"
    text = marker.read_text()
    marker.write_text("kind: faulty\nfail: load\nshape: [-1, 4]\n")
    for pid in workers(server):
        os.kill(pid, signal.SIGKILL)
    reasons = server.wait_for(
        lambda: next((r for r in server.readiness()[1] if "crash loop" in r), None),
        "a crash loop", seconds=60,
    )
    assert "described to fail to load" in reasons
    assert "crash loop" in refusal(server.predict("m", ROWS))
    marker.write_text(text)
    server.wait_until_ready(seconds=60)
    assert server.predict("m", ROWS).status_code == 200


def test_a_deadline_frees_the_client_though_the_worker_goes_on(start, tmp_path):
    server = start("kind: faulty", "fail: stall", "fail_on: 13", worker="watchdog: 20s")
    with pytest.raises(requests.exceptions.ReadTimeout):
        server.predict("m", TRIGGER, timeout=0.3)
    # The other lanes of the worker answer meanwhile.
    assert server.predict("m", ROWS).status_code == 200


def test_what_a_worker_prints_is_in_the_log(start):
    server = start("kind: identity", "print: a line of the model's own")
    server.predict("m", ROWS)
    line = server.wait_for_log("a line of the model's own")
    assert "model=m" in line and "worker=0" in line


@pytest.mark.parametrize("is_stopped", [False, True])
def test_nothing_outlives_a_killed_server(start, is_stopped):
    server = start("kind: identity", worker="count: 2")
    family = [pid for pid, _ in children(server.process.pid)]
    assert len(family) == 3, "two workers and their guard"
    if is_stopped:
        os.kill(workers(server)[0], signal.SIGSTOP)
    server.process.kill()
    server.process.wait()
    until(lambda: not any(map(alive, family)), "an end of all processes")


def test_a_stopped_server_leaves_no_process(start):
    server = start("kind: identity", worker="count: 3")
    family = [pid for pid, _ in children(server.process.pid)]
    assert server.stop() == 0
    assert not any(map(alive, family))


def test_load_under_kills_has_only_retryable_errors(start):
    server = start("kind: identity", worker="count: 2")
    codes = {}
    end = time.monotonic() + 3

    def ask():
        while time.monotonic() < end:
            code = server.predict("m", ROWS).status_code
            codes[code] = codes.get(code, 0) + 1

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        asking = [pool.submit(ask) for _ in range(4)]
        while time.monotonic() < end:
            for pid in workers(server)[:1]:
                os.kill(pid, signal.SIGKILL)
            time.sleep(0.3)
        for each in asking:
            each.result()
    assert set(codes) <= {200, 503} and codes[200] > 0, codes
    server.wait_until_ready()
    assert server.predict("m", ROWS).status_code == 200


def descriptors(server):
    return len(os.listdir(f"/proc/{server.process.pid}/fd"))


def threads(server):
    return len(os.listdir(f"/proc/{server.process.pid}/task"))


def test_many_loads_leave_nothing_behind(tmp_path):
    repository = tmp_path / "models"
    put_builtin(repository / "m", 1, "kind: identity", "shape: [-1, 4]")
    (tmp_path / "slipway.yaml").write_text(
        "listen: { rest: 0, grpc: off, admin: 0 }\nmodel_control: explicit\nmodels:\n"
        f"  - {{ name: m, source: {repository}/m, isolation: process }}\n"
    )
    server = Server(tmp_path, "--config", tmp_path / "slipway.yaml")
    try:
        server.wait_until_ready()

        def cycle():
            for word in ("unload", "load"):
                reply = requests.post(
                    f"{server.rest}/v2/repository/models/m/{word}", json={}, timeout=60)
                assert reply.status_code == 200, reply.text

        def settled():
            return descriptors(server), len(children(server.process.pid))

        for _ in range(10):
            cycle()
        before, memory, count = settled(), resident(server), threads(server)
        for _ in range(100):
            cycle()
        server.wait_for(lambda: settled() == before, f"as many descriptors as before, {before}")
        assert threads(server) <= count + 2
        assert resident(server) - memory < 8 << 20
    finally:
        server.stop()


def resident(server):
    pages = pathlib.Path(f"/proc/{server.process.pid}/statm").read_text().split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def test_a_worker_by_hand_says_that_it_is_not_for_hands():
    ended = subprocess.run(
        [program(), "worker"], capture_output=True, text=True, timeout=30, stdin=subprocess.DEVNULL)
    assert ended.returncode == 2
    assert "started by the server" in ended.stderr

"""Versions come, go, break and recover while the server runs, as a file system shows them to it."""

import json
import os
import shutil
import subprocess
import sys
import threading
import time

import pytest
import requests
from harness import (
    DIGITS_1, DIGITS_2, FIXTURES, HALF, REQUESTS, ROOT, TIMEOUT, link, program, put, put_builtin,
    put_file, slipway,
)

# The two versions of the example see different digits in this image, a 1.
SEEN = {1: 2, 2: 1}
DIGIT = {"instances": json.loads((REQUESTS / "digit.json").read_text())["instances"][:1]}


@pytest.fixture
def base(tmp_path):
    path = tmp_path / "digits"
    path.mkdir()
    return path


def start(launch, base, model="", settings=""):
    """A server of one model, `m`, which tries once only unless told otherwise."""
    return launch(configuration=f"""\
listen: {{ rest: 0, grpc: 0, admin: 0 }}
{settings}
models:
  - name: m
    source: {base}
    retry: {{ attempts: 0 }}
{model}
""")


def answering_version(server, label=""):
    """The version that a request without a version, or with a label, reaches."""
    reply = requests.get(f"{server.rest}/v1/models/m{label}/metadata", timeout=TIMEOUT)
    return int(reply.json()["model_spec"]["version"]) if reply.status_code == 200 else None


def assert_answers(server, version):
    assert answering_version(server) == version
    reply = server.predict("m", DIGIT)
    assert reply.status_code == 200, reply.text
    assert reply.json()["predictions"][0]["label"] == SEEN[version]


def models_command(server):
    """What `slipway models -o json` says of the model, and its exit status."""
    done = slipway("models", "m", "--admin", server.admin, "-o", "json")
    return json.loads(done.stdout)["models"][0], done.returncode


def tensorflow_status(server, version):
    """The state and error of a version, as TensorFlow Serving's clients see them."""
    statuses = requests.get(f"{server.rest}/v1/models/m", timeout=TIMEOUT).json()
    for status in statuses["model_version_status"]:
        if status["version"] == str(version):
            return status["state"], status["status"]
    return None, {}


class TestSwitching:
    def test_a_new_version_takes_over_and_the_old_one_ends(self, launch, base):
        link(DIGITS_1, base, 1)
        server = start(launch, base).wait_until_ready()
        assert_answers(server, 1)
        put(DIGITS_2, base, 2)
        server.wait_for_states("m", {2: "AVAILABLE"})
        assert_answers(server, 2)
        assert tensorflow_status(server, 2)[0] == "AVAILABLE"
        assert tensorflow_status(server, 1)[0] in ("END", None)
        server.wait_for_log("version is unloading", "model=m", "version=1")
        server.wait_for_log("version has ended", "model=m", "version=1")

    def test_a_request_in_flight_keeps_the_old_version_until_it_is_answered(self, launch, base):
        put_builtin(base, 1, "kind: delay", "delay: 3s")
        model = "    warm_up: { synthetic: false }"
        server = start(launch, base, model).wait_until_ready()
        replies = []
        client = threading.Thread(
            target=lambda: replies.append(server.predict("m", {"instances": [7]}))
        )
        client.start()
        put_builtin(base, 2, "kind: half_plus_two")
        server.wait_for_states("m", {1: "UNLOADING", 2: "AVAILABLE"})
        assert server.predict("m", {"instances": [1]}).json() == {"predictions": [2.5]}
        client.join()
        assert replies[0].json() == {"predictions": [7.0]}
        server.wait_for_states("m", {2: "AVAILABLE"})

    def test_removing_the_newest_version_rolls_back(self, launch, base):
        link(DIGITS_1, base, 1)
        link(DIGITS_2, base, 2)
        server = start(launch, base).wait_until_ready()
        assert_answers(server, 2)
        (base / "2").unlink()
        server.wait_for_states("m", {1: "AVAILABLE"})
        assert_answers(server, 1)

    def test_a_version_replaced_in_place_is_loaded_again(self, launch, base):
        put_builtin(base, 1, "kind: identity")
        server = start(launch, base).wait_until_ready()
        assert server.predict("m", {"instances": [8]}).json() == {"predictions": [8.0]}
        (base / "1" / "model.builtin").write_text("kind: half_plus_two\n")
        server.wait_for(
            lambda: server.predict("m", {"instances": [8]}).json() == {"predictions": [6.0]},
            "the answer of the new file",
        )
        assert server.states("m") == {1: "AVAILABLE"}

    def test_the_switch_may_unload_first(self, launch, base):
        link(DIGITS_1, base, 1)
        server = start(launch, base, "    switch: resource_preserving").wait_until_ready()
        put(DIGITS_2, base, 2)
        server.wait_for_states("m", {2: "AVAILABLE"})
        log = server.text()
        assert log.index("version has ended") < log.rindex("version is available")
        assert_answers(server, 2)

    def test_no_request_fails_while_versions_and_models_come_and_go(self):
        churn = [ROOT / "Benchmarks" / "churn", "--switches", "10", "--cycles", "8"]
        done = subprocess.run(
            [sys.executable, *churn, "--binary", program()],
            capture_output=True, text=True, timeout=120,
        )
        assert done.returncode == 0, done.stderr + done.stdout
        result = json.loads(done.stdout)
        assert result["failed"] == 0
        assert result["requests"] > 100


class TestFilesThatAreNotReady:
    def test_a_file_that_still_grows_is_not_loaded(self, launch, base):
        link(DIGITS_1, base, 1)
        server = start(launch, base).wait_until_ready()
        content = (DIGITS_2 / "model.onnx").read_bytes()
        (base / "2").mkdir()
        part = max(1, len(content) // 20)
        longest, last, reasons = 0, time.monotonic(), set()
        with (base / "2" / "model.onnx").open("wb", buffering=0) as file:
            for begin in range(0, len(content), part):
                file.write(content[begin : begin + part])
                longest, last = max(longest, time.monotonic() - last), time.monotonic()
                reasons.add(server.version("m", 2).get("reason", ""))
                assert server.states("m").get(1) == "AVAILABLE"
                # A slow writer, slower than the second that files must rest in all.
                time.sleep(0.08)
        server.wait_for_states("m", {2: "AVAILABLE"})
        assert_answers(server, 2)
        assert any("still changing" in reason for reason in reasons), reasons
        # On a machine that stopped for most of a second the file looked complete in between.
        if longest < 0.8:
            assert server.text().count("version is loading") == 2

    def test_an_empty_version_directory_waits_for_its_files(self, launch, base):
        link(DIGITS_1, base, 1)
        server = start(launch, base).wait_until_ready()
        (base / "2").mkdir()
        server.wait_for_states("m", {1: "AVAILABLE", 2: "START"})
        assert "empty; waiting for its files" in server.version("m", 2)["reason"]
        shutil.copy(DIGITS_2 / "model.onnx", base / "2" / "model.onnx")
        server.wait_for_states("m", {2: "AVAILABLE"})
        assert_answers(server, 2)

    def test_names_that_are_no_versions_are_passed_over(self, launch, base):
        put(DIGITS_1, base, "000001")
        for name in ("2.tmp", "3.part", ".4", "latest", "-5"):
            put(DIGITS_2, base, name)
        (base / "6").write_text("a file, not a directory")
        server = start(launch, base).wait_until_ready()
        assert server.states("m") == {1: "AVAILABLE"}


class TestBrokenVersions:
    def test_a_corrupt_version_leaves_the_old_one_serving_and_says_why(self, launch, base):
        link(DIGITS_1, base, 1)
        server = start(launch, base).wait_until_ready()
        put_file(FIXTURES / "truncated.onnx", base, 2)
        server.wait_for(lambda: server.version("m", 2).get("error"), "an error of version 2")
        assert_answers(server, 1)

        told, status = models_command(server)
        broken = next(v for v in told["versions"] if v["version"] == 2)
        assert broken["state"] == "END"
        assert broken["error"]["code"] == "model_invalid"
        assert str(base / "2" / "model.onnx") in broken["error"]["message"]
        # Version 1 answers, so the model is ready.
        assert (told["ready"], status) == (True, 0)
        table = slipway("models", "m", "--admin", server.admin)
        assert broken["error"]["message"] in table.stdout

        state, why = tensorflow_status(server, 2)
        assert state == "END"
        assert why["error_code"] == "DATA_LOSS"
        assert why["error_message"] == broken["error"]["message"]

    def test_a_version_whose_file_is_mended_is_loaded(self, launch, base):
        put(DIGITS_1, base, 1)
        put_file(FIXTURES / "truncated.onnx", base, 2)
        server = start(launch, base)
        server.wait_for(lambda: server.version("m", 2).get("error"), "an error of version 2")
        shutil.copy(DIGITS_2 / "model.onnx", base / "2" / "model.onnx")
        server.wait_for_states("m", {2: "AVAILABLE"})
        assert_answers(server, 2)
        assert "error" not in server.version("m", 2)

    def test_a_file_that_breaks_while_it_is_served_goes_on_being_served(self, launch, base):
        put(DIGITS_1, base, 1)
        server = start(launch, base).wait_until_ready()
        shutil.copy(FIXTURES / "text.onnx", base / "1" / "model.onnx")
        server.wait_for(lambda: server.version("m", 1)["reason"], "a reason")
        server.wait_for_log("model.onnx", "not an ONNX model")
        assert_answers(server, 1)
        assert server.states("m") == {1: "AVAILABLE"}

    def test_a_load_that_failed_is_tried_again(self, launch, base):
        put_builtin(base, 1, "kind: faulty", "fail: load")
        server = launch(configuration=f"""\
listen: {{ rest: 0, grpc: 0, admin: 0 }}
models:
  - {{ name: m, source: {base}, retry: {{ attempts: 2, pause: 50ms }} }}
""")
        server.wait_for(lambda: server.version("m", 1).get("state") == "END", "the end")
        assert server.text().count("version is loading") == 3


class TestBaseDirectories:
    def test_a_server_that_has_loaded_nothing_yet_is_not_ready(self, launch, base):
        put_builtin(base, 1, "kind: identity", "load_delay: 1s")
        server = start(launch, base)
        # As soon as the ports are open, before any directory has been read.
        ready, reasons = server.readiness()
        assert (ready, len(reasons)) == (False, 1)
        assert list(server.models()) == ["m"]
        assert server.predict("m", {"instances": [1]}).status_code == 503
        server.wait_until_ready()

    def test_an_empty_one_says_what_it_should_hold(self, launch, base):
        server = start(launch, base)
        ready, reasons = server.readiness()
        assert not ready
        server.wait_for(
            lambda: "holds no version" in " ".join(server.readiness()[1]), "the reason"
        )
        reply = server.predict("m", DIGIT)
        assert reply.status_code == 503
        assert reply.headers["retry-after"]
        assert str(base) in reply.json()["error"]
        assert models_command(server)[1] == 5
        put(DIGITS_1, base, 1)
        server.wait_until_ready()
        assert_answers(server, 1)

    def test_an_absent_one_is_waited_for(self, launch, tmp_path):
        base = tmp_path / "later" / "digits"
        server = start(launch, base)
        server.wait_for(lambda: str(base) in " ".join(server.readiness()[1]), "the reason")
        put(DIGITS_1, base, 1)
        server.wait_until_ready()
        assert_answers(server, 1)

    def test_one_that_vanishes_takes_nothing_away(self, launch, base):
        link(DIGITS_1, base, 1)
        server = start(launch, base).wait_until_ready()
        base.rename(base.with_name("aside"))
        server.wait_for(lambda: server.models()["m"]["reason"] or None, "a reason")
        assert_answers(server, 1)
        base.with_name("aside").rename(base)
        server.wait_for(lambda: not server.models()["m"]["reason"], "no reason any more")
        assert_answers(server, 1)

    def test_a_link_that_is_swapped_is_followed(self, launch, tmp_path):
        put_builtin(tmp_path / "a", 1, "kind: identity")
        put_builtin(tmp_path / "b", 2, "kind: half_plus_two")
        link = tmp_path / "link"
        link.symlink_to("a")
        server = start(launch, link).wait_until_ready()
        (tmp_path / "new").symlink_to("b")
        os.rename(tmp_path / "new", link)
        server.wait_for_states("m", {2: "AVAILABLE"})
        assert server.predict("m", {"instances": [1]}).json() == {"predictions": [2.5]}


class TestPolicies:
    def test_all_versions_may_be_served(self, launch, base):
        for version in (1, 2, 30):
            put_builtin(base, version, "kind: identity")
        server = start(launch, base, "    versions: all").wait_until_ready()
        server.wait_for_states("m", {n: "AVAILABLE" for n in (1, 2, 30)})
        assert answering_version(server) == 30

    def test_named_versions_are_served_and_newer_ones_are_not(self, launch, base):
        link(DIGITS_1, base, 1)
        link(DIGITS_2, base, 2)
        server = start(launch, base, "    versions: [1]").wait_until_ready()
        assert server.states("m") == {1: "AVAILABLE"}
        reply = requests.post(
            f"{server.rest}/v1/models/m/versions/2:predict", json=DIGIT, timeout=TIMEOUT
        )
        assert reply.status_code == 404

    def test_a_named_version_that_is_absent_is_told(self, launch, base):
        link(DIGITS_1, base, 1)
        server = start(launch, base, "    versions: [7]")
        server.wait_for(lambda: "7" in " ".join(server.readiness()[1]), "a reason with 7")
        assert server.predict("m", DIGIT).status_code == 503

    def test_labels_follow_the_configuration_file(self, launch, base):
        link(DIGITS_1, base, 1)
        link(DIGITS_2, base, 2)
        labels = "    labels: {{ stable: {} }}".format
        server = start(launch, base, labels(1)).wait_until_ready()
        # A version with a label is kept, though it is not the latest.
        server.wait_for_states("m", {1: "AVAILABLE", 2: "AVAILABLE"})
        assert answering_version(server, "/labels/stable") == 1
        assert answering_version(server) == 2
        assert server.version("m", 1)["labels"] == ["stable"]
        file = server.folder / "slipway.yaml"
        file.write_text(file.read_text().replace(labels(1), labels(2)))
        server.wait_for(
            lambda: answering_version(server, "/labels/stable") == 2, "the label at version 2"
        )
        server.wait_for_states("m", {2: "AVAILABLE"})
        reply = requests.post(
            f"{server.rest}/v1/models/m/labels/gold:predict", json=DIGIT, timeout=TIMEOUT
        )
        assert (reply.status_code, reply.json()["error"]) == (
            400, "Unrecognized servable version label: gold",
        )

    def test_models_come_and_go_with_the_configuration_file(self, launch, base, tmp_path):
        put(DIGITS_1, base, 1)
        put(HALF, tmp_path / "half", 5)
        server = start(launch, base).wait_until_ready()
        file = server.folder / "slipway.yaml"
        before = file.read_text()
        file.write_text(before + f"  - {{ name: half, source: {tmp_path}/half }}\n")
        server.wait_for(
            lambda: server.predict("half", {"instances": [1]}).status_code == 200, "an answer"
        )
        file.write_text(before)
        server.wait_for(
            lambda: server.predict("half", {"instances": [1]}).status_code == 404, "a 404"
        )
        assert_answers(server, 1)

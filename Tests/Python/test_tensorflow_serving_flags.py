"""TensorFlow Serving's command lines: flags, files, environment and the name of the binary."""

import json
import os
import signal
import socket
import subprocess

import pytest
import requests
from harness import HALF, TIMEOUT, Server, program, put_builtin, slipway, until

BASE = HALF.parent
INSTANCES = json.dumps({"instances": [1.0, 2.0]})


def free_port():
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return trial.getsockname()[1]


def entry(name, base, *lines):
    return f'config {{ name: "{name}" base_path: "{base}" {" ".join(lines)} }}\n'


def listing(*entries):
    return "model_config_list {\n" + "".join(entries) + "}\n"


def replace(path, text):
    aside = path.with_suffix(".new")
    aside.write_text(text)
    aside.rename(path)


@pytest.fixture
def serve(tmp_path):
    """Starts `slipway serve` with flags; the REST port is a free one."""
    running = []

    def start(*flags):
        server = Server(
            tmp_path, "--port=0", f"--rest_api_port={free_port()}", "--admin-port=0", *flags
        )
        running.append(server)
        return server

    yield start
    for server in running:
        server.stop()


def predict(server, model, body=INSTANCES):
    return requests.post(f"{server.rest}/v1/models/{model}:predict", data=body, timeout=TIMEOUT)


def test_the_command_line_of_the_issue_serves(serve):
    server = serve("--model_name=half", f"--model_base_path={BASE}").wait_until_ready()
    reply = predict(server, "half")
    assert reply.status_code == 200
    assert reply.json() == {"predictions": [2.5, 3.0]}
    assert requests.get(
        f"{server.rest}/monitoring/prometheus/metrics", timeout=TIMEOUT
    ).status_code == 200


def test_a_flag_without_meaning_is_said_once(serve):
    server = serve(
        "--model_name=half", f"--model_base_path={BASE}", "--xla_cpu_compilation_enabled"
    ).wait_until_ready()
    lines = [line for line in server.text().splitlines() if "xla_cpu_compilation_enabled" in line]
    assert len(lines) == 1 and "has no effect" in lines[0]


@pytest.mark.parametrize(
    "flags, status, words",
    [
        (["--rest_api_prt=1"], 2, "unknown flag '--rest_api_prt'; did you mean"),
        (["--port=8500", "half=./x"], 2, "unexpected argument 'half=./x'"),
        (["--port=8500", "--config=x"], 2, "--config cannot stand beside"),
        (["--port=8500", "--use_alts_credentials", "--model_base_path=/m"], 3, "is refused"),
        (["--port=8500", "--model_base_path=m"], 3, "a relative path"),
        (["--port=8500", "--model_config_file=/nowhere"], 3, "cannot read '/nowhere'"),
    ],
)
def test_wrong_flags_end_the_program(flags, status, words, tmp_path):
    result = slipway("serve", *flags, cwd=tmp_path)
    assert result.returncode == status
    assert words in result.stderr


def test_a_changed_list_of_models_is_taken_over_and_a_bad_one_is_not(serve, tmp_path):
    put_builtin(tmp_path / "one", 1, "kind: identity")
    put_builtin(tmp_path / "two", 1, "kind: identity")
    config = tmp_path / "models.config"
    config.write_text(listing(entry("one", tmp_path / "one")))
    server = serve(
        f"--model_config_file={config}", "--model_config_file_poll_wait_seconds=1"
    ).wait_until_ready()
    assert set(server.models()) == {"one"}

    replace(config, listing(entry("one", tmp_path / "one"), entry("two", tmp_path / "two")))
    server.wait_for(lambda: "two" in server.models(), "the second model")

    replace(config, listing(entry("one", tmp_path / "one").replace("base_path", "base_pth")))
    server.wait_for_log("unknown field 'base_pth'", f"{config}:2:")
    server.wait_for_log("the last one stays in use")
    assert set(server.models()) == {"one", "two"}
    assert server.text().count("unknown field 'base_pth'") == 1

    replace(config, listing(entry("two", tmp_path / "two")))
    server.wait_for(lambda: set(server.models()) == {"two"}, "the first model to go")


def test_yaml_is_read_as_well(serve, tmp_path):
    config = tmp_path / "models.yaml"
    config.write_text(f"model_config_list:\n  config:\n    - {{name: half, base_path: {BASE}}}\n")
    server = serve(f"--model_config_file={config}").wait_until_ready()
    assert predict(server, "half").status_code == 200


def test_a_moved_label_stays_until_its_version_answers(serve, tmp_path):
    base = tmp_path / "m"
    put_builtin(base, 1, "kind: identity")
    policy = "model_version_policy { all {} }"
    config = tmp_path / "models.config"
    label = 'version_labels {{ key: "stable" value: {} }}'
    config.write_text(listing(entry("m", base, policy, label.format(1))))
    server = serve(
        f"--model_config_file={config}", "--model_config_file_poll_wait_seconds=1"
    ).wait_until_ready()
    url = f"{server.rest}/v1/models/m/labels/stable"

    replace(config, listing(entry("m", base, policy, label.format(2))))
    server.wait_for_log(
        "Request to assign label to version 2 of model m, which is not currently available for "
        "inference"
    )
    def labels():
        return {v["version"]: v.get("labels") for v in server.models()["m"]["versions"]}

    assert labels()[1] == ["stable"], url
    put_builtin(base, 2, "kind: identity")
    server.wait_for(lambda: labels().get(2) == ["stable"], "the label to move")


def test_files_that_set_something_do(serve, tmp_path):
    batching = tmp_path / "batching.txt"
    batching.write_text("max_batch_size { value: 8 }\nallowed_batch_sizes: 8\n")
    monitoring = tmp_path / "monitoring.txt"
    monitoring.write_text('prometheus_config { enable: true, path: "/watch" }')
    server = serve(
        "--model_name=half", f"--model_base_path={BASE}", "--enable_batching",
        f"--batching_parameters_file={batching}", f"--monitoring_config_file={monitoring}",
        "--rest_api_enable_cors_support",
    ).wait_until_ready()
    assert requests.get(f"{server.rest}/watch", timeout=TIMEOUT).status_code == 200
    gone = requests.get(f"{server.rest}/monitoring/prometheus/metrics", timeout=TIMEOUT)
    assert gone.status_code == 404
    shown = slipway(
        "config", "--port=0", "--rest_api_port=1", "--model_base_path=/m", "--enable_batching",
        f"--batching_parameters_file={batching}",
    )
    assert "batching: { rows: 8 }" in shown.stdout


def test_check_reads_lists_of_models(tmp_path):
    good = tmp_path / "good.config"
    good.write_text(listing(entry("half", BASE)))
    bad = tmp_path / "bad.config"
    bad.write_text(listing(entry("half", "relative")))
    assert slipway("check", good).returncode == 0
    result = slipway("check", bad)
    assert result.returncode == 3
    assert f"{bad}:2:34: " in result.stdout and "a relative path" in result.stdout


class TestName:
    """The binary under TensorFlow Serving's name."""

    @pytest.fixture
    def binary(self, tmp_path):
        link = tmp_path / "tensorflow_model_server"
        link.symlink_to(os.path.abspath(program()))
        return link

    def run(self, binary, *flags):
        return subprocess.run(
            [binary, *flags], capture_output=True, text=True, timeout=TIMEOUT, cwd=binary.parent
        )

    def test_prints_version_and_help(self, binary):
        version = self.run(binary, "--version")
        assert version.returncode == 0
        assert version.stdout.startswith("TensorFlow ModelServer: ")
        usage = self.run(binary, "--help")
        assert usage.returncode == 0
        for flag in ["--port=8500", "--rest_api_port=0", "--enable_model_warmup=true"]:
            assert f"\t{flag}\t" in usage.stdout

    @pytest.mark.parametrize("flags", [["--rest_api_prt=1"], ["serve"], ["--admin-port=1"]])
    def test_wrong_flags_end_it_as_the_original(self, binary, flags):
        result = self.run(binary, *flags)
        assert result.returncode == 255
        assert result.stderr.startswith("error: ")
        assert "usage: tensorflow_model_server" in result.stderr

    def test_serves_on_all_interfaces_and_ends_on_a_signal(self, binary, tmp_path):
        port, rest = free_port(), free_port()
        log = (tmp_path / "log").open("wb")
        server = subprocess.Popen(
            [
                binary, f"--port={port}", f"--rest_api_port={rest}", "--model_name=half",
                f"--model_base_path={BASE}",
            ],
            stdout=log, stderr=log, cwd=tmp_path,
        )
        try:
            def answer():
                assert server.poll() is None, (tmp_path / "log").read_text()
                try:
                    return requests.post(
                        f"http://127.0.0.1:{rest}/v1/models/half:predict", data=INSTANCES,
                        timeout=TIMEOUT,
                    )
                except requests.ConnectionError:
                    return None

            until(lambda: (reply := answer()) is not None and reply.ok, "a prediction")
            with socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT):
                pass
            server.send_signal(signal.SIGTERM)
            assert server.wait(TIMEOUT) == 0
            assert "open on 0.0.0.0 without authentication" in (tmp_path / "log").read_text()
        finally:
            if server.poll() is None:
                server.kill()
                server.wait(TIMEOUT)

    def test_takes_the_environment_of_the_image(self, binary, tmp_path):
        shown = subprocess.run(
            [program(), "config", "--port=0"], capture_output=True, text=True, timeout=TIMEOUT,
            env={**os.environ, "MODEL_NAME": "half", "MODEL_BASE_PATH": "/srv"}, cwd=tmp_path,
        )
        assert shown.returncode == 0, shown.stderr
        assert "source: /srv/half" in shown.stdout and "rest: 8501" in shown.stdout

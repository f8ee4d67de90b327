"""The command line: results, messages and exit statuses, as people and scripts meet them."""

import json
import shutil
import socket
import struct
import subprocess
import zlib

import numpy
import pytest
from harness import (
    DIGITS_2, FIXTURES, HALF, MODELS, REQUESTS, ROOT, put, put_builtin, slipway,
)

COMMANDS = ["serve", "models", "predict", "check", "config", "engines", "doctor", "version"]
# The digits of examples/requests/digits.npy as version 2 reads them.
READ = [0, 6, 1, 7, 3, 5, 5, 9]


def png(pixels):
    """A greyscale PNG file of 8-bit pixels."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(
            ">I", zlib.crc32(kind + data)
        )

    height, width = pixels.shape
    rows = b"".join(b"\0" + row.tobytes() for row in pixels.astype(numpy.uint8))
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def digits():
    """Eight digits of 8 by 8 pixels from 0 to 16."""
    return numpy.load(REQUESTS / "digits.npy").reshape(-1, 8, 8)


@pytest.fixture
def picture(tmp_path):
    """Makes a picture of one of the digits, in full intensity."""

    def make(index):
        path = tmp_path / f"digit-{index}.png"
        path.write_bytes(png(numpy.round(digits()[index] * 255 / 16)))
        return path

    return make


def result(done):
    """The outputs of `predict -o json`, by name."""
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return {output["name"]: output for output in json.loads(done.stdout)["outputs"]}


def free_port():
    """A port where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def refusal(done, status):
    """What a refused command says: on standard error, and nothing on standard output."""
    assert (done.returncode, done.stdout) == (status, ""), done
    assert done.stderr.startswith("error: "), done.stderr
    return done.stderr


class TestHelp:
    @pytest.mark.parametrize("command", COMMANDS)
    def test_every_command_explains_itself(self, command):
        by_flag, by_word = slipway(command, "--help"), slipway("help", command)
        assert (by_flag.returncode, by_flag.stderr) == (0, "")
        assert by_flag.stdout == by_word.stdout
        assert by_flag.stdout.startswith("OVERVIEW: ")
        assert f"USAGE: slipway {command}" in by_flag.stdout

    def test_without_a_command_the_program_explains_itself(self):
        done = slipway()
        assert done.returncode == 0
        for command in COMMANDS:
            assert f"\n  {command} " in done.stdout

    @pytest.mark.parametrize("shell, word", [
        ("bash", "complete "), ("zsh", "#compdef slipway"), ("fish", "complete -c 'slipway'"),
    ])
    def test_completions(self, shell, word, tmp_path):
        done = slipway("--generate-completion-script", shell)
        assert (done.returncode, done.stderr) == (0, "")
        assert word in done.stdout
        for command in COMMANDS:
            assert command in done.stdout
        if shutil.which(shell):
            (tmp_path / "script").write_text(done.stdout)
            subprocess.run([shell, "-n", tmp_path / "script"], check=True)


class TestWrongCommandLines:
    @pytest.mark.parametrize("arguments, words", [
        (["frob"], "'frob'"),
        (["version", "--frob"], "'--frob'"),
        (["models", "-o", "yaml"], "'text' and 'json'"),
        (["predict"], "<model>"),
        (["predict", "digits"], "<file>"),
        (["predict", "./x", "f", "--model-version", "1"], "--label are for a server"),
        (["predict", "./x", "f", "--label", "l"], "--label are for a server"),
        (["predict", "x", "f", "--model-version", "stable"], "--label asks for a label"),
        (["predict", "x", "f", "--model-version", "1", "--label", "l"], "not both"),
        (["models", "--certificate", "c"], "give both"),
        (["predict", "x", "f", "--signature", "s"], "--signature is for a model's path"),
        (["predict", "x", "f", "--format", "png"], "image"),
        (["models", "--timeout", "0"], "--timeout is 0"),
        (["models", "--insecure", "--ca-file", "x"], "not both"),
        (["serve", "m=x", "--config", "y"], "not both"),
        (["serve"], "nothing to serve: give NAME=DIRECTORY"),
        (["--generate-completion-script", "tcsh"], "tcsh"),
    ])
    def test_it_ends_with_2_and_says_what_is_wrong(self, arguments, words, tmp_path):
        done = slipway(*arguments, cwd=tmp_path)
        message = refusal(done, 2)
        assert words in message
        if arguments[0] in COMMANDS:
            assert f"slipway {arguments[0]}" in message.split("Usage: ")[1]

    @pytest.mark.parametrize("arguments, words", [
        (["serve", "mx"], "'mx' is not NAME=DIRECTORY; write for example digits=./models/digits"),
        (["serve", "m=x", "m=y"], "'m'"),
        (["serve", "m=x", "--rest-port", "99999"], "--rest-port"),
        (["serve", "m=x", "--log-level", "loud"], "--log-level"),
        (["serve", "m=x", "--memory", "lots"], "--memory"),
        (["config", "m=x", "--cpus", "-1"], "--cpus"),
        (["serve", "--config", "/nowhere.yaml"], "cannot read '/nowhere.yaml'"),
    ])
    def test_values_that_no_server_can_have(self, arguments, words, tmp_path):
        done = slipway(*arguments, cwd=tmp_path)
        assert done.returncode in (1, 2, 3)
        assert words in refusal(done, done.returncode)


class TestVersion:
    def test_text_and_json_agree(self):
        text, document = slipway("version"), json.loads(slipway("version", "-o", "json").stdout)
        assert list(document) == ["version", "swift", "architecture"]
        assert text.stdout == "slipway {version} (Swift {swift}, {architecture})\n".format(**document)
        assert slipway("--version").stdout.strip() == document["version"]


class TestEngines:
    def test_all_are_there(self):
        # The large libraries are not opened for this: TensorFlow's would speak on standard error.
        text = slipway("engines", cwd=ROOT)
        assert (text.returncode, text.stderr) == (0, "")
        head = text.stdout.splitlines()[0].split()
        assert head == ["ENGINE", "STATUS", "VERSION", "WANTED", "SIZE", "ISOLATION", "LIBRARY"]
        engines = json.loads(slipway("engines", "--output", "json", cwd=ROOT).stdout)["engines"]
        assert {each["name"]: each["available"] for each in engines} == {
            name: True for name in [
                "builtin", "mxnet", "onnxruntime", "python", "spark", "tensorflow", "torch",
                "trees",
            ]
        }
        for each in engines:
            if each["engine"]["wanted"]:
                assert each["version"] == each["engine"]["wanted"], each["name"]
        (onnx,) = [each for each in engines if each["name"] == "onnxruntime"]
        assert onnx["library"].endswith(".so") and onnx["library"] in text.stdout


class TestDoctor:
    def test_this_machine_can_serve(self):
        ports = ["--rest-port", "0", "--admin-port", "0"]
        text, done = slipway("doctor", *ports), slipway("doctor", *ports, "-o", "json")
        document = json.loads(done.stdout)
        assert (text.returncode, done.returncode, document["healthy"]) == (0, 0, True)
        names = [check["name"] for check in document["checks"]]
        assert names[:3] == ["processors", "memory", "open files"]
        assert "engine onnxruntime" in names
        assert text.stdout.splitlines()[-1].startswith(("All is well", "Ready to serve"))

    def test_a_port_that_is_taken_is_told(self, tmp_path):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            done = slipway("doctor", "--rest-port", port, "--admin-port", "0", "-o", "json")
        (check,) = [
            c for c in json.loads(done.stdout)["checks"] if c["name"] == f"port {port}"
        ]
        assert check["status"] == "warn"
        assert "listen.rest" in check["remedy"] and f":{port}" in check["remedy"]


GOOD = """\
listen: { rest: 0, grpc: 0 }
models:
  - name: m
    source: ./m
"""
BAD = """\
listen: { rest: 70000, admn: 8502 }
limits: { body: 100 MB, request_timeout: fast }
models:
  - name: m
    source: s3://bucket/m
    verions: { latest: 2 }
    engine: onnx
  - source: ./y
  - { name: m, source: ./z }
"""


class TestCheck:
    def test_a_good_file(self, tmp_path):
        (tmp_path / "slipway.yaml").write_text(GOOD)
        (tmp_path / "m").mkdir()
        done = slipway("check", cwd=tmp_path)
        assert (done.returncode, done.stdout) == (0, "slipway.yaml: valid, 1 model\n")

    def test_a_missing_directory_is_worth_a_warning(self, tmp_path):
        (tmp_path / "slipway.yaml").write_text(GOOD)
        done = slipway("check", cwd=tmp_path)
        assert done.returncode == 0
        assert "warning: model 'm': there is no directory" in done.stdout

    def test_a_models_own_configuration(self, tmp_path):
        good = ROOT / "examples" / "repository" / "digits" / "config.pbtxt"
        done = slipway("check", good)
        assert (done.returncode, done.stdout) == (0, f"{good}: valid, 1 model\n")
        model = tmp_path / "digits"
        model.mkdir()
        for text, words in [
            ('name: "wine"', "but the model is 'digits'"),
            ("max_batch_sise: 2", "line 1, column 1: there is no field 'max_batch_sise'"),
            ('output { name: "y" data_type: TYPE_FP32 dims: [1] label_filename: "l" }', "/digits/l"),
            ("sequence_batching { }", "sequence_batching"),
        ]:
            (model / "config.pbtxt").write_text(text)
            done = slipway("check", model / "config.pbtxt")
            assert done.returncode == 3, text
            assert words in done.stdout

    def test_every_problem_of_a_bad_file_with_its_place(self, tmp_path):
        (tmp_path / "bad.yaml").write_text(BAD)
        done = slipway("check", "bad.yaml", cwd=tmp_path)
        assert done.returncode == 3
        lines = done.stdout.splitlines()
        for start, words in [
            ("bad.yaml:1:17: ", "70000"),
            ("bad.yaml:1:24: ", "unknown key 'admn'; did you mean 'admin'?"),
            ("bad.yaml:2:17: ", "100 MB"),
            ("bad.yaml:2:42: ", "250ms"),
            ("bad.yaml:5:13: ", "sources are local directories"),
            ("bad.yaml:6:5: ", "unknown key 'verions'; did you mean 'versions'?"),
            ("bad.yaml:7:13: ", "there is no engine 'onnx'"),
            ("bad.yaml:8:5: ", "has no 'name'"),
        ]:
            assert any(l.startswith(start) and words in l for l in lines), (start, words, lines)
        assert lines[-1] == "bad.yaml: invalid"

    def test_json_has_every_problem_of_every_file(self, tmp_path):
        (tmp_path / "bad.yaml").write_text(BAD)
        (tmp_path / "good.yaml").write_text(GOOD)
        done = slipway("check", "bad.yaml", "absent.yaml", "good.yaml", "-o", "json", cwd=tmp_path)
        document = json.loads(done.stdout)
        assert (done.returncode, document["valid"]) == (3, False)
        assert [(f["file"], f["valid"]) for f in document["files"]] == [
            ("bad.yaml", False), ("absent.yaml", False), ("good.yaml", True),
        ]
        first = document["files"][0]["problems"][0]
        assert (first["severity"], first["line"], first["column"]) == ("error", 1, 17)
        (absent,) = document["files"][1]["problems"]
        assert absent["line"] is None and "No such file" in absent["message"]

    @pytest.mark.parametrize("text, words", [
        (b"", "the file is empty"),
        (b"models: [", "this is not YAML"),
        (b"- a\n- b\n", "1:1: "),
        (b"models: \xff\n", "UTF-8"),
        (b"a: &x 1\nb: *x\n", "1:"),
        (b"models: []\nmodels: []\n", "1:1: key 'models' is given twice"),
        (
            b"models:\n  - { name: a, source: x }\n  - { name: a, source: y }\n",
            "3:13: model 'a' is given twice, first in line 2",
        ),
        (b"\t\n", ""),
    ])
    def test_files_that_are_no_configuration(self, text, words, tmp_path):
        (tmp_path / "x.yaml").write_bytes(text)
        done = slipway("check", "x.yaml", cwd=tmp_path)
        assert done.returncode == 3, done.stdout
        assert words in done.stdout
        assert done.stdout.endswith("x.yaml: invalid\n")


class TestConfig:
    def test_what_it_prints_is_a_configuration_with_every_default(self, tmp_path):
        (tmp_path / "slipway.yaml").write_text(GOOD)
        done = slipway("config", cwd=tmp_path)
        assert (done.returncode, done.stderr) == (0, "")
        assert "request_timeout: 30s" in done.stdout
        assert f"source: {tmp_path}/m" in done.stdout
        (tmp_path / "again.yaml").write_text(done.stdout)
        assert slipway("config", "-c", "again.yaml", cwd=tmp_path).stdout == done.stdout

    def test_flags_win_over_the_file(self, tmp_path):
        (tmp_path / "slipway.yaml").write_text(GOOD)
        done = slipway("config", "--rest-port", "77", "-o", "json", cwd=tmp_path)
        document = json.loads(done.stdout)
        assert document["listen"]["rest"] == 77
        assert document["models"][0]["name"] == "m"

    def test_an_invalid_file_is_refused(self, tmp_path):
        (tmp_path / "slipway.yaml").write_text(BAD)
        message = refusal(slipway("config", cwd=tmp_path), 3)
        assert "bad" not in message and "slipway.yaml:1:17: " in message

    def test_keys_are_explained(self, tmp_path):
        done = slipway("config", "--help-key", "limits", cwd=tmp_path)
        assert done.returncode == 0 and "limits.body" in done.stdout
        message = refusal(slipway("config", "--help-key", "limts", cwd=tmp_path), 3)
        assert "did you mean 'limits'?" in message
        assert slipway("config", "--schema", cwd=tmp_path).stdout.startswith("# Configuration")


class TestModels:
    def test_what_a_server_serves(self, server):
        done = slipway("models", "--admin", server.admin)
        assert (done.returncode, done.stderr) == (0, "")
        rows = [line.split() for line in done.stdout.splitlines()]
        assert rows[0] == ["MODEL", "VERSION", "STATE", "LABELS", "REASON"]
        assert rows[1:] == [
            ["digits", "2", "AVAILABLE", "canary"],
            ["digits", "1", "AVAILABLE", "stable"],
            ["half_plus_two", "123", "AVAILABLE", "-"],
            ["wine", "1", "AVAILABLE", "-"],
        ]
        document = json.loads(slipway("models", "digits", "--admin", server.admin, "-o", "json").stdout)
        (digits,) = document["models"]
        assert [v["labels"] for v in digits["versions"]] == [["canary"], ["stable"]]

    def test_one_that_is_not_ready_ends_with_5(self, launch, tmp_path):
        (tmp_path / "m").mkdir()
        server = launch(f"m={tmp_path}/m")
        server.wait_for(lambda: "no version" in server.models()["m"]["reason"], "the reason")
        done = slipway("models", "--admin", server.admin)
        assert done.returncode == 5
        assert "holds no version" in done.stdout

    def test_a_name_that_is_not_served(self, server):
        message = refusal(slipway("models", "digit", "--admin", server.admin), 5)
        assert "did you mean 'digits'?" in message

    def test_no_server_there(self):
        url = f"http://127.0.0.1:{free_port()}"
        message = refusal(slipway("models", "--admin", url), 4)
        assert message == (
            f"error: cannot reach {url}: Connection refused; check the address and that the "
            "server runs\n"
        )

    def test_a_name_without_an_address(self):
        message = refusal(slipway("models", "--admin", "http://nowhere.invalid:1"), 4)
        assert "nowhere.invalid" in message and "(" not in message

    def test_the_rest_port_instead_of_the_admin_port(self, server):
        done = slipway("models", "--admin", server.rest)
        assert "admin port" in refusal(done, done.returncode)
        assert done.returncode == 5


@pytest.fixture(params=["server", "path"])
def ask(request, server):
    """Asks about files: a server's model, or the same model's directory."""

    def run(model, *arguments, **options):
        target = model if request.param == "server" else MODELS / model
        extra = ["--server", server.rest] if request.param == "server" else []
        return slipway("predict", target, *arguments, *extra, **options)

    return run


class TestPredict:
    @pytest.mark.parametrize("file", ["digits.npy", "digits.csv"])
    def test_tables_and_arrays(self, ask, file):
        outputs = result(ask("digits", REQUESTS / file, "-o", "json"))
        assert outputs["label"]["data"] == READ
        assert (outputs["label"]["datatype"], outputs["label"]["shape"]) == ("INT64", [8])
        assert outputs["probabilities"]["shape"] == [8, 10]

    @pytest.mark.parametrize("file", ["digit.json", "digit.infer.json"])
    def test_json_of_either_protocol(self, ask, file):
        outputs = result(ask("digits", REQUESTS / file, "-o", "json"))
        assert outputs["label"]["data"] == [1]

    def test_pictures(self, ask, picture):
        files = [picture(index) for index in range(len(READ))]
        done = ask("digits", *files, "--image-scale", "16", "-o", "json")
        assert result(done)["label"]["data"] == READ

    def test_text_for_people(self, ask, picture):
        done = ask("digits", picture(3), "--image-scale", "16")
        assert done.returncode == 0
        lines = done.stdout.splitlines()
        assert lines[:3] == ["label  INT64 [1]", "[7]", "probabilities  FP32 [1, 10]"]

    def test_standard_input_and_short_json(self, ask):
        done = ask("half_plus_two", "-", "-o", "json", input="[1, 2, 5]")
        assert result(done)["y"]["data"] == [2.5, 3, 4.5]
        done = ask("half_plus_two", "-", input='{"x": [1]}')
        assert done.stdout == "y  FP32 [1]\n[2.5]\n"

    def test_an_input_may_be_named(self, ask):
        done = ask("digits", f"pixels={REQUESTS}/digits.npy", "-o", "json")
        assert result(done)["label"]["data"] == READ

    def test_words_and_numbers(self, ask):
        done = ask("wine", REQUESTS / "wine.json", "-o", "json")
        outputs = result(done)
        assert any(output["datatype"] == "BYTES" for output in outputs.values())

    @pytest.mark.parametrize("name, content, words", [
        ("x.csv", b"1,2\n", "input 'pixels' has shape [-1, 64]"),
        ("x.json", b"{", "offset: "),
        ("x.json", b'{"instances": [[1, 2]]}', "pixels"),
        ("x.npy", b"\x93NUMPY", "x.npy"),
        ("x.png", b"\x89PNG\r\n\x1a\n1234", "x.png"),
        ("x.foo", b"what is it", "cannot tell the format"),
        ("x.json", b"", "x.json"),
    ])
    def test_files_that_do_not_fit(self, ask, tmp_path, name, content, words):
        (tmp_path / name).write_bytes(content)
        message = refusal(ask("digits", tmp_path / name), 5)
        assert words in message
        assert len(message) < 400 and message.count("\n") == 1

    def test_offsets_in_a_file_are_the_files_own(self, ask, tmp_path):
        (tmp_path / "x.json").write_bytes(b'[1, 2, "')
        message = refusal(ask("half_plus_two", tmp_path / "x.json"), 5)
        offset = int(message.split("offset: ")[1].split()[0])
        assert offset <= 8, message

    def test_a_file_that_is_not_there(self, ask):
        assert "No such file" in refusal(ask("digits", "/nowhere.npy"), 1)

    def test_an_input_that_the_model_does_not_have(self, ask):
        message = refusal(ask("digits", "pixel=x.npy"), 5)
        assert "no input 'pixel'; did you mean 'pixels'? (inputs: pixels)" in message

    def test_a_model_that_the_server_does_not_have(self, server):
        done = slipway("predict", "digit", REQUESTS / "digits.npy", "--server", server.rest)
        assert "digit" in refusal(done, 5)
        done = slipway(
            "predict", "digits", REQUESTS / "digits.npy", "--server", server.rest,
            "--model-version", "9",
        )
        assert "9" in refusal(done, 5)

    def test_a_version_of_a_server(self, server):
        ask = ["predict", "digits", REQUESTS / "digit.json", "--server", server.rest, "-o", "json"]
        assert result(slipway(*ask, "--model-version", "1"))["label"]["data"] == [2]
        assert result(slipway(*ask, "--model-version", "2"))["label"]["data"] == [1]

    def test_no_server_there(self):
        url = f"http://127.0.0.1:{free_port()}"
        done = slipway("predict", "digits", REQUESTS / "digit.json", "--server", url)
        assert "Connection refused" in refusal(done, 4)

    @pytest.mark.parametrize("path", [
        MODELS / "digits", MODELS / "digits" / "2", MODELS / "digits" / "2" / "model.onnx",
    ])
    def test_paths_that_lead_to_a_model(self, path):
        outputs = result(slipway("predict", path, REQUESTS / "digit.json", "-o", "json"))
        assert outputs["label"]["data"] == [1]

    @pytest.mark.parametrize("path, status, words", [
        ("/nowhere/at/all", 1, "No such file"),
        (REQUESTS, 5, "model.onnx"),
        (REQUESTS / "digit.json", 5, "digit.json"),
    ])
    def test_paths_that_lead_to_none(self, path, status, words):
        message = refusal(slipway("predict", path, REQUESTS / "digit.json"), status)
        assert words in message

    def test_numbers_that_json_does_not_have(self, tmp_path):
        body = '{"inputs": {"a": [1, -1, 0], "b": [0, 0, 0]}}'
        ask = ["predict", FIXTURES / "divide.onnx", "-"]
        assert slipway(*ask, input=body).stdout == "y  FP32 [3]\n[Infinity,-Infinity,NaN]\n"
        assert result(slipway(*ask, "-o", "json", input=body))["y"]["data"] == [None, None, None]

    def test_a_model_that_fails_to_run(self, tmp_path):
        put_builtin(tmp_path / "m", 1, "kind: faulty", "fail: run")
        message = refusal(slipway("predict", tmp_path / "m", "-", input="[1]"), 5)
        assert "described to fail every run" in message

    def test_a_model_that_is_not_ready_at_the_server(self, launch, tmp_path):
        (tmp_path / "m").mkdir()
        server = launch(f"m={tmp_path}/m")
        done = slipway("predict", "m", "-", "--server", server.rest, input="[1]")
        assert "m" in refusal(done, 5)


def test_serving_from_the_file_in_the_working_directory(tmp_path):
    from harness import Server

    put(DIGITS_2, tmp_path / "d", 2)
    put(HALF, tmp_path / "h", 1)
    (tmp_path / "slipway.yaml").write_text(
        "listen: { rest: 0, grpc: 0, admin: 0 }\n"
        "models: [{ name: d, source: ./d }, { name: h, source: h }]\n"
    )
    server = Server(tmp_path)
    try:
        server.wait_until_ready()
        assert list(server.models()) == ["d", "h"]
        # For people, where it listens, also without a log reader.
        assert f"REST at {server.rest}\n" in server.text()
        assert f"admin at {server.admin}\n" in server.text()
    finally:
        assert server.stop() == 0


class TestPredictByVersion:
    """Only a server knows labels; version 1 misreads a digit that version 2 reads."""

    def ask(self, server, *arguments):
        return slipway(
            "predict", "digits", REQUESTS / "digits.npy", "--server", server.rest, "-o", "json",
            *arguments)

    def test_a_label_asks_the_version_that_it_points_at(self, server):
        first = result(self.ask(server, "--model-version", "1"))
        assert result(self.ask(server, "--label", "stable")) == first
        assert result(self.ask(server, "--label", "canary")) != first

    def test_an_unknown_label_is_refused_in_the_servers_words(self, server):
        done = self.ask(server, "--label", "nope")
        assert "Unrecognized servable version label: nope" in refusal(done, 5)

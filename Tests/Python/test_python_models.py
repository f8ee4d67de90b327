"""Models of Python's frameworks, served: the answers are those of the frameworks themselves."""

import json
import os
import re
import signal
import subprocess

import numpy
import pytest
import requests
import tritonclient.grpc
import tritonclient.http
from harness import ROOT, TIMEOUT, Server, put, until

SKLEARN = ROOT / ".deps" / "venv-sklearn"
TYPES = {"FP32": "f4", "FP64": "f8"}
NAMES = ["digits", "iris", "wine", "diabetes", "columns", "texts", "catboost_number", "catboost_columns"]


def section(name, source, options=None, **more):
    """A model of the configuration; YAML takes JSON as it is."""
    options = {"environment": str(SKLEARN), "allow_code": True, **(options or {})}
    model = {"name": name, "source": str(source), "options": options, **more}
    return "  - " + json.dumps(model) + "\n"


def configuration(*sections):
    return "listen: { rest: 0, grpc: 0, admin: 0 }\nmodels:\n" + "".join(sections)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The models, and what the frameworks answer."""
    subprocess.run(
        [ROOT / "scripts" / "python-venv", SKLEARN, ROOT / "Tests/Fixtures/requirements-sklearn.txt"],
        check=True, timeout=900,
    )
    folder = tmp_path_factory.mktemp("sklearn")
    subprocess.run(
        [SKLEARN / "bin" / "python", ROOT / "Tests" / "Fixtures" / "make_sklearn.py", folder],
        check=True, timeout=300,
    )
    return folder


@pytest.fixture(scope="module")
def answers(made):
    return json.loads((made / "answers.json").read_text())


@pytest.fixture(scope="module")
def served(made, tmp_path_factory):
    """One server with all of them."""
    folder = tmp_path_factory.mktemp("served")
    extra = [
        section("only_predict", made / "digits", {"outputs": "predict", "input_type": "float32"}),
        section("as_columns", made / "named", {"columns": True}),
        section("trusted", made / "untrusted", {"trusted_types": "copy.copy", "allow_code": False}),
    ]
    path = folder / "slipway.yaml"
    path.write_text(configuration(*[section(name, made / name) for name in NAMES], *extra))
    server = Server(folder, "--config", path)
    try:
        yield server.wait_until_ready(seconds=300)
    finally:
        server.stop()


def rows_of(inputs):
    """TensorFlow Serving's row form."""
    if list(inputs) == ["input"]:
        return inputs["input"]
    return [dict(zip(inputs, row)) for row in zip(*inputs.values())]


def check(got, wanted, name):
    if isinstance(numpy.ravel(wanted)[0], str):
        assert numpy.ravel(got).tolist() == numpy.ravel(wanted).tolist(), name
    else:
        numpy.testing.assert_allclose(got, wanted, rtol=1e-9, atol=1e-12, err_msg=name)


@pytest.mark.parametrize("name", NAMES)
def test_answers_over_rest_as_the_framework_does(served, answers, name):
    inputs, outputs = answers[name]["inputs"], answers[name]["outputs"]
    reply = served.predict(name, {"instances": rows_of(inputs)})
    assert reply.status_code == 200, reply.text
    predictions = reply.json()["predictions"]
    for output, wanted in outputs.items():
        got = predictions if len(outputs) == 1 else [row[output] for row in predictions]
        check(got, wanted, output)


@pytest.mark.parametrize("kind", ["http", "grpc"])
@pytest.mark.parametrize("name", NAMES)
def test_answers_tritons_clients_as_the_framework_does(served, answers, name, kind):
    client = getattr(tritonclient, kind)
    address = served.authority if kind == "http" else served.addresses["grpc"]
    with client.InferenceServerClient(address) as connection:
        metadata = connection.get_model_metadata(name, **({} if kind == "http" else {"as_json": True}))
        inputs = []
        for declared in metadata["inputs"]:
            value = answers[name]["inputs"][declared["name"]]
            array = numpy.array(value, TYPES.get(declared["datatype"], object))
            tensor = client.InferInput(declared["name"], array.shape, declared["datatype"])
            tensor.set_data_from_numpy(array)
            inputs.append(tensor)
        result = connection.infer(name, inputs)
        for output, wanted in answers[name]["outputs"].items():
            got = result.as_numpy(output)
            if got.dtype == object:
                got = [item.decode() for item in got]
            check(got, wanted, output)


def test_a_signature_an_output_and_only_the_outputs_asked_for(served, answers):
    rows = answers["digits"]["inputs"]["input"]
    wanted = answers["digits"]["outputs"]
    body = {"instances": rows, "signature_name": "predict"}
    assert served.predict("digits", body).json()["predictions"] == wanted["predict"]
    reply = served.predict("only_predict", {"instances": rows})
    assert reply.json()["predictions"] == wanted["predict"]


def test_a_model_fitted_on_a_frame_takes_columns_when_told_to(served, answers):
    table = numpy.array(answers["named"]["inputs"]["input"])
    columns = dict(zip(["malic_acid", "ash", "hue"], table.T.tolist()))
    reply = served.predict("as_columns", {"inputs": columns})
    assert reply.json()["outputs"]["predict"] == answers["named"]["outputs"]["predict"]


def test_skops_loads_types_that_the_options_trust(served, answers):
    reply = served.predict("trusted", {"instances": answers["untrusted"]["inputs"]["input"]})
    rows = reply.json()["predictions"]
    assert [row["predict"] for row in rows] == answers["untrusted"]["outputs"]["predict"]


def test_metadata_names_the_model(served):
    reply = requests.get(f"{served.rest}/v2/models/iris", timeout=TIMEOUT).json()
    assert reply["platform"] == "python_sklearn"
    assert reply["inputs"] == [{"name": "input", "datatype": "FP64", "shape": [-1, 4]}]
    assert [output["name"] for output in reply["outputs"]] == ["predict", "predict_proba"]


@pytest.mark.parametrize("name, body, words", [
    ("columns", {"inputs": {"malic_acid": [1.0], "ash": [2.0], "hue": [1.0], "strength": ["weak"]}},
     "unknown categories"),
    ("columns", {"inputs": {"malic_acid": [1.0], "ash": [2.0, 1.0], "hue": [1.0], "strength": ["light"]}},
     "ash"),
    ("iris", {"instances": [[1.0, 2.0, 3.0]]}, "shape"),
])
def test_rows_that_a_model_refuses_are_the_clients_fault(served, name, body, words):
    reply = served.predict(name, body)
    assert reply.status_code == 400, reply.text
    assert words in reply.json()["error"]


@pytest.fixture(scope="module")
def refused(made, tmp_path_factory):
    """A server of models that do not load."""
    folder = tmp_path_factory.mktemp("refused")
    pickle = (made / "digits" / "1" / "model.pkl").read_bytes()
    files = {
        "cut": ("model.pkl", pickle[: len(pickle) // 2]),
        "noise": ("model.pkl", b"\x80\x05not a pickle at all"),
        "renamed": ("model.skops", pickle),
        "foreign": ("model.pkl", b"cno_such_module\nThing\n."),
        "script": ("model.pkl", b"c__main__\nThing\n."),
        "damaged": ("model.joblib", b"\x00" * 100),
        "boosted": ("model.cbm", b"CBM1" + b"\xff" * 200),
        "raises": ("model.py", b"1 / 0"),
    }
    sections = [
        section("closed", made / "iris", {"allow_code": False}, retry={"attempts": 0}),
        section("untrusted", made / "untrusted", retry={"attempts": 0}),
        section("inside", made / "iris", isolation="in_process", retry={"attempts": 0}),
        section("bare", made / "wine", {"environment": str(ROOT / ".deps" / "venv")}, retry={"attempts": 0}),
    ]
    for name, (file, content) in files.items():
        path = folder / name / "1"
        path.mkdir(parents=True)
        (path / file).write_bytes(content)
        sections.append(section(name, folder / name, retry={"attempts": 0}))
    (folder / "slipway.yaml").write_text(configuration(*sections))
    server = Server(folder, "--config", folder / "slipway.yaml")
    try:
        yield server
    finally:
        server.stop()


@pytest.mark.parametrize("name, code, words", [
    ("closed", "configuration_invalid", ["unpickling runs code", "allow_code: true"]),
    ("untrusted", "configuration_invalid", ["copy.copy", "trusted_types"]),
    ("inside", "configuration_invalid", ["in_process", "isolation: process"]),
    ("bare", "library_missing", ["skops"]),
    ("cut", "model_invalid", ["no whole pickle"]),
    ("noise", "model_invalid", ["no whole pickle"]),
    ("renamed", "model_invalid", ["zip archive, as skops writes it"]),
    ("foreign", "library_missing", ["no_such_module", "requirements.txt"]),
    ("script", "model_invalid", ["defined in a script"]),
    ("damaged", "model_invalid", ["model.joblib"]),
    # CatBoost may end the process over such a file: then that is what is said.
    ("boosted", "model_invalid or worker_failed", ["model.cbm"]),
    ("raises", "model_invalid", ["ZeroDivisionError", "model.py:1"]),
])
def test_says_why_a_model_does_not_load(refused, name, code, words):
    refused.wait_for(lambda: refused.version(name, 1).get("error"), f"an error of {name}", 120)
    error = refused.version(name, 1)["error"]
    assert error["code"] in code.split(" or "), error
    for word in words:
        assert word in error["message"], error["message"]
    assert "\n" not in error["message"]


def test_a_file_of_another_version_is_loaded_with_a_warning(launch, made, tmp_path):
    put(made / "digits" / "1", tmp_path / "old", 1)
    path = tmp_path / "old" / "1" / "model.pkl"
    # As if written by another release: the version stands in the pickle as text.
    content = path.read_bytes()
    version = re.search(rb"_sklearn_version\x94\x8c\x05([0-9.]{5})", content).group(1)
    path.write_bytes(content.replace(version, b"1.8.0"))
    server = launch(configuration=configuration(section("old", tmp_path / "old")))
    server.wait_until_ready(seconds=120)
    line = server.wait_for_log("Trying to unpickle estimator", "1.8.0")
    assert version.decode() in line


MODEL = """
import os, sys, time, threading
import numpy
from slipway import InvalidRequest

class Model:
    inputs = [("x", "float32", [None])]
    outputs = [("y", "float32", [None])]
    def load(self, context):
        print("loading", context.name, context.settings["greeting"])
    def predict(self, inputs):
        x = inputs["x"]
        what = int(x[0]) if len(x) else 0
        if what == 1: raise InvalidRequest("one is not for me")
        if what == 2: raise RuntimeError("two is too much")
        if what == 3: sys.exit(5)
        if what == 4: os._exit(6)
        if what == 5: time.sleep(3600)
        if what == 6: return {"z": x}
        if what == 7: print("seven on stdout")
        if what == 8 and os.fork() == 0: return {"y": x}
        if what == 10: time.sleep(0.3)
        if what == 9: os.kill(os.getpid(), 11)
        return {"y": x + 100}
"""


@pytest.fixture
def custom(launch, tmp_path):
    """A server of the model above, after its first answer."""
    (tmp_path / "own" / "1").mkdir(parents=True)
    (tmp_path / "own" / "1" / "model.py").write_text(MODEL)
    more = {
        "worker": {"watchdog": "3s"}, "batching": {"rows": 1},
        "warm_up": {"synthetic": False},
    }
    options = {"environment": str(ROOT / ".deps" / "venv"), "settings": {"greeting": "good morning"}}
    server = launch(configuration=configuration(section("own", tmp_path / "own", options, **more)))
    return server.wait_until_ready(seconds=120)


def ask(server, number):
    return server.predict("own", {"instances": [number]})


def test_own_code_answers_and_its_mistakes_are_told(custom):
    custom.wait_for_log("loading own good morning")
    assert ask(custom, 0).json() == {"predictions": [100.0]}
    for number, status, words in [
        (1, 400, "one is not for me"), (2, 500, "RuntimeError: two is too much"), (3, 500, "sys.exit(5)"),
        (6, 500, "'z'"),
    ]:
        reply = ask(custom, number)
        assert reply.status_code == status, reply.text
        assert words in reply.json()["error"]
    assert ask(custom, 7).json() == {"predictions": [107.0]}
    custom.wait_for_log("seven on stdout")
    assert ask(custom, 8).json() == {"predictions": [108.0]}
    assert ask(custom, 0).json() == {"predictions": [100.0]}


@pytest.mark.parametrize("number, words", [(4, "6"), (5, "took longer than 3"), (9, "SIGSEGV")])
def test_own_code_that_ends_its_process_or_hangs_is_started_again(custom, number, words):
    reply = ask(custom, number)
    assert reply.status_code == 503, reply.text
    assert words in reply.json()["error"], reply.text
    custom.wait_for(lambda: ask(custom, 0).status_code == 200, "the model's return", 60)
    assert ask(custom, 0).json() == {"predictions": [100.0]}


def test_a_client_that_goes_away_takes_no_worker_with_it(custom):
    workers = workers_of(custom.process.pid)
    for _ in range(3):
        with pytest.raises(requests.exceptions.ReadTimeout):
            custom.predict("own", {"instances": [10]}, timeout=0.1)
    assert ask(custom, 0).json() == {"predictions": [100.0]}
    assert workers_of(custom.process.pid) == workers


def workers_of(process):
    """Processes below one, by their parents."""
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                stat = open(f"/proc/{entry}/stat").read().rsplit(")", 1)[1].split()
                if int(stat[1]) == process and stat[0] != "Z":
                    found.append(int(entry))
            except OSError:
                pass
    return found


def test_no_worker_outlives_the_server(custom):
    workers = workers_of(custom.process.pid)
    assert workers
    custom.process.send_signal(signal.SIGKILL)
    custom.process.wait(30)
    until(lambda: not any(alive(worker) for worker in workers), "the workers' end")


def alive(process):
    try:
        return open(f"/proc/{process}/stat").read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False

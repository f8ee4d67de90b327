"""All engines in one server: the same answers on every way in, and one's death is not another's."""

import concurrent.futures
import contextlib
import json
import os
import signal
import threading

import grpc
import numpy
import pytest
import requests
import tritonclient.grpc
import tritonclient.http
from every_engine import Asking, make, outputs_of, rest_v1, serving_outputs, serving_request, triton
from harness import TIMEOUT, Server, slipway
from tensorflow_serving.apis import prediction_service_pb2_grpc

HERE = ["onnx", "xgboost", "lightgbm", "spark"]
LIBRARIES = ["tensorflow", "torch", "mxnet"]
OTHERS = ["sklearn", "code", "zeros"]
NAMES = LIBRARIES + HERE + OTHERS
WORKERS = LIBRARIES + [f"{name}_apart" for name in HERE] + OTHERS
# Opening a library of 800 MB, or importing scikit-learn, takes many seconds on a busy machine.
SLOW = 240


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    return make(tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="module")
def served(models, tmp_path_factory):
    """One server with one model of every engine; those that can be are there both ways."""
    folder = tmp_path_factory.mktemp("every")
    sections = [models[name].section(name) for name in LIBRARIES + HERE]
    sections += [models[name].section(f"{name}_apart", isolation="process") for name in HERE]
    sections += [
        models[name].section(name, isolation="process", worker={"memory": models[name].memory})
        for name in OTHERS
    ]
    path = folder / "slipway.yaml"
    path.write_text("listen: { rest: 0, grpc: 0, admin: 0 }\nmodels:\n" + "".join(sections))
    server = Server(folder, "--config", path)
    try:
        yield ready(server)
    finally:
        server.stop()


def ready(server):
    """Waits for all models, and no longer than until one has failed."""
    def is_over():
        assert "version has failed" not in server.text(), server.text()
        return server.readiness()[0]

    server.wait_for(is_over, "readiness", SLOW)
    return server


@pytest.fixture(scope="module")
def stub(served):
    with grpc.insecure_channel(served.addresses["grpc"]) as channel:
        yield prediction_service_pb2_grpc.PredictionServiceStub(channel)


def record_of(models, name):
    return models[name.removesuffix("_apart")]


@pytest.mark.parametrize("name", NAMES)
def test_every_way_in_gives_the_recorded_answer(served, stub, models, name):
    record = models[name]
    reply = rest_v1(requests, served, name, record)
    assert reply.status_code == 200, reply.text
    record.check(name, outputs_of(reply, record))
    for module, key in [(tritonclient.http, "rest"), (tritonclient.grpc, "grpc")]:
        with module.InferenceServerClient(served.addresses[key].split("://")[-1]) as client:
            record.check(name, triton(client, module, name, record))
    answer = stub.Predict(serving_request(name, record), timeout=TIMEOUT)
    record.check(name, serving_outputs(answer, record))


@pytest.mark.parametrize("name", HERE)
def test_a_worker_gives_the_servers_own_answers(served, models, name):
    here, apart = (
        rest_v1(requests, served, each, models[name]) for each in (name, f"{name}_apart"))
    assert (here.status_code, here.text) == (200, apart.text)


def test_large_libraries_give_the_same_answers_in_the_server(served, models, tmp_path):
    sections = [models[name].section(name, isolation="in_process") for name in LIBRARIES]
    (tmp_path / "slipway.yaml").write_text(
        "listen: { rest: 0, grpc: off, admin: 0 }\nmodels:\n" + "".join(sections))
    server = Server(tmp_path, "--config", tmp_path / "slipway.yaml")
    try:
        ready(server)
        for name in LIBRARIES:
            here, apart = (rest_v1(requests, each, name, models[name]) for each in (server, served))
            assert here.status_code == 200, here.text
            numpy.testing.assert_allclose(
                here.json()["outputs"], apart.json()["outputs"], 1e-6, 1e-7, err_msg=name)
    finally:
        server.stop()


def test_metrics_tell_of_every_model_and_worker(served, models):
    for name in NAMES:
        assert rest_v1(requests, served, name, models[name]).status_code == 200
    text = requests.get(f"{served.admin}/metrics", timeout=TIMEOUT).text
    lines = text.splitlines()
    for name in NAMES:
        assert any(
            line.startswith("slipway_requests_total{") and f'model="{name}"' in line
            for line in lines
        ), name
    up = [line for line in lines if line.startswith("slipway_workers_up{")]
    assert sorted(line.split('model="')[1].split('"')[0] for line in up) == sorted(WORKERS)
    assert all(line.endswith(" 1") for line in up)


def test_the_list_of_models_and_the_interface_document_have_all(served):
    listed = slipway("models", "--admin", served.admin, "-o", "json")
    assert listed.returncode == 0, listed.stderr
    found = {model["name"]: model["ready"] for model in json.loads(listed.stdout)["models"]}
    assert found == dict.fromkeys(set(NAMES) | set(WORKERS), True)
    paths = requests.get(f"{served.rest}/openapi.json", timeout=TIMEOUT).json()["paths"]
    for name in found:
        assert f"/v1/models/{name}:predict" in paths and f"/v2/models/{name}/infer" in paths


@pytest.mark.parametrize("name", NAMES)
def test_inspect_tells_the_inputs_and_outputs(models, name):
    record = models[name]
    options = [f"--option={key}={str(value).lower() if value is True else value}"
               for key, value in record.options.items()]
    told = slipway("inspect", record.source, "-o", "json", *options, timeout=SLOW)
    assert told.returncode == 0, told.stdout + told.stderr
    text = json.dumps(json.loads(told.stdout))
    assert f'"{record.engine}"' in text
    for tensor in [*record.inputs, *record.outputs]:
        assert f'"{tensor}"' in text, tensor


# MARK: What dies


def process_of(server, name):
    """The process of the model's worker, as the log last named it."""
    lines = [line for line in server.text().splitlines()
             if "worker is ready" in line and f"model={name} " in f"{line} "]
    return int(lines[-1].split("process=")[1].split()[0])


@contextlib.contextmanager
def clients(server, stub, models):
    """A client for every model, for as long as the block runs."""
    stop = threading.Event()
    names = sorted(set(NAMES) | set(WORKERS))
    asking = {
        name: Asking(server, stub, name, record_of(models, name), stop) for name in names
    }
    with concurrent.futures.ThreadPoolExecutor(len(names)) as pool:
        running = [pool.submit(each.run) for each in asking.values()]
        try:
            yield asking
        finally:
            stop.set()
        for each in running:
            each.result()


def wait_for_another(server, asking, name, old):
    """Until the model has another process and answers its client again, twice on either way in."""
    server.wait_for(lambda: process_of(server, name) != old, f"another worker of {name}", SLOW)
    # Until what was refused before is over: whole rounds of the client without a failure.
    client = asking[name]

    def answers():
        failed, answered = len(client.failures), client.answered
        server.wait_for(
            lambda: client.answered >= answered + 4 or len(client.failures) > failed,
            f"answers of {name}", SLOW)
        return len(client.failures) == failed

    server.wait_for(answers, f"no more failures of {name}", SLOW)


def check_failures(asking, victim, before):
    """Only the victim's requests failed, and all of these were refused for a while."""
    for name, client in asking.items():
        failures = client.failures[before[name]:]
        if name != victim:
            assert failures == [], f"{name}, while the worker of {victim} died"
        assert {code for code, _ in failures} <= {503, "UNAVAILABLE"}, failures


def strike(server, asking, name, blow, cause):
    """Brings one worker down, and waits until its model is back."""
    before = {each: len(client.failures) for each, client in asking.items()}
    old = process_of(server, name)
    blow(old)
    wait_for_another(server, asking, name, old)
    server.wait_for_log("worker has failed", f"process={old}", f"cause={cause}")
    check_failures(asking, name, before)


def test_a_death_is_seen_by_requests_of_that_model_only(served, stub, models):
    process = served.process.pid
    with clients(served, stub, models) as asking:
        served.wait_for(
            lambda: all(client.answered for client in asking.values()), "a first answer", SLOW)
        for name in WORKERS:
            strike(served, asking, name, lambda old: os.kill(old, signal.SIGKILL), "signal")
        # Without scikit-learn, which takes seconds to import: its worker is the one of `code`.
        for name in [name for name in WORKERS if name != "sklearn"]:
            strike(served, asking, name, lambda old: os.kill(old, signal.SIGSTOP), "stopped")
        for name, inputs in {
            "code": {"x": numpy.full((1, 3), 1e9)},
            "zeros": {"shape": numpy.array([1 << 13, 1 << 15])},
        }.items():
            replies = []

            def exhaust(old, name=name, inputs=inputs, replies=replies):
                replies.append(rest_v1(requests, served, name, models[name], inputs))

            strike(served, asking, name, exhaust, "memory")
            assert replies[0].status_code == 503, replies[0].text
            assert "worker.memory" in replies[0].json()["error"]
    assert {name: client.answered > 0 for name, client in asking.items()} == dict.fromkeys(asking, True)
    assert served.process.poll() is None and served.process.pid == process
    assert served.readiness() == (True, [])

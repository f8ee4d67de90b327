"""`serve` alone, as SageMaker starts a container, and its multi-model endpoints."""

import json
import threading

import pytest
import requests
from harness import DIGITS_1, DIGITS_2, HALF, REQUESTS, TIMEOUT, Server, link, put_builtin

PIXELS = json.loads((REQUESTS / "digit.json").read_text())["instances"]


@pytest.fixture
def start(tmp_path, monkeypatch):
    """Starts `slipway serve` alone, with variables and a directory in place of /opt/ml."""
    running = []

    def start(**variables):
        monkeypatch.setenv("SAGEMAKER_BIND_TO_PORT", "0")
        monkeypatch.setenv("SAGEMAKER_BASE_DIR", str(tmp_path / "ml"))
        for name, value in variables.items():
            monkeypatch.setenv(f"SAGEMAKER_{name}", value)
        running.append(Server(tmp_path))
        return running[-1]

    yield start
    for server in running:
        server.stop()


@pytest.fixture
def model(tmp_path):
    """The directory that the platform fills."""
    folder = tmp_path / "ml" / "model"
    folder.mkdir(parents=True)
    return folder


def answers(server):
    server.wait_for(
        lambda: requests.get(f"{server.rest}/ping", timeout=2).status_code == 200, "ping")
    return server


def invoke(server, body, path="/invocations", **headers):
    return requests.post(f"{server.rest}{path}", json=body, headers=headers, timeout=TIMEOUT)


class TestOneModel:
    def test_numbered_versions(self, start, model):
        link(DIGITS_2, model, 2)
        reply = invoke(answers(start(TFS_DEFAULT_MODEL_NAME="digits")), {"instances": PIXELS})
        assert reply.status_code == 200, reply.text
        assert len(reply.json()["predictions"]) == len(PIXELS)

    def test_files_by_themselves(self, start, model):
        (model / "model.onnx").write_bytes((HALF / "model.onnx").read_bytes())
        server = answers(start())
        assert invoke(server, [1, 2]).json() == {"predictions": [2.5, 3]}
        assert requests.get(f"{server.rest}/v1/models/model", timeout=TIMEOUT).json()[
            "model_version_status"][0]["version"] == "1"

    def test_several_models(self, start, model):
        link(DIGITS_1, model / "digits", 1)
        link(HALF, model / "half", 1)
        server = answers(start())
        assert invoke(server, [1, 2]).status_code == 400
        target = {"X-Amzn-SageMaker-Target-Model": "half"}
        assert invoke(server, [1, 2], **target).json() == {"predictions": [2.5, 3]}


class Endpoint:
    """The platform's side of a multi-model endpoint."""

    def __init__(self, server):
        self.url = f"{server.rest}/models"

    def add(self, name, url):
        body = {"model_name": name, "url": str(url)}
        return requests.post(self.url, json=body, timeout=TIMEOUT)

    def remove(self, name):
        return requests.delete(f"{self.url}/{name}", timeout=TIMEOUT)

    def invoke(self, name, body):
        headers = {"X-Amzn-SageMaker-Target-Model": name}
        return requests.post(
            f"{self.url}/{name}/invoke", json=body, headers=headers, timeout=TIMEOUT)

    def listed(self):
        """Every model, page by page, and how long the pages are."""
        models, pages, token = {}, [], None
        while True:
            query = {"next_page_token": token} if token else {}
            page = requests.get(self.url, params=query, timeout=TIMEOUT).json()
            models |= {each["modelName"]: each["modelUrl"] for each in page["models"]}
            pages.append(len(page["models"]))
            token = page.get("nextPageToken")
            if token is None:
                return models, pages


class TestMultiModel:
    @pytest.fixture
    def server(self, start):
        return answers(start(MULTI_MODEL="true"))

    @pytest.fixture
    def endpoint(self, server):
        return Endpoint(server)

    def test_from_adding_to_removing(self, endpoint, tmp_path):
        folder = tmp_path / "models" / "abc" / "model"
        link(DIGITS_2, folder, 2)
        assert endpoint.listed() == ({}, [0])
        assert endpoint.invoke("abc", {"instances": PIXELS}).status_code == 404
        added = endpoint.add("abc", folder)
        assert added.status_code == 200, added.text
        assert endpoint.add("abc", folder).status_code == 409
        one = requests.get(f"{endpoint.url}/abc", timeout=TIMEOUT)
        assert one.json() == {"modelName": "abc", "modelUrl": str(folder)}
        reply = endpoint.invoke("abc", {"instances": PIXELS})
        assert reply.status_code == 200, reply.text
        assert endpoint.remove("abc").status_code == 200
        assert endpoint.remove("abc").status_code == 404
        assert endpoint.invoke("abc", {"instances": PIXELS}).status_code == 404
        assert endpoint.listed() == ({}, [0])
        assert endpoint.add("abc", folder).status_code == 200

    def test_files_by_themselves(self, endpoint, tmp_path):
        folder = tmp_path / "plain"
        folder.mkdir()
        (folder / "model.onnx").write_bytes((HALF / "model.onnx").read_bytes())
        assert endpoint.add("half", folder).status_code == 200
        assert endpoint.invoke("half", [1, 2]).json() == {"predictions": [2.5, 3]}

    @pytest.mark.parametrize(
        "make, status", [(lambda f: None, 404), (lambda f: f.mkdir(), 500)])
    def test_what_cannot_be_loaded_leaves_nothing(self, endpoint, tmp_path, make, status):
        folder = tmp_path / "bad"
        make(folder)
        reply = endpoint.add("bad", folder)
        assert reply.status_code == status, reply.text
        assert str(folder) in reply.json()["message"]
        assert endpoint.listed() == ({}, [0])

    def test_many_at_once_are_added_once_each(self, endpoint, tmp_path):
        put_builtin(tmp_path / "same", 1, "kind: identity")
        codes = []
        threads = [
            threading.Thread(
                target=lambda: codes.append(endpoint.add("m", tmp_path / "same").status_code))
            for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(codes) == [200] + [409] * 7

    def test_the_list_comes_in_pages(self, endpoint, tmp_path):
        put_builtin(tmp_path / "same", 1, "kind: identity")
        for number in range(103):
            assert endpoint.add(f"m{number}", tmp_path / "same").status_code == 200
        models, pages = endpoint.listed()
        assert pages == [100, 3]
        assert set(models) == {f"m{number}" for number in range(103)}


def test_without_memory_507_until_another_model_goes(launch, tmp_path):
    """DELETE is answered when the memory is free: the next POST finds it."""
    for name in ["one", "two"]:
        link(DIGITS_2, tmp_path / name, 1)
    server = launch(
        "--memory", "2MiB",
        configuration="listen: { rest: 0, grpc: 0, admin: 0 }\nmodel_control: explicit\n"
        "invocations: { multi_model: true }\n")
    endpoint = Endpoint(server)
    assert endpoint.add("one", tmp_path / "one").status_code == 200
    for _ in range(5):
        refused = endpoint.add("two", tmp_path / "two")
        assert refused.status_code == 507, refused.text
        assert set(endpoint.listed()[0]) == {"one"}
        assert endpoint.invoke("one", {"instances": PIXELS}).status_code == 200
        assert endpoint.remove("one").status_code == 200
        assert endpoint.add("two", tmp_path / "two").status_code == 200
        assert endpoint.remove("two").status_code == 200
        assert endpoint.add("one", tmp_path / "one").status_code == 200

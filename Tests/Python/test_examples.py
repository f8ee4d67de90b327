"""The examples that documentation shows: they run as they stand there."""

import json
import re
import subprocess
import sys

import pytest
import requests
from harness import MODELS, REQUESTS, ROOT, TIMEOUT, Server, slipway

CLIENTS = ROOT / "examples" / "clients"


def run(script, *arguments):
    done = subprocess.run(
        [sys.executable, script, *arguments], capture_output=True, text=True, timeout=TIMEOUT
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


class TestClients:
    @pytest.mark.parametrize(
        "name, answer",
        [("tensorflow_serving_grpc", "[2.5, 3.0, 4.5]\n"), ("triton_grpc", "[2.5 3.  4.5]\n")],
    )
    def test_over_grpc(self, server, name, answer):
        assert run(CLIENTS / f"{name}.py", server.addresses["grpc"]) == answer

    def test_over_rest(self, server):
        lines = run(CLIENTS / "rest.py", server.rest).splitlines()
        assert len(lines) == 4
        assert all("[2.5, 3.0, 4.5]" in line for line in lines)

    def test_the_request_for_classes(self, server):
        body = (REQUESTS / "digit.classify.json").read_bytes()
        url = f"{server.rest}/v1/models/digits:classify"
        classes = requests.post(url, data=body, timeout=TIMEOUT).json()["results"][0]
        assert max(classes, key=lambda pair: pair[1])[0] == "1"

    def test_the_readme_shows_these_scripts(self):
        shown = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.S)
        assert len(shown) == 2
        for text, name in zip(shown, ["tensorflow_serving_grpc", "triton_grpc"]):
            script = (CLIENTS / f"{name}.py").read_text()
            script = re.sub(r'^""".*?"""\n\nimport sys\n\n', "", script)
            script = re.sub(r"address = sys.argv.*\n", "", script)
            assert text == script.replace("(address)", '("127.0.0.1:8500")')


def configuration(path):
    """A configuration of the examples, on ports of the system's choice and with absolute paths."""
    text = path.read_text().replace("source: ./", f"source: {path.parent}/")
    text = text.replace("{ rest: 8501, admin: 8502 }", "{ rest: 0, grpc: 0, admin: 0 }")
    assert "850" not in text
    return text


def rows(reply):
    assert reply.status_code == 200, reply.text
    return reply.json()["predictions"]


@pytest.fixture(scope="module")
def examples(tmp_path_factory):
    """The server of `make serve`."""
    folder = tmp_path_factory.mktemp("examples")
    listed = folder / "slipway.yaml"
    listed.write_text(configuration(ROOT / "examples" / "slipway.yaml"))
    running = Server(folder, "--config", listed)
    try:
        yield running.wait_until_ready()
    finally:
        running.stop()


class TestFrameworks:
    @pytest.fixture
    def digit(self):
        return json.loads((REQUESTS / "digit.json").read_text())

    def test_xgboost(self, examples, digit):
        [row] = rows(examples.predict("digits_xgboost", digit))
        assert row["class"] == 1
        assert max(row["output__0"]) == row["output__0"][1]

    def test_lightgbm(self, examples, digit):
        [row] = rows(examples.predict("digits_lightgbm", digit))
        assert len(row) == 10 and max(row) == row[1]

    def test_spark(self, examples):
        body = json.loads((REQUESTS / "iris.json").read_text())
        species = [row["species"] for row in rows(examples.predict("iris", body))]
        assert species == ["setosa", "versicolor", "virginica"]

    def test_code_of_ones_own(self, launch, digit, monkeypatch):
        monkeypatch.setenv("SLIPWAY_PYTHON", sys.executable)
        text = configuration(ROOT / "examples" / "python" / "slipway.yaml")
        server = launch(configuration=text).wait_until_ready(120)
        [row] = rows(server.predict("nearest", digit))
        assert row["label"] == 2 and row["distance"] > 0


class TestConfigurations:
    def test_the_repository_of_tritons_layout(self, launch):
        server = launch("--repository", ROOT / "examples" / "repository").wait_until_ready()
        body = (REQUESTS / "digit.best.infer.json").read_bytes()
        reply = requests.post(f"{server.rest}/v2/models/digits/infer", data=body, timeout=TIMEOUT)
        assert reply.status_code == 200, reply.text
        best = reply.json()["outputs"][0]["data"]
        assert len(best) == 3 and best[0].endswith(":1:one")

    def test_the_list_of_models(self, tmp_path):
        text = (ROOT / "examples" / "models.config").read_text()
        assert text.count('"/models/') == 2
        listed = tmp_path / "models.config"
        listed.write_text(text.replace('"/models/', f'"{MODELS}/'))
        done = slipway("config", f"--model_config_file={listed}")
        assert done.returncode == 0, done.stderr
        for line in [
            f"source: {MODELS}/digits", f"source: {MODELS}/half_plus_two",
            "labels: { canary: 2, stable: 1 }",
        ]:
            assert line in done.stdout

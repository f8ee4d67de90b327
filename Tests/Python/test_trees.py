"""XGBoost and LightGBM models over both protocols, against what the libraries give."""

import json
import shutil
import subprocess

import numpy as np
import pytest
import requests
import tritonclient.grpc
import tritonclient.http
from harness import ROOT, TIMEOUT

TREES = ROOT / "Tests" / "Fixtures" / "trees"
MODELS = {
    "xgb_binary.json": "xgboost.json", "xgb_softprob.ubj": "model.ubj",
    "old_binary.deprecated": "model.bst", "lgb_binary.txt": "model.txt",
    "lgb_categories.txt": "model.lgb",
}


def answers(fixture):
    name = fixture.rsplit(".", 1)[0]
    document = json.loads((TREES / f"{name}.answers.json").read_text())
    rows = [[np.nan if v is None else v for v in row] for row in document["rows"]]
    return np.array(rows), np.array(document["prediction"])


@pytest.fixture
def served(launch, tmp_path):
    arguments = []
    for fixture, file in MODELS.items():
        folder = tmp_path / fixture.split(".")[0] / "1"
        folder.mkdir(parents=True)
        shutil.copy(TREES / fixture, folder / file)
        arguments.append(f"{folder.parent.name}={folder.parent}")
    return launch(*arguments).wait_until_ready()


def test_both_protocols_give_the_librarys_predictions(served):
    http = tritonclient.http.InferenceServerClient(served.authority)
    grpc = tritonclient.grpc.InferenceServerClient(served.addresses["grpc"].split("://")[-1])
    for fixture in MODELS:
        name = fixture.split(".")[0]
        rows, wanted = answers(fixture)
        is_xgboost = not name.startswith("lgb")
        rows = rows.astype(np.float32 if is_xgboost else np.float64)
        tolerance = 3e-7 if is_xgboost else 1e-15
        for client, module in ((http, tritonclient.http), (grpc, tritonclient.grpc)):
            tensor = module.InferInput("input__0", rows.shape, "FP32" if is_xgboost else "FP64")
            tensor.set_data_from_numpy(rows)
            got = client.infer(name, [tensor]).as_numpy("output__0")
            assert got.shape == wanted.shape
            np.testing.assert_allclose(got, wanted, rtol=tolerance, atol=0)
        reply = requests.post(
            f"{served.rest}/v1/models/{name}:predict",
            data=json.dumps({"instances": rows.tolist()}), timeout=TIMEOUT)
        assert reply.status_code == 200, reply.text
        np.testing.assert_allclose(reply.json()["predictions"], wanted, rtol=3e-7, atol=0)


LIVE = """
import json, pathlib, sys
import lightgbm, numpy as np, xgboost
folder = pathlib.Path(sys.argv[1])
random = np.random.default_rng(int(sys.argv[2]))
x = random.normal(size=(400, 6))
x[random.random(x.shape) < .1] = np.nan
x[:, 5] = random.integers(0, 40, len(x))
y = (np.nansum(x[:, :3], axis=1) + (x[:, 5] % 3 == 0) > 0.5).astype(int)
types = ["q"] * 5 + ["c"]
data = xgboost.DMatrix(x, y, feature_types=types, enable_categorical=True)
booster = xgboost.train({"objective": "binary:logistic", "max_cat_to_onehot": 1}, data, 20)
for name in ("xgb", "lgb"):
    (folder / name / "1").mkdir(parents=True)
booster.save_model(folder / "xgb" / "1" / "model.ubj")
params = {"objective": "binary", "verbose": -1, "min_data_per_group": 5}
model = lightgbm.train(params, lightgbm.Dataset(x, y, categorical_feature=[5]), 20)
model.save_model(folder / "lgb" / "1" / "model.txt")
rows = random.normal(size=(300, 6)).astype(np.float32) * 2
rows[random.random(rows.shape) < .2] = np.nan
rows[:, 5] = random.integers(0, 60, len(rows))
matrix = xgboost.DMatrix(rows, feature_types=types, enable_categorical=True)
np.savez(folder / "answers.npz", rows=rows, xgb=booster.predict(matrix),
         lgb=model.predict(rows.astype(float)))
"""


@pytest.mark.parametrize("seed", [1, 2])
def test_agrees_with_the_libraries_on_models_just_trained(launch, tmp_path, seed):
    python = ROOT / ".deps" / "venv-trees" / "bin" / "python"
    assert python.exists(), "run scripts/test, which makes the environments"
    made = subprocess.run([python, "-W", "ignore", "-c", LIVE, tmp_path, str(seed)],
                          capture_output=True, text=True, timeout=300)
    assert made.returncode == 0, made.stderr
    found = np.load(tmp_path / "answers.npz")
    server = launch(f"xgb={tmp_path}/xgb", f"lgb={tmp_path}/lgb").wait_until_ready()
    client = tritonclient.http.InferenceServerClient(server.authority)
    for name, kind, tolerance in (("xgb", "FP32", 3e-7), ("lgb", "FP64", 1e-15)):
        rows = found["rows"].astype(np.float32 if kind == "FP32" else np.float64)
        tensor = tritonclient.http.InferInput("input__0", rows.shape, kind)
        tensor.set_data_from_numpy(rows)
        got = client.infer(name, [tensor]).as_numpy("output__0")
        np.testing.assert_allclose(got, found[name], rtol=tolerance, atol=0)


def test_a_damaged_model_says_where(launch, tmp_path):
    folder = tmp_path / "m" / "1"
    folder.mkdir(parents=True)
    whole = (TREES / "xgb_binary.json").read_bytes()
    (folder / "xgboost.json").write_bytes(whole[: len(whole) // 2])
    server = launch(f"m={tmp_path}/m")
    server.wait_for_log("xgboost.json", "at byte")

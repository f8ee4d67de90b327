"""`slipway convert` and `slipway inspect`, with the exporters of scikit-learn, XGBoost, LightGBM and ONNX.

The exporters run in `.deps/venv-trees`, which `--python` names, so that nothing is downloaded here.
"""

import json
import subprocess

import numpy as np
import onnxruntime
import pytest
from harness import ROOT, slipway

PYTHON = ROOT / ".deps" / "venv-trees" / "bin" / "python"
# An exporter imports half a dozen libraries, on a machine that does other things meanwhile.
LIMIT = 300
MODEL = 5

ORIGINALS = """
import pickle, sys
import joblib, lightgbm, numpy as np, skops.io, xgboost
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

pixels, digits = load_digits(return_X_y=True)
pixels = (pixels / 16).astype(np.float32)
np.save("digits.npy", pixels[1500:])
np.save("digits_labels.npy", digits[1500:])
pipeline = make_pipeline(StandardScaler(), LogisticRegression(max_iter=300))
pipeline.fit(pixels[:1500], digits[:1500])
joblib.dump(pipeline, "pipeline.joblib")
np.save("pipeline_answers.npy", pipeline.predict_proba(pixels[1500:]))
network = MLPClassifier((32,), solver="lbfgs", max_iter=60, random_state=1).fit(pixels[:1500], digits[:1500])
skops.io.dump(network, "network.skops")
skops.io.dump(MLPClassifier((4,), max_iter=2).fit(pixels[:100], digits[:100]), "foreign.skops")
np.save("network_answers.npy", network.predict_proba(pixels[1500:]))

rows, target = load_breast_cancer(return_X_y=True)
rows = rows.astype(np.float32)
np.save("cancer.npy", rows)
np.savetxt("cancer_labels.txt", target, fmt="%d")
model = xgboost.XGBClassifier(n_estimators=12, max_depth=3, n_jobs=1).fit(rows, target)
joblib.dump(model, "xgboost.joblib")
model.save_model("xgboost.json")

rows, target = load_iris(return_X_y=True)
with open("iris.csv", "w") as file:
    file.write("sepal length,sepal width,petal length,petal width\\n")
    np.savetxt(file, rows, delimiter=",", fmt="%.1f")
model = lightgbm.LGBMClassifier(n_estimators=8, verbose=-1, n_jobs=1).fit(rows, target)
with open("lightgbm.pkl", "wb") as file:
    pickle.dump(model, file)
rows, target = load_diabetes(return_X_y=True)
np.save("diabetes.npy", rows)
model = lightgbm.LGBMRegressor(n_estimators=8, verbose=-1, n_jobs=1).fit(rows, target)
model.booster_.save_model("lightgbm.txt")
"""


@pytest.fixture(scope="module")
def originals(tmp_path_factory):
    """Models of the bundled data sets, rows, and the libraries' own answers."""
    assert PYTHON.exists(), "run scripts/test, which makes the environments"
    folder = tmp_path_factory.mktemp("originals")
    made = subprocess.run(
        [PYTHON, "-I", "-W", "ignore", "-c", ORIGINALS], cwd=folder, capture_output=True, text=True,
        timeout=LIMIT)
    assert made.returncode == 0, made.stderr
    return folder


@pytest.fixture(scope="module")
def network(originals, tmp_path_factory):
    """The network as ONNX, and what the conversion said; read without leave to execute code."""
    folder = tmp_path_factory.mktemp("network")
    return folder / "1", accepted(
        originals / "network.skops", folder / "1", "onnx", samples=originals / "digits.npy",
        labels=originals / "digits_labels.npy")


def convert(source, destination, target, *flags, python=PYTHON, **options):
    words = [word for name, value in options.items() for word in (f"--{name.replace('_', '-')}", value)]
    return slipway(
        "convert", source, destination, "--to", target, "--python", python, *words, *flags, timeout=LIMIT)


def accepted(source, destination, target, *flags, **options):
    """Converts, and gives the report; what was kept is a version directory of one file."""
    done = convert(source, destination, target, *flags, output="json", **options)
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(done.stdout)
    assert report["accepted"] and report["output"] == str(destination)
    assert sorted(path.name for path in destination.parent.iterdir()) == [destination.name]
    return report


def refused(done, destination, *words):
    """It ends with the status for models, says why, and leaves nothing."""
    assert done.returncode == MODEL, done.stdout + done.stderr
    for word in words:
        assert word in done.stdout + done.stderr
    assert list(destination.parent.iterdir()) == []


def answers(directory, rows):
    session = onnxruntime.InferenceSession(str(directory / "model.onnx"), providers=["CPUExecutionProvider"])
    return dict(zip(
        (output.name for output in session.get_outputs()),
        session.run(None, {session.get_inputs()[0].name: rows})))


def test_a_pipeline_becomes_onnx_that_answers_the_same(originals, tmp_path):
    rows = np.load(originals / "digits.npy")
    report = accepted(
        originals / "pipeline.joblib", tmp_path / "1", "onnx", "--allow-code",
        samples=originals / "digits.npy", labels=originals / "digits_labels.npy")
    assert report["tool"].startswith("skl2onnx ")
    assert (report["rows"], report["sampled"]) == (len(rows), True)
    assert report["accuracy"]["before"] == report["accuracy"]["after"] > 0.85
    label, probabilities = report["outputs"]
    assert (label["shape"], label["agreement"]) == ([len(rows)], 1)
    assert (probabilities["shape"], probabilities["max"] <= 1e-5) == ([len(rows), 10], True)
    np.testing.assert_allclose(
        answers(tmp_path / "1", rows)["probabilities"], np.load(originals / "pipeline_answers.npy"), atol=1e-5)
    found = json.loads(slipway("inspect", tmp_path / "1", "--output", "json").stdout)
    assert (found["servable"], found["engine"]) == (True, "onnxruntime")
    assert [one["name"] for one in found["signatures"][0]["outputs"]] == ["label", "probabilities"]


def test_wrappers_become_the_libraries_own_files(originals, tmp_path):
    (tmp_path / "xgb").mkdir()
    report = accepted(
        originals / "xgboost.joblib", tmp_path / "xgb" / "1", "trees", "--allow-code",
        samples=originals / "cancer.npy")
    assert report["tool"].startswith("xgboost ") and report["outputs"][0]["max"] <= 1e-6
    found = json.loads(slipway("inspect", tmp_path / "xgb" / "1", "--output", "json").stdout)
    assert (found["engine"], found["claims"][0]["entry"]) == ("trees", "model.ubj")
    (tmp_path / "lgb").mkdir()
    report = accepted(
        originals / "lightgbm.pkl", tmp_path / "lgb" / "1", "trees", "--allow-code",
        samples=originals / "iris.csv")
    assert report["tool"].startswith("lightgbm ") and report["rows"] == 150
    assert report["outputs"][0]["shape"] == [150, 3] and report["outputs"][0]["max"] <= 1e-6


@pytest.mark.parametrize("source, samples, rows", [
    ("xgboost.json", "cancer.npy", 569),
    # Diabetes' targets are hundreds, so the share of the range is what counts.
    ("lightgbm.txt", "diabetes.npy", 442),
])
def test_tree_files_become_onnx(originals, tmp_path, source, samples, rows):
    report = accepted(originals / source, tmp_path / "1", "onnx", samples=originals / samples)
    assert report["tool"].startswith("onnxmltools ") and report["rows"] == rows
    assert any(output["relative"] <= 1e-5 for output in report["outputs"])


def test_int8_is_calibrated_with_the_samples_and_smaller(originals, tmp_path, network):
    directory, _ = network
    report = accepted(
        directory / "model.onnx", tmp_path / "1", "onnx", quantize="int8",
        samples=originals / "digits.npy", labels=originals / "digits_labels.npy", accuracy_loss="0.05",
        tolerance="0.5")
    assert "int8 calibrated" in report["tool"]
    assert report["bytes"]["after"] < report["bytes"]["before"]
    assert report["accuracy"]["after"] > report["accuracy"]["before"] - 0.05
    found = answers(tmp_path / "1", np.load(originals / "digits.npy"))["probabilities"]
    assert 0 < np.abs(found - np.load(originals / "network_answers.npy")).max() <= 0.5


def test_fp16_is_smaller_and_takes_what_it_took(originals, tmp_path, network):
    directory, _ = network
    report = accepted(
        directory, tmp_path / "1", "onnx", quantize="fp16", samples=originals / "digits.npy",
        tolerance="0.05")
    assert report["bytes"]["after"] < 0.8 * report["bytes"]["before"]
    found = answers(tmp_path / "1", np.load(originals / "digits.npy"))["probabilities"]
    assert found.dtype == np.float32
    assert 0 < np.abs(found - np.load(originals / "network_answers.npy")).max() <= 0.05


def test_a_result_beyond_the_tolerance_is_refused(originals, tmp_path):
    done = convert(
        originals / "network.skops", tmp_path / "1", "onnx", samples=originals / "digits.npy", tolerance="0")
    refused(done, tmp_path / "1", "refused: output 'probabilities' differs by", "Nothing was kept")
    # The table is there nevertheless: it says by how much.
    assert "MAX DIFF" in done.stdout and "100.0%" in done.stdout


def test_reading_code_needs_leave(originals, tmp_path):
    for name, words in {
        "pipeline.joblib": "executes whatever code is in it",
        "lightgbm.pkl": "executes whatever code is in it",
        "foreign.skops": "types that skops does not trust",
    }.items():
        done = convert(originals / name, tmp_path / "1", "onnx")
        refused(done, tmp_path / "1", name, words, "--allow-code")


def damaged(folder, name, content):
    (folder / name).write_bytes(content)
    return folder / name


@pytest.mark.parametrize("name, content, target, words", [
    ("notes.md", b"# hello", "onnx", ["can be converted"]),
    ("model.txt", b"tree\nversion=v4\n", "onnx", ["model.txt", "LightGBM"]),
    ("model.json", b"{\"learner\": 3", "onnx", ["model.json", "XGBoostError"]),
    ("model.ubj", b"{L\0\0", "trees", ["model.ubj", "XGBoostError"]),
    ("model.onnx", b"not a model", "onnx", ["ONNX already"]),
    ("model.cbm", b"CBM1", "trees", ["catboost", "it can become onnx"]),
    ("model.onnx", b"", "torchscript", ["cannot become torchscript"]),
    ("model.cbm", b"CBM1", "onnx", ["No module named 'catboost'", "--python", "catboost=="]),
])
def test_what_cannot_be_converted_says_so(tmp_path, name, content, target, words):
    (tmp_path / "results").mkdir()
    source = damaged(tmp_path, name, content)
    done = convert(source, tmp_path / "results" / "1", target)
    refused(done, tmp_path / "results" / "1", *words)
    assert "Traceback" not in done.stderr


def test_samples_that_do_not_fit_are_refused(originals, tmp_path):
    done = convert(originals / "xgboost.json", tmp_path / "1", "trees", samples=originals / "digits.npy")
    refused(done, tmp_path / "1", "(297, 64)", "30 columns")


def test_what_is_there_is_left_alone(originals, tmp_path):
    (tmp_path / "1").mkdir()
    done = convert(originals / "xgboost.json", tmp_path / "1", "trees")
    assert done.returncode != 0 and "there already" in done.stderr
    assert list((tmp_path / "1").iterdir()) == []


@pytest.mark.parametrize("python, words", [
    ("/nothing/python3", "is not a program that can be run"),
    ("/bin/false", "/bin/false"),
])
def test_a_python_that_does_not_run_is_named(originals, tmp_path, python, words):
    done = convert(originals / "xgboost.json", tmp_path / "1", "trees", python=python)
    assert done.returncode != 0 and words in done.stderr
    assert list(tmp_path.iterdir()) == []

"""Trains small scikit-learn and CatBoost models on scikit-learn's bundled data, and asks them.

    .deps/venv-sklearn/bin/python Tests/Fixtures/make_sklearn.py DIRECTORY

Writes DIRECTORY/<model>/1/<file> and DIRECTORY/answers.json: for each model rows and the
library's own answers to them. The end-to-end tests run it, for a pickle belongs to the version
that wrote it; nothing of it is committed.
"""

import copy
import json
import pathlib
import pickle
import sys

import catboost
import joblib
import numpy
import skops.io
from sklearn import datasets
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import GradientBoostingRegressor, RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
from sklearn.svm import LinearSVC

METHODS = ("predict", "predict_proba", "decision_function")


def plain(value):
    """Arrays as lists, text as text."""
    return numpy.asarray(value).tolist()


class Maker:
    """Collects models and their answers."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.answers = {}

    def path(self, name, file):
        folder = self.directory / name / "1"
        folder.mkdir(parents=True)
        return folder / file

    def note(self, name, inputs, outputs):
        self.answers[name] = {
            "inputs": {key: plain(value) for key, value in inputs.items()},
            "outputs": {key: plain(value) for key, value in outputs.items()},
        }

    def sklearn(self, name, file, model, rows, inputs=None):
        path = self.path(name, file)
        if file.endswith(".pkl"):
            path.write_bytes(pickle.dumps(model))
        elif file.endswith(".joblib"):
            joblib.dump(model, path)
        else:
            skops.io.dump(model, path)
        there = [method for method in METHODS if hasattr(model, method)]
        if "predict_proba" in there and "decision_function" in there:
            there.remove("decision_function")
        outputs = {method: getattr(model, method)(rows) for method in there}
        self.note(name, inputs or {"input": rows}, outputs)

    def catboost(self, name, model, rows, inputs=None):
        model.save_model(str(self.path(name, "model.cbm")))
        outputs = {"predict": numpy.asarray(model.predict(rows)).reshape(len(rows))}
        if hasattr(model, "predict_proba"):
            outputs["predict_proba"] = model.predict_proba(rows)
        self.note(name, inputs or {"input": rows}, outputs)


def frames(make):
    """Models that work on columns: the wines, with their alcohol in words."""
    wine = datasets.load_wine(as_frame=True)
    table = wine.data[["malic_acid", "ash", "hue"]].copy()
    table["strength"] = numpy.where(wine.data["alcohol"] > 13, "strong", "light")
    rows = table.iloc[::30]
    columns = {name: rows[name].to_numpy() for name in table.columns}
    encode = ColumnTransformer([
        ("words", OneHotEncoder(handle_unknown="error"), ["strength"]),
        ("numbers", StandardScaler(), ["malic_acid", "ash", "hue"])])
    model = make_pipeline(encode, LogisticRegression(max_iter=500)).fit(table, wine.target)
    make.sklearn("columns", "model.joblib", model, rows, columns)
    # Fitted on a frame, but glad with a matrix.
    named = StandardScaler().set_output(transform="default")
    numbers = wine.data[["malic_acid", "ash", "hue"]]
    model = make_pipeline(named, LogisticRegression(max_iter=500)).fit(numbers, wine.target)
    make.sklearn("named", "model.pkl", model, numbers.iloc[::30], {"input": numbers[::30]})
    boosted = catboost.CatBoostClassifier(
        iterations=20, depth=3, cat_features=["strength"], verbose=False, allow_writing_files=False,
        random_seed=1).fit(table, wine.target)
    make.catboost("catboost_columns", boosted, rows, columns)


def numbers(make):
    """Models that take one matrix."""
    digits = datasets.load_digits()
    model = LogisticRegression(max_iter=3000).fit(digits.data, digits.target)
    make.sklearn("digits", "model.pkl", model, digits.data[::300])
    iris = datasets.load_iris()
    names = iris.target_names[iris.target]
    forest = RandomForestClassifier(10, max_depth=4, random_state=1).fit(iris.data, names)
    make.sklearn("iris", "model.joblib", forest, iris.data[::20])
    wine = datasets.load_wine()
    model = make_pipeline(StandardScaler(), LinearSVC(random_state=1)).fit(wine.data, wine.target)
    make.sklearn("wine", "model.skops", model, wine.data[::30])
    copied = make_pipeline(FunctionTransformer(copy.copy), LinearSVC(random_state=1))
    make.sklearn("untrusted", "model.skops", copied.fit(wine.data, wine.target), wine.data[::30])
    diabetes = datasets.load_diabetes()
    model = GradientBoostingRegressor(n_estimators=10, random_state=1).fit(diabetes.data, diabetes.target)
    make.sklearn("diabetes", "model.pkl", model, diabetes.data[::60])
    boosted = catboost.CatBoostRegressor(
        iterations=20, depth=3, verbose=False, allow_writing_files=False, random_seed=1)
    make.catboost("catboost_number", boosted.fit(diabetes.data, diabetes.target), diabetes.data[::60])


def texts(make):
    """A model of texts: which data set a line of a description is about."""
    about = {"iris": datasets.load_iris().DESCR, "wine": datasets.load_wine().DESCR}
    lines = [(line, name) for name, text in about.items() for line in text.split("\n") if len(line) > 20]
    model = make_pipeline(TfidfVectorizer(), LogisticRegression())
    model.fit([line for line, _ in lines], [name for _, name in lines])
    make.sklearn("texts", "model.pkl", model, [line for line, _ in lines[::9]])


def main():
    make = Maker(sys.argv[1])
    numbers(make)
    frames(make)
    texts(make)
    (make.directory / "answers.json").write_text(json.dumps(make.answers))


main()

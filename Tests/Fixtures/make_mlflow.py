#!/usr/bin/env python3
"""Save MLflow models by mlflow's own library, with what it answers itself.

    .deps/venv-mlflow/bin/python Tests/Fixtures/make_mlflow.py FOLDER

FOLDER gets columns/1 and tensor/1, and answers.json.
"""

import json
import pathlib
import sys

import mlflow.pyfunc
import numpy as np
import pandas as pd
from mlflow.models.signature import ModelSignature
from mlflow.types import ColSpec, ParamSchema, ParamSpec, Schema, TensorSpec

FRAME = pd.DataFrame({
    "width (cm)": [1.5, 2.0, 8.25],
    "count": [1, 2, 3],
    "city": ["berlin", "zürich", ""],
    "seen": pd.to_datetime(
        ["2026-01-31T12:00:00", "2026-02-01T00:00:00", "2025-12-31T00:00:00"]),
})


class Columns(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        factor = (params or {}).get("factor", 1.0)
        return pd.DataFrame({
            "total": (model_input["width (cm)"] + model_input["count"]) * factor,
            "label": model_input["city"].str.upper(),
            "month": model_input["seen"].dt.month.fillna(0).astype("int64"),
        })


class Double(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        return model_input * 2


def main():
    folder = pathlib.Path(sys.argv[1])
    inputs = Schema([
        ColSpec("double", "width (cm)"), ColSpec("long", "count"), ColSpec("string", "city"),
        ColSpec("datetime", "seen"),
    ])
    outputs = Schema([ColSpec("double", "total"), ColSpec("string", "label"), ColSpec("long", "month")])
    params = ParamSchema([ParamSpec("factor", "double", 1.0)])
    needs = ["mlflow-skinny", "pandas", "cloudpickle"]
    columns = folder / "columns" / "1"
    mlflow.pyfunc.save_model(
        columns, python_model=Columns(), signature=ModelSignature(inputs, outputs, params),
        pip_requirements=needs)
    shape = Schema([TensorSpec(np.dtype("float32"), (-1, 3))])
    tensor = folder / "tensor" / "1"
    mlflow.pyfunc.save_model(
        tensor, python_model=Double(), signature=ModelSignature(shape), pip_requirements=needs)
    matrix = np.array([[1, 2, 3], [4, 5, 6]], np.float32)
    mlflow.pyfunc.save_model(
        folder / "bare" / "1", python_model=Double(), pip_requirements=needs)
    answers = {
        "columns": mlflow.pyfunc.load_model(columns).predict(FRAME).to_dict("list"),
        "tripled": mlflow.pyfunc.load_model(columns).predict(FRAME, {"factor": 3.0}).to_dict("list"),
        "tensor": mlflow.pyfunc.load_model(tensor).predict(matrix).tolist(),
    }
    (folder / "answers.json").write_text(json.dumps(answers))


main()

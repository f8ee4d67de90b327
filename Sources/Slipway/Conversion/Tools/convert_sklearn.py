"""scikit-learn estimators and pipelines, and the wrappers of XGBoost and LightGBM among them."""

import pathlib
import pickle

import numpy as np

from convert_arrays import Outcome, Refusal, made_up, only

TOOLS = {"sklearn": "skl2onnx"}


def read(job):
    path = pathlib.Path(job["source"])
    if path.suffix == ".skops":
        import skops.io

        untrusted = skops.io.get_untrusted_types(file=path)
        if untrusted and not job["allow_code"]:
            raise Refusal(
                f"{path.name} holds types that skops does not trust: {', '.join(untrusted)}. Add "
                "--allow-code if you know where the file comes from"
            )
        return skops.io.load(path, trusted=untrusted)
    if not job["allow_code"]:
        raise Refusal(
            f"reading {path.name} executes whatever code is in it. Add --allow-code if "
            "you know where the file comes from"
        )
    if path.suffix == ".joblib":
        import joblib

        return joblib.load(path)
    with open(path, "rb") as file:
        return pickle.load(file)


def convert(job, samples):
    model = read(job)
    if job["target"] == "trees":
        import convert_trees

        return convert_trees.from_wrapper(job, model, samples)
    features = getattr(model, "n_features_in_", None)
    if samples is None and features is None:
        raise Refusal("the model does not say how many columns it takes; give --samples")
    rows = made_up([-1, features]) if samples is None else only(samples, ["input"])["input"]
    rows = np.asarray(rows, dtype=np.float32)
    return export(job, model, rows)


def export(job, model, rows):
    import onnxmltools  # registers XGBoost's and LightGBM's wrappers
    import skl2onnx
    from convert_onnx import adapter, save

    register()
    kwargs = {}
    if hasattr(model, "predict_proba"):
        kwargs["options"] = {id(model): {"zipmap": False}}
    exported = skl2onnx.to_onnx(
        model, rows[:1], target_opset={"": 17, "ai.onnx.ml": 3}, **kwargs
    )
    path = save(exported, job["directory"])

    def original(samples):
        array = samples["input"]
        answers = {"label": np.asarray(model.predict(array))}
        if hasattr(model, "predict_proba"):
            answers["probabilities"] = np.asarray(model.predict_proba(array), dtype=np.float32)
        elif answers["label"].dtype.kind == "f":
            answers = {"variable": answers["label"].reshape(len(array), -1).astype(np.float32)}
        return answers

    tool = f"skl2onnx {skl2onnx.__version__}"
    return Outcome(path.name, tool, {"input": rows}, original, adapter(path))


def register():
    """Teaches skl2onnx the estimators of other libraries, where they are installed."""
    from skl2onnx import update_registered_converter
    from skl2onnx.common.shape_calculator import (
        calculate_linear_classifier_output_shapes as classes,
        calculate_linear_regressor_output_shapes as numbers,
    )

    choices = {"zipmap": [True, False, "columns"], "nocl": [True, False]}
    from lightgbm import LGBMClassifier, LGBMRegressor
    from onnxmltools.convert.lightgbm.operator_converters.LightGbm import convert_lightgbm
    from onnxmltools.convert.xgboost.operator_converters.XGBoost import convert_xgboost
    from xgboost import XGBClassifier, XGBRegressor

    for estimator, name, shapes, converter, options in [
        (LGBMClassifier, "LightGbmLGBMClassifier", classes, convert_lightgbm, choices),
        (LGBMRegressor, "LightGbmLGBMRegressor", numbers, convert_lightgbm, None),
        (XGBClassifier, "XGBoostXGBClassifier", classes, convert_xgboost, choices),
        (XGBRegressor, "XGBoostXGBRegressor", numbers, convert_xgboost, None),
    ]:
        update_registered_converter(estimator, name, shapes, converter, options=options)

"""XGBoost, LightGBM and CatBoost: files and wrappers, to ONNX or to the libraries' own files."""

import pathlib

import numpy as np

from convert_arrays import Outcome, Refusal, made_up, only

TOOLS = {"xgboost": "onnxmltools", "lightgbm": "onnxmltools", "catboost": "CatBoost"}


def convert(job, samples):
    return {"xgboost": xgboost, "lightgbm": lightgbm, "catboost": catboost}[job["kind"]](
        job, samples)


def matrix(samples, features):
    rows = made_up([-1, features]) if samples is None else only(samples, ["input"])["input"]
    rows = np.asarray(rows, dtype=np.float32)
    if rows.ndim != 2 or rows.shape[1] != features:
        raise Refusal(f"the samples have shape {rows.shape}; the model takes {features} columns")
    return rows


def xgboost(job, samples, booster=None):
    import xgboost as library

    if booster is None:
        booster = library.Booster(model_file=job["source"])
    rows = matrix(samples, booster.num_features())

    def original(arrays):
        return {"output": np.asarray(booster.predict(library.DMatrix(arrays["input"])))}

    if job["target"] == "trees":
        booster.save_model(str(pathlib.Path(job["directory"]) / "model.ubj"))
        tool = f"xgboost {library.__version__}"
        return Outcome("model.ubj", tool, {"input": rows}, original)
    from onnxmltools import convert_xgboost

    booster.feature_names = None
    return through_onnx(job, convert_xgboost, booster, rows, original)


def lightgbm(job, samples, booster=None):
    import lightgbm as library

    if booster is None:
        booster = library.Booster(model_file=job["source"])
    rows = matrix(samples, booster.num_feature())

    def original(arrays):
        return {"output": np.asarray(booster.predict(arrays["input"]))}

    if job["target"] == "trees":
        booster.save_model(str(pathlib.Path(job["directory"]) / "model.txt"))
        tool = f"lightgbm {library.__version__}"
        return Outcome("model.txt", tool, {"input": rows}, original, doubles)
    from onnxmltools import convert_lightgbm

    return through_onnx(job, convert_lightgbm, booster, rows, original)


def doubles(arrays):
    """As LightGBM's own files take them."""
    return {name: array.astype(np.float64) for name, array in arrays.items()}


def through_onnx(job, converter, booster, rows, original):
    import onnxmltools
    from onnxmltools.convert.common.data_types import FloatTensorType

    from convert_onnx import adapter, save

    kind = [("input", FloatTensorType([None, rows.shape[1]]))]
    extra = {"zipmap": False} if converter.__name__ == "convert_lightgbm" else {}
    path = save(converter(booster, initial_types=kind, target_opset=15, **extra), job["directory"])

    def named(arrays):
        answer = original(arrays)["output"]
        probabilities = [value.name for value in outputs if value.name != "label"]
        if answer.ndim == 1 and any(value.name == "label" for value in outputs):
            answer = np.stack([1 - answer, answer], axis=1)
        return {probabilities[0]: answer.reshape(len(answer), -1)}

    from convert_onnx import session

    outputs = session(path).get_outputs()
    return Outcome(
        path.name, f"onnxmltools {onnxmltools.__version__}", {"input": rows}, named, adapter(path))


def plain_outputs(path):
    """Gives CatBoost's tensors as they are, without maps of classes, and with their true shapes."""
    import onnx

    model = onnx.load(str(path))
    graph = model.graph
    tensors = [value for value in graph.output if value.type.HasField("tensor_type")]
    names = [value.name for value in tensors if value.name != "label"]
    for node in [node for node in graph.node if node.op_type == "ZipMap"]:
        graph.node.remove(node)
        names.append(node.input[0])
    labels = [value for value in tensors if value.name == "label"]
    values = [
        onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, ["N", None])
        for name in names
    ]
    del graph.output[:]
    graph.output.extend(labels + values)
    onnx.save(model, str(path))


def catboost(job, samples):
    import catboost as library

    from convert_onnx import adapter

    if job["target"] == "trees":
        raise Refusal("CatBoost writes no XGBoost or LightGBM file; --to onnx works")
    model = library.CatBoost()
    model.load_model(job["source"])
    if model.get_cat_feature_indices() or model.get_text_feature_indices():
        raise Refusal("CatBoost exports no model with categorical or text features to ONNX")
    rows = matrix(samples, len(model.feature_names_))
    path = pathlib.Path(job["directory"]) / "model.onnx"
    model.save_model(str(path), format="onnx")
    plain_outputs(path)

    def original(arrays):
        if model.classes_ is not None and len(model.classes_):
            return {"probabilities": model.predict(arrays["input"], prediction_type="Probability")}
        return {"predictions": np.asarray(model.predict(arrays["input"])).reshape(-1, 1)}

    tool = f"catboost {library.__version__}"
    return Outcome(path.name, tool, {"input": rows}, original, adapter(path))


def from_wrapper(job, model, samples):
    """The native file inside a pickled scikit-learn wrapper, or a pickled booster."""
    name = type(model).__module__.split(".")[0]
    if name == "xgboost":
        booster = model.get_booster() if hasattr(model, "get_booster") else model
        return xgboost(job, samples, booster)
    if name == "lightgbm":
        return lightgbm(job, samples, getattr(model, "booster_", model))
    raise Refusal(
        f"a {type(model).__module__}.{type(model).__name__} has no XGBoost or LightGBM file; "
        "--to onnx works for scikit-learn's own estimators"
    )

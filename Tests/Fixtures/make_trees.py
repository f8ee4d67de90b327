"""Make the tree models of the tests from scikit-learn's bundled data, with the libraries' own answers.

    scripts/python-venv .deps/venv-trees Tests/Fixtures/requirements-trees.txt
    .deps/venv-trees/bin/python Tests/Fixtures/make_trees.py
    scripts/python-venv .deps/venv-trees-old Tests/Fixtures/requirements-trees-old.txt
    .deps/venv-trees-old/bin/python Tests/Fixtures/make_trees.py old

The second run makes what only an older XGBoost writes: the binary form. Beside each model lies
`<name>.answers.json`: the options, the rows (null for NaN) and what the library gives for them.
"""

import json
import pathlib
import sys

import numpy as np
import xgboost
from sklearn import datasets

FOLDER = pathlib.Path(__file__).parent / "trees"
ROWS = 14
SEED = 7


def cancer():
    x, y = datasets.load_breast_cancer(return_X_y=True)
    return with_holes(x), y


def with_holes(x, share=0.15):
    """The same with some values missing, in every column but the first."""
    x = x.copy()
    holes = np.random.default_rng(SEED).random(x.shape) < share
    holes[:, 0] = False
    x[holes] = np.nan
    return x


def wine():
    return datasets.load_wine(return_X_y=True)


def diabetes():
    return datasets.load_diabetes(return_X_y=True)


def digits():
    return datasets.load_digits(return_X_y=True)


def categorical():
    """Two columns of numbers and two of categories, made from those of the diabetes data."""
    x, y = diabetes()
    bins = [np.digitize(x[:, c], np.quantile(x[:, c], np.linspace(0, 1, n + 1)[1:-1]))
            for c, n in ((2, 40), (8, 4))]
    out = np.column_stack([x[:, 0], bins[0], x[:, 3], bins[1]]).astype(float)
    out[np.random.default_rng(SEED).random(len(out)) < 0.1, 1] = np.nan
    return out, y


def sample(x, strange=()):
    """A few rows, and some that no model has seen."""
    rows = x[:: max(len(x) // ROWS, 1)][:ROWS].astype(np.float32).astype(np.float64)
    extra = [np.full(x.shape[1], np.nan), np.zeros(x.shape[1]), -rows[1], rows[2] * 1e6]
    return np.vstack([rows, *extra, *strange])


def plain(values, single):
    """Numbers as JSON has them, as short as their type allows."""
    if isinstance(values, np.ndarray) and values.ndim:
        return [plain(v, single) for v in values]
    value = float(values)
    if np.isnan(value):
        return None
    return float(str(np.float32(value))) if single else value


def write(name, answers, x, options, single):
    document = {"options": options, "rows": [plain(r, False) for r in x]}
    document |= {k: plain(np.asarray(v), single) for k, v in answers.items()}
    (FOLDER / f"{name}.answers.json").write_text(json.dumps(document) + "\n")


def xgb(name, data, params, rounds=4, form="json", feature_types=None, strange=(), options=None,
        label=None, early=False, explain=True, **fit):
    x, y = data
    y = y if label is None else label(y)
    matrix = xgboost.DMatrix(x, y, feature_types=feature_types,
                             enable_categorical=feature_types is not None, **fit)
    params = {"max_depth": 4, "seed": SEED, "nthread": 1} | params
    if early:
        half = len(y) // 2
        train = xgboost.DMatrix(x[:half], y[:half])
        test = xgboost.DMatrix(x[half:], y[half:])
        model = xgboost.train(params, train, rounds, evals=[(test, "t")], verbose_eval=False,
                              early_stopping_rounds=3)
    else:
        model = xgboost.train(params, matrix, rounds)
    path = FOLDER / f"{name}.{form}"
    model.save_model(path)
    model = xgboost.Booster(model_file=path)
    model.set_param({"nthread": 1})
    rows = sample(x, strange)
    matrix = xgboost.DMatrix(rows, feature_types=feature_types,
                             enable_categorical=feature_types is not None)
    span = {"iteration_range": (0, model.best_iteration + 1)} if early else {}
    answers = {
        "prediction": model.predict(matrix, **span),
        "margin": model.predict(matrix, output_margin=True, **span),
    }
    if params.get("booster") != "gblinear":
        answers["leaf"] = model.predict(matrix, pred_leaf=True, **span)
    if explain:
        answers["contributions"] = model.predict(matrix, pred_contribs=True, **span)
    write(name, answers, rows, options or {}, True)


def every_xgboost():
    binary = {"objective": "binary:logistic"}
    xgb("xgb_binary", cancer(), binary, 12)
    xgb("xgb_binary_ubj", cancer(), binary, 12, "ubj")
    xgb("xgb_softprob", digits(), {"objective": "multi:softprob", "num_class": 10, "max_depth": 3},
        2, "ubj", explain=False)
    xgb("xgb_softmax", wine(), {"objective": "multi:softmax", "num_class": 3}, 3)
    xgb("xgb_regression", diabetes(), {"max_depth": 6}, 5, "ubj")
    xgb("xgb_dart", diabetes(), {"booster": "dart", "rate_drop": 0.5, "one_drop": 1}, 8)
    xgb("xgb_forest", wine(), {"objective": "multi:softprob", "num_class": 3, "subsample": 0.7,
        "num_parallel_tree": 3, "colsample_bynode": 0.6}, 2, "ubj")
    xgb("xgb_linear", diabetes(), {"booster": "gblinear"}, 6)
    # The library's own linear models add only the first of several base scores.
    xgb("xgb_linear_classes", wine(), {"booster": "gblinear", "objective": "multi:softprob",
        "num_class": 3, "base_score": 0.5}, 6, "ubj")
    for objective in ("reg:squaredlogerror", "reg:pseudohubererror", "reg:absoluteerror",
                      "count:poisson", "reg:gamma", "reg:tweedie", "survival:cox", "rank:pairwise",
                      "rank:ndcg", "rank:map", "reg:logistic", "binary:logitraw", "binary:hinge"):
        name = "xgb_" + objective.replace(":", "_")
        small = {"objective": objective, "max_depth": 3}
        if objective.startswith("rank"):
            x, y = wine()
            xgb(name, (x, (y == 1).astype(int)), small, 3, qid=np.arange(len(y)) // 20)
        elif objective.split(":")[0] == "binary" or objective == "reg:logistic":
            xgb(name, cancer(), small, 3)
        else:
            xgb(name, diabetes(), small, 3)
    x, y = diabetes()
    xgb("xgb_aft", (x, y), {"objective": "survival:aft", "max_depth": 3}, 3,
        label_lower_bound=y, label_upper_bound=y + 20)
    xgb("xgb_quantiles", diabetes(), {"objective": "reg:quantileerror",
        "quantile_alpha": [0.1, 0.5, 0.9], "max_depth": 3}, 2)
    both = np.column_stack([y, y * y / 100])
    xgb("xgb_targets", (x, both), {"max_depth": 3}, 3)
    xgb("xgb_vector_leaf", (x, both), {"max_depth": 3, "multi_strategy": "multi_output_tree"}, 3,
        explain=False)
    types = ["q", "c", "q", "c"]
    strange = [[0, 1000, 0, 3], [0, 39.7, 0, 77], [0, 16777215, 0, 0]]
    xgb("xgb_categories", categorical(), {"max_cat_to_onehot": 1}, 6, "ubj", types, strange)
    xgb("xgb_onehot", categorical(), {"max_cat_to_onehot": 1000}, 6, "json", types, strange)
    xgb("xgb_early", diabetes(), {"eta": 0.5}, 40, early=True)
    xgb("xgb_base_score", cancer(), binary | {"base_score": 0.8}, 2)
    xgb("xgb_missing", (np.nan_to_num(cancer()[0], nan=-999), cancer()[1]), binary, 3,
        options={}, explain=False)


def old_xgboost():
    binary = {"objective": "binary:logistic"}
    xgb("old_binary", cancer(), binary, 6, "deprecated")
    xgb("old_json", cancer(), binary, 4, "json")
    xgb("old_softprob", wine(), {"objective": "multi:softprob", "num_class": 3}, 2, "deprecated")
    xgb("old_dart", diabetes(), {"booster": "dart", "rate_drop": 0.5, "one_drop": 1,
        "max_depth": 3}, 4, "deprecated")
    xgb("old_linear", diabetes(), {"booster": "gblinear"}, 4, "deprecated")
    xgb("old_forest", diabetes(), {"num_parallel_tree": 3, "subsample": 0.6, "max_depth": 3}, 2,
        "deprecated")
    xgb("old_poisson", diabetes(), {"objective": "count:poisson", "max_depth": 3}, 3, "deprecated")


def lgb(name, data, params, rounds=4, categories="auto", strange=(), label=None, explain=True,
        objective=None, **fit):
    import lightgbm

    x, y = data
    y = y if label is None else label(y)
    params = {"num_leaves": 8, "verbose": -1, "num_threads": 1, "seed": SEED,
              "deterministic": True, "force_row_wise": True} | params
    if objective:
        params["objective"] = objective
    model = lightgbm.train(params, lightgbm.Dataset(x, y, categorical_feature=categories, **fit),
                           rounds)
    path = FOLDER / f"{name}.txt"
    model.save_model(path)
    model = lightgbm.Booster(model_file=path)
    rows = sample(x, strange)
    answers = {
        "prediction": model.predict(rows), "margin": model.predict(rows, raw_score=True),
        "leaf": model.predict(rows, pred_leaf=True),
    }
    if explain:
        answers["contributions"] = model.predict(rows, pred_contrib=True)
    write(name, answers, rows, {}, False)


def every_lightgbm():
    lgb("lgb_binary", cancer(), {"objective": "binary", "sigmoid": 0.7}, 10)
    lgb("lgb_multiclass", wine(), {"objective": "multiclass", "num_class": 3}, 3)
    lgb("lgb_digits", digits(), {"objective": "multiclass", "num_class": 10}, 2, explain=False)
    lgb("lgb_ova", wine(), {"objective": "multiclassova", "num_class": 3}, 3)
    lgb("lgb_regression", diabetes(), {"num_leaves": 31}, 6)
    lgb("lgb_sqrt", diabetes(), {"objective": "regression", "reg_sqrt": True}, 3)
    for objective in ("regression_l1", "huber", "fair", "quantile", "mape", "poisson", "gamma",
                      "tweedie"):
        lgb(f"lgb_{objective}", diabetes(), {"objective": objective}, 3)
    for objective in ("cross_entropy", "cross_entropy_lambda"):
        lgb(f"lgb_{objective}", cancer(), {"objective": objective}, 3)
    x, y = wine()
    groups = [20] * 8 + [18]
    lgb("lgb_lambdarank", (x, y), {"objective": "lambdarank"}, 3, group=groups)
    lgb("lgb_xendcg", (x, y), {"objective": "rank_xendcg"}, 3, group=groups)
    lgb("lgb_forest", cancer(), {"objective": "binary", "boosting": "rf", "bagging_freq": 1,
        "bagging_fraction": 0.6}, 5)
    lgb("lgb_dart", diabetes(), {"boosting": "dart", "drop_rate": 0.5}, 6)
    holes = np.where(np.abs(digits()[0]) < 3, 0, digits()[0])
    lgb("lgb_zero_missing", (with_holes(holes, 0.05), (digits()[1] > 4).astype(int)),
        {"objective": "binary", "zero_as_missing": True}, 4, explain=False)
    lgb("lgb_no_missing", cancer(), {"objective": "binary", "use_missing": False}, 4)
    strange = [[0, 1000, 0, 3], [0, 39.7, 0, 77], [0, -3, 0, -0.5], [1e-36, 3e9, -1e-36, 1e300]]
    lgb("lgb_categories", categorical(), {"min_data_per_group": 5, "cat_smooth": 1}, 6,
        [1, 3], strange)
    lgb("lgb_constant", diabetes(), {"min_data_in_leaf": 400}, 2)
    def squared(predictions, data):
        return predictions - data.get_label(), np.ones_like(predictions)
    lgb("lgb_custom", diabetes(), {}, 3, objective=squared)


def main():
    FOLDER.mkdir(exist_ok=True)
    if sys.argv[1:] == ["old"]:
        old_xgboost()
    else:
        every_xgboost()
        every_lightgbm()


main()

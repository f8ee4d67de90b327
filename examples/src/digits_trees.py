"""The handwritten digits again, as XGBoost and as LightGBM write what they learn.

Both files are the libraries' own; serving them needs neither library. They answer with a
probability a digit; the pixels go in as in `digits`.
"""

import lightgbm
import numpy
import xgboost
from common import EXAMPLES
from digits import split

ROUNDS = 8


def xgboost_model(train, train_digit):
    parameters = {"objective": "multi:softprob", "num_class": 10, "max_depth": 3, "eta": 0.5, "seed": 7, "nthread": 1}
    return xgboost.train(parameters, xgboost.DMatrix(train, train_digit), ROUNDS)


def lightgbm_model(train, train_digit):
    parameters = {
        "objective": "multiclass", "num_class": 10, "num_leaves": 8, "learning_rate": 0.3, "seed": 7,
        "deterministic": True, "force_row_wise": True, "num_threads": 1, "verbosity": -1,
    }
    return lightgbm.train(parameters, lightgbm.Dataset(train, train_digit), ROUNDS)


def make():
    train, test, train_digit, test_digit = split()
    xgb = xgboost_model(train, train_digit)
    lgb = lightgbm_model(train, train_digit)
    for name, file, booster, predict in (
        ("digits_xgboost", "model.ubj", xgb, lambda rows: xgb.predict(xgboost.DMatrix(rows))),
        ("digits_lightgbm", "model.txt", lgb, lgb.predict),
    ):
        path = EXAMPLES / "models" / name / "1" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        booster.save_model(path)
        accuracy = (predict(test).argmax(axis=1) == test_digit).mean()
        print(f"models/{name}/1/{file}: {path.stat().st_size} bytes")
        print(f"    {accuracy:.1%} of {len(test)} unseen digits are right")


def nearest():
    """What `python/nearest` compares a digit with: the mean picture of each."""
    train, test, train_digit, test_digit = split()
    means = numpy.stack([train[train_digit == digit].mean(axis=0) for digit in range(10)])
    means = means.round(2).astype(numpy.float32)
    numpy.save(EXAMPLES / "python" / "nearest" / "1" / "means.npy", means)
    label = ((test[:, None] - means) ** 2).sum(axis=2).argmin(axis=1)
    print(f"python/nearest/1/means.npy: {(label == test_digit).mean():.1%} of {len(test)} unseen digits are right")

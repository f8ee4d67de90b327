"""Make the models and rows that bench-trees runs: `make_models.py FOLDER`.

100 trees on scikit-learn's digits (64 features): XGBoost of depth 6, LightGBM of 31 leaves, for one
output and for ten classes (10 rounds), and 1,000 rows of the data as binary64.
"""

import pathlib
import sys

import lightgbm
import numpy
import xgboost
from sklearn.datasets import load_digits

folder = pathlib.Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
x, y = load_digits(return_X_y=True)
x = x + numpy.random.default_rng(1).random(x.shape)
half = (y > 4).astype(int)
common = {"max_depth": 6, "seed": 1}
data = xgboost.DMatrix(x, half)
xgboost.train(common | {"objective": "binary:logistic"}, data, 100).save_model(folder / "xgb.ubj")
data = xgboost.DMatrix(x, y)
xgboost.train(common | {"objective": "multi:softprob", "num_class": 10}, data, 10).save_model(
    folder / "xgb10.ubj")
common = {"num_leaves": 31, "seed": 1, "verbose": -1}
lightgbm.train(common | {"objective": "binary"}, lightgbm.Dataset(x, half), 100).save_model(
    folder / "lgb.txt")
lightgbm.train(common | {"objective": "multiclass", "num_class": 10}, lightgbm.Dataset(x, y),
               10).save_model(folder / "lgb10.txt")
x[:1000].astype(numpy.float64).tofile(folder / "rows.bin")

"""Which of three growers made a wine: a table of words and numbers, as companies have them.

The pipeline is what a data scientist would hand over: one input a column, words one-hot
encoded, numbers scaled, and everything at the converter's defaults. So the class is a string
and the probabilities come as a sequence of maps from class to number (`seq(map)`), which
Slipway gives back as an ordinary `[batch, classes]` tensor.
"""

import numpy
from common import OPSETS, round_weights, save_model, save_requests
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import FloatTensorType, StringTensorType
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_wine
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

# Two measurements are told in words, as a taster would: by the thirds of what there is.
WORDS = {"color_intensity": ["pale", "medium", "deep"], "proline": ["low", "medium", "high"]}
NUMBERS = ["alcohol", "malic_acid", "flavanoids", "hue"]
GROWERS = numpy.array(["barolo", "grignolino", "barbera"])


def columns():
    data = load_wine()
    column = dict(zip(data.feature_names, data.data.T.astype(numpy.float32), strict=True))
    table = {}
    for name, words in WORDS.items():
        thirds = numpy.quantile(column[name], [1 / 3, 2 / 3])
        table[name] = numpy.array(words, dtype=object)[numpy.digitize(column[name], thirds)]
    for name in NUMBERS:
        table[name] = column[name]
    return table, GROWERS[data.target]


def make():
    table, grower = columns()
    rows = numpy.empty((len(grower), len(table)), dtype=object)
    for index, values in enumerate(table.values()):
        rows[:, index] = values
    train, test, train_grower, test_grower = train_test_split(
        rows, grower, test_size=0.3, random_state=7, stratify=grower
    )
    words, numbers = list(range(len(WORDS))), list(range(len(WORDS), len(table)))
    pipeline = make_pipeline(
        ColumnTransformer(
            [
                ("words", OneHotEncoder(handle_unknown="ignore"), words),
                ("numbers", StandardScaler(), numbers),
            ]
        ),
        LogisticRegression(max_iter=500),
    ).fit(train, train_grower)
    round_weights(pipeline[-1])
    model = convert_sklearn(
        pipeline,
        name="wine",
        initial_types=[
            (name, StringTensorType([None, 1]) if name in WORDS else FloatTensorType([None, 1]))
            for name in table
        ],
        target_opset=OPSETS,
    )
    session = save_model(model, "wine", 1)

    def inputs(rows):
        types = [object if name in WORDS else numpy.float32 for name in table]
        return {
            name: rows[:, [index]].astype(types[index]) for index, name in enumerate(table)
        }

    label, probabilities = session.run(None, inputs(test))
    assert label.tolist() == pipeline.predict(test).tolist()
    expected = pipeline.predict_proba(test)
    classes = pipeline.classes_.tolist()
    got = numpy.array([[row[name] for name in classes] for row in probabilities])
    assert numpy.allclose(got, expected, atol=1e-4)
    print(f"    {(label == test_grower).mean():.1%} of {len(test)} unseen wines are right")
    print(f"    the wines in requests/wine.json are {test_grower[:2].tolist()}")
    save_requests("wine", inputs(test[:2]), named=True)

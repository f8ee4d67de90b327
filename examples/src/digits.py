"""Handwritten digits, 8 x 8 pixels of 0 to 16: two versions of visibly different quality.

Version 1 is a logistic regression that has seen ninety digits; version 2 is a small neural
network that has seen all of the training half. Same inputs, same outputs: the one can take
the place of the other, as a canary for example.
"""

import numpy
from common import (
    EXAMPLES, OPSETS, name_batch, name_columns, round_weights, save_json, save_model, save_requests, short,
)
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import FloatTensorType
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler


def split():
    """Pixels to learn from, pixels to ask, and the digits of both."""
    pixels, digit = load_digits(return_X_y=True)
    return train_test_split(pixels, digit, test_size=0.3, random_state=7, stratify=digit)


def make():
    train, test, train_digit, test_digit = split()
    few = 90
    versions = {
        1: (LogisticRegression(max_iter=500), train[:few], train_digit[:few]),
        2: (
            MLPClassifier((48,), alpha=0.1, max_iter=1000, random_state=7),
            train,
            train_digit,
        ),
    }
    answers = {}
    for version, (classifier, seen, seen_digit) in versions.items():
        pipeline = make_pipeline(MinMaxScaler(), classifier).fit(seen, seen_digit)
        round_weights(classifier)
        model = convert_sklearn(
            pipeline,
            name="digits",
            initial_types=[("pixels", FloatTensorType([None, 64]))],
            target_opset=OPSETS,
            options={id(pipeline): {"zipmap": False}},
        )
        name_batch(model)
        name_columns(model, "probabilities", pipeline.classes_)
        session = save_model(model, "digits", version)
        label, probabilities = session.run(["label", "probabilities"], {"pixels": test.astype(numpy.float32)})
        assert numpy.array_equal(label, pipeline.predict(test))
        assert numpy.allclose(probabilities, pipeline.predict_proba(test), atol=1e-4)
        answers[version] = label
        accuracy = (label == test_digit).mean()
        print(f"    {accuracy:.1%} of {len(test)} unseen digits are right")

    # A digit that tells the versions apart: the first that only version 2 reads rightly.
    one = numpy.flatnonzero((answers[1] != test_digit) & (answers[2] == test_digit))[0]
    print(f"    requests/digit.json is a {test_digit[one]}; version 1 takes it for a {answers[1][one]}")
    save_requests("digit", {"pixels": test[[one]]})
    # The same, asking for classes: as an example, and as the three best of a tensor.
    pixels = short(test[one].astype(numpy.float32))
    save_json("digit.classify.json", {"examples": [{"pixels": pixels}]})
    tensor = {"name": "pixels", "shape": [1, 64], "datatype": "FP32", "data": pixels}
    best = {"name": "probabilities", "parameters": {"classification": 3}}
    save_json("digit.best.infer.json", {"inputs": [tensor], "outputs": [best]})

    # Eight more, as files that `slipway predict` reads.
    eight = test[:8].astype(numpy.float32)
    numpy.save(EXAMPLES / "requests" / "digits.npy", eight)
    header = ",".join(f"pixel{index}" for index in range(64))
    rows = [",".join(str(int(value)) for value in row) for row in eight]
    (EXAMPLES / "requests" / "digits.csv").write_text("\n".join([header, *rows]) + "\n")
    print(f"    requests/digits.npy and .csv are {test_digit[:8].tolist()}")

#!/usr/bin/env python3
"""Make the TensorFlow models that the tests load, with TensorFlow's own answers beside them.

    scripts/python-venv .deps/venv-tensorflow Tests/Fixtures/requirements-tensorflow.txt
    .deps/venv-tensorflow/bin/python Tests/Fixtures/make_tensorflow.py

Models are trained on scikit-learn's bundled digits and iris, a few KB each. `answers.json` beside
each model holds calls: signature, inputs, and what TensorFlow's Python package answered.
"""

import base64
import io
import json
import os
import pathlib
import shutil

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"
# The answers are compared to the last bits; other kernels round otherwise.
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"

import keras
import numpy
import tensorflow as tf
from PIL import Image
from sklearn.datasets import load_digits, load_iris
from sklearn.linear_model import LinearRegression, LogisticRegression

HERE = pathlib.Path(__file__).resolve().parent / "tensorflow"
v1 = tf.compat.v1
SERVE = [tf.saved_model.SERVING]

# MARK: Writing


def tensor_document(value):
    """A tensor as JSON: numbers as they are, byte strings in base 64."""
    value = numpy.asarray(value)
    if value.dtype.kind in "SOU":
        flat = [v.encode() if isinstance(v, str) else bytes(v) for v in value.reshape(-1).tolist()]
        data = [base64.b64encode(v).decode() for v in flat]
        return {"type": "BYTES", "shape": list(value.shape), "data": data}
    names = {"float16": "FP16", "float32": "FP32", "float64": "FP64", "bool": "BOOL"}
    name = names.get(value.dtype.name, value.dtype.name.upper())
    data = value.astype("float64") if value.dtype.kind == "f" else value
    return {"type": name, "shape": list(value.shape), "data": data.reshape(-1).tolist()}


def record(name, calls):
    if not calls:
        return
    documents = [
        {
            "signature": signature,
            "inputs": {key: tensor_document(value) for key, value in inputs.items()},
            "outputs": {key: tensor_document(value) for key, value in outputs.items()},
        }
        for signature, inputs, outputs in calls
    ]
    (HERE / name / "answers.json").write_text(json.dumps(documents, indent=1) + "\n")


def directory(name):
    path = HERE / name
    shutil.rmtree(path, ignore_errors=True)
    return path / "1"


def answer(name, calls):
    """Load the model as TensorFlow 2 does, and record what it says."""
    loaded = tf.saved_model.load(str(HERE / name / "1"))
    answers = []
    for signature, inputs in calls:
        tensors = {key: tf.constant(value) for key, value in inputs.items()}
        outputs = loaded.signatures[signature](**tensors)
        answers.append((signature, inputs, {key: v.numpy() for key, v in outputs.items()}))
    record(name, answers)


def info(tensor):
    return v1.saved_model.utils.build_tensor_info(tensor)


def signature(inputs, outputs, method="tensorflow/serving/predict"):
    return v1.saved_model.signature_def_utils.build_signature_def(
        {key: info(value) for key, value in inputs.items()},
        {key: info(value) for key, value in outputs.items()},
        method,
    )


def save_v1(name, build, calls=(), tags=SERVE):
    """Build a graph, save it with the builder of TensorFlow 1, load it again and record answers."""
    path = directory(name)
    builder = v1.saved_model.Builder(str(path))
    with tf.Graph().as_default(), v1.Session() as session:
        signatures, more = build()
        session.run([v1.global_variables_initializer(), v1.tables_initializer()])
        builder.add_meta_graph_and_variables(
            session, list(tags), signature_def_map=signatures, clear_devices=True, **more
        )
    builder.save()
    answers = []
    with tf.Graph().as_default(), v1.Session() as session:
        loaded = v1.saved_model.loader.load(session, list(tags), str(path))
        for key, inputs in calls:
            definition = loaded.signature_def[key]
            feed = {definition.inputs[k].name: v for k, v in inputs.items()}
            fetch = {k: v.name for k, v in definition.outputs.items()}
            answers.append((key, inputs, session.run(fetch, feed)))
    record(name, answers)


# MARK: Models from real data

digits = load_digits()
pixels = (digits.data / 16).astype("float32")
iris = load_iris()
flowers = iris.data.astype("float32")


def train_digits():
    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [
            keras.Input((64,), name="pixels"),
            keras.layers.Dense(16, activation="relu"),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(pixels, digits.target, epochs=12, batch_size=32, verbose=0)
    print("digits accuracy", model.evaluate(pixels, digits.target, verbose=0)[1])
    return model


def make_digits(model):
    path = directory("digits")
    model.export(str(path), format="tf_saved_model", verbose=False)
    loaded = tf.saved_model.load(str(path))
    (name,) = loaded.signatures["serving_default"].structured_input_signature[1]
    rows = [pixels[:1], pixels[10:15], pixels[:0]]
    answer("digits", [("serving_default", {name: part}) for part in rows])


def picture(index, kind):
    image = Image.fromarray((pixels[index].reshape(8, 8) * 255).astype("uint8"), "L")
    image = image.resize((32, 32), Image.Resampling.NEAREST)
    buffer = io.BytesIO()
    image.save(buffer, kind, **({"quality": 95} if kind == "JPEG" else {}))
    return buffer.getvalue()


def make_image(model):
    """The classic client: bytes of a picture go in, the graph decodes them."""
    weights = [tf.Variable(w) for w in model.get_weights()]

    class Classifier(tf.Module):
        def __init__(self):
            super().__init__()
            self.held = weights

        @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="image_bytes")])
        def classify(self, image_bytes):
            def decode(data):
                image = tf.io.decode_image(data, channels=1, expand_animations=False)
                image = tf.image.resize(tf.reshape(image, [32, 32, 1]), [8, 8], method="area")
                return tf.reshape(image, [64]) / 255.0

            rows = tf.map_fn(decode, image_bytes, fn_output_signature=tf.float32)
            first, bias, second, last = self.held
            scores = tf.nn.softmax(tf.nn.relu(rows @ first + bias) @ second + last)
            return {"classes": tf.argmax(scores, axis=1), "probabilities": scores}

    module = Classifier()
    path = directory("image")
    tf.saved_model.save(module, str(path), signatures=module.classify)
    pictures = numpy.array([picture(3, "JPEG"), picture(4, "PNG"), picture(5, "JPEG")], object)
    answer(
        "image",
        [
            ("serving_default", {"image_bytes": pictures[:1]}),
            ("serving_default", {"image_bytes": pictures}),
        ],
    )


def make_iris_v1():
    """TensorFlow 1: variables, a table filled from an asset, and its initialiser as legacy init."""
    fitted = LogisticRegression(max_iter=1000).fit(flowers, iris.target)
    # A relative path: what is written here stands in the model's file.
    vocabulary = pathlib.Path("names.txt")
    vocabulary.write_text("\n".join(iris.target_names) + "\n")

    def build():
        x = v1.placeholder(tf.float32, [None, 4], name="x")
        weights = v1.get_variable(
            "weights", initializer=fitted.coef_.T.astype("float32"), use_resource=False
        )
        bias = v1.get_variable(
            "bias", initializer=fitted.intercept_.astype("float32"), use_resource=False
        )
        scores = tf.nn.softmax(tf.matmul(x, weights) + bias, name="scores")
        asset = tf.constant(str(vocabulary), name="asset")
        table = tf.lookup.StaticHashTable(
            tf.lookup.TextFileInitializer(
                asset,
                tf.int64,
                tf.lookup.TextFileIndex.LINE_NUMBER,
                tf.string,
                tf.lookup.TextFileIndex.WHOLE_LINE,
            ),
            "?",
        )
        best = table.lookup(tf.argmax(scores, axis=1))
        signatures = {
            "serving_default": signature({"x": x}, {"scores": scores, "species": best}),
            "scores_only": signature({"x": x}, {"scores": scores}),
        }
        more = {
            "assets_collection": v1.get_collection(v1.GraphKeys.ASSET_FILEPATHS),
            "legacy_init_op": v1.tables_initializer(),
        }
        return signatures, more

    calls = [
        ("serving_default", {"x": flowers[::40]}),
        ("scores_only", {"x": flowers[:1]}),
    ]
    save_v1("iris_v1", build, calls)
    vocabulary.unlink()


def iris_examples(rows):
    def one(row):
        feature = tf.train.Feature(float_list=tf.train.FloatList(value=row.tolist()))
        return tf.train.Example(features=tf.train.Features(feature={"x": feature}))

    return numpy.array([one(row).SerializeToString(deterministic=True) for row in rows], object)


def make_examples():
    """Classification and regression on serialised `tf.Example`s, as estimators exported them."""
    fitted = LogisticRegression(max_iter=1000).fit(flowers, iris.target)
    line = LinearRegression().fit(flowers[:, :3], flowers[:, 3])

    def build():
        inputs = v1.placeholder(tf.string, [None], name="input_example_tensor")
        x = v1.io.parse_example(inputs, {"x": tf.io.FixedLenFeature([4], tf.float32)})["x"]
        weights = v1.get_variable("weights", initializer=fitted.coef_.T.astype("float32"))
        bias = v1.get_variable("bias", initializer=fitted.intercept_.astype("float32"))
        scores = tf.nn.softmax(tf.matmul(x, weights) + bias)
        names = tf.constant([name.encode() for name in iris.target_names])
        classes = tf.tile(names[tf.newaxis], [tf.shape(scores)[0], 1])
        slope = tf.constant(line.coef_.astype("float32")[:, numpy.newaxis])
        value = tf.matmul(x[:, :3], slope) + float(line.intercept_)
        utils = v1.saved_model.signature_def_utils
        classify = utils.classification_signature_def(inputs, classes, scores)
        regress = utils.regression_signature_def(inputs, value)
        named = signature(
            {"serialized": inputs},
            {"classes": classes, "scores": scores},
            "tensorflow/serving/classify",
        )
        predict = signature({"examples": inputs}, {"scores": scores})
        signatures = {
            "serving_default": classify,
            "regression": regress,
            "named": named,
            "predict": predict,
        }
        return signatures, {}

    rows = iris_examples(flowers[::60])
    calls = [
        ("serving_default", {"inputs": rows}),
        ("regression", {"inputs": rows}),
        ("named", {"serialized": rows}),
        ("predict", {"examples": rows}),
    ]
    save_v1("examples", build, calls)


# MARK: Models for one behaviour each


class Several(tf.Module):
    """Several signatures, with every sort of shape and a few types."""

    def __init__(self):
        super().__init__()
        self.factor = tf.Variable(3.0)

    @tf.function(input_signature=[tf.TensorSpec([None, 2], tf.float32, name="x")])
    def scale(self, x):
        return {"y": x * self.factor}

    @tf.function(
        input_signature=[
            tf.TensorSpec([None], tf.int64, name="a"),
            tf.TensorSpec([None], tf.int64, name="b"),
        ]
    )
    def add(self, a, b):
        return {"sum": a + b, "larger": tf.greater(a, b)}

    @tf.function(input_signature=[tf.TensorSpec(None, tf.float32, name="x")])
    def any_rank(self, x):
        return {"rank": tf.rank(x), "total": tf.reduce_sum(x)}

    @tf.function(
        input_signature=[
            tf.TensorSpec([2, 2], tf.float16, name="half"),
            tf.TensorSpec([2], tf.bool, name="mask"),
            tf.TensorSpec([], tf.int64, name="count"),
        ]
    )
    def mixed(self, half, mask, count):
        return {
            "half": tf.where(mask[:, tf.newaxis], half, -half),
            "mask": tf.logical_not(mask),
            "count": count * 2,
        }

    @tf.function(input_signature=[])
    def constant(self):
        return {"factor": self.factor.read_value()}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32, name="x")])
    def fails(self, x):
        with tf.control_dependencies([tf.debugging.assert_positive(x, message="x is negative")]):
            return {"y": tf.sqrt(x)}


def make_several():
    module = Several()
    path = directory("several")
    tf.saved_model.save(
        module,
        str(path),
        signatures={
            "serving_default": module.scale,
            "add": module.add,
            "any_rank": module.any_rank,
            "mixed": module.mixed,
            "constant": module.constant,
            "fails": module.fails,
        },
    )
    float32, int64 = numpy.float32, numpy.int64
    answer(
        "several",
        [
            ("serving_default", {"x": numpy.array([[1, 2], [3, 4]], float32)}),
            ("add", {"a": numpy.array([1, 2], int64), "b": numpy.array([5, -1], int64)}),
            ("any_rank", {"x": numpy.ones([2, 3, 4], float32)}),
            ("any_rank", {"x": numpy.array(2.5, float32)}),
            (
                "mixed",
                {
                    "half": numpy.array([[1, 2], [3, 4]], numpy.float16),
                    "mask": numpy.array([True, False]),
                    "count": numpy.array(2**40, int64),
                },
            ),
            ("constant", {}),
            ("fails", {"x": numpy.array([4, 9], float32)}),
        ],
    )


def make_words():
    """Text in, text and number out, through tables that an initialiser fills."""
    vocabulary = pathlib.Path("words.txt")
    vocabulary.write_text("zero\none\ntwo\nthree\n")

    class Words(tf.Module):
        def __init__(self):
            super().__init__()
            self.asset = tf.saved_model.Asset(str(vocabulary))
            self.numbers = tf.lookup.StaticHashTable(
                tf.lookup.TextFileInitializer(
                    self.asset.asset_path,
                    tf.string,
                    tf.lookup.TextFileIndex.WHOLE_LINE,
                    tf.int64,
                    tf.lookup.TextFileIndex.LINE_NUMBER,
                ),
                -1,
            )
            self.german = tf.lookup.StaticHashTable(
                tf.lookup.KeyValueTensorInitializer(
                    ["one", "two", "three"], ["eins", "zwei", "drei, und zwar \u00fcber 22 Bytes"]
                ),
                "?",
            )

        @tf.function(input_signature=[tf.TensorSpec([None, None], tf.string, name="words")])
        def look_up(self, words):
            return {"numbers": self.numbers.lookup(words), "german": self.german.lookup(words)}

    module = Words()
    tf.saved_model.save(module, str(directory("words")), signatures=module.look_up)
    words = numpy.array([["one", "three"], ["two", "many words that are in no table"]], object)
    answer("words", [("serving_default", {"words": words})])
    vocabulary.unlink()


def make_ragged():
    """Outputs whose size the content decides: the parts of a ragged tensor."""

    class Split(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="text")])
        def split(self, text):
            parts = tf.strings.split(text)
            return {
                "values": parts.flat_values,
                "row_splits": parts.row_splits,
                "padded": parts.to_tensor(""),
            }

    module = Split()
    tf.saved_model.save(module, str(directory("ragged")), signatures=module.split)
    texts = numpy.array(["a bb ccc", "", "d"], object)
    answer("ragged", [("serving_default", {"text": texts})])


TYPES = "bool uint8 uint16 uint32 uint64 int8 int16 int32 int64 float16 bfloat16 float32 float64"


def make_identities():
    for name in [*TYPES.split(), "string"]:

        def build(dtype=tf.as_dtype(name)):
            x = v1.placeholder(dtype, [None, None], name="x")
            return {"serving_default": signature({"x": x}, {"y": tf.identity(x)})}, {}

        save_v1("identity_" + name, build)

    def scalar():
        x = v1.placeholder(tf.float32, [], name="x")
        return {"serving_default": signature({"x": x}, {"y": tf.identity(x)})}, {}

    save_v1("scalar", scalar)


def make_slow():
    """Waits for ever, without taking a processor: for something in a queue that nobody fills."""

    def build():
        count = v1.placeholder(tf.int64, [1], name="count")
        queue = v1.FIFOQueue(1, [tf.int64], shapes=[[]])
        return {"serving_default": signature({"count": count}, {"y": count + queue.dequeue()})}, {}

    save_v1("slow", build)


def make_tagged():
    """Two graphs in one SavedModel, and neither is tagged just `serve`."""
    path = directory("tagged")
    builder = v1.saved_model.Builder(str(path))
    for number, tags in enumerate([["train"], ["serve", "gpu"]]):
        with tf.Graph().as_default(), v1.Session() as session:
            x = v1.placeholder(tf.float32, [None], name="x")
            factor = v1.get_variable("factor", initializer=2.0)
            y = x * factor * float(number + 1)
            session.run(v1.global_variables_initializer())
            signatures = {"serving_default": signature({"x": x}, {"y": y})}
            if number == 0:
                builder.add_meta_graph_and_variables(session, tags, signature_def_map=signatures)
            else:
                builder.add_meta_graph(tags, signature_def_map=signatures)
    builder.save()
    record("tagged", [])


def make_refused():
    """What cannot be served: complex numbers only, no signature, an operator nobody has."""

    def no_type():
        x = v1.placeholder(tf.complex64, [None], name="x")
        y = v1.placeholder(tf.float32, [None], name="y")
        return {
            "serving_default": signature({"x": x}, {"y": tf.identity(x)}),
            "usable": signature({"y": y}, {"z": y + 1}),
        }, {}

    def none():
        v1.placeholder(tf.float32, [None], name="x")
        return {}, {}

    save_v1("complex", no_type)
    save_v1("no_signature", none)

    def known():
        x = v1.placeholder(tf.float32, [None], name="x")
        return {"serving_default": signature({"x": x}, {"y": tf.math.erfinv(x)})}, {}

    save_v1("unknown_op", known)
    file = HERE / "unknown_op" / "1" / "saved_model.pb"
    file.write_bytes(file.read_bytes().replace(b"Erfinv", b"Frobni"))


def main():
    HERE.mkdir(exist_ok=True)
    os.chdir(HERE)
    model = train_digits()
    make_digits(model)
    make_image(model)
    make_iris_v1()
    make_examples()
    make_several()
    make_words()
    make_ragged()
    make_identities()
    make_slow()
    make_tagged()
    make_refused()
    for path in HERE.rglob("*"):
        # Empty directories, which git does not keep, and notes for TensorFlow's own tools.
        if path.name in ("fingerprint.pb", "keras_metadata.pb"):
            path.unlink()
    for path in sorted(HERE.rglob("*"), reverse=True):
        if path.is_dir() and not any(path.iterdir()):
            path.rmdir()


main()

#!/usr/bin/env python3
"""Make the MXNet models of the tests, with MXNet's own answers beside them.

    scripts/python-venv .deps/venv-mxnet Tests/Fixtures/requirements-mxnet.txt
    .deps/venv-mxnet/bin/python Tests/Fixtures/make_mxnet.py

Writes Tests/Fixtures/mxnet/: every folder is a model directory in one of the forms in which people
keep MXNet models, and holds `expected.json` with inputs and outputs where it can be loaded. The
networks are trained on scikit-learn's digits. Runs on Linux with CPython 3.11, in about a minute.
"""

import json
import os
import pathlib
import shutil
import struct

os.environ["MXNET_ENGINE_TYPE"] = "NaiveEngine"

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon
from sklearn.datasets import load_digits

FOLDER = pathlib.Path(__file__).resolve().parent / "mxnet"
ROWS = 20


def digits():
    images, labels = load_digits(return_X_y=True)
    return (images / 16).astype("float32"), labels.astype("float32")


def folder(name):
    directory = FOLDER / name
    directory.mkdir()
    return directory


def record(directory, inputs, outputs, **more):
    def plain(arrays):
        return {
            name: {"shape": list(array.shape), "values": [float(value) for value in array.ravel()]}
            for name, array in arrays.items()
        }

    text = json.dumps({"inputs": plain(inputs), "outputs": plain(outputs), **more})
    (directory / "expected.json").write_text(text + "\n")


def forward(directory, stem, epoch, inputs):
    """What MXNet answers to a model as it lies on disk."""
    symbol, arguments, auxiliaries = mx.model.load_checkpoint(str(directory / stem), epoch)
    given = {name: mx.nd.array(value, dtype=value.dtype) for name, value in inputs.items()}
    shapes = {name: value.shape for name, value in inputs.items()}
    types = {name: value.dtype for name, value in inputs.items()}
    executor = symbol.simple_bind(mx.cpu(), grad_req="null", type_dict=types, **shapes)
    executor.copy_params_from(arguments, auxiliaries, allow_extra_params=True)
    results = executor.forward(is_train=False, **given)
    return dict(zip(symbol.list_outputs(), [result.asnumpy() for result in results]))


def gluon_mlp(images, labels):
    """`net.export`: two dense layers, the whole training in a few lines."""
    mx.random.seed(1)
    net = gluon.nn.HybridSequential(prefix="digits_")
    with net.name_scope():
        net.add(gluon.nn.Dense(24, activation="relu"), gluon.nn.Dense(10))
    net.initialize(mx.init.Xavier())
    net.hybridize()
    train(net, images, labels, epochs=15)
    directory = folder("gluon_mlp")
    net(mx.nd.array(images[:1]))
    net.export(str(directory / "digits"), epoch=0)
    answers = forward(directory, "digits", 0, {"data": images[:ROWS]})
    right = next(iter(answers.values())).argmax(1) == labels[:ROWS]
    record(directory, {"data": images[:ROWS]}, answers, accuracy=float(right.mean()))
    return net


def gluon_convolution(images, labels):
    """Convolution, batch normalisation (so auxiliary arrays), pooling, a dense layer."""
    mx.random.seed(2)
    net = gluon.nn.HybridSequential(prefix="picture_")
    with net.name_scope():
        net.add(
            gluon.nn.Conv2D(6, kernel_size=3, padding=1, use_bias=False),
            gluon.nn.BatchNorm(),
            gluon.nn.Activation("relu"),
            gluon.nn.MaxPool2D(2, 2),
            gluon.nn.Flatten(),
            gluon.nn.Dense(10),
        )
    net.initialize(mx.init.Xavier())
    net.hybridize()
    pictures = images.reshape(-1, 1, 8, 8)
    train(net, pictures, labels, epochs=6)
    directory = folder("gluon_convolution")
    net(mx.nd.array(pictures[:1]))
    net.export(str(directory / "picture"), epoch=3)
    answers = forward(directory, "picture", 3, {"data": pictures[:ROWS]})
    record(directory, {"data": pictures[:ROWS]}, answers)


def train(net, inputs, labels, epochs):
    loss = gluon.loss.SoftmaxCrossEntropyLoss()
    trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 0.01})
    data = gluon.data.ArrayDataset(inputs, labels)
    for _ in range(epochs):
        for batch, wanted in gluon.data.DataLoader(data, 64, shuffle=False):
            with autograd.record():
                error = loss(net(batch), wanted)
            error.backward()
            trainer.step(len(batch))


def module_checkpoints(images, labels):
    """`mx.mod.Module`: a SoftmaxOutput with a label that is no input of a prediction; two epochs."""
    mx.random.seed(3)
    hidden = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=16, name="hidden")
    hidden = mx.sym.Activation(hidden, act_type="tanh", name="bend")
    output = mx.sym.SoftmaxOutput(
        mx.sym.FullyConnected(hidden, num_hidden=10, name="last"), name="softmax"
    )
    module = mx.mod.Module(output, label_names=["softmax_label"])
    batches = mx.io.NDArrayIter(images, labels, 64)
    directory = folder("module_softmax")
    module.fit(
        batches, num_epoch=12, optimizer="adam", optimizer_params={"learning_rate": 0.01},
        initializer=mx.init.Xavier(),
        epoch_end_callback=lambda epoch, *rest: (
            mx.model.save_checkpoint(str(directory / "mlp"), epoch + 1, *rest)
            if epoch + 1 in (2, 12) else None
        ),
    )
    inputs = {"data": images[:ROWS]}
    first = forward(directory, "mlp", 2, {**inputs, "softmax_label": labels[:ROWS]})
    answers = forward(directory, "mlp", 12, {**inputs, "softmax_label": labels[:ROWS]})
    (early,) = [list(map(float, value.ravel())) for value in first.values()]
    record(directory, inputs, answers, epoch_2=early)


def two_inputs():
    """Two inputs, two outputs, an internal node that may be asked for."""
    left, right = mx.sym.Variable("left"), mx.sym.Variable("right")
    total = mx.sym.broadcast_add(left, right, name="total")
    doubled = mx.sym.elemwise_mul(total, total, name="squared")
    symbol = mx.sym.Group([mx.sym.sum(doubled, axis=1, name="energy"), total])
    directory = folder("two_inputs")
    symbol.save(str(directory / "sums-symbol.json"))
    mx.nd.save(str(directory / "sums-0000.params"), {})
    inputs = {
        "left": np.arange(6, dtype="float32").reshape(2, 3),
        "right": np.array([[0.5, 1, -1], [2, 0, 4]], dtype="float32"),
    }
    record(directory, inputs, forward(directory, "sums", 0, inputs))


def identity():
    """Gives back what it gets; its input's type and shape are the options' business."""
    symbol = mx.sym.identity(mx.sym.Variable("data"), name="same")
    directory = folder("identity")
    symbol.save(str(directory / "model-symbol.json"))
    mx.nd.save(str(directory / "model-0000.params"), {})


def over_the_batch():
    """A softmax over the first dimension: a row's answer depends on the other rows."""
    symbol = mx.sym.softmax(mx.sym.Variable("data"), axis=0, name="mixed")
    directory = folder("softmax_over_batch")
    symbol.save(str(directory / "model-symbol.json"))
    mx.nd.save(str(directory / "model-0000.params"), {})


def slow():
    """Hundreds of products of 512 x 512 matrices in a row: seconds, in steps that can be stopped."""
    data = mx.sym.Variable("data")
    value = data
    for index in range(600):
        value = mx.sym.clip(mx.sym.dot(value, data, name=f"d{index}"), -1, 1, name=f"c{index}")
    directory = folder("slow")
    text = json.dumps(json.loads(value.tojson()), separators=(",", ":"))
    (directory / "model-symbol.json").write_text(text + "\n")
    mx.nd.save(str(directory / "model-0000.params"), {})


def array_formats():
    """One array in every header that MXNet has written since 0.8; the values are the same."""
    directory = folder("formats")
    values = np.arange(6, dtype="<f4")
    context = struct.pack("<iii", 1, 0, 0)  # CPU 0, float32
    old = struct.pack("<III", 2, 2, 3)
    first = struct.pack("<IIqq", 0xF993FAC8, 2, 2, 3)
    second = struct.pack("<Iiiqq", 0xF993FAC9, 0, 2, 2, 3)
    third = struct.pack("<Iiiqq", 0xF993FACA, 0, 2, 2, 3)
    for name, header in {"0": old, "1": first, "2": second, "3": third}.items():
        array = header + context + values.tobytes()
        key = b"arg:weight"
        file = struct.pack("<QQQ", 0x112, 0, 1) + array
        file += struct.pack("<QQ", 1, len(key)) + key
        path = directory / f"version_{name}.params"
        path.write_bytes(file)
        if name == "3":
            mx.util.set_np_shape(True)
        read = mx.nd.load(str(path))["arg:weight"].asnumpy()
        mx.util.set_np_shape(False)
        assert (read.ravel() == values).all(), name


def main():
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    images, labels = digits()
    net = gluon_mlp(images, labels)
    net.save_parameters(str(folder("unexported") / "digits.params"))
    gluon_convolution(images, labels)
    module_checkpoints(images, labels)
    two_inputs()
    over_the_batch()
    slow()
    identity()
    array_formats()


main()

"""y = x / 2 + 2: the example that TensorFlow Serving's documentation begins with."""

import numpy
from common import OPSETS, save_model, save_requests
from onnx import TensorProto, helper, numpy_helper


def make():
    half, two = (
        numpy_helper.from_array(numpy.array(value, numpy.float32), name)
        for name, value in (("half", 0.5), ("two", 2.0))
    )
    graph = helper.make_graph(
        [
            helper.make_node("Mul", ["x", "half"], ["halved"]),
            helper.make_node("Add", ["halved", "two"], ["y"]),
        ],
        "half_plus_two",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch"])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["batch"])],
        [half, two],
    )
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", OPSETS[""])], ir_version=8
    )
    session = save_model(model, "half_plus_two", 123)
    x = numpy.array([1, 2, 5], numpy.float32)
    assert session.run(["y"], {"x": x})[0].tolist() == [2.5, 3.0, 4.5]
    save_requests("half_plus_two", {"x": x})

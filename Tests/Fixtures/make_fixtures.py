#!/usr/bin/env python3
"""Make the tiny models that the tests load: `make fixtures` runs this.

Everything is written by hand with onnx.helper, a few hundred bytes each, the same bytes every
time; README.md is written from the same table. Each model is then loaded (or found not to
load) and run with ONNX Runtime's own Python binding, so that a test which fails later is not
the fixture's fault.
"""

import io
import pathlib
import shutil
import sys
import zipfile

import numpy
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

HERE = pathlib.Path(__file__).resolve().parent
MODELS = HERE / "models"

FLOAT, INT64, STRING = TensorProto.FLOAT, TensorProto.INT64, TensorProto.STRING
float32, int64 = numpy.float32, numpy.int64

# file name -> (inputs, outputs, what it is for); the rows of README.md
TABLE = {}


# MARK: Writing


def tensor(name, element, dims):
    return helper.make_tensor_value_info(name, element, dims)


def constant(name, values, dtype):
    return numpy_helper.from_array(numpy.array(values, dtype), name)


def node(operator, inputs, outputs, **attributes):
    return helper.make_node(operator, inputs, outputs, **attributes)


def model(name, nodes, inputs, outputs, initializers=(), opsets=None, ir_version=8, **fields):
    opsets = opsets or {"": 17, "ai.onnx.ml": 3}
    graph = helper.make_graph(nodes, name, inputs, outputs, list(initializers))
    return helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid(domain, version) for domain, version in opsets.items()],
        ir_version=ir_version,
        **fields,
    )


def write(name, content, purpose):
    """Write `content`, a model or plain bytes, and note the row of README.md."""
    inputs = outputs = ""
    if isinstance(content, onnx.ModelProto):
        inputs = ", ".join(map(describe, content.graph.input))
        outputs = ", ".join(map(describe, content.graph.output))
        content = content.SerializeToString(deterministic=True)
    path = MODELS / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    TABLE[name] = (inputs or "-", outputs or "-", purpose)
    return path


def describe(value):
    return f"`{value.name}`: {describe_type(value.type)}"


def describe_type(kind):
    which = kind.WhichOneof("value")
    if which == "sequence_type":
        return f"seq({describe_type(kind.sequence_type.elem_type)})"
    if which == "optional_type":
        return f"optional({describe_type(kind.optional_type.elem_type)})"
    if which == "map_type":
        key = TensorProto.DataType.Name(kind.map_type.key_type).lower()
        return f"map({key}, {describe_type(kind.map_type.value_type)})"
    element = TensorProto.DataType.Name(kind.tensor_type.elem_type).lower()
    if not kind.tensor_type.HasField("shape"):
        return element
    dims = []
    for dim in kind.tensor_type.shape.dim:
        which = dim.WhichOneof("value")
        dims.append(str(getattr(dim, which)) if which else "?")
    return f"{element} [{', '.join(dims)}]"


# MARK: Checking


def session(path):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # the failures are wanted; do not print them
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def same(got, wanted):
    if isinstance(wanted, numpy.ndarray):
        assert got.dtype == wanted.dtype, (got.dtype, wanted.dtype)
        assert got.shape == wanted.shape, (got.shape, wanted.shape)
        if wanted.dtype.kind == "f":
            assert numpy.allclose(got, wanted, atol=1e-6, equal_nan=True), (got, wanted)
        else:
            assert got.tolist() == wanted.tolist(), (got, wanted)
    elif isinstance(wanted, dict):
        assert got.keys() == wanted.keys(), (got, wanted)
        assert all(abs(got[key] - wanted[key]) < 1e-6 for key in wanted), (got, wanted)
    elif isinstance(wanted, list):
        assert len(got) == len(wanted), (got, wanted)
        for one, other in zip(got, wanted, strict=True):
            same(one, other)


def gives(path, feed, *wanted):
    same(session(path).run(None, feed), list(wanted))


def fails_to_load(path):
    try:
        session(path)
    except Exception as error:
        return str(error)
    raise AssertionError(f"{path} loads")


def fails_to_run(path, feed):
    loaded = session(path)
    try:
        loaded.run(None, feed)
    except Exception as error:
        return str(error)
    raise AssertionError(f"{path} runs")


def floats(*rows):
    return numpy.array(rows, float32)


def whole(*rows):
    return numpy.array(rows, int64)


# MARK: Every element type


def identities():
    types = {
        "bool": (TensorProto.BOOL, numpy.array([[True, False]])),
        "uint8": (TensorProto.UINT8, numpy.array([[0, 255]], numpy.uint8)),
        "uint16": (TensorProto.UINT16, numpy.array([[0, 65535]], numpy.uint16)),
        "uint32": (TensorProto.UINT32, numpy.array([[0, 2**32 - 1]], numpy.uint32)),
        "uint64": (TensorProto.UINT64, numpy.array([[0, 2**64 - 1]], numpy.uint64)),
        "int8": (TensorProto.INT8, numpy.array([[-128, 127]], numpy.int8)),
        "int16": (TensorProto.INT16, numpy.array([[-(2**15), 2**15 - 1]], numpy.int16)),
        "int32": (TensorProto.INT32, numpy.array([[-(2**31), 2**31 - 1]], numpy.int32)),
        "int64": (TensorProto.INT64, numpy.array([[-(2**63), 2**63 - 1]], numpy.int64)),
        "float16": (TensorProto.FLOAT16, numpy.array([[1.5, -65504]], numpy.float16)),
        # NumPy has no bfloat16 to feed; loading it is checked all the same.
        "bfloat16": (TensorProto.BFLOAT16, None),
        "float": (TensorProto.FLOAT, numpy.array([[1.5, numpy.nan]], numpy.float32)),
        "double": (TensorProto.DOUBLE, numpy.array([[1e300, -numpy.inf]], numpy.float64)),
        "string": (TensorProto.STRING, numpy.array([["", "naïve ☃"]], object)),
    }
    for name, (element, value) in types.items():
        path = write(
            f"identity_{name}.onnx",
            model(
                f"identity_{name}",
                [node("Identity", ["x"], ["y"])],
                [tensor("x", element, ["N", "M"])],
                [tensor("y", element, ["N", "M"])],
            ),
            "gives back what it gets",
        )
        if value is None:
            session(path)
            continue
        gives(path, {"x": value}, value)
        nothing = value[:0]
        gives(path, {"x": nothing}, nothing)


# MARK: Shapes


def shapes():
    path = write(
        "scalar.onnx",
        model(
            "scalar",
            [node("Add", ["x", "x"], ["y"])],
            [tensor("x", FLOAT, [])],
            [tensor("y", FLOAT, [])],
        ),
        "y = 2x with rank 0: no dimension at all, so no batch dimension",
    )
    gives(path, {"x": numpy.array(1.5, float32)}, numpy.array(3, float32))

    for name, dims, purpose in (
        ("dynamic_unnamed", [None, None], "y = x + 1; dimensions that vary and have no name"),
        ("fixed_shape", [1, 4], "y = x + 1; nothing varies, so it cannot be batched"),
        ("unknown_rank", None, "y = x + 1; not even the number of dimensions is told"),
        ("image", ["N", 3, "H", "W"], "y = x + 1; fixed, named and varying dimensions together"),
    ):
        path = write(
            f"{name}.onnx",
            model(
                name,
                [node("Add", ["x", "one"], ["y"])],
                [tensor("x", FLOAT, dims)],
                [tensor("y", FLOAT, dims)],
                [constant("one", 1, float32)],
            ),
            purpose,
        )
        shape = {"fixed_shape": (1, 4), "image": (2, 3, 2, 2)}.get(name, (2, 3))
        gives(path, {"x": numpy.zeros(shape, float32)}, numpy.ones(shape, float32))
    assert "Got: 2 Expected: 1" in fails_to_run(
        MODELS / "fixed_shape.onnx", {"x": numpy.zeros((2, 4), float32)}
    )

    path = write(
        "two_inputs.onnx",
        model(
            "two_inputs",
            [
                node("Cast", ["b"], ["b_float"], to=FLOAT),
                node("Add", ["a", "b_float"], ["sum"]),
                node("ReduceSum", ["b", "columns"], ["count"], keepdims=0),
            ],
            [tensor("a", FLOAT, ["N", 2]), tensor("b", INT64, ["N", 1])],
            [tensor("sum", FLOAT, ["N", 2]), tensor("count", INT64, ["N"])],
            [constant("columns", [1], int64)],
        ),
        "sum = a + b, count = b without its second dimension; two types, two ranks",
    )
    gives(
        path,
        {"a": floats([1, 2], [3, 4]), "b": whole([10], [20])},
        floats([11, 12], [23, 24]),
        whole(10, 20),
    )

    path = write(
        "linear.onnx",
        model(
            "linear",
            [node("Gemm", ["x", "weights", "bias"], ["y"])],
            [tensor("x", FLOAT, ["N", 4])],
            [tensor("y", FLOAT, ["N", 3])],
            [
                constant("weights", numpy.arange(12).reshape(4, 3) / 8, float32),
                constant("bias", [1, 2, 3], float32),
            ],
        ),
        "y = x * weights + bias; each row by itself, so it may be batched",
    )
    gives(path, {"x": floats([1, 0, 0, 8])}, floats([10, 12.125, 14.25]))

    path = write(
        "softmax_over_batch.onnx",
        model(
            "softmax_over_batch",
            [node("Softmax", ["x"], ["y"], axis=0)],
            [tensor("x", FLOAT, ["N", "M"])],
            [tensor("y", FLOAT, ["N", "M"])],
        ),
        "softmax over the first dimension: a row's answer depends on the other rows, so it "
        "looks as if it could be batched and must not be",
    )
    gives(path, {"x": floats([1], [1])}, floats([0.5], [0.5]))

    path = write(
        "zero_rows.onnx",
        model(
            "zero_rows",
            [
                node("Gather", ["x", "first"], ["column"], axis=1),
                node("Greater", ["column", "zero"], ["keep"]),
                node("Compress", ["x", "keep"], ["y"], axis=0),
            ],
            [tensor("x", FLOAT, ["N", 2])],
            [tensor("y", FLOAT, ["K", 2])],
            [constant("first", 0, int64), constant("zero", 0, float32)],
        ),
        "keeps the rows whose first number is positive: fewer rows than it got, or none",
    )
    gives(path, {"x": floats([1, 2], [-1, 3])}, floats([1, 2]))
    gives(path, {"x": floats([-1, 2])}, numpy.zeros((0, 2), float32))

    path = write(
        "no_inputs.onnx",
        model("no_inputs", [node("Identity", ["it"], ["y"])], [], [tensor("y", FLOAT, [1])],
              [constant("it", [42], float32)]),
        "always 42",
    )
    gives(path, {}, floats(42))

    path = write(
        "optional_input.onnx",
        model(
            "optional_input",
            [node("Mul", ["x", "scale"], ["y"])],
            [tensor("x", FLOAT, ["N"]), tensor("scale", FLOAT, [1])],
            [tensor("y", FLOAT, ["N"])],
            [constant("scale", [10], float32)],
        ),
        "y = x * scale, where scale has a default of 10 and need not be given",
    )
    gives(path, {"x": floats(1, 2)}, floats(10, 20))
    gives(path, {"x": floats(1, 2), "scale": floats(3)}, floats(3, 6))

    path = write(
        "divide.onnx",
        model(
            "divide",
            [node("Div", ["a", "b"], ["y"])],
            [tensor("a", FLOAT, ["N"]), tensor("b", FLOAT, ["N"])],
            [tensor("y", FLOAT, ["N"])],
        ),
        "y = a / b: how a model gives NaN, infinity and -0",
    )
    nan, infinity = numpy.nan, numpy.inf
    gives(
        path, {"a": floats(1, -1, 0), "b": floats(0, 0, 0)}, floats(infinity, -infinity, nan)
    )


# MARK: Values that are not tensors


def seq_map(name, key):
    key_type = STRING if key == "string" else INT64
    value = helper.make_tensor_type_proto(FLOAT, [])
    # The shape of the value is left out, as scikit-learn's converter leaves it out.
    value.tensor_type.ClearField("shape")
    return helper.make_value_info(
        name, helper.make_sequence_type_proto(helper.make_map_type_proto(key_type, value))
    )


def not_tensors():
    classes = {"int64": [10, 20, 30], "string": ["low", "mid", "high"]}
    for key, labels in classes.items():
        element = STRING if key == "string" else INT64
        dtype = object if key == "string" else int64
        path = write(
            f"zipmap_{key}.onnx",
            model(
                f"zipmap_{key}",
                [
                    node("ArgMax", ["x"], ["best"], axis=1, keepdims=0),
                    node("Gather", ["classes", "best"], ["output_label"]),
                    node(
                        "ZipMap", ["x"], ["output_probability"], domain="ai.onnx.ml",
                        **{f"classlabels_{key}s": labels},
                    ),
                ],
                [tensor("x", FLOAT, ["N", 3])],
                [tensor("output_label", element, ["N"]), seq_map("output_probability", key)],
                [constant("classes", labels, dtype)],
            ),
            f"the largest of three numbers: its {key} class, and all three as a sequence of "
            f"maps, as scikit-learn's converter writes it; the classes are {labels}",
        )
        gives(
            path,
            {"x": floats([0.25, 0.5, 0.25], [1, 0, 0])},
            numpy.array([labels[1], labels[0]], dtype),
            [
                dict(zip(labels, [0.25, 0.5, 0.25], strict=True)),
                dict(zip(labels, [1.0, 0.0, 0.0], strict=True)),
            ],
        )

    path = write(
        "map_input.onnx",
        model(
            "map_input",
            [
                node(
                    "DictVectorizer", ["x"], ["y"], domain="ai.onnx.ml",
                    string_vocabulary=["a", "b"],
                )
            ],
            [
                helper.make_value_info(
                    "x",
                    helper.make_map_type_proto(STRING, helper.make_tensor_type_proto(FLOAT, [])),
                )
            ],
            [tensor("y", FLOAT, [1, 2])],
        ),
        "an input that no protocol can carry: the engine says so when it loads or binds",
    )
    gives(path, {"x": {"a": 1.0, "b": 2.0}}, floats([1, 2]))

    path = write(
        "map_output.onnx",
        model(
            "map_output",
            [
                node(
                    "DictVectorizer", ["x"], ["y"], domain="ai.onnx.ml",
                    string_vocabulary=["a", "b"],
                )
            ],
            [
                helper.make_value_info(
                    "x",
                    helper.make_map_type_proto(STRING, helper.make_tensor_type_proto(FLOAT, [])),
                )
            ],
            [
                helper.make_value_info(
                    "x",
                    helper.make_map_type_proto(STRING, helper.make_tensor_type_proto(FLOAT, [])),
                ),
                tensor("y", FLOAT, [1, 2]),
            ],
        ),
        "a bare map as output; no operator makes one, so it is the input again",
    )
    session(path)

    path = write(
        "sequence_of_tensors.onnx",
        model(
            "sequence_of_tensors",
            [node("SplitToSequence", ["x"], ["y"], axis=0)],
            [tensor("x", FLOAT, ["N", "M"])],
            [helper.make_tensor_sequence_value_info("y", FLOAT, None)],
        ),
        "each row as a tensor of its own, in a sequence",
    )
    gives(path, {"x": floats([1, 2], [3, 4])}, [floats([1, 2]), floats([3, 4])])

    optional = helper.make_optional_type_proto(helper.make_tensor_type_proto(FLOAT, ["N"]))
    path = write(
        "optional_output.onnx",
        model(
            "optional_output",
            [node("Optional", ["x"], ["y"])],
            [tensor("x", FLOAT, ["N"])],
            [helper.make_value_info("y", optional)],
        ),
        "an output of optional type, with a tensor in it",
    )
    session(path)


# MARK: Loads, and then misbehaves


def misbehaves():
    body = helper.make_graph(
        [
            node("Identity", ["go"], ["go_on"]),
            node("Mul", ["value", "factor"], ["scaled"]),
            node("Add", ["scaled", "step"], ["next"]),
        ],
        "body",
        [tensor("turn", INT64, []), tensor("go", TensorProto.BOOL, []), tensor("value", FLOAT, [1])],
        [tensor("go_on", TensorProto.BOOL, []), tensor("next", FLOAT, [1])],
        [constant("factor", [0.5], float32), constant("step", [1], float32)],
    )
    path = write(
        "loop_slow.onnx",
        model(
            "loop_slow",
            [node("Loop", ["iterations", "", "start"], ["y"], body=body)],
            [tensor("iterations", INT64, [1])],
            [tensor("y", FLOAT, [1])],
            [constant("start", [0], float32)],
        ),
        "runs for about a microsecond an iteration (ten million take about ten seconds), and can "
        "be stopped between two of them; gives 2 in the end, 1 after one iteration",
    )
    gives(path, {"iterations": whole(1)}, floats(1))
    gives(path, {"iterations": whole(100)}, floats(2))

    path = write(
        "runtime_error.onnx",
        model(
            "runtime_error",
            [node("Gather", ["table", "index"], ["y"])],
            [tensor("index", INT64, ["N"])],
            [tensor("y", FLOAT, ["N"])],
            [constant("table", [10, 20, 30, 40], float32)],
        ),
        "looks up 10, 20, 30, 40 by index; fails when it runs with an index outside -4 to 3",
    )
    gives(path, {"index": whole(3, 0)}, floats(40, 10))
    assert "out of data bounds" in fails_to_run(path, {"index": whole(4)})

    path = write(
        "big_output.onnx",
        model(
            "big_output",
            [node("ConstantOfShape", ["shape"], ["y"])],
            [tensor("shape", INT64, ["R"])],
            [tensor("y", FLOAT, None)],
        ),
        "zeros of the shape that is asked for: a small request with a huge answer, or one that "
        "does not fit in memory",
    )
    gives(path, {"shape": whole(2, 3)}, numpy.zeros((2, 3), float32))
    fails_to_run(path, {"shape": whole(2**40, 2**10)})


# MARK: What a model says of itself


def metadata():
    content = model(
        "metadata",
        [node("Identity", ["x"], ["y"])],
        [tensor("x", FLOAT, ["N"])],
        [tensor("y", FLOAT, ["N"])],
        producer_name="slipway-fixtures",
        producer_version="1.2.3",
        domain="example.slipway",
        model_version=7,
        doc_string="Gives back what it gets. Ça marche: ☃",
    )
    content.graph.doc_string = "the graph's own words"
    helper.set_model_props(content, {"author": "Ada", "classes": '["cat", "dog"]', "empty": ""})
    path = write(
        "metadata.onnx",
        content,
        "producer `slipway-fixtures` 1.2.3, domain `example.slipway`, version 7, a description "
        "and three custom properties: `author`, `classes`, `empty`",
    )
    meta = session(path).get_modelmeta()
    assert meta.version == 7 and meta.custom_metadata_map["author"] == "Ada"


# MARK: Weights outside the model file


def external_data():
    shutil.rmtree(MODELS / "external_data", ignore_errors=True)
    for name, location, purpose in (
        ("external_data/model.onnx", "weights.bin", "y = x + [1, 2, 3, 4]; weights in weights.bin"),
        ("external_data_missing.onnx", "missing.bin", "its weights file does not exist"),
        ("external_data_escape.onnx", "../README.md", "its weights file lies outside its folder"),
    ):
        weights = TensorProto(name="weights", data_type=FLOAT, dims=[4])
        weights.data_location = TensorProto.EXTERNAL
        for key, value in (("location", location), ("offset", "0"), ("length", "16")):
            weights.external_data.add(key=key, value=value)
        path = write(
            name,
            model(
                "external_data",
                [node("Add", ["x", "weights"], ["y"])],
                [tensor("x", FLOAT, ["N", 4])],
                [tensor("y", FLOAT, ["N", 4])],
                [weights],
            ),
            purpose,
        )
        if name == "external_data/model.onnx":
            (path.parent / location).write_bytes(numpy.array([1, 2, 3, 4], float32).tobytes())
            gives(path, {"x": numpy.zeros((1, 4), float32)}, floats([1, 2, 3, 4]))
        else:
            fails_to_load(path)


# MARK: Does not load


def does_not_load():
    def add(name, operator="Identity", domain="", opsets=None, ir_version=8):
        return model(
            name,
            [node(operator, ["x"], ["y"], domain=domain)],
            [tensor("x", FLOAT, ["N"])],
            [tensor("y", FLOAT, ["N"])],
            opsets=opsets,
            ir_version=ir_version,
        )

    write("bad_opset.onnx", add("bad_opset", opsets={"": 999}), "needs operator set 999")
    write("bad_ir.onnx", add("bad_ir", ir_version=999), "is in file format (IR) 999")
    write(
        "unknown_op.onnx",
        add("unknown_op", "Frobnicate", "com.example", {"": 17, "com.example": 1}),
        "uses an operator that nobody has: `com.example` `Frobnicate`",
    )
    write(
        "bad_type.onnx",
        model(
            "bad_type",
            [node("Add", ["x", "n"], ["y"])],
            [tensor("x", FLOAT, ["N"]), tensor("n", INT64, ["N"])],
            [tensor("y", FLOAT, ["N"])],
        ),
        "adds a float to an integer: well formed, and meaningless",
    )
    complete = (MODELS / "linear.onnx").read_bytes()
    write("truncated.onnx", complete[: len(complete) * 2 // 3], "two thirds of linear.onnx")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr(zipfile.ZipInfo("model/data.txt", (2020, 1, 1, 0, 0, 0)), "not a model\n")
    write("zip_named.onnx", archive.getvalue(), "a zip archive with the wrong name")
    write("empty.onnx", b"", "no bytes at all")
    write("text.onnx", b"version https://example.invalid/spec/v1\nsize 12345\n",
          "text, as a checkout without large files leaves behind")
    for name in ("bad_opset", "bad_ir", "unknown_op", "bad_type", "truncated", "zip_named",
                 "empty", "text"):
        print(f"{name}: {fails_to_load(MODELS / f'{name}.onnx').splitlines()[0][:150]}")


# MARK: README


def write_readme():
    lines = [
        "# Test fixtures",
        "",
        "Tiny ONNX models, made and checked by `make_fixtures.py` (`make fixtures`), which also",
        "writes this page. A name in a shape is a dimension that varies; `?` is one without a name.",
        "",
        "| File in `models/` | Inputs | Outputs | What it does, or what is wrong with it |",
        "|---|---|---|---|",
    ]
    for name, row in sorted(TABLE.items()):
        lines.append(f"| `{name}` | {' | '.join(row)} |")
    (HERE / "README.md").write_text("\n".join(lines) + "\n")


def main():
    sys.dont_write_bytecode = True
    identities()
    shapes()
    not_tensors()
    misbehaves()
    metadata()
    external_data()
    does_not_load()
    write_readme()
    total = sum((MODELS / name).stat().st_size for name in TABLE)
    print(f"{len(TABLE)} fixtures, {total} bytes")


main()

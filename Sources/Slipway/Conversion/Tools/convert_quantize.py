"""Smaller numbers in an ONNX file: 8-bit integers or half precision."""

import dataclasses
import pathlib

import onnx
from onnxruntime.quantization import (
    CalibrationDataReader, QuantFormat, QuantType, quantize_dynamic, quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process

from convert_arrays import Refusal
from convert_onnx import save

# Samples beyond this many rows tell calibration nothing new.
CALIBRATION_ROWS = 256


class Rows(CalibrationDataReader):
    """The samples, once, all rows together."""

    def __init__(self, arrays):
        self.left = [{name: array[:CALIBRATION_ROWS] for name, array in arrays.items()}]

    def get_next(self):
        return self.left.pop() if self.left else None


def drop_idle_casts(model):
    """Removes casts of single precision inputs to the same, with which the converter loses its own."""
    graph = model.graph
    floats = {
        value.name for value in graph.input
        if value.type.tensor_type.elem_type == onnx.TensorProto.FLOAT
    }
    results = {value.name for value in graph.output}
    idle = [
        node for node in graph.node
        if node.op_type == "Cast" and node.attribute[0].i == onnx.TensorProto.FLOAT
        and node.input[0] in floats and node.output[0] not in results
    ]
    names = {node.output[0]: node.input[0] for node in idle}
    for node in idle:
        graph.node.remove(node)
    for node in graph.node:
        node.input[:] = [names.get(name, name) for name in node.input]


def calibrated(source, target, rows, per_channel):
    quantize_static(
        str(source), str(target), Rows(rows), quant_format=QuantFormat.QDQ, per_channel=per_channel,
        weight_type=QuantType.QInt8,
    )


def quantize(job, outcome, is_calibrated):
    folder = pathlib.Path(job["directory"])
    source = folder / outcome.entry
    if source.suffix != ".onnx":
        raise Refusal("--quantize works on ONNX; add --to onnx")
    if job["quantize"] == "fp16":
        from onnxconverter_common import float16

        model = onnx.load(str(source))
        drop_idle_casts(model)
        model = float16.convert_float_to_float16(model, keep_io_types=True)
        source.unlink()
        save(model, folder)
        return dataclasses.replace(outcome, entry="model.onnx", tool=outcome.tool + ", fp16")
    prepared = folder / "prepared.onnx"
    quant_pre_process(str(source), str(prepared), skip_symbolic_shape=True)
    target = folder / "model-int8.onnx"
    if is_calibrated:
        rows = outcome.inputs(outcome.samples)
        try:
            calibrated(prepared, target, rows, per_channel=True)
        except ValueError:  # ONNX Runtime 1.31 cannot adjust one scale a channel to a Gemm's bias
            calibrated(prepared, target, rows, per_channel=False)
        way = "int8 calibrated with the samples"
    else:
        quantize_dynamic(str(prepared), str(target), weight_type=QuantType.QInt8)
        way = "int8 dynamic"
    prepared.unlink()
    source.unlink()
    target.rename(folder / "model.onnx")
    return dataclasses.replace(outcome, entry="model.onnx", tool=f"{outcome.tool}, {way}")

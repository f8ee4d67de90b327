"""A model server of KServe's own with one small model: kserve_server.py REST_PORT GRPC_PORT."""

import sys

import numpy
from kserve import InferOutput, InferResponse, Model, ModelServer


class Half(Model):
    """Halves its input and adds 2, over both protocols."""

    def __init__(self):
        super().__init__("half")
        self.ready = True

    async def get_input_types(self):
        return [{"name": "x", "datatype": "FP32", "shape": [-1, 2]}]

    async def get_output_types(self):
        return [{"name": "y", "datatype": "FP32", "shape": [-1, 2]}]

    async def predict(self, payload, headers=None, response_headers=None):
        if isinstance(payload, dict):
            rows = numpy.array(payload.get("instances", payload.get("inputs")), numpy.float32)
            return {"predictions": (rows / 2 + 2).tolist()}
        values = (payload.inputs[0].as_numpy() / 2 + 2).astype(numpy.float32)
        output = InferOutput("y", list(values.shape), "FP32")
        output.set_data_from_numpy(values, binary_data=bool(payload.use_binary_outputs))
        return InferResponse(payload.id or "none", self.name, [output])


ModelServer(http_port=int(sys.argv[1]), grpc_port=int(sys.argv[2]), workers=1).start([Half()])

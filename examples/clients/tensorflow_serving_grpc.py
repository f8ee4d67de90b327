"""Asks half_plus_two as clients of TensorFlow Serving do, with the official stub."""

import sys

import grpc
from tensorflow.core.framework import types_pb2
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

address = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1:8500"
stub = prediction_service_pb2_grpc.PredictionServiceStub(grpc.insecure_channel(address))

request = predict_pb2.PredictRequest()
request.model_spec.name = "half_plus_two"
x = request.inputs["x"]
x.dtype = types_pb2.DT_FLOAT
x.tensor_shape.dim.add(size=3)
x.float_val.extend([1, 2, 5])

answer = stub.Predict(request, timeout=5)
print(answer.outputs["y"].float_val)  # [2.5, 3.0, 4.5]

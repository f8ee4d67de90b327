"""Asks half_plus_two over REST in four protocols, with nothing but Python's own library."""

import json
import sys
import urllib.request

server = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8501"


def ask(path, body, **headers):
    headers = {"Content-Type": "application/json", **headers}
    request = urllib.request.Request(server + path, json.dumps(body).encode(), headers)
    return json.load(urllib.request.urlopen(request, timeout=5))


# TensorFlow Serving
print(ask("/v1/models/half_plus_two:predict", {"instances": [1.0, 2.0, 5.0]}))
# Open Inference Protocol: Triton, KServe, MLServer
tensor = {"name": "x", "datatype": "FP32", "shape": [3], "data": [1, 2, 5]}
print(ask("/v2/models/half_plus_two/infer", {"inputs": [tensor]}))
# SageMaker and MLflow; the header says which of several models is meant
model = {"X-Amzn-SageMaker-Target-Model": "half_plus_two"}
print(ask("/invocations", {"instances": [1.0, 2.0, 5.0]}, **model))
frame = {"columns": ["x"], "data": [[1.0], [2.0], [5.0]]}
print(ask("/invocations", {"dataframe_split": frame}, **model))

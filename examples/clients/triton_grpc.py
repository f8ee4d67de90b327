"""Asks half_plus_two with Triton's client."""

import sys

import numpy as np
import tritonclient.grpc as triton

address = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1:8500"
client = triton.InferenceServerClient(address)

x = triton.InferInput("x", [3], "FP32")
x.set_data_from_numpy(np.array([1, 2, 5], dtype=np.float32))
print(client.infer("half_plus_two", [x]).as_numpy("y"))  # [2.5 3.  4.5]

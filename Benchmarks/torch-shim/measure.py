"""What the same calls cost through PyTorch's own Python:

.deps/venv-torch/bin/python Benchmarks/torch-shim/measure.py Tests/Fixtures/torch/digits_scripted/model.pt
"""

import sys
import time

import numpy
import torch

torch.set_num_threads(1)
model = torch.jit.load(sys.argv[1]).eval()
with torch.inference_mode():
    for rows in (1, 32):
        values = numpy.zeros((rows, 64), numpy.float32)
        for turn in range(-200, 20000):
            if turn == 0:
                start = time.process_time()
            model(torch.from_numpy(values)).numpy()
        print(f"{rows} rows: {(time.process_time() - start) / 20000 * 1e6:.1f} us of processor time a call")

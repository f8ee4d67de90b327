"""Which digit's mean picture is nearest: a model of one's own, for `slipway serve`."""

import numpy


class Model:
    inputs = [("pixels", "float32", [None, 64])]
    outputs = [("label", "int64", [None]), ("distance", "float32", [None])]

    def load(self, context):
        self.means = numpy.load(context.path("means.npy"))

    def predict(self, inputs):
        apart = numpy.linalg.norm(inputs["pixels"][:, None] - self.means, axis=2)
        return {"label": apart.argmin(axis=1), "distance": apart.min(axis=1)}

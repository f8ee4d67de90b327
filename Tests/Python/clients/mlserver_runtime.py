"""A runtime for MLServer with one small model."""

from mlserver import MLModel
from mlserver.codecs import NumpyCodec
from mlserver.types import InferenceResponse


class Half(MLModel):
    """Halves its input and adds 2."""

    async def load(self):
        return True

    async def predict(self, payload):
        values = NumpyCodec.decode_input(payload.inputs[0]) / 2 + 2
        return InferenceResponse(
            model_name=self.name, model_version=self.version, id=payload.id,
            outputs=[NumpyCodec.encode_output("y", values)],
        )

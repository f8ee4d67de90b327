"""What a `model.py` may import: `from slipway import InvalidRequest`.

Everything here is optional; a `model.py` that imports nothing of it works as well.
"""

from slipway_worker.errors import InvalidRequest
from slipway_worker.signature import TensorSpec

__all__ = ["InvalidRequest", "TensorSpec"]

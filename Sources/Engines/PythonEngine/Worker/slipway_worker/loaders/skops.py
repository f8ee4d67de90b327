"""scikit-learn models saved by skops: only types that skops trusts, or that the options name."""

from __future__ import annotations

from typing import List

from ..errors import configuration_invalid, library_missing
from ..estimators import EstimatorModel
from ..model import LoadedModel, LoadRequest
from .pickled import unpickled


def load(request: LoadRequest) -> LoadedModel:
    """Reads the file; no code of its own runs."""
    try:
        from skops import io
    except ImportError as error:
        raise library_missing(f"cannot import skops ({error}); add skops to the model's requirements")
    allowed = trusted_types(request)
    untrusted = unpickled(request, lambda: io.get_untrusted_types(file=request.path))
    refused = [name for name in untrusted if name not in allowed]
    if refused:
        names = ",".join(refused)
        raise configuration_invalid(
            f"{request.entry} holds types that skops does not trust: {', '.join(refused)}; if you "
            f'trust them, write options: {{trusted_types: "{names}"}}')
    return EstimatorModel(
        request, unpickled(request, lambda: io.load(request.path, trusted=list(untrusted))))


def trusted_types(request: LoadRequest) -> List[str]:
    """The names in the option `trusted_types`."""
    text = request.options.get("trusted_types", "")
    return [name.strip() for name in text.split(",") if name.strip()]

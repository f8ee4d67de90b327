"""scikit-learn's `model.pkl` and `model.joblib`: unpickled, which runs code that they name."""

from __future__ import annotations

import pickle
import re
import sys
import warnings
from typing import Any, Callable, Optional

from ..errors import (
    WorkerError, configuration_invalid, from_exception, library_missing, model_invalid, words_of)
from ..model import LoadedModel, LoadRequest

#: How far into a file the version that wrote it is looked for.
_SEARCHED = 64 << 20


def load(request: LoadRequest) -> LoadedModel:
    """Unpickles an estimator."""
    if not request.allow_code:
        raise configuration_invalid(
            f"{request.entry} is a pickle, which runs code when it is read; allow_code: true lets it")
    opener = _joblib if request.entry.endswith(".joblib") else _pickle
    from ..estimators import EstimatorModel

    return EstimatorModel(request, unpickled(request, lambda: opener(request.path)))


def _pickle(path: str) -> Any:
    with open(path, "rb") as file:
        return pickle.load(file)


def _joblib(path: str) -> Any:
    try:
        import joblib
    except ImportError as error:
        raise library_missing(
            f"{sys.executable} cannot import joblib ({error}); add joblib to the model's "
            "requirements") from None
    return joblib.load(path)


def unpickled(request: LoadRequest, read: Callable[[], Any]) -> Any:
    """Calls `read`, passes its warnings on, and says in words what its failures mean."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            value = read()
        except WorkerError:
            raise
        except BaseException as error:  # pylint: disable=broad-except
            raise explained(request, error) from None
    for text in dict.fromkeys(str(item.message) for item in caught):
        request.warn(f"{request.entry}: {text}")
    return value


def explained(request: LoadRequest, error: BaseException) -> WorkerError:
    """What a failure to unpickle means and what to do about it."""
    file, wrote = request.entry, written_by(request.path)
    by = f" (written by scikit-learn {wrote}; here is {installed('sklearn')})" if wrote else ""
    if isinstance(error, ModuleNotFoundError):
        return library_missing(
            f"{file} needs the Python module '{error.name}', which {sys.executable} does not "
            f"have{by}; install it there, or list it in a requirements.txt beside the model")
    if isinstance(error, AttributeError) and "__main__" in str(error):
        return model_invalid(
            f"{file} holds an object of a class that was defined in a script ({words_of(error)}); "
            "move the class to a module that can be imported, and save the model again")
    if isinstance(error, (EOFError, pickle.UnpicklingError, KeyError, IndexError, UnicodeDecodeError)):
        return model_invalid(f"{file} is no whole pickle: {words_of(error)}{by}")
    found = from_exception(error, f"unpickling {file}", "model_invalid")
    return WorkerError(found.code, found.message + by, found.source)


def written_by(path: str) -> Optional[str]:
    """The version of scikit-learn that the bytes name; None when they do not."""
    try:
        with open(path, "rb") as file:
            content = file.read(_SEARCHED)
    except OSError:
        return None
    found = re.search(rb"_sklearn_version[^0-9]{1,8}([0-9]+\.[0-9]+[0-9a-z.+]*)", content)
    return found.group(1).decode("ascii") if found else None


def installed(module: str) -> str:
    """The version of an installed package, or that it is missing."""
    try:
        return str(__import__(module).__version__)
    except Exception:  # pylint: disable=broad-except
        return "no such package"

"""A user's own `model.py`: the class `Model`, described in docs/engines/python.md."""

from __future__ import annotations

import importlib.util
import inspect
import os
import sys
from typing import Any, Dict, List, Optional, Tuple

import numpy

from ..awaiting import EventLoop
from ..errors import WorkerError, configuration_invalid, from_exception, model_invalid
from ..model import LoadedModel, LoadRequest
from ..signature import DEFAULT_NAME, Signature, TensorSpec

#: What `Model` may have.
_METHODS = ("load", "preprocess", "predict", "postprocess", "close")
#: The signature of a class that declares none.
_INPUTS = [TensorSpec("input", "float32", None)]
_OUTPUTS = [TensorSpec("output", "float32", None)]


class Context:
    """What `load` is told."""

    def __init__(self, request: LoadRequest) -> None:
        #: The version directory: other files of the model are here.
        self.directory: str = request.directory
        #: Name and version as the server knows them.
        self.name: str = request.name
        self.version: int = request.version
        #: The option `settings` of the model's configuration: names with texts.
        self.settings: Dict[str, str] = dict(request.options.get("settings", {}))
        #: Processors for threads of your own.
        self.processors: int = request.processors
        self._progress = request.progress

    def path(self, name: str) -> str:
        """The path of a file of the model."""
        return os.path.join(self.directory, name)

    def progress(self, line: str) -> None:
        """A line in the server's log while the model loads."""
        self._progress(str(line))


def load(request: LoadRequest) -> LoadedModel:
    """Runs the file, makes the object and lets it load."""
    if not request.allow_code:
        raise configuration_invalid(f"{request.entry} is code; it runs only with allow_code: true")
    file = request.entry
    instance = _instance(request, file)
    steps = {name: getattr(instance, name, None) for name in _METHODS}
    if not callable(steps["predict"]):
        raise model_invalid(f"class Model in {file} has no method predict(self, inputs)")
    loop = EventLoop() if any(map(inspect.iscoroutinefunction, steps.values())) else None
    _call(steps["load"], (Context(request),), f"load of {file}", "model_invalid", loop)
    return CustomModel(request, file, instance, steps, loop)


def _instance(request: LoadRequest, file: str) -> Any:
    """Imports the file under the name `model`, with its neighbours importable, and calls `Model()`."""
    sys.path.insert(0, os.path.dirname(request.path))
    name = os.path.splitext(os.path.basename(file))[0]
    spec = importlib.util.spec_from_file_location(name, request.path)
    if spec is None or spec.loader is None:
        raise model_invalid(f"{file} cannot be imported")
    module = importlib.util.module_from_spec(spec)
    # Classes of the file can be pickled by user code only when the module is known.
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except ImportError as error:
        raise _missing(file, error) from None
    except BaseException as error:  # pylint: disable=broad-except
        raise from_exception(error, f"importing {file}", "model_invalid") from None
    factory = getattr(module, "Model", None)
    if not inspect.isclass(factory):
        raise model_invalid(f"{file} has no class Model")
    try:
        return factory()
    except BaseException as error:  # pylint: disable=broad-except
        raise from_exception(error, f"Model() of {file}", "model_invalid") from None


def _missing(file: str, error: ImportError) -> WorkerError:
    found = from_exception(error, f"importing {file}", "library_missing")
    return WorkerError(
        "library_missing",
        f"{found.message}. The Python is {sys.executable}: install the package there, or list it in "
        "a requirements.txt beside the model")


def _call(step: Any, arguments: tuple, doing: str, code: str, loop: Optional[EventLoop]) -> Any:
    """Calls a step, awaiting what it gives when it is asynchronous."""
    if step is None:
        return None
    try:
        result = step(*arguments)
        if loop is not None and inspect.isawaitable(result):
            result = loop.wait(result)
        return result
    except BaseException as error:  # pylint: disable=broad-except
        raise from_exception(error, doing, code) from None


class CustomModel(LoadedModel):
    """The object of user code, behind the checks that make its mistakes readable."""

    def __init__(
        self, request: LoadRequest, file: str, instance: Any, steps: Dict[str, Any],
        loop: Optional[EventLoop],
    ) -> None:
        super().__init__()
        self.file = file
        self.steps = steps
        self.loop = loop
        self.platform = "python_model"
        inputs = _declared(file, instance, "inputs", _INPUTS)
        outputs = _declared(file, instance, "outputs", _OUTPUTS)
        self.inputs, self.outputs = inputs, outputs
        self.signatures = [
            Signature(inputs, outputs, DEFAULT_NAME, _batching(file, getattr(instance, "batching", True)))]
        self.concurrency = _concurrency(file, request, getattr(instance, "concurrency", 1))
        properties = getattr(instance, "properties", {})
        if isinstance(properties, dict):
            self.properties = [(str(key), str(value)) for key, value in properties.items()]

    def run(self, signature: int, inputs: list, wanted: List[int], deadline: float) -> list:
        given = {spec.name: array for spec, array in zip(self.inputs, inputs)}
        if self.loop is not None:
            outputs = self.loop.wait(self._run_awaiting(given), deadline)
        else:
            outputs = given
            for name in ("preprocess", "predict", "postprocess"):
                step = self.steps[name]
                if step is not None:
                    outputs = self._do(name, step, outputs)
        return self._results(outputs, wanted)

    def _do(self, name: str, step: Any, value: Any) -> Any:
        try:
            return step(value)
        except BaseException as error:  # pylint: disable=broad-except
            raise from_exception(error, f"{name} of {self.file}", "engine_failed") from None

    async def _run_awaiting(self, value: Any) -> Any:
        for name in ("preprocess", "predict", "postprocess"):
            step = self.steps[name]
            if step is None:
                continue
            try:
                value = step(value)
                if inspect.isawaitable(value):
                    value = await value
            except Exception as error:  # pylint: disable=broad-except
                raise from_exception(error, f"{name} of {self.file}", "engine_failed") from None
            except SystemExit as error:
                # It would end the event loop.
                raise from_exception(error, f"{name} of {self.file}", "engine_failed") from None
        return value

    def _results(self, outputs: Any, wanted: List[int]) -> list:
        last = "postprocess" if self.steps["postprocess"] is not None else "predict"
        names = [spec.name for spec in self.outputs]
        if not isinstance(outputs, dict):
            if len(names) != 1 or outputs is None or isinstance(outputs, (str, bytes)):
                raise self._wrong(last, f"returned {_kind(outputs)}", names)
            outputs = {names[0]: outputs}
        unknown = [str(name) for name in outputs if name not in names]
        if unknown:
            raise self._wrong(last, f"returned '{unknown[0]}'", names)
        missing = [name for name in names if name not in outputs]
        if missing:
            raise self._wrong(last, f"did not return '{missing[0]}'", names)
        return [outputs[names[index]] for index in wanted]

    def _wrong(self, step: str, what: str, names: List[str]) -> WorkerError:
        wanted = ", ".join(f"'{name}'" for name in names)
        return WorkerError(
            "engine_failed",
            f"{step} of {self.file} {what}; it must return a dict of arrays with exactly {wanted}")

    def close(self) -> None:
        _call(self.steps["close"], (), f"close of {self.file}", "engine_failed", self.loop)


def _kind(value: Any) -> str:
    return "None" if value is None else f"a {type(value).__name__}"


def _declared(
    file: str, instance: Any, name: str, default: List[TensorSpec]
) -> List[TensorSpec]:
    declared = getattr(instance, name, None)
    if declared is None:
        return default
    if not isinstance(declared, (list, tuple)):
        raise model_invalid(
            f'{name} of Model in {file} must be a list such as [("x", "float32", [None, 4])]')
    return [TensorSpec.of(item) for item in declared]


def _batching(file: str, value: Any) -> Optional[str]:
    if value is True:
        return None
    if value is False:
        return "model.py says batching = False"
    raise model_invalid(f"batching of Model in {file} is {value!r}; it must be True or False")


def _concurrency(file: str, request: LoadRequest, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 64:
        raise model_invalid(f"concurrency of Model in {file} is {value!r}; it must be 1 to 64")
    if value > request.lanes:
        request.warn(
            f"{file} says concurrency = {value}, but the option concurrency lets {request.lanes} "
            "in at a time")
    return min(value, request.lanes)

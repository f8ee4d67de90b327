"""Saved pipelines and models of Spark MLlib, by Spark itself: PySpark and a Java machine.

For stages that the native reader does not know; a call costs what a small Spark job costs, some
hundred milliseconds.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from typing import Any, Dict, List

import numpy

from .. import columns
from ..errors import (
    WorkerError, configuration_invalid, from_exception, library_missing, model_invalid, words_of)
from ..model import LoadedModel, LoadRequest
from ..signature import Signature, TensorSpec
from ..spark_stages import Stage, answers_of, inputs_of, read

#: What a column holds, as element type and rank.
_FORMS = {
    "number": ("float64", 1), "text": ("bytes", 1), "words": ("bytes", 2), "vector": ("float64", 2),
}
#: Spark's types of columns, and ours.
_RESULTS = {
    "double": "float64", "float": "float32", "int": "int32", "bigint": "int64", "smallint": "int16",
    "tinyint": "int8", "boolean": "bool", "string": "bytes",
}
_SETTINGS = {
    "spark.ui.enabled": "false",
    "spark.sql.shuffle.partitions": "1",
    "spark.default.parallelism": "1",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.sql.codegen.wholeStage": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "ERROR",
}


def load(request: LoadRequest) -> LoadedModel:
    """Starts Spark in this process and loads the directory."""
    stages = list(read(request.directory))
    if not stages:
        raise model_invalid("the pipeline has no stages")
    foreign = sorted({stage.kind for stage in stages if not stage.is_own})
    if foreign and not request.allow_code:
        raise configuration_invalid(
            f"the pipeline has stages that run code of their own ({', '.join(foreign)[:500]}); if you "
            "trust it, write 'options: {allow_code: true}' for this model")
    _require_java()
    session = _session(request)
    try:
        return SparkModel(request, session, stages)
    except BaseException:
        session.stop()
        raise


def _require_java() -> None:
    home = os.environ.get("JAVA_HOME")
    program = os.path.join(home, "bin", "java") if home else shutil.which("java")
    if program and os.access(program, os.X_OK):
        return
    where = f"in JAVA_HOME ({home})" if home else "on PATH"
    raise library_missing(
        f"Spark needs Java, and there is none {where}; install it (Debian: apt install "
        "openjdk-17-jre-headless) or set JAVA_HOME")


def _session(request: LoadRequest) -> Any:
    try:
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise library_missing(
            f"{sys.executable} cannot import pyspark ({words_of(error)}); put a requirements.txt with "
            "pyspark, of the version that saved the pipeline, beside the model, or name an environment "
            "that has it with the option 'environment'") from None
    request.progress("starting Spark in a Java machine")
    builder = SparkSession.builder.master(f"local[{request.processors}]").appName(request.name)
    settings = {**_SETTINGS, "spark.sql.warehouse.dir": tempfile.gettempdir() + "/spark-warehouse"}
    for name, value in {**settings, **_given(request)}.items():
        builder = builder.config(name, value)
    try:
        return builder.getOrCreate()
    except Exception as error:
        raise library_missing(
            f"Spark does not start: {words_of(error)}; is it Java 17 or newer? The lines before this "
            "in the log are Java's own") from None


def _given(request: LoadRequest) -> Dict[str, str]:
    settings = request.options.get("settings", {})
    for name in settings:
        if not name.startswith("spark."):
            raise configuration_invalid(
                f"option 'settings' has '{name}'; for a Spark pipeline these are Spark's own, such as "
                "'spark.driver.memory'")
    return settings


class SparkModel(LoadedModel):
    """A pipeline in the session of this process."""

    platform = "spark_mllib"

    def __init__(self, request: LoadRequest, session: Any, stages: List[Stage]) -> None:
        super().__init__()
        self._session = session
        try:
            self._model = _loaded(session, request.directory)
        except WorkerError:
            raise
        except Exception as error:
            raise from_exception(error, "Spark's reader", "model_invalid") from None
        answers = answers_of(stages)
        kinds = {**inputs_of(stages, answers), **_typed(request)}
        self._names = list(kinds)
        self._kinds = list(kinds.values())
        self._schema = _schema(self._names, self._kinds)
        outputs = self._outputs(answers)
        self._answers = [output.name for output in outputs]
        inputs = [_spec(name, kind) for name, kind in kinds.items()]
        self.signatures = [Signature(inputs, outputs)]
        self.properties = [
            ("spark", str(session.version)),
            ("stages", ", ".join(stage.name for stage in stages)[:1000]),
        ]

    def _outputs(self, answers: List[str]) -> List[TensorSpec]:
        """The types of the answers, from the schema that an empty table gets."""
        try:
            fields = self._transformed([]).schema.fields
        except Exception as error:
            raise model_invalid(
                f"Spark refuses columns {self._described()}: {words_of(error)}; say what they hold with "
                "the option 'column_types' (float64, int64, bytes, vector, words)") from None
        found = {field.name: field.dataType for field in fields}
        names = [name for name in answers if name in found]
        names = names or [name for name in found if name not in self._names]
        outputs = [_result(name, found[name]) for name in names]
        usable = [output for output in outputs if output is not None]
        if not usable:
            raise model_invalid(
                f"the pipeline makes no column that can be sent: {', '.join(names)[:500]}")
        return usable

    def _described(self) -> str:
        return ", ".join(f"{name} ({kind})" for name, kind in zip(self._names, self._kinds))

    def _transformed(self, rows: list) -> Any:
        frame = self._session.createDataFrame(rows, self._schema, verifySchema=False)
        return self._model.transform(frame)

    def run(self, signature: int, inputs: list, wanted: List[int], deadline: float) -> list:
        cells = [_cells(kind, array) for kind, array in zip(self._kinds, inputs)]
        counts = {name: len(column) for name, column in zip(self._names, cells)}
        if len(set(counts.values())) > 1:
            raise WorkerError("invalid_tensor", f"the columns have different lengths: {counts}")
        names = [self._answers[index] for index in wanted]
        # Backquotes: a column's name may have a point.
        quoted = ["`" + name.replace("`", "``") + "`" for name in names]
        rows = self._transformed(list(zip(*cells))).select(quoted).collect()
        count = next(iter(counts.values()), 0)
        if len(rows) != count:
            raise WorkerError(
                "engine_failed",
                f"{count} rows went in and {len(rows)} came out: a stage drops rows that it cannot use "
                "(handleInvalid is 'skip'); save the pipeline with 'keep' or 'error'", "model")
        specs = self.signatures[0].outputs
        return [
            _array(specs[index], [row[place] for row in rows]) for place, index in enumerate(wanted)]

    def close(self) -> None:
        self._session.stop()


def _loaded(session: Any, directory: str) -> Any:
    from pyspark.ml.util import DefaultParamsReader

    # Spark takes a path without a scheme for one of its default file system.
    return DefaultParamsReader.loadParamsInstance("file://" + directory, session)


def _typed(request: LoadRequest) -> Dict[str, str]:
    """Columns that the options name; they come last unless the stages read them."""
    return dict(sorted(request.options.get("column_types", {}).items()))


def _spec(name: str, kind: str) -> TensorSpec:
    dtype, rank = _FORMS.get(kind, (kind, 1))
    return TensorSpec(name, dtype, [None] * rank)


def _schema(names: List[str], kinds: List[str]) -> Any:
    from pyspark.ml.linalg import VectorUDT
    from pyspark.sql import types

    known = {
        "number": types.DoubleType(), "text": types.StringType(), "vector": VectorUDT(),
        "words": types.ArrayType(types.StringType()), "float64": types.DoubleType(),
        "float32": types.FloatType(), "int64": types.LongType(), "int32": types.IntegerType(),
        "int16": types.ShortType(), "int8": types.ByteType(), "bool": types.BooleanType(),
        "bytes": types.StringType(),
    }
    fields = []
    for name, kind in zip(names, kinds):
        if kind not in known:
            raise configuration_invalid(
                f"option 'column_types' gives '{name}' the type '{kind}'; a column of Spark has one of "
                f"{', '.join(known)}")
        fields.append(types.StructField(name, known[kind]))
    return types.StructType(fields)


def _cells(kind: str, array: numpy.ndarray) -> list:
    """The values of a column as Spark takes them from Python."""
    from pyspark.ml.linalg import DenseVector

    if kind == "vector":
        return [DenseVector(row) for row in array]
    if kind == "words":
        return columns.texts(array).tolist()
    flat = array.reshape(-1) if array.ndim != 1 else array
    return (columns.texts(flat) if flat.dtype == object else flat).tolist()


def _result(name: str, kind: Any) -> Any:
    text = kind.simpleString()
    if text in _RESULTS:
        return TensorSpec(name, _RESULTS[text], [None])
    if text in ("vector", "array<double>"):
        return TensorSpec(name, "float64", [None, None])
    if text == "array<string>":
        return TensorSpec(name, "bytes", [None, None])
    return None


def _array(spec: TensorSpec, values: list) -> numpy.ndarray:
    """A column of the answer; vectors become the rows of a matrix."""
    if len(spec.shape or ()) == 2:
        values = [value.toArray() if hasattr(value, "toArray") else value for value in values]
        widths = {len(value) for value in values}
        if len(widths) > 1:
            raise WorkerError(
                "engine_failed",
                f"the rows of '{spec.name}' have different lengths ({sorted(widths)[:8]}); they fit in no "
                "tensor, ask for fewer rows at a time", "model")
        shape = (len(values), widths.pop() if widths else 0)
    else:
        shape = (len(values),)
    if any(value is None for value in values):
        values = _without_nulls(spec, values)
    if spec.element_type.name == "bytes":
        array = numpy.empty(shape, object)
        flat = values if len(shape) == 1 else [item for value in values for item in value]
        array.reshape(-1)[:] = [item.encode("utf-8", "replace") for item in flat]
        return array
    return numpy.array(values, spec.element_type.dtype).reshape(shape)


def _without_nulls(spec: TensorSpec, values: list) -> list:
    if spec.element_type.name == "bytes" and len(spec.shape or ()) == 1:
        return ["" if value is None else value for value in values]
    if spec.element_type.name.startswith("float") and len(spec.shape or ()) == 1:
        return [numpy.nan if value is None else value for value in values]
    raise WorkerError("engine_failed", f"'{spec.name}' has a null, which no tensor can hold", "model")

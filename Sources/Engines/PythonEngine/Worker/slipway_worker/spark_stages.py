"""What the metadata of a saved Spark pipeline says: stages, the columns they read and make.

Every stage is a directory whose `metadata/part-00000` holds one JSON text: class, uid, parameters.
"""

from __future__ import annotations

import glob
import json
import os
import re
from typing import Any, Dict, Iterator, List, NamedTuple

from .errors import model_invalid

#: Most stages of a pipeline, those of pipelines within it included, and how deep these nest.
STAGES_MAXIMUM = 10_000
DEPTH_MAXIMUM = 16
#: Largest metadata file.
BYTES_MAXIMUM = 16 << 20
#: Packages whose classes are Spark's own.
_OWN = ("org.apache.spark.ml.", "pyspark.ml.")
#: Packages of models that answer something.
_MODELS = ("classification", "regression", "clustering", "recommendation", "fpm")

_TEXT_READERS = {"Tokenizer", "RegexTokenizer", "StringIndexerModel"}
_WORD_READERS = {"HashingTF", "CountVectorizerModel", "StopWordsRemover", "NGram", "Word2VecModel"}
_VECTOR_READERS = {
    "StandardScalerModel", "MinMaxScalerModel", "MaxAbsScalerModel", "RobustScalerModel", "Normalizer",
    "PCAModel", "IDFModel", "VectorIndexerModel", "VectorSlicer", "PolynomialExpansion", "DCT",
    "ElementwiseProduct", "ChiSqSelectorModel", "UnivariateFeatureSelectorModel",
    "VarianceThresholdSelectorModel", "BucketedRandomProjectionLSHModel", "MinHashLSHModel",
}
_OUTPUTS = (
    "outputCol", "outputCols", "predictionCol", "probabilityCol", "rawPredictionCol",
    "topicDistributionCol", "varianceCol", "leafCol")
_ALIAS = re.compile(r"\bAS\s+`?([A-Za-z_][A-Za-z0-9_]*)`?", re.IGNORECASE)


class Stage(NamedTuple):
    """One stage that is no pipeline."""

    kind: str
    parameters: Dict[str, Any]

    @property
    def name(self) -> str:
        """`LogisticRegressionModel`"""
        return self.kind.rsplit(".", 1)[-1]

    @property
    def is_own(self) -> bool:
        """Whether the class is Spark's, and does only what a model does.

        SQLTransformer runs any SQL, which may call any method of Java.
        """
        return self.kind.startswith(_OWN) and self.name != "SQLTransformer"

    @property
    def is_model(self) -> bool:
        """Whether it answers something, and does not only prepare."""
        parts = self.kind.split(".")
        return len(parts) > 2 and parts[-2] in _MODELS

    def columns(self, names: tuple) -> List[str]:
        """The columns that these parameters name."""
        found: List[str] = []
        for name in names:
            value = self.parameters.get(name)
            if isinstance(value, list):
                found += [item for item in value if isinstance(item, str)]
            elif isinstance(value, str) and value:
                found.append(value)
        return found

    @property
    def inputs(self) -> List[str]:
        """The columns that it reads to answer; labels and weights are for training."""
        if self.is_model:
            return self.columns(("featuresCol", "userCol", "itemCol", "itemsCol"))
        return self.columns(("inputCol", "inputCols", "featuresCol"))

    @property
    def outputs(self) -> List[str]:
        """The columns that it makes; of SQL, what it gives names with AS."""
        if self.name == "SQLTransformer":
            return _ALIAS.findall(str(self.parameters.get("statement", "")))
        return self.columns(_OUTPUTS)

    def wish(self, column: str) -> str:
        """What it takes in a column: `text`, `words`, `vector` or `number`."""
        if self.name in _TEXT_READERS:
            return "text"
        if self.name in _WORD_READERS:
            return "words"
        if self.name in _VECTOR_READERS or column == self.parameters.get("featuresCol"):
            return "vector"
        return "number"


def read(directory: str, depth: int = 0) -> Iterator[Stage]:
    """The stages of a saved pipeline or of a single saved model, in order."""
    if depth > DEPTH_MAXIMUM:
        raise model_invalid(f"pipelines nest deeper than {DEPTH_MAXIMUM}")
    metadata = read_metadata(directory)
    kind = metadata.get("class")
    if not isinstance(kind, str):
        raise model_invalid(f"{directory}/metadata names no class")
    if kind.rsplit(".", 1)[-1] in ("PipelineModel", "Pipeline"):
        uids = metadata.get("paramMap", {}).get("stageUids", [])
        if len(uids) > STAGES_MAXIMUM:
            raise model_invalid(f"the pipeline has more than {STAGES_MAXIMUM} stages")
        for index, uid in enumerate(uids):
            yield from read(_stage_directory(directory, index, len(uids), uid), depth + 1)
        return
    yield Stage(kind, {**metadata.get("defaultParamMap", {}), **metadata.get("paramMap", {})})


def read_metadata(directory: str) -> Dict[str, Any]:
    """The JSON text of a stage."""
    parts = sorted(glob.glob(os.path.join(glob.escape(directory), "metadata", "part-*")))
    if not parts:
        raise model_invalid(f"{directory} has no metadata/part-00000; it is no model that Spark saved")
    try:
        with open(parts[0], "rb") as file:
            value = json.loads(file.read(BYTES_MAXIMUM))
    except (OSError, ValueError, RecursionError) as error:
        raise model_invalid(f"{parts[0]} cannot be read: {error}") from None
    if not isinstance(value, dict) or not isinstance(value.get("paramMap", {}), dict):
        raise model_invalid(f"{parts[0]} holds no stage of Spark")
    return value


def _stage_directory(directory: str, index: int, count: int, uid: Any) -> str:
    width = len(str(count))
    if not isinstance(uid, str) or "/" in uid:
        raise model_invalid(f"stage {index} has no usable uid")
    return os.path.join(directory, "stages", f"{index:0{width}d}_{uid}")


def inputs_of(stages: List[Stage], wanted: List[str]) -> Dict[str, str]:
    """The columns that a request must bring for the wanted answers, in the order in which they are
    first read, and what they hold."""
    needed: List[Stage] = []
    names = set(wanted)
    for stage in reversed(stages):
        if not stage.outputs or names.intersection(stage.outputs) or not stage.is_own:
            names.update(stage.inputs)
            needed.insert(0, stage)
    made = {name for stage in stages for name in stage.outputs}
    found: Dict[str, str] = {}
    for stage in needed:
        for column in stage.inputs:
            if column not in made and found.get(column, "number") == "number":
                found[column] = stage.wish(column)
    return found


def answers_of(stages: List[Stage]) -> List[str]:
    """What models answer and what is made of that; without a model, what no stage reads."""
    answers: List[str] = []
    for stage in stages:
        if stage.is_model or set(stage.inputs) & set(answers):
            answers += [name for name in stage.outputs if name not in answers]
    if answers:
        return answers
    read_columns = {name for stage in stages for name in stage.inputs}
    return [name for stage in stages for name in stage.outputs if name not in read_columns]

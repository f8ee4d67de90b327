#!/usr/bin/env python3
"""Train the example pipeline of Spark MLlib and the request for it.

    scripts/python-venv .deps/venv-spark Tests/Fixtures/requirements-spark.txt
    .deps/venv-spark/bin/python examples/make_spark.py

Needs Java 17; apart from `make examples`, because Spark puts new random names into what it
writes: the bytes differ each time, the answers do not.
"""

import json
import pathlib
import shutil

from pyspark.ml import Pipeline
from pyspark.ml.classification import LogisticRegression
from pyspark.ml.feature import IndexToString, StandardScaler, StringIndexer, VectorAssembler
from pyspark.sql import SparkSession
from sklearn.datasets import load_iris

EXAMPLES = pathlib.Path(__file__).resolve().parent
COLUMNS = ["sepal_length", "sepal_width", "petal_length", "petal_width"]


def flowers(spark):
    data = load_iris()
    rows = [
        (*map(float, values), str(data.target_names[target]))
        for values, target in zip(data.data, data.target, strict=True)
    ]
    return spark.createDataFrame(rows, [*COLUMNS, "target"]).coalesce(1)


def main():
    spark = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    frame = flowers(spark)
    train, test = frame.randomSplit([0.7, 0.3], seed=7)
    species = StringIndexer(inputCol="target", outputCol="label", stringOrderType="alphabetAsc")
    names = species.fit(frame).labels
    model = Pipeline(stages=[
        species,
        VectorAssembler(inputCols=COLUMNS, outputCol="raw"),
        StandardScaler(inputCol="raw", outputCol="features", withMean=True),
        LogisticRegression(regParam=0.01),
        IndexToString(inputCol="prediction", outputCol="species", labels=names),
    ]).fit(train)
    target = EXAMPLES / "models" / "iris" / "1"
    shutil.rmtree(target, ignore_errors=True)
    model.write().save(str(target))
    for pattern in (".*.crc", "_SUCCESS"):
        for path in list(target.rglob(pattern)):
            path.unlink()
    answered = model.transform(test).select("target", "species").collect()
    right = sum(row.target == row.species for row in answered)
    print(f"models/iris/1: {right / len(answered):.1%} of {len(answered)} unseen flowers are right")
    asked = [flower for index, flower in enumerate(frame.collect()) if index in (0, 50, 100)]
    instances = [{name: flower[name] for name in COLUMNS} for flower in asked]
    path = EXAMPLES / "requests" / "iris.json"
    path.write_text(json.dumps({"instances": instances}) + "\n")
    print(f"    the flowers in requests/iris.json are {[flower.target for flower in asked]}")
    spark.stop()


main()

"""What `transform` of one row costs in Spark itself, from a Python list to a Python row."""

import json
import pathlib
import statistics
import sys
import time

from pyspark.ml import PipelineModel
from pyspark.sql import SparkSession

FIXTURES = pathlib.Path(sys.argv[1])
spark = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
spark.sparkContext.setLogLevel("ERROR")
for name in ["iris_logistic", "cancer_boosted", "diabetes_linear"]:
    model = PipelineModel.load(str(FIXTURES / name))
    columns = json.loads((FIXTURES / f"{name}.json").read_text())["inputs"]
    row = tuple(values[1] for values in columns.values())
    seconds = []
    for _ in range(25):
        start = time.perf_counter()
        model.transform(spark.createDataFrame([row], list(columns))).collect()
        seconds.append(time.perf_counter() - start)
    print(f"{name}: median {statistics.median(seconds[5:]) * 1000:.1f} ms")

"""Trains Spark MLlib pipelines on scikit-learn's bundled data and records what Spark makes of it.

    scripts/python-venv .deps/venv-spark Tests/Fixtures/requirements-spark.txt
    .deps/venv-spark/bin/python Tests/Fixtures/make_spark.py [NAME ...]

Needs Java 17. Every pipeline goes to Tests/Fixtures/spark/NAME, as `model.write().save` lays it out
(the checksum files are removed but in one of them), and Spark's own answers for some rows to
Tests/Fixtures/spark/NAME.json. With a pyspark 3.5 in the environment instead, the pipelines go to
Tests/Fixtures/spark/spark3, in that version's layout.
"""

import glob
import json
import os
import pathlib
import shutil
import sys

import numpy
import pyspark
import sklearn.datasets
from pyspark.ml import Pipeline, PipelineModel
from pyspark.ml import classification as c
from pyspark.ml import feature as f
from pyspark.ml import regression as r
from pyspark.ml.clustering import KMeans
from pyspark.ml.linalg import DenseVector, SparseVector, Vectors
from pyspark.sql import SparkSession

ROOT = pathlib.Path(__file__).resolve().parent / "spark"
IS_OLDER = pyspark.__version__.startswith("3.")
TARGET = ROOT / "spark3" if IS_OLDER else ROOT
NAN = float("nan")

spark = (
    SparkSession.builder.master("local[1]")
    .config("spark.ui.enabled", "false")
    .config("spark.sql.shuffle.partitions", "1")
    .config("spark.default.parallelism", "1")
    .getOrCreate()
)
spark.sparkContext.setLogLevel("ERROR")
PIPELINES = {}


def pipeline(function):
    PIPELINES[function.__name__] = function
    return function


def table(name, label_names=True):
    """A bundled data set as columns named by scikit-learn's own names, in snake case."""
    data = getattr(sklearn.datasets, "load_" + name)()
    names = [n.replace(" (cm)", "").replace(" ", "_").replace("/", "_") for n in data.feature_names]
    rows = []
    for values, target in zip(data.data, data.target):
        label = str(data.target_names[target]) if label_names else float(target)
        rows.append(tuple(float(v) for v in values) + (label,))
    return names, spark.createDataFrame(rows, names + ["target"]).coalesce(1)


def vectors(name):
    data = getattr(sklearn.datasets, "load_" + name)()
    rows = [(Vectors.dense(v), float(t)) for v, t in zip(data.data.tolist(), data.target)]
    return spark.createDataFrame(rows, ["features", "label"]).coalesce(1)


def texts():
    """Lines of the descriptions of scikit-learn's data sets, with the set that each describes."""
    folder = pathlib.Path(sklearn.datasets.__file__).parent / "descr"
    rows = []
    for name in ["breast_cancer", "diabetes", "digits", "iris", "wine_data"]:
        for line in (folder / f"{name}.rst").read_text().splitlines():
            if len(line.split()) > 4:
                rows.append((line, name))
    return spark.createDataFrame(rows, ["text", "target"]).coalesce(1)


def every(frame, step):
    return spark.createDataFrame(frame.collect()[::step], frame.schema).coalesce(1)


label = f.StringIndexer(inputCol="target", outputCol="label")


@pipeline
def iris_logistic():
    names, frame = table("iris")
    stages = [
        label,
        f.VectorAssembler(inputCols=names, outputCol="raw"),
        f.StandardScaler(inputCol="raw", outputCol="features", withMean=True),
        c.LogisticRegression(regParam=0.01),
        f.IndexToString(inputCol="prediction", outputCol="species", labels=["setosa", "versicolor", "virginica"]),
    ]
    return stages, frame, names, ["prediction", "probability", "rawPrediction", "species", "features"]


@pipeline
def cancer_logistic():
    names, frame = table("breast_cancer")
    stages = [
        label,
        f.VectorAssembler(inputCols=names, outputCol="raw"),
        f.MinMaxScaler(inputCol="raw", outputCol="features", min=-1.0, max=2.0),
        c.LogisticRegression(regParam=0.01, threshold=0.3),
    ]
    return stages, frame, names, ["prediction", "probability", "rawPrediction", "features"]


@pipeline
def wine_forest():
    names, frame = table("wine")
    stages = [
        label,
        f.VectorAssembler(inputCols=names, outputCol="features"),
        c.RandomForestClassifier(numTrees=12, maxDepth=4, seed=7).setThresholds([0.5, 0.2, 0.3]),
    ]
    return stages, frame, names, ["prediction", "probability", "rawPrediction"]


@pipeline
def cancer_boosted():
    names, frame = table("breast_cancer")
    stages = [label, f.VectorAssembler(inputCols=names, outputCol="features"), c.GBTClassifier(maxIter=10, maxDepth=3, seed=7)]
    return stages, frame, names, ["prediction", "probability", "rawPrediction"]


def with_categories(name):
    """Diabetes or wine with two of its columns cut into named classes."""
    names, frame = table(name, label_names=name != "diabetes")
    rows = []
    for row in frame.collect():
        values = row.asDict()
        first = values.pop(names[0])
        second = values.pop(names[1])
        values["shade"] = f"s{int(abs(first) * 1000) % 7}"
        values["kind"] = "high" if second > 0.01 else "low"
        rows.append(tuple(values[k] for k in names[2:]) + (values["shade"], values["kind"], values["target"]))
    return names[2:], spark.createDataFrame(rows, names[2:] + ["shade", "kind", "target"]).coalesce(1)


def category_stages(numbers, output="features"):
    return [
        f.StringIndexer(inputCols=["shade", "kind"], outputCols=["shadeIndex", "kindIndex"], handleInvalid="keep"),
        f.VectorAssembler(inputCols=["shadeIndex", "kindIndex"] + numbers, outputCol=output),
    ]


@pipeline
def wine_tree():
    numbers, frame = with_categories("wine")
    stages = [label, *category_stages(numbers[:3]), c.DecisionTreeClassifier(maxDepth=6, maxBins=40)]
    return stages, frame, ["shade", "kind"] + numbers[:3], ["prediction", "probability", "rawPrediction", "shadeIndex"]


@pipeline
def diabetes_tree():
    numbers, frame = with_categories("diabetes")
    stages = [*category_stages(numbers), r.DecisionTreeRegressor(labelCol="target", maxDepth=6, maxBins=40)]
    return stages, frame, ["shade", "kind"] + numbers, ["prediction"]


@pipeline
def diabetes_forest():
    numbers, frame = with_categories("diabetes")
    stages = [*category_stages(numbers), r.RandomForestRegressor(labelCol="target", numTrees=8, maxDepth=4, seed=3)]
    return stages, frame, ["shade", "kind"] + numbers, ["prediction"]


@pipeline
def diabetes_boosted():
    numbers, frame = with_categories("diabetes")
    stages = [*category_stages(numbers), r.GBTRegressor(labelCol="target", maxIter=8, maxDepth=3, seed=3)]
    return stages, frame, ["shade", "kind"] + numbers, ["prediction"]


@pipeline
def diabetes_linear():
    numbers, frame = with_categories("diabetes")
    holes = [numbers[0], numbers[1]]
    rows = []
    for index, row in enumerate(frame.collect()):
        values = row.asDict()
        if index % 5 == 0:
            values[holes[0]] = NAN
        if index % 7 == 0:
            values[holes[1]] = NAN
        rows.append(tuple(values[k] for k in frame.columns))
    frame = spark.createDataFrame(rows, frame.schema).coalesce(1)
    stages = [
        f.Imputer(inputCols=holes, outputCols=["first", "second"], strategy="median"),
        f.StringIndexer(inputCols=["shade", "kind"], outputCols=["shadeIndex", "kindIndex"], handleInvalid="keep"),
        f.OneHotEncoder(inputCols=["shadeIndex", "kindIndex"], outputCols=["shadeVector", "kindVector"], handleInvalid="keep"),
        f.VectorAssembler(inputCols=["shadeVector", "first", "second", "kindVector"] + numbers[2:], outputCol="features"),
        r.LinearRegression(labelCol="target", regParam=0.1),
    ]
    return stages, frame, ["shade", "kind"] + numbers, ["prediction", "first", "shadeVector", "features"]


@pipeline
def diabetes_glm():
    names, frame = table("diabetes", label_names=False)
    stages = [
        f.VectorAssembler(inputCols=names, outputCol="features"),
        r.GeneralizedLinearRegression(labelCol="target", family="poisson", link="log", linkPredictionCol="linear"),
    ]
    return stages, frame, names, ["prediction", "linear"]


@pipeline
def digits_kmeans():
    return [KMeans(k=10, seed=5, maxIter=5)], vectors("digits"), ["features"], ["prediction"]


@pipeline
def wine_cosine():
    names, frame = table("wine")
    stages = [
        f.VectorAssembler(inputCols=names, outputCol="raw"),
        f.RobustScaler(inputCol="raw", outputCol="features", withCentering=True),
        KMeans(k=4, seed=5, distanceMeasure="cosine"),
    ]
    return stages, frame, names, ["prediction", "features"]


@pipeline
def digits_network():
    stages = [
        f.PCA(inputCol="features", outputCol="components", k=8),
        c.MultilayerPerceptronClassifier(featuresCol="components", layers=[8, 12, 10], maxIter=30, seed=3),
    ]
    return stages, vectors("digits"), ["features"], ["prediction", "probability", "rawPrediction", "components"]


@pipeline
def digits_bayes():
    stages = [
        f.ChiSqSelector(numTopFeatures=20, outputCol="selected"),
        c.NaiveBayes(featuresCol="selected", smoothing=0.5),
    ]
    return stages, vectors("digits"), ["features"], ["prediction", "probability", "rawPrediction"]


@pipeline
def wine_gaussian():
    names, frame = table("wine")
    stages = [label, f.VectorAssembler(inputCols=names, outputCol="features"), c.NaiveBayes(modelType="gaussian")]
    return stages, frame, names, ["prediction", "probability", "rawPrediction"]


@pipeline
def cancer_bernoulli():
    names, frame = table("breast_cancer")
    thresholds = [float(numpy.median([row[n] for row in frame.collect()])) for n in names[:6]]
    stages = [
        label,
        f.Binarizer(inputCols=names[:6], outputCols=[f"is{i}" for i in range(6)], thresholds=thresholds),
        f.VectorAssembler(inputCols=[f"is{i}" for i in range(6)], outputCol="features"),
        c.NaiveBayes(modelType="bernoulli"),
    ]
    return stages, frame, names[:6], ["prediction", "probability", "rawPrediction", "is0"]


@pipeline
def cancer_svc():
    names, frame = table("breast_cancer")
    stages = [
        label,
        f.VectorAssembler(inputCols=names[:5], outputCol="raw"),
        f.MaxAbsScaler(inputCol="raw", outputCol="scaled"),
        f.PolynomialExpansion(inputCol="scaled", outputCol="expanded", degree=3),
        f.VectorSlicer(inputCol="expanded", outputCol="sliced", indices=[0, 3, 7, 20, 54]),
        f.Normalizer(inputCol="sliced", outputCol="features", p=1.5),
        c.LinearSVC(regParam=0.01, threshold=0.1),
    ]
    return stages, frame, names[:5], ["prediction", "rawPrediction", "expanded", "features"]


@pipeline
def iris_buckets():
    names, frame = table("iris")
    stages = [
        f.Bucketizer(inputCol=names[0], outputCol="bucket", splits=[4.0, 5.0, 5.8, 6.4, 7.0], handleInvalid="keep"),
        f.OneHotEncoder(inputCols=["bucket"], outputCols=["hot"], dropLast=False, handleInvalid="keep"),
        f.VectorAssembler(inputCols=["hot", names[1]], outputCol="features", handleInvalid="keep"),
    ]
    frame = frame.filter(frame[names[0]] >= 4.0).filter(frame[names[0]] <= 7.0)
    rows = frame.collect()
    more = [tuple([NAN, 3.0] + [float(v) for v in rows[0][2:4]] + [rows[0][4]]), tuple([5.0, NAN] + [float(v) for v in rows[0][2:4]] + [rows[0][4]])]
    return stages, spark.createDataFrame(more + [tuple(r) for r in rows], frame.schema).coalesce(1), names[:2], ["bucket", "hot", "features"]


@pipeline
def text_hashing():
    stages = [
        label,
        f.Tokenizer(inputCol="text", outputCol="words"),
        f.StopWordsRemover(inputCol="words", outputCol="kept"),
        f.HashingTF(inputCol="kept", outputCol="counts", numFeatures=512),
        f.IDF(inputCol="counts", outputCol="features", minDocFreq=2),
        c.LogisticRegression(regParam=0.1),
    ]
    return stages, texts(), ["text"], ["prediction", "probability", "features"]


@pipeline
def text_counts():
    stages = [
        label,
        f.RegexTokenizer(inputCol="text", outputCol="words", pattern="\\W+"),
        f.CountVectorizer(inputCol="words", outputCol="features", minDF=2.0, vocabSize=200),
        c.NaiveBayes(),
    ]
    return stages, texts(), ["text"], ["prediction", "probability", "features"]


@pipeline
def nested():
    names, frame = table("iris")
    inner = Pipeline(stages=[
        f.VectorAssembler(inputCols=names, outputCol="raw"),
        f.StandardScaler(inputCol="raw", outputCol="features"),
    ])
    return [label, inner, c.LogisticRegression(regParam=0.1)], frame, names, ["prediction", "probability"]


@pipeline
def refused_sql():
    names, frame = table("iris")
    stages = [
        label,
        f.SQLTransformer(statement="SELECT *, sepal_length * 2 AS double_length FROM __THIS__"),
        f.VectorAssembler(inputCols=["double_length"] + names, outputCol="features"),
        c.LogisticRegression(regParam=0.1),
    ]
    return stages, frame, names, ["prediction"]


def plain(value):
    if isinstance(value, DenseVector):
        return [float(x) for x in value.values]
    if isinstance(value, SparseVector):
        return [float(x) for x in value.toArray()]
    return value


def record(name, stages, frame, inputs, outputs):
    model = Pipeline(stages=stages).fit(frame)
    target = TARGET / name
    shutil.rmtree(target, ignore_errors=True)
    model.write().save(str(target))
    if name != "iris_logistic":
        for path in glob.glob(str(target / "**/.*.crc"), recursive=True) + glob.glob(str(target / "**/_SUCCESS"), recursive=True):
            os.remove(path)
    count = frame.count()
    sample = every(frame, max(1, count // 40)).limit(45)
    # What Spark makes of rows without the target, as in serving.
    columns = [column for column in sample.columns if column != "target"]
    rows = PipelineModel.load(str(target)).transform(sample.select(columns)).collect()
    result = {
        "inputs": {column: [plain(row[column]) for row in rows] for column in inputs},
        "outputs": {column: [plain(row[column]) for row in rows] for column in outputs},
    }
    (TARGET / f"{name}.json").write_text(json.dumps(result) + "\n")
    print(f"{name}: {len(rows)} rows", flush=True)


def parquet():
    """Tables in ways of writing that Spark has besides its usual one."""
    folder = TARGET / "parquet"
    shutil.rmtree(folder, ignore_errors=True)
    rows = [(i // 50, float(i // 40) / 3, f"text {i // 100}", i % 3 == 0, [float(i % 4)] * (i % 3), None if i % 7 == 0 else i // 20) for i in range(400)]
    frame = spark.createDataFrame(rows, "a int, b double, c string, d boolean, e array<double>, f bigint").coalesce(1)
    for name, options in {
        "none": {"compression": "none"},
        "gzip": {"compression": "gzip"},
        "zstd": {"compression": "zstd"},
        "v2": {"compression": "snappy", "parquet.writer.version": "v2"},
        "v2_none": {"compression": "none", "parquet.writer.version": "v2"},
        "plain": {"compression": "snappy", "parquet.enable.dictionary": "false"},
        "delta": {"compression": "snappy", "parquet.writer.version": "v2", "parquet.enable.dictionary": "false"},
        "pages": {"compression": "snappy", "parquet.page.size": "256", "parquet.page.row.count.limit": "30"},
    }.items():
        path = folder / name
        frame.write.options(**options).parquet(str(path))
        [file] = glob.glob(str(path / "*.parquet"))
        os.rename(file, folder / f"{name}.parquet")
        shutil.rmtree(path)


TARGET.mkdir(parents=True, exist_ok=True)
wanted = sys.argv[1:] or (["iris_logistic", "wine_forest", "cancer_boosted", "diabetes_linear", "digits_kmeans"] if IS_OLDER else [*PIPELINES, "parquet"])
for name in wanted:
    if name == "parquet":
        parquet()
    else:
        record(name, *PIPELINES[name]())
spark.stop()

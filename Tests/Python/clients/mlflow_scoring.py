"""Asks a server by MLflow's own scoring client; prints what comes back as JSON.

Runs in an environment with mlflow-skinny and pandas: mlflow_scoring.py HOST PORT
"""

import json
import sys
import types

# The client looks for scipy.sparse, and stumbles when there is no scipy at all.
sys.modules.setdefault("scipy", types.ModuleType("scipy")).__path__ = []

import numpy
import pandas
from mlflow.pyfunc.scoring_server.client import ScoringServerClient

client = ScoringServerClient(sys.argv[1], int(sys.argv[2]))
client.wait_server_ready(timeout=30)


def frame(data, **options):
    return client.invoke(data, **options).get_predictions().to_dict(orient="list")


def refused(data, **options):
    try:
        client.invoke(data, **options)
    except Exception as error:
        return str(error)
    return None


wide = pandas.DataFrame([[0.0] * 64, [1.0] * 64], columns=[f"pixel_{i}" for i in range(64)])
print(
    json.dumps(
        {
            "version": client.get_version(),
            "frame": frame(wide),
            "array": client.invoke(numpy.ones((2, 64), numpy.float32))["predictions"],
            "list": client.invoke(numpy.ones((2, 64), numpy.float32).tolist())["predictions"],
            "narrow": refused(wide[["pixel_0", "pixel_1"]]),
            "parameters": refused(wide, params={"temperature": 1}),
        }
    )
)

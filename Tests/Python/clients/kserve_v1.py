"""Asks a server by KServe's own client over its first protocol; prints what comes back as JSON.

Runs in an environment with kserve: kserve_v1.py URL
"""

import asyncio
import json
import sys

from kserve import InferenceRESTClient, RESTConfig
from kserve.constants.constants import PredictorProtocol


async def main(url):
    client = InferenceRESTClient(RESTConfig(protocol=PredictorProtocol.REST_V1.value))
    replies = {}
    replies["instances"] = await client.infer(
        url, {"instances": [1.0, 2.0]}, model_name="half_plus_two"
    )
    replies["inputs"] = await client.infer(url, {"inputs": [4.0]}, model_name="half_plus_two")
    replies["ready"] = await client.is_model_ready(url, model_name="half_plus_two")
    try:
        replies["absent"] = await client.is_model_ready(url, model_name="none")
    except Exception as error:
        replies["absent"] = str(error)
    print(json.dumps(replies))


asyncio.run(main(sys.argv[1]))

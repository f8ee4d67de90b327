"""Asks a server by KServe's own clients over the second protocol; prints what comes back as JSON.

Runs in an environment with kserve: kserve_v2.py REST GRPC, where each of the models `FP32`, `INT64`,
... returns its input `x` as `y`.
"""

import asyncio
import json
import sys

import grpc
import httpx
import numpy
from kserve import (
    InferenceGRPCClient, InferenceRESTClient, InferInput, InferRequest, RESTConfig,
)

TYPES = {
    "BOOL": numpy.bool_, "INT8": numpy.int8, "INT16": numpy.int16, "INT32": numpy.int32,
    "INT64": numpy.int64, "UINT8": numpy.uint8, "UINT16": numpy.uint16, "UINT32": numpy.uint32,
    "UINT64": numpy.uint64, "FP16": numpy.float16, "FP32": numpy.float32, "FP64": numpy.float64,
}


def values(datatype):
    if datatype == "BYTES":
        # The client decodes every byte string of a reply as UTF-8.
        return numpy.array([["ä".encode(), b""], [b"\x00", b"x" * 300]], numpy.object_)
    wanted = TYPES[datatype]
    if wanted is numpy.bool_:
        return numpy.array([[True, False], [False, True]])
    if numpy.issubdtype(wanted, numpy.integer):
        info = numpy.iinfo(wanted)
        return numpy.array([[info.min, info.max], [0, 1]], wanted)
    return numpy.array([[0.5, -1.25], [numpy.finfo(wanted).max, 0]], wanted)


def request(datatype, model=None, binary=True, **options):
    array = values(datatype)
    given = InferInput("x", list(array.shape), datatype)
    given.set_data_from_numpy(array, binary_data=binary)
    return InferRequest(model or datatype, [given], **options)


def compare(reply, datatype):
    """What is wrong with a reply; nothing if it is right."""
    output = reply.outputs[0]
    if (output.name, output.datatype, list(output.shape)) != ("y", datatype, [2, 2]):
        return f"{output.name} {output.datatype} {output.shape}"
    got = output.as_numpy()
    if datatype == "BYTES":
        # Over REST the client gives text.
        text = [[v.encode() if isinstance(v, str) else v for v in row] for row in got]
        return None if text == values(datatype).tolist() else repr(got)
    if not numpy.array_equal(got, values(datatype)):
        return repr(got)
    return None


async def over_grpc(address):
    said = {"wrong": {}}
    async with InferenceGRPCClient(address, retries=0) as client:
        for datatype in [*TYPES, "BYTES"]:
            for binary in [True, False]:
                if datatype == "FP16" and not binary:
                    continue
                asked = request(datatype, binary=binary, request_id="an id")
                reply = await client.infer(asked)
                wrong = compare(reply, datatype)
                if wrong is None and reply.id != "an id":
                    wrong = f"id {reply.id}"
                if wrong is not None:
                    said["wrong"][f"{datatype} {binary}"] = wrong
        said["live"] = await client.is_server_live()
        said["ready"] = await client.is_server_ready()
        said["model"] = await client.is_model_ready("FP32")
        try:
            said["absent"] = await client.is_model_ready("none")
        except grpc.RpcError as error:
            said["absent"] = error.code().name
        for name, asked in {
            "no model": request("FP32", "none"), "wrong type": request("INT64", "FP32"),
        }.items():
            try:
                await client.infer(asked)
            except grpc.RpcError as error:
                said[name] = [error.code().name, error.details()]
    return said


async def over_rest(url):
    said = {"wrong": {}}
    client = InferenceRESTClient(RESTConfig(protocol="v2"))
    for datatype in [*TYPES, "BYTES"]:
        for binary in [True, False]:
            if not binary and datatype == "FP16":
                # It has no JSON form.
                continue
            asked = request(
                datatype, binary=binary, request_id="an id",
                parameters={"binary_data_output": binary},
            )
            reply = await client.infer(url, asked, model_name=datatype)
            wrong = compare(reply, datatype)
            if wrong is None and reply.id != "an id":
                wrong = f"id {reply.id}"
            if wrong is not None:
                said["wrong"][f"{datatype} {binary}"] = wrong
    said["live"] = await client.is_server_live(url)
    said["ready"] = await client.is_server_ready(url)
    said["model"] = await client.is_model_ready(url, "FP32")
    said["absent"] = await client.is_model_ready(url, "none")
    for name, asked in {
        "no model": request("FP32", "none"), "wrong type": request("INT64", "FP32"),
    }.items():
        try:
            await client.infer(url, asked, model_name=asked.model_name)
        except httpx.HTTPStatusError as error:
            said[name] = [error.response.status_code, str(error)]
    await client.close()
    return said


async def main(rest, address):
    print(json.dumps({"rest": await over_rest(rest), "grpc": await over_grpc(address)}))


asyncio.run(main(*sys.argv[1:]))

"""Asks a server by MLServer's own types, codecs and stubs; prints what comes back as JSON.

Runs in an environment with mlserver: mlserver_v2.py REST GRPC, where each of the models `FP32`,
`INT64`, ... returns its input `x` as `y`.
"""

import json
import sys
import urllib.error
import urllib.request

import grpc
import numpy
from mlserver.codecs import NumpyCodec, NumpyRequestCodec, StringCodec, StringRequestCodec
from mlserver.grpc import converters
from mlserver.grpc import dataplane_pb2 as pb
from mlserver.grpc.dataplane_pb2_grpc import GRPCInferenceServiceStub
from mlserver.types import (
    InferenceRequest, InferenceResponse, MetadataModelResponse, MetadataServerResponse,
    RepositoryIndexResponse,
)

TYPES = {
    "BOOL": numpy.bool_, "INT8": numpy.int8, "INT16": numpy.int16, "INT32": numpy.int32,
    "INT64": numpy.int64, "UINT8": numpy.uint8, "UINT16": numpy.uint16, "UINT32": numpy.uint32,
    "UINT64": numpy.uint64, "FP32": numpy.float32, "FP64": numpy.float64,
}
TEXTS = ["ä b", ""]


def values(datatype):
    wanted = TYPES[datatype]
    if wanted is numpy.bool_:
        return numpy.array([[True, False], [False, True]])
    if numpy.issubdtype(wanted, numpy.integer):
        info = numpy.iinfo(wanted)
        return numpy.array([[info.min, info.max], [0, 1]], wanted)
    return numpy.array([[0.5, -1.25], [3, 0]], wanted)


def request(datatype, use_bytes=False):
    if datatype == "BYTES":
        given = StringCodec.encode_input("x", TEXTS, use_bytes=use_bytes)
    else:
        given = NumpyCodec.encode_input("x", values(datatype))
    return InferenceRequest(id="an id", inputs=[given])


def compare(reply, datatype):
    """What is wrong with a reply; nothing if it is right."""
    if (reply.id, reply.model_name) != ("an id", datatype):
        return f"{reply.id} {reply.model_name}"
    output = reply.outputs[0]
    if (output.name, output.datatype) != ("y", datatype):
        return f"{output.name} {output.datatype}"
    if datatype == "BYTES":
        got = StringCodec.decode_output(output)
        return None if got == TEXTS else repr(got)
    got = NumpyCodec.decode_output(output)
    return None if numpy.array_equal(got, values(datatype)) else repr(got)


def get(url, body=None):
    """Status and body."""
    headers = {"Content-Type": "application/json"}
    data = None if body is None else body.encode()
    try:
        with urllib.request.urlopen(
            urllib.request.Request(url, data, headers), timeout=30
        ) as reply:
            return reply.status, reply.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def over_rest(url):
    said = {"wrong": {}}
    for datatype in [*TYPES, "BYTES"]:
        status, body = get(
            f"{url}/v2/models/{datatype}/infer",
            request(datatype).model_dump_json(exclude_none=True),
        )
        wrong = body.decode() if status != 200 else compare(
            InferenceResponse.model_validate_json(body), datatype
        )
        if wrong is not None:
            said["wrong"][datatype] = wrong
    whole = NumpyRequestCodec.encode_request(values("FP32"))
    whole.inputs[0].name = "x"
    status, body = get(f"{url}/v2/models/FP32/infer", whole.model_dump_json(exclude_none=True))
    said["whole"] = NumpyRequestCodec.decode_response(
        InferenceResponse.model_validate_json(body)
    ).tolist()
    server = MetadataServerResponse.model_validate_json(get(f"{url}/v2")[1])
    said["server"] = server.name
    model = MetadataModelResponse.model_validate_json(get(f"{url}/v2/models/FP32")[1])
    said["metadata"] = [model.name, model.inputs[0].datatype, model.inputs[0].shape]
    index = RepositoryIndexResponse.model_validate_json(get(f"{url}/v2/repository/index", "{}")[1])
    said["index"] = sorted({entry.name for entry in index.root})
    said["ready"] = get(f"{url}/v2/health/ready")
    said["live"] = get(f"{url}/v2/health/live")
    said["model ready"] = get(f"{url}/v2/models/FP32/ready")
    said["absent"] = get(f"{url}/v2/models/none/ready")
    said["no model"] = get(
        f"{url}/v2/models/none/infer", request("FP32").model_dump_json(exclude_none=True)
    )
    said["wrong type"] = get(
        f"{url}/v2/models/FP32/infer", request("INT64").model_dump_json(exclude_none=True)
    )
    said["no inputs"] = get(f"{url}/v2/models/FP32/infer", "{}")
    for key, value in said.items():
        if isinstance(value, tuple):
            said[key] = [value[0], value[1].decode()]
    return said


def over_grpc(address):
    said = {"wrong": {}}
    with grpc.insecure_channel(address) as channel:
        stub = GRPCInferenceServiceStub(channel)
        for datatype in [*TYPES, "BYTES"]:
            for raw in [False, True]:
                asked = converters.ModelInferRequestConverter.from_types(
                    request(datatype, use_bytes=True), model_name=datatype, model_version="1",
                    use_raw=raw,
                )
                reply = converters.ModelInferResponseConverter.to_types(stub.ModelInfer(asked))
                wrong = compare(reply, datatype)
                if wrong is not None:
                    said["wrong"][f"{datatype} {raw}"] = wrong
        texts = StringRequestCodec.encode_request(TEXTS)
        texts.inputs[0].name = "x"
        asked = converters.ModelInferRequestConverter.from_types(texts, model_name="BYTES")
        reply = converters.ModelInferResponseConverter.to_types(stub.ModelInfer(asked))
        said["texts"] = StringRequestCodec.decode_response(reply)
        stream = stub.ModelStreamInfer(iter([asked, asked]))
        said["streamed"] = len(list(stream))
        said["live"] = stub.ServerLive(pb.ServerLiveRequest()).live
        said["ready"] = stub.ServerReady(pb.ServerReadyRequest()).ready
        said["model ready"] = stub.ModelReady(pb.ModelReadyRequest(name="FP32")).ready
        said["server"] = stub.ServerMetadata(pb.ServerMetadataRequest()).name
        model = stub.ModelMetadata(pb.ModelMetadataRequest(name="FP32"))
        said["metadata"] = [model.name, model.inputs[0].datatype, list(model.inputs[0].shape)]
        index = stub.RepositoryIndex(pb.RepositoryIndexRequest())
        said["index"] = sorted(entry.name for entry in index.models)
        asked = converters.ModelInferRequestConverter.from_types(
            request("INT64"), model_name="FP32"
        )
        absent = converters.ModelInferRequestConverter.from_types(
            request("FP32"), model_name="none"
        )
        for name, message in {"wrong type": asked, "no model": absent}.items():
            try:
                stub.ModelInfer(message)
            except grpc.RpcError as error:
                said[name] = [error.code().name, error.details()]
    return said


rest, address = sys.argv[1:]
print(json.dumps({"rest": over_rest(rest), "grpc": over_grpc(address)}))

"""The standard health service and server reflection, as probes and grpcurl use them."""

import queue
import signal

import grpc
import pytest
from google.protobuf import descriptor_pool
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)
from harness import put_builtin

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING
SERVICE_UNKNOWN = health_pb2.HealthCheckResponse.SERVICE_UNKNOWN


def address(server):
    return server.addresses["grpc"].split("://")[-1]


@pytest.fixture
def channel(server):
    with grpc.insecure_channel(address(server)) as channel:
        yield channel


class TestHealth:
    @pytest.mark.parametrize(
        "service",
        ["", "inference.GRPCInferenceService", "GRPCInferenceService", "digits", "half_plus_two"],
    )
    def test_check(self, channel, service):
        stub = health_pb2_grpc.HealthStub(channel)
        reply = stub.Check(health_pb2.HealthCheckRequest(service=service))
        assert reply.status == SERVING

    def test_an_unknown_service_is_not_found(self, channel):
        stub = health_pb2_grpc.HealthStub(channel)
        with pytest.raises(grpc.RpcError) as failure:
            stub.Check(health_pb2.HealthCheckRequest(service="nope"))
        assert failure.value.code() == grpc.StatusCode.NOT_FOUND

    def test_watching_an_unknown_service_says_so(self, channel):
        stub = health_pb2_grpc.HealthStub(channel)
        watch = stub.Watch(health_pb2.HealthCheckRequest(service="nope"))
        assert next(watch).status == SERVICE_UNKNOWN
        watch.cancel()

    def test_a_watcher_hears_of_a_model_and_of_the_end(self, launch, tmp_path):
        (tmp_path / "m").mkdir()
        server = launch(f"m={tmp_path}/m")
        with grpc.insecure_channel(address(server)) as channel:
            stub = health_pb2_grpc.HealthStub(channel)
            watch = stub.Watch(health_pb2.HealthCheckRequest(service="m"), timeout=30)
            assert next(watch).status == NOT_SERVING
            put_builtin(tmp_path / "m", 1, "kind: half_plus_two")
            assert next(watch).status == SERVING
            server.process.send_signal(signal.SIGTERM)
            assert next(watch).status == NOT_SERVING
            with pytest.raises(grpc.RpcError) as failure:
                next(watch)
            assert failure.value.code() == grpc.StatusCode.UNAVAILABLE
        assert server.process.wait(timeout=30) == 0


def ask(channel, version, *requests):
    """The replies of one reflection stream."""
    call = channel.stream_stream(
        f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo",
        request_serializer=reflection_pb2.ServerReflectionRequest.SerializeToString,
        response_deserializer=reflection_pb2.ServerReflectionResponse.FromString,
    )
    return list(call(iter(requests), timeout=30))


class TestReflection:
    @pytest.mark.parametrize("version", ["v1", "v1alpha"])
    def test_lists_the_services(self, channel, version):
        request = reflection_pb2.ServerReflectionRequest(list_services="")
        (reply,) = ask(channel, version, request)
        names = [service.name for service in reply.list_services_response.service]
        assert {
            "inference.GRPCInferenceService", "grpc.health.v1.Health",
            "grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection",
        } <= set(names)
        assert reply.original_request == request

    def test_every_service_and_its_messages_can_be_built(self, channel):
        database = ProtoReflectionDescriptorDatabase(channel)
        pool = descriptor_pool.DescriptorPool(database)
        for name in database.get_services():
            service = pool.FindServiceByName(name)
            assert service.methods
            for method in service.methods:
                assert pool.FindMessageTypeByName(method.input_type.full_name)
                assert pool.FindMessageTypeByName(method.output_type.full_name)

    def test_what_is_not_known_is_an_error_of_the_reply(self, channel):
        request = reflection_pb2.ServerReflectionRequest
        replies = ask(
            channel, "v1",
            request(file_containing_symbol="nope.Nope"),
            request(file_by_filename="nope.proto"),
            request(all_extension_numbers_of_type="inference.ModelInferRequest"),
            request(
                file_containing_extension=reflection_pb2.ExtensionRequest(
                    containing_type="inference.ModelInferRequest", extension_number=1
                )
            ),
            request(file_by_filename="grpc_service.proto"),
        )
        assert [reply.error_response.error_code for reply in replies] == [5, 5, 0, 5, 0]
        assert len(replies[4].file_descriptor_response.file_descriptor_proto) == 2

"""The interface files in Protos/: compiled as checked in, and the same as the official packages."""

import importlib
import pathlib
import shutil
import subprocess

import pytest
from google.protobuf import descriptor_pb2
from harness import ROOT

GENERATED = ROOT / "Sources/DataPlane/Protocols/GRPC/Reflection/Descriptors"
# Official modules by the name of our file.
OFFICIAL = {
    "grpc_service.proto": "tritonclient.grpc.service_pb2",
    "model_config.proto": "tritonclient.grpc.model_config_pb2",
    "grpc/health/v1/health.proto": "grpc_health.v1.health_pb2",
    "grpc/reflection/v1alpha/reflection.proto": "grpc_reflection.v1alpha.reflection_pb2",
    **{
        f"tensorflow_serving/apis/{name}.proto": f"tensorflow_serving.apis.{name}_pb2"
        for name in [
            "classification", "get_model_metadata", "get_model_status", "inference", "input",
            "model", "model_management", "predict", "prediction_service", "regression", "status",
        ]
    },
    "tensorflow/core/framework/tensor.proto": "tensorflow.core.framework.tensor_pb2",
    "tensorflow/core/framework/types.proto": "tensorflow.core.framework.types_pb2",
    "tensorflow/core/example/feature.proto": "tensorflow.core.example.feature_pb2",
}

needs_protoc = pytest.mark.skipif(not shutil.which("protoc"), reason="protoc is not installed")


@needs_protoc
def test_the_generated_files_are_current(tmp_path):
    subprocess.run([ROOT / "scripts/make-descriptors", tmp_path], check=True)
    made = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert made == {path.name: path.read_text() for path in GENERATED.iterdir()}


@pytest.fixture(scope="module")
def ours(tmp_path_factory):
    if not shutil.which("protoc"):
        pytest.skip("protoc is not installed")
    target = tmp_path_factory.mktemp("set") / "set.pb"
    protos = ROOT / "Protos"
    files = [str(path.relative_to(protos)) for path in protos.rglob("*.proto")]
    subprocess.run(
        ["protoc", "-I", protos, f"--descriptor_set_out={target}", *files], check=True
    )
    compiled = descriptor_pb2.FileDescriptorSet.FromString(target.read_bytes())
    return {file.name: file for file in compiled.file}


def facts(message, scope):
    """Every field of a message and of those in it: number, name, type."""
    name = f"{scope}.{message.name}"
    found = {
        (name, field.number): (field.name, field.label, field.type, field.type_name)
        for field in message.field
    }
    for nested in message.nested_type:
        found.update(facts(nested, name))
    for enum in message.enum_type:
        found.update({(f"{name}.{enum.name}", v.number): v.name for v in enum.value})
    return found


@pytest.mark.parametrize("name", OFFICIAL)
def test_messages_are_those_of_the_official_packages(ours, name):
    module = pytest.importorskip(OFFICIAL[name])
    official = descriptor_pb2.FileDescriptorProto()
    module.DESCRIPTOR.CopyToProto(official)
    file = ours[name]
    assert file.package == official.package
    theirs = {message.name: facts(message, official.package) for message in official.message_type}
    compared = 0
    for message in file.message_type:
        # A message that the installed package lacks is newer than it, and so may fields be; what the
        # package has must be here.
        wanted = theirs.get(message.name, {})
        found = facts(message, file.package)
        assert {key: found.get(key) for key in wanted} == wanted
        compared += len(wanted)
    enums = {enum.name: {(v.name, v.number) for v in enum.value} for enum in official.enum_type}
    for enum in file.enum_type:
        assert enums[enum.name] <= {(v.name, v.number) for v in enum.value}
        compared += len(enums[enum.name])
    assert compared > 0 or not file.message_type
    services = {s.name: {(m.name, m.input_type, m.output_type) for m in s.method}
                for s in official.service}
    for service in file.service:
        assert services[service.name] <= {
            (m.name, m.input_type, m.output_type) for m in service.method
        }


def test_every_interface_file_is_compiled_in():
    text = (ROOT / "scripts/make-descriptors").read_text()
    for path in (ROOT / "Protos").rglob("*.proto"):
        first = path.relative_to(ROOT / "Protos").parts[0]
        assert pathlib.PurePath(first).name in text, path

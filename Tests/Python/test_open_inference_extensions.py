"""The Open Inference Protocol's extensions over REST, with the official client."""

import json
import os
import uuid
from pathlib import Path

import numpy
import pytest
import requests
import tritonclient.http as triton
from conftest import REQUESTS
from harness import put_file
from prometheus_client.parser import text_string_to_metric_families
from tritonclient.utils import InferenceServerException, shared_memory

TIMEOUT = 30
FIXTURES = Path(__file__).parents[1] / "Fixtures" / "models"


@pytest.fixture
def client(server):
    with triton.InferenceServerClient(server.authority, concurrency=4) as client:
        yield client


@pytest.fixture
def region(client):
    """Registers shared memory: region(bytes) -> (name, handle)."""
    made = []

    def make(size):
        name = f"slipway-{uuid.uuid4().hex}"
        handle = shared_memory.create_shared_memory_region(name, "/" + name, size)
        made.append((name, handle))
        client.register_system_shared_memory(name, "/" + name, size)
        return name, handle

    yield make
    for name, handle in made:
        client.unregister_system_shared_memory(name)
        shared_memory.destroy_shared_memory_region(handle)


def x_in(name, size, offset=0, count=3):
    tensor = triton.InferInput("x", [count], "FP32")
    tensor.set_shared_memory(name, size, offset)
    return tensor


def x_values(*values):
    values = numpy.float32(values)
    tensor = triton.InferInput("x", values.shape, "FP32")
    tensor.set_data_from_numpy(values)
    return tensor


class TestSharedMemory:
    def test_input_and_output_in_one_region(self, client, region):
        name, handle = region(64)
        shared_memory.set_shared_memory_region(handle, [numpy.float32([1, 2, 5])], offset=8)
        output = triton.InferRequestedOutput("y")
        output.set_shared_memory(name, 12, offset=32)
        result = client.infer("half_plus_two", [x_in(name, 12, 8)], outputs=[output])
        described = result.get_output("y")
        assert described["datatype"] == "FP32"
        assert described["shape"] == [3]
        assert "data" not in described
        assert described["parameters"] == {
            "shared_memory_region": name,
            "shared_memory_offset": 32,
            "shared_memory_byte_size": 12,
        }
        got = shared_memory.get_contents_as_numpy(handle, numpy.float32, [3], offset=32)
        numpy.testing.assert_array_equal(got, numpy.float32([2.5, 3, 4.5]))

    def test_status_lists_regions_until_they_are_unregistered(self, client, region):
        client.unregister_system_shared_memory()
        name, _ = region(100)
        other, _ = region(200)
        listed = {entry["name"]: entry for entry in client.get_system_shared_memory_status()}
        assert set(listed) == {name, other}
        assert listed[name] == {"name": name, "key": "/" + name, "offset": 0, "byte_size": 100}
        assert [e["name"] for e in client.get_system_shared_memory_status(other)] == [other]
        client.unregister_system_shared_memory(name)
        with pytest.raises(InferenceServerException, match="Unable to find shared memory region"):
            client.get_system_shared_memory_status(name)
        client.unregister_system_shared_memory()
        assert client.get_system_shared_memory_status() == []

    def test_a_region_that_its_owner_cuts_short_harms_nobody(self, server, client, region):
        name, handle = region(1 << 20)
        os.truncate(f"/dev/shm/{name}", 4096)
        with pytest.raises(InferenceServerException, match="shorter than when it was registered"):
            client.infer("half_plus_two", [x_in(name, 1 << 20, count=1 << 18)])
        output = triton.InferRequestedOutput("y")
        output.set_shared_memory(name, 12, offset=8192)
        with pytest.raises(InferenceServerException, match="shorter than when it was registered"):
            client.infer("half_plus_two", [x_values(1, 2, 5)], outputs=[output])
        assert os.stat(f"/dev/shm/{name}").st_size == 4096
        assert client.is_server_live()

    @pytest.mark.parametrize(
        "size, offset, words",
        [
            (12, 64, "Invalid offset for"),
            (12, 60, "Invalid offset . byte size"),
            (16, 0, "has 12 bytes, not 16"),
            (1 << 62, 0, "Invalid offset . byte size|not 4611686018427387904"),
        ],
    )
    def test_bytes_beyond_the_region_are_refused(self, client, region, size, offset, words):
        name, _ = region(64)
        with pytest.raises(InferenceServerException, match=words):
            client.infer("half_plus_two", [x_in(name, size, offset)])

    def test_an_output_that_does_not_fit_is_refused(self, client, region):
        name, _ = region(64)
        output = triton.InferRequestedOutput("y")
        output.set_shared_memory(name, 8)
        with pytest.raises(InferenceServerException, match="at least 12 bytes"):
            client.infer("half_plus_two", [x_values(1, 2, 5)], outputs=[output])

    def test_a_name_is_registered_once_and_only_for_what_exists(self, client, region):
        name, _ = region(64)
        with pytest.raises(InferenceServerException, match="already in manager"):
            client.register_system_shared_memory(name, "/" + name, 64)
        with pytest.raises(InferenceServerException, match="Unable to open"):
            client.register_system_shared_memory("other", "/" + uuid.uuid4().hex, 64)
        with pytest.raises(InferenceServerException, match="invalid args"):
            client.register_system_shared_memory("other", "/" + name, 1 << 20)

    def test_cuda_regions_are_refused_by_name(self, client):
        assert client.get_cuda_shared_memory_status() == []
        client.unregister_cuda_shared_memory()
        with pytest.raises(InferenceServerException, match="CUDA shared memory is not offered"):
            client.register_cuda_shared_memory("r", b"handle", 0, 64)


class TestStatistics:
    def test_count_requests_and_runs(self, client):
        def statistics():
            (one,) = client.get_inference_statistics("half_plus_two", "123")["model_stats"]
            return one

        before = statistics()
        for _ in range(3):
            client.infer("half_plus_two", [x_values(1, 2)])
        with pytest.raises(InferenceServerException):
            tensor = triton.InferInput("wrong", [1], "FP32")
            tensor.set_data_from_numpy(numpy.float32([1]))
            client.infer("half_plus_two", [tensor])
        after = statistics()
        assert after["name"] == "half_plus_two"
        assert after["version"] == "123"
        assert after["last_inference"] > 1_600_000_000_000
        assert after["inference_count"] == before["inference_count"] + 6
        assert after["execution_count"] == before["execution_count"] + 3
        difference = {
            key: after["inference_stats"][key]["count"] - before["inference_stats"][key]["count"]
            for key in after["inference_stats"]
        }
        assert difference == {
            "success": 3, "fail": 1, "queue": 3, "compute_input": 3, "compute_infer": 3,
            "compute_output": 3, "cache_hit": 0, "cache_miss": 0,
        }
        success = after["inference_stats"]["success"]["ns"]
        assert success >= after["inference_stats"]["compute_infer"]["ns"] > 0
        assert any(batch["batch_size"] == 2 for batch in after["batch_stats"])

    def test_of_all_models_and_of_none(self, client):
        names = {(one["name"], one["version"])
                 for one in client.get_inference_statistics()["model_stats"]}
        assert {("digits", "1"), ("digits", "2"), ("wine", "1")} <= names
        with pytest.raises(InferenceServerException, match="404.*'nope' is not available"):
            client.get_inference_statistics("nope")

    def test_metrics_keep_the_names_of_other_servers(self, server, client):
        client.infer("half_plus_two", [x_values(1, 2)])
        text = requests.get(f"{server.rest}/monitoring/prometheus/metrics", timeout=TIMEOUT).text
        samples = {
            (sample.name, sample.labels.get("model_name", sample.labels.get("model"))): sample
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }
        for name in [":tensorflow:serving:request_count", ":tensorflow:serving:request_latency_count",
                     ":tensorflow:serving:runtime_latency_count", "nv_inference_count_total",
                     "nv_inference_request_success_total"]:
            found = samples.get((name, "half_plus_two")) or samples.get(
                (name.removesuffix("_total"), "half_plus_two")) or samples.get(
                (name + "_total", "half_plus_two"))
            assert found is not None, name


class TestRepository:
    def test_index(self, client):
        index = client.get_model_repository_index()
        assert {"name": "digits", "version": "2", "state": "READY", "reason": ""} in index
        assert {"name": "wine", "version": "1", "state": "READY", "reason": ""} in index

    def test_loading_is_refused_unless_it_is_allowed(self, client):
        for call in [client.load_model, client.unload_model]:
            with pytest.raises(InferenceServerException, match="load / unload is not allowed"):
                call("digits")
        assert client.is_model_ready("digits")


class TestSettings:
    def test_log_level_moves_and_comes_back(self, client):
        before = client.get_log_settings()
        assert set(before) == {"log_file", "log_info", "log_warning", "log_error",
                               "log_verbose_level", "log_format"}
        try:
            after = client.update_log_settings({"log_verbose_level": 1})
            assert after["log_verbose_level"] == 1
            assert client.get_log_settings() == after
        finally:
            client.update_log_settings(before)
        assert client.get_log_settings() == before

    def test_log_settings_without_meaning_are_refused(self, client):
        with pytest.raises(InferenceServerException, match="log file location"):
            client.update_log_settings({"log_file": "/tmp/x"})
        with pytest.raises(InferenceServerException, match="more severe"):
            client.update_log_settings({"log_error": False})

    def test_trace_is_off_and_stays_off(self, client):
        assert client.get_trace_settings()["trace_level"] == ["OFF"]
        assert client.get_trace_settings("digits")["trace_level"] == ["OFF"]
        assert client.update_trace_settings(settings={"trace_level": ["OFF"]})
        with pytest.raises(InferenceServerException, match="does not trace"):
            client.update_trace_settings(settings={"trace_level": ["TIMESTAMPS"]})
        with pytest.raises(InferenceServerException, match="404"):
            client.get_trace_settings("nope")

    def test_server_metadata_lists_what_is_offered(self, client):
        assert client.get_server_metadata()["extensions"] == [
            "classification", "model_repository", "model_configuration", "system_shared_memory",
            "binary_tensor_data", "statistics", "logging",
        ]

    def test_model_configuration(self, client):
        config = client.get_model_config("digits", "2")
        assert config["name"] == "digits"
        assert config["platform"] == "onnxruntime_onnx"
        assert config["max_batch_size"] == 64
        assert config["input"] == [{"name": "pixels", "data_type": "TYPE_FP32",
                                    "format": "FORMAT_NONE", "dims": [64]}]
        assert config["instance_group"][0]["count"] >= 1


class TestClassification:
    def pixels(self):
        return numpy.float32(json.loads((REQUESTS / "digit.json").read_text())["instances"])

    @pytest.mark.parametrize("binary", [True, False])
    def test_ranks_each_row(self, client, binary):
        pixels = numpy.concatenate([self.pixels()] * 2)
        tensor = triton.InferInput("pixels", pixels.shape, "FP32")
        tensor.set_data_from_numpy(pixels)
        plain = client.infer("digits", [tensor]).as_numpy("probabilities")
        output = triton.InferRequestedOutput("probabilities", binary_data=binary, class_count=3)
        ranked = client.infer("digits", [tensor], outputs=[output]).as_numpy("probabilities")
        assert ranked.shape == (2, 3)
        best = numpy.argsort(-plain[0], kind="stable")[:3]
        for row in ranked:
            texts = [cell.decode() if isinstance(cell, bytes) else cell for cell in row]
            parts = [text.split(":") for text in texts]
            assert [int(part[1]) for part in parts] == list(best)
            assert [part[0] for part in parts] == [f"{plain[0][index]:.6f}" for index in best]

    def test_names_of_classes_are_in_metadata_configuration_and_results(self, launch, tmp_path):
        put_file(FIXTURES / "zipmap_string.onnx", tmp_path / "names", 1)
        server = launch(f"names={tmp_path}/names").wait_until_ready()
        with triton.InferenceServerClient(server.authority) as client:
            outputs = {each["name"]: each for each in client.get_model_metadata("names")["outputs"]}
            (name,) = [name for name, each in outputs.items() if "parameters" in each]
            labels = ["high", "low", "mid"]
            assert outputs[name]["parameters"] == {"labels": labels}
            described = client.get_model_config("names")["parameters"][f"classes.{name}"]
            assert json.loads(described["string_value"]) == labels
            tensor = triton.InferInput("x", [1, 3], "FP32")
            tensor.set_data_from_numpy(numpy.float32([[1, 1, 2]]))
            wanted = triton.InferRequestedOutput(name, class_count=3)
            (row,) = client.infer("names", [tensor], outputs=[wanted]).as_numpy(name)
            ranked = [cell.decode().split(":") for cell in row]
            assert sorted(part[2] for part in ranked) == labels
            assert all(labels[int(part[1])] == part[2] for part in ranked)

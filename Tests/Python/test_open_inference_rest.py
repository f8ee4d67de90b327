"""The Open Inference Protocol over REST, with the official client and without."""

import json
import struct

import numpy
import pytest
import requests
import tritonclient.http as triton
from conftest import REQUESTS
from tritonclient.utils import InferenceServerException

TIMEOUT = 30


@pytest.fixture
def client(server):
    with triton.InferenceServerClient(server.authority, concurrency=4) as client:
        yield client


def infer(server, body, model="half_plus_two", **options):
    data = body if isinstance(body, (bytes, str)) else json.dumps(body)
    return requests.post(
        f"{server.rest}/v2/models/{model}/infer", data=data, timeout=TIMEOUT, **options
    )


def x_input(values, binary):
    values = numpy.float32(values)
    tensor = triton.InferInput("x", values.shape, "FP32")
    tensor.set_data_from_numpy(values, binary_data=binary)
    return tensor


def pixels():
    return numpy.float32(json.loads((REQUESTS / "digit.json").read_text())["instances"])


class TestOfficialClient:
    def test_health(self, client):
        assert client.is_server_live()
        assert client.is_server_ready()
        assert client.is_model_ready("half_plus_two")
        assert client.is_model_ready("half_plus_two", "123")
        assert not client.is_model_ready("half_plus_two", "5")
        assert not client.is_model_ready("nope")

    def test_server_metadata(self, client):
        metadata = client.get_server_metadata()
        assert metadata["name"] == "slipway"
        assert metadata["version"]
        assert "binary_tensor_data" in metadata["extensions"]

    def test_model_metadata(self, client):
        metadata = client.get_model_metadata("digits")
        assert metadata["name"] == "digits"
        assert metadata["versions"] == ["1", "2"]
        assert metadata["platform"] == "onnxruntime_onnx"
        assert metadata["inputs"] == [{"name": "pixels", "datatype": "FP32", "shape": [-1, 64]}]
        assert [output["name"] for output in metadata["outputs"]] == ["label", "probabilities"]
        assert client.get_model_metadata("digits", "1")["versions"] == ["1"]

    @pytest.mark.parametrize("binary_in", [True, False])
    @pytest.mark.parametrize("binary_out", [True, False, None])
    def test_inference_with_json_and_binary_data(self, client, binary_in, binary_out):
        outputs = None
        if binary_out is not None:
            outputs = [triton.InferRequestedOutput("y", binary_data=binary_out)]
        result = client.infer(
            "half_plus_two", [x_input([1, 2, 5], binary_in)], outputs=outputs, request_id="id 7"
        )
        numpy.testing.assert_array_equal(result.as_numpy("y"), numpy.float32([2.5, 3, 4.5]))
        response = result.get_response()
        assert response["id"] == "id 7"
        assert response["model_name"] == "half_plus_two"
        assert response["model_version"] == "123"

    @pytest.mark.parametrize("version", ["1", "2"])
    def test_digits_answer_as_onnx_runtime_does(self, client, reference, version):
        tensor = triton.InferInput("pixels", [1, 64], "FP32")
        tensor.set_data_from_numpy(pixels())
        # The outputs come in the order asked, one as JSON and one as bytes.
        outputs = [
            triton.InferRequestedOutput("probabilities", binary_data=True),
            triton.InferRequestedOutput("label", binary_data=False),
        ]
        result = client.infer("digits", [tensor], model_version=version, outputs=outputs)
        assert [output["name"] for output in result.get_response()["outputs"]] == [
            "probabilities",
            "label",
        ]
        label, probabilities = reference(
            "digits", version, {"pixels": pixels()}, ["label", "probabilities"]
        )
        numpy.testing.assert_array_equal(result.as_numpy("label"), label)
        numpy.testing.assert_allclose(result.as_numpy("probabilities"), probabilities, rtol=1e-5)

    @pytest.mark.parametrize("binary", [[True], [False], [True, False]])
    def test_wine_takes_strings_and_numbers_mixed(self, client, binary):
        request = json.loads((REQUESTS / "wine.infer.json").read_text())
        inputs = []
        for index, item in enumerate(request["inputs"]):
            tensor = triton.InferInput(item["name"], item["shape"], item["datatype"])
            kind = object if item["datatype"] == "BYTES" else numpy.float32
            values = numpy.array(item["data"], dtype=kind).reshape(item["shape"])
            tensor.set_data_from_numpy(values, binary_data=binary[index % len(binary)])
            inputs.append(tensor)
        metadata = client.get_model_metadata("wine")
        words = next(item for item in metadata["outputs"] if item["datatype"] == "BYTES")
        for as_bytes in (True, False):
            outputs = [triton.InferRequestedOutput(words["name"], binary_data=as_bytes)]
            answer = client.infer("wine", inputs, outputs=outputs).as_numpy(words["name"])
            names = {a.decode() if isinstance(a, bytes) else a for a in answer.flatten()}
            assert names <= {"barolo", "grignolino", "barbera"}
            assert len(answer.flatten()) == 2

    @pytest.mark.parametrize("algorithm", ["gzip", "deflate"])
    def test_compressed_bodies(self, client, algorithm):
        result = client.infer(
            "half_plus_two",
            [x_input(numpy.arange(5000), True)],
            request_compression_algorithm=algorithm,
            response_compression_algorithm=algorithm,
        )
        numpy.testing.assert_array_equal(
            result.as_numpy("y"), numpy.arange(5000, dtype=numpy.float32) / 2 + 2
        )

    def test_async_requests_get_their_own_answers(self, client):
        pending = [client.async_infer("half_plus_two", [x_input([n], True)]) for n in range(50)]
        answers = [request.get_result().as_numpy("y")[0] for request in pending]
        assert answers == [n / 2 + 2 for n in range(50)]

    def test_errors_carry_status_and_message(self, client):
        with pytest.raises(InferenceServerException, match="404"):
            client.infer("nope", [x_input([1], True)])
        with pytest.raises(InferenceServerException, match="501.*load"):
            client.load_model("digits")
        with pytest.raises(InferenceServerException, match="no output 'z'"):
            client.infer(
                "half_plus_two",
                [x_input([1], True)],
                outputs=[triton.InferRequestedOutput("z")],
            )
        with pytest.raises(InferenceServerException, match="shared_memory_region.*classification"):
            output = triton.InferRequestedOutput("y", class_count=2)
            output._parameters.update(shared_memory_region="r", shared_memory_byte_size=4)
            client.infer("half_plus_two", [x_input([1], True)], outputs=[output])

    def test_generous_timeout_and_sequence_free_parameters_are_accepted(self, client):
        result = client.infer("half_plus_two", [x_input([1], True)], timeout=10_000_000)
        assert result.as_numpy("y")[0] == 2.5


class TestPlainHTTP:
    def test_flat_and_nested_data_are_the_same(self, server):
        nested = {"name": "pixels", "shape": [1, 64], "datatype": "FP32", "data": pixels().tolist()}
        flat = {**nested, "data": pixels().flatten().tolist()}
        answers = [
            infer(server, {"inputs": [tensor]}, "digits").json()["outputs"]
            for tensor in (nested, flat)
        ]
        assert answers[0] == answers[1]

    def test_answer_is_exactly_this(self, server):
        body = (REQUESTS / "half_plus_two.infer.json").read_text()
        response = infer(server, body)
        assert response.headers["content-type"] == "application/json"
        assert response.json() == {
            "model_name": "half_plus_two",
            "model_version": "123",
            "outputs": [{"name": "y", "datatype": "FP32", "shape": [3], "data": [2.5, 3.0, 4.5]}],
        }

    def test_a_raw_body_is_the_single_input(self, server):
        response = infer(
            server,
            struct.pack("<2f", 1, 2),
            headers={"Inference-Header-Content-Length": "0"},
        )
        assert response.status_code == 200
        length = int(response.headers["inference-header-content-length"])
        (output,) = json.loads(response.content[:length])["outputs"]
        assert output["parameters"] == {"binary_data_size": 8}
        assert struct.unpack("<2f", response.content[length:]) == (2.5, 3.0)

    def test_not_a_number_passes_through_as_in_triton(self, server):
        response = infer(
            server,
            '{"inputs":[{"name":"x","shape":[2],"datatype":"FP32","data":[NaN,Infinity]}]}',
        )
        assert '"data":[NaN,Infinity]' in response.text.replace(" ", "")

    @pytest.mark.parametrize(
        "change, message",
        [
            ({"name": "z"}, "no input 'z'"),
            ({"datatype": "FP64"}, "FP32"),
            ({"datatype": "FLOAT"}, "FLOAT"),
            ({"shape": [4]}, "shape"),
            ({"shape": [-1]}, "shape"),
            ({"shape": [4294967296, 4294967296]}, "shape"),
            ({"shape": "3"}, "'shape'"),
            ({"data": ["a", "b", "c"]}, "data"),
            ({"data": None}, "data"),
            ({"parameters": {"binary_data_size": 12}}, "must set only one of"),
            ({"parameters": {"shared_memory_region": "r"}}, "must set only one of"),
        ],
    )
    def test_wrong_tensors_are_refused(self, server, change, message):
        tensor = {"name": "x", "shape": [3], "datatype": "FP32", "data": [1, 2, 3], **change}
        response = infer(server, {"inputs": [tensor]})
        assert response.status_code == 400
        assert message in response.json()["error"]

    @pytest.mark.parametrize(
        "length, body",
        [("7", b'{"inputs": []}'), ("x", b"{}"), ("-1", b"{}"), ("99999999999999999999", b"{}")],
    )
    def test_wrong_header_lengths_are_refused(self, server, length, body):
        response = infer(server, body, headers={"Inference-Header-Content-Length": length})
        assert response.status_code == 400
        assert response.json()["error"]

    @pytest.mark.parametrize("size, status", [(8, 400), (12, 200), (16, 400)])
    def test_binary_data_must_have_the_size_of_the_shape(self, server, size, status):
        tensor = {"name": "x", "shape": [3], "datatype": "FP32"}
        head = json.dumps({"inputs": [{**tensor, "parameters": {"binary_data_size": size}}]})
        body = head.encode() + struct.pack("<3f", 1, 2, 5)
        response = infer(
            server, body, headers={"Inference-Header-Content-Length": str(len(head))}
        )
        assert response.status_code == status

    @pytest.mark.parametrize(
        "method, path, allowed",
        [
            ("GET", "/v2/models/half_plus_two/infer", "POST"),
            ("POST", "/v2/models/half_plus_two", "GET"),
            ("DELETE", "/v2/health/live", "GET"),
        ],
    )
    def test_a_wrong_method_is_405_and_says_what_is_allowed(self, server, method, path, allowed):
        response = requests.request(method, server.rest + path, timeout=TIMEOUT)
        assert response.status_code == 405
        assert allowed in response.headers["allow"]

    def test_options_lists_the_methods(self, server):
        response = requests.options(f"{server.rest}/v2/models/half_plus_two/infer", timeout=TIMEOUT)
        assert response.status_code == 204
        assert "POST" in response.headers["allow"]

    @pytest.mark.parametrize("path", ["/nowhere", "/v2/nowhere", "/v2/models/a/b"])
    def test_unknown_paths_are_404_with_a_reason(self, server, path):
        response = requests.get(server.rest + path, timeout=TIMEOUT)
        assert response.status_code == 404
        assert response.json()["error"]

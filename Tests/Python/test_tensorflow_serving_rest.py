"""TensorFlow Serving's REST API, as its clients use it."""

import base64
import concurrent.futures
import gzip
import json

import numpy
import pytest
import requests
from conftest import REQUESTS

TIMEOUT = 30


def post(server, path, body, **options):
    data = body if isinstance(body, (bytes, str)) else json.dumps(body)
    return requests.post(f"{server.rest}{path}", data=data, timeout=TIMEOUT, **options)


def get(server, path):
    return requests.get(f"{server.rest}{path}", timeout=TIMEOUT)


def error(response):
    assert response.headers["content-type"] == "application/json"
    body = response.json()
    assert list(body) == ["error"]
    return body["error"]


HALF = "/v1/models/half_plus_two:predict"


class TestHalfPlusTwo:
    def test_row_format_is_byte_for_byte_that_of_tensorflow_serving(self, server):
        response = post(server, HALF, {"instances": [1.0, 2.0, 5.0]})
        assert response.status_code == 200
        assert response.headers["content-type"] == "application/json"
        assert response.text == '{\n    "predictions": [2.5, 3.0, 4.5\n    ]\n}'

    def test_column_format_is_byte_for_byte_that_of_tensorflow_serving(self, server):
        response = post(server, HALF, {"inputs": [1.0, 2.0, 5.0]})
        assert response.status_code == 200
        assert response.text == (
            '{\n    "outputs": [\n        2.5,\n        3.0,\n        4.5\n    ]\n}'
        )

    def test_numbers_take_six_digits_or_as_many_as_they_need(self, server):
        values = [-4, 0.1, 1e9, 1e-9, 1 / 3]
        response = post(server, HALF, {"instances": values})
        expected = (numpy.float32(values) * numpy.float32(0.5)) + numpy.float32(2)
        assert response.json()["predictions"][0] == 0.0
        assert '"predictions": [0.0, 2.05, 5e+08, 2.0, ' in response.text
        numpy.testing.assert_array_equal(
            numpy.float32(response.json()["predictions"]), expected
        )

    @pytest.mark.parametrize("body", [{"instances": [{"x": 1}, {"x": 2}]}, {"inputs": {"x": [1, 2]}}])
    def test_a_single_input_may_be_named(self, server, body):
        response = post(server, HALF, body)
        assert response.status_code == 200
        assert list(response.json().values()) == [[2.5, 3.0]]

    def test_nan_and_infinity_pass_through(self, server):
        response = post(server, HALF, '{"instances": [NaN, Infinity, -Infinity]}')
        assert '"predictions": [NaN, Infinity, -Infinity' in response.text

    def test_what_follows_the_document_is_ignored(self, server):
        assert post(server, HALF, '{"instances": [1]} and more').status_code == 200

    def test_a_gzip_body_is_read(self, server):
        body = gzip.compress(b'{"instances": [1.0]}')
        response = post(server, HALF, body, headers={"Content-Encoding": "gzip"})
        assert response.json() == {"predictions": [2.5]}

    @pytest.mark.parametrize(
        "path",
        [
            "/v1/models/half_plus_two/versions/123:predict",
            "/V1/MODELS/half_plus_two/Versions/000123:predict",
            "/v1/models/half%5Fplus_two:predict",
            HALF + "?verbose=1",
        ],
    )
    def test_paths_that_lead_there(self, server, path):
        assert post(server, path, {"instances": [1]}).json() == {"predictions": [2.5]}

    def test_many_clients_at_once_get_their_own_answers(self, server):
        def ask(number):
            return post(server, HALF, {"instances": [number]}).json()["predictions"][0]

        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            answers = list(pool.map(ask, range(200)))
        assert answers == [number / 2 + 2 for number in range(200)]


class TestRefusals:
    @pytest.mark.parametrize(
        "body, message",
        [
            ("", "JSON Parse error: The document is empty"),
            ('{"instances": [1', "JSON Parse error: "),
            ("[1]", "Is not object"),
            ({}, "Missing 'inputs' or 'instances' key"),
            ({"instances": [1], "inputs": [1]}, "expecting only one of 'inputs' or 'instances'"),
            ({"instances": 1}, "Expecting 'instances' to be an list/array"),
            ({"instances": []}, "No values in 'instances' array"),
            ({"instances": [1, [2]]}, "Expecting tensor size: 1 but got: 1"),
            ({"instances": ["a"]}, "is not of expected type: float"),
            ({"instances": [{"y": 1}]}, "JSON object: does not have named input: y"),
            ({"inputs": {"y": [1]}}, "Missing named input: x in 'inputs' object."),
            ({"inputs": [1, [2]]}, "Encountered list at unexpected level: 1 expected < 1"),
            ({"instances": [1], "signature_name": 5}, "'signature_name' key must be a string value."),
            (
                {"instances": [1], "signature_name": "nope"},
                'Serving signature name: "nope" not found in signature def',
            ),
        ],
    )
    def test_a_wrong_body_is_refused_in_tensorflow_servings_words(self, server, body, message):
        response = post(server, HALF, body)
        assert response.status_code == 400
        # An element whose shape differs is told by its size first, then by its shape.
        text = error(response)
        if message.startswith("Expecting tensor size"):
            assert "Expecting shape [] but got: [1]" in text or message in text
        else:
            assert message in text

    @pytest.mark.parametrize(
        "path, status, message",
        [
            ("/v1/models/half:predict", 404, "Servable not found for request: Latest(half)"),
            (
                "/v1/models/half_plus_two/versions/5:predict",
                404,
                "Servable not found for request: Specific(half_plus_two, 5)",
            ),
            (
                "/v1/models/half_plus_two/labels/x:predict",
                400,
                "Unrecognized servable version label: x",
            ),
            (
                "/v1/models/half_plus_two/versions/9223372036854775808:predict",
                400,
                "Failed to convert version: 9223372036854775808 to numeric.",
            ),
            ("/v1/models/m:invent", 400, "Malformed request: POST /v1/models/m:invent"),
            ("/v1/models/half_plus_two", 400, "Malformed request: POST /v1/models/half_plus_two"),
        ],
    )
    def test_a_wrong_path_is_refused_in_tensorflow_servings_words(
        self, server, path, status, message
    ):
        response = post(server, path, {"instances": [1]})
        assert response.status_code == status
        assert error(response) == message

    def test_a_wrong_method_is_malformed_and_says_what_is_allowed(self, server):
        response = get(server, HALF)
        assert response.status_code == 400
        assert error(response) == f"Malformed request: GET {HALF}"
        assert "POST" in response.headers["allow"]


class TestStatusAndMetadata:
    def test_status_is_byte_for_byte_that_of_tensorflow_serving(self, server):
        response = get(server, "/v1/models/half_plus_two")
        assert response.status_code == 200
        assert response.text == """\
{
 "model_version_status": [
  {
   "version": "123",
   "state": "AVAILABLE",
   "status": {
    "error_code": "OK",
    "error_message": ""
   }
  }
 ]
}
"""

    def test_status_lists_the_versions_highest_first(self, server):
        states = get(server, "/v1/models/digits").json()["model_version_status"]
        assert [(state["version"], state["state"]) for state in states] == [
            ("2", "AVAILABLE"),
            ("1", "AVAILABLE"),
        ]
        one = get(server, "/v1/models/digits/versions/1").json()["model_version_status"]
        assert [state["version"] for state in one] == ["1"]

    def test_head_answers_without_a_body(self, server):
        response = requests.head(f"{server.rest}/v1/models/half_plus_two", timeout=TIMEOUT)
        assert response.status_code == 200
        assert response.content == b""

    @pytest.mark.parametrize(
        "path, status, message",
        [
            ("/v1/models", 400, "Missing model name in request."),
            ("/v1/models/nope", 404, "Could not find any versions of model nope"),
            (
                "/v1/models/half_plus_two/versions/7",
                404,
                "Could not find version 7 of model half_plus_two",
            ),
            ("/v1/models/nope/metadata", 404, "Servable not found for request: Latest(nope)"),
        ],
    )
    def test_what_is_not_there_is_refused(self, server, path, status, message):
        response = get(server, path)
        assert response.status_code == status
        assert error(response) == message

    def test_metadata_has_tensorflow_servings_layout(self, server):
        body = get(server, "/v1/models/half_plus_two/metadata").json()
        assert body["model_spec"] == {
            "name": "half_plus_two",
            "signature_name": "",
            "version": "123",
        }
        signature = body["metadata"]["signature_def"]["signature_def"]["serving_default"]
        assert signature["method_name"] == "tensorflow/serving/predict"
        x = signature["inputs"]["x"]
        assert x["dtype"] == "DT_FLOAT"
        assert x["name"] == "x"
        assert [dimension["size"] for dimension in x["tensor_shape"]["dim"]] == ["-1"]
        assert x["tensor_shape"]["unknown_rank"] is False
        assert list(signature["outputs"]) == ["y"]


class TestModelsOfOtherFrameworks:
    def pixels(self):
        return json.loads((REQUESTS / "digit.json").read_text())["instances"]

    @pytest.mark.parametrize(
        "path, version", [("", 2), ("/versions/1", 1), ("/labels/stable", 1), ("/labels/canary", 2)]
    )
    def test_digits_answer_as_onnx_runtime_does(self, server, reference, path, version):
        pixels = self.pixels()
        response = post(server, f"/v1/models/digits{path}:predict", {"instances": pixels})
        assert response.status_code == 200
        (answer,) = response.json()["predictions"]
        label, probabilities = reference(
            "digits", version, {"pixels": numpy.float32(pixels)}, ["label", "probabilities"]
        )
        assert answer["label"] == label[0]
        numpy.testing.assert_allclose(answer["probabilities"], probabilities[0], rtol=1e-5)

    def test_column_format_gives_each_output_by_name(self, server):
        response = post(server, "/v1/models/digits:predict", {"inputs": self.pixels()})
        outputs = response.json()["outputs"]
        assert outputs["label"] == [1]
        assert numpy.shape(outputs["probabilities"]) == (1, 10)

    def test_wine_takes_named_columns_of_words_and_numbers(self, server):
        body = (REQUESTS / "wine.json").read_text()
        predictions = post(server, "/v1/models/wine:predict", body).json()["predictions"]
        assert len(predictions) == 2
        for prediction in predictions:
            values = list(prediction.values())
            assert any(isinstance(value, str) for value in values)
            assert any(abs(sum(value) - 1) < 1e-4 for value in values if isinstance(value, list))

    def test_words_may_come_as_base64(self, server):
        body = json.loads((REQUESTS / "wine.json").read_text())
        plain = post(server, "/v1/models/wine:predict", body).json()
        for row in body["instances"]:
            row["proline"] = [{"b64": base64.b64encode(row["proline"][0].encode()).decode()}]
        assert post(server, "/v1/models/wine:predict", body).json() == plain

    def test_a_row_without_all_inputs_is_refused(self, server):
        response = post(server, "/v1/models/wine:predict", {"instances": [{"hue": [1.0]}]})
        assert response.status_code == 400
        assert "keys must be equal to: " in error(response)

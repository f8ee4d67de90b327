"""The metrics page, read by Prometheus' own parser, and what it says about requests just made."""

import re

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

COUNTERS = {
    "slipway_requests",
    "slipway_refused_requests",
    "slipway_model_loads",
    "slipway_model_unloads",
    "slipway_connections_opened",
    "slipway_http_responses",
    "slipway_http_refusals",
    "process_cpu_seconds",
}
HISTOGRAMS = {
    "slipway_request_duration_seconds",
    "slipway_queue_duration_seconds",
    "slipway_run_duration_seconds",
    "slipway_batch_requests",
    "slipway_batch_rows",
    "slipway_model_load_duration_seconds",
    "slipway_http_request_duration_seconds",
}
GAUGES = {
    "slipway_queue_depth",
    "slipway_model_failed_versions",
    "slipway_model_ready",
    "slipway_model_state",
    "slipway_connections",
    "slipway_build_info",
    "process_resident_memory_bytes",
    "process_virtual_memory_bytes",
    "process_open_fds",
    "process_max_fds",
    "process_start_time_seconds",
    "process_threads",
}


def families(base, path="/metrics"):
    reply = requests.get(base + path, timeout=10)
    assert reply.status_code == 200
    assert reply.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    return {family.name: family for family in text_string_to_metric_families(reply.text)}


def value(found, family, sample, **labels):
    """The one sample with these labels, others being free; 0 when there is none."""
    values = [
        each.value
        for each in found[family].samples
        if each.name == sample and labels.items() <= each.labels.items()
    ]
    assert len(values) <= 1, f"{sample} {labels} is ambiguous"
    return values[0] if values else 0


@pytest.mark.parametrize("path", ["/metrics", "/monitoring/prometheus/metrics"])
@pytest.mark.parametrize("port", ["rest", "admin"])
def test_both_ports_serve_a_page_that_prometheus_reads(server, port, path):
    found = families(getattr(server, port), path)
    for name in COUNTERS:
        assert found[name].type == "counter", name
    for name in HISTOGRAMS:
        assert found[name].type == "histogram", name
    for name in GAUGES:
        assert found[name].type == "gauge", name


def test_every_family_has_help_and_stands_once(server):
    text = requests.get(server.admin + "/metrics", timeout=10).text
    names = re.findall(r"^# TYPE (\S+) ", text, re.MULTILINE)
    assert len(names) == len(set(names))
    assert names == re.findall(r"^# HELP (\S+) \S", text, re.MULTILINE)


def test_buckets_only_grow_and_end_in_the_count(server):
    for family in families(server.admin).values():
        if family.type != "histogram":
            continue
        series = {}
        for sample in family.samples:
            labels = dict(sample.labels)
            bound = labels.pop("le", None)
            one = series.setdefault(tuple(sorted(labels.items())), {"buckets": []})
            if sample.name.endswith("_bucket"):
                one["buckets"].append((float(bound), sample.value))
            else:
                one[sample.name.removeprefix(family.name)] = sample.value
        for labels, one in series.items():
            bounds = [bound for bound, _ in one["buckets"]]
            counts = [count for _, count in one["buckets"]]
            assert bounds == sorted(bounds) and bounds[-1] == float("inf"), (family.name, labels)
            assert counts == sorted(counts), (family.name, labels)
            assert counts[-1] == one["_count"], (family.name, labels)
            assert one["_sum"] >= 0, (family.name, labels)


def test_requests_are_counted_by_model_version_protocol_and_outcome(server):
    before = families(server.admin)
    url = server.rest + "/v1/models/half_plus_two:predict"
    for _ in range(3):
        assert requests.post(url, json={"instances": [1.0, 2.0]}, timeout=10).status_code == 200
    assert requests.post(url, json={"instances": ["x"]}, timeout=10).status_code == 400
    after = families(server.admin)

    def grown(family, sample, **labels):
        labels["model"] = "half_plus_two"
        return value(after, family, sample, **labels) - value(before, family, sample, **labels)

    ok = {"protocol": "tfs_rest", "outcome": "ok"}
    assert grown("slipway_requests", "slipway_requests_total", **ok) == 3
    bad = {"protocol": "tfs_rest", "outcome": "invalid_tensor"}
    assert grown("slipway_requests", "slipway_requests_total", **bad) == 1
    seconds = "slipway_request_duration_seconds"
    assert grown(seconds, seconds + "_count", **ok) == 3
    assert 0 < grown(seconds, seconds + "_sum", **ok) < 30
    assert grown("slipway_batch_rows", "slipway_batch_rows_sum") == 6


def test_names_that_clients_make_up_never_become_labels(server):
    name = "made_up_by_a_client"
    url = f"{server.rest}/v1/models/{name}:predict"
    assert requests.post(url, json={"instances": [1.0]}, timeout=10).status_code == 404
    assert requests.get(f"{server.rest}/{name}", timeout=10).status_code == 404
    page = requests.get(server.admin + "/metrics", timeout=10).text
    assert name not in page
    found = families(server.admin)
    refused = {"protocol": "tfs_rest", "code": "model_not_found"}
    total = "slipway_refused_requests_total"
    assert value(found, "slipway_refused_requests", total, **refused) >= 1


def test_models_are_ready_in_metrics_and_health_alike(server):
    found = families(server.admin)
    listed = requests.get(server.admin + "/models", timeout=10).json()["models"]
    assert {model["name"] for model in listed} >= {"digits", "wine", "half_plus_two"}
    for model in listed:
        ready = value(found, "slipway_model_ready", "slipway_model_ready", model=model["name"])
        assert ready == (1 if model["ready"] else 0)
        for version in model["versions"]:
            states = {
                sample.labels["state"]: sample.value
                for sample in found["slipway_model_state"].samples
                if sample.labels["model"] == model["name"]
                and sample.labels["version"] == str(version["version"])
            }
            assert sum(states.values()) == 1
            assert states[version["state"].lower()] == 1
    for base in (server.rest, server.admin):
        assert requests.get(base + "/livez", timeout=10).json() == {"status": "ok"}
        health = requests.get(base + "/readyz", timeout=10)
        assert (health.status_code, health.json()) == (200, {"status": "ready", "reasons": []})


@pytest.mark.parametrize("path", ["/metrics", "/livez", "/readyz"])
def test_health_and_metrics_answer_reading_methods_only(server, path):
    for base in (server.rest, server.admin):
        head = requests.head(base + path, timeout=10)
        assert (head.status_code, head.content) == (200, b"")
        refused = requests.post(base + path, data=b"x", timeout=10)
        assert refused.status_code == 405
        assert refused.headers["allow"] == "GET, HEAD, OPTIONS"

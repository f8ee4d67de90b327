"""Requests that share a run get the answers that they would have got alone."""

import re
import threading

import numpy as np
import requests

from harness import MODELS, REQUESTS

DIGITS = np.load(REQUESTS / "digits.npy").astype(np.float32)


def batched(page, model):
    """The runs of a model so far, and the requests that were in them."""
    def figure(suffix):
        found = re.search(
            rf'slipway_batch_requests_{suffix}\{{model="{model}",[^}}]*\}} (\d+)', page)
        return int(found.group(1))

    return figure("count"), figure("sum")


def ask(server, row, rows, wanted, failures, times):
    """Asks the same question again and again, over one connection, and compares each answer."""
    body = {"instances": np.repeat(row[None], rows, axis=0).tolist()}
    with requests.Session() as session:
        for _ in range(times):
            reply = session.post(f"{server.rest}/v1/models/digits:predict", json=body, timeout=30)
            if reply.status_code != 200:
                failures.append(reply.text)
                continue
            got = [answer["probabilities"] for answer in reply.json()["predictions"]]
            if len(got) != rows or not np.allclose(got, wanted, rtol=1e-4, atol=1e-6):
                failures.append(f"{rows} rows: {got} is not {wanted}")


def test_concurrent_requests_share_runs_and_each_gets_its_own_answer(launch, reference):
    # One instance, never on the event loop: then whatever comes while it runs has to wait.
    server = launch(configuration=f"""
        listen: {{ rest: 0, grpc: 0, admin: 0 }}
        models:
          - name: digits
            source: {MODELS / "digits"}
            instances: 1
            placement: pool
    """).wait_until_ready()
    (wanted,) = reference("digits", "2", {"pixels": DIGITS}, ["probabilities"])
    failures = []
    clients = [
        threading.Thread(
            target=ask,
            args=(server, DIGITS[index % len(DIGITS)], index % 3 + 1,
                  wanted[index % len(DIGITS)], failures, 60))
        for index in range(12)
    ]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    assert not failures, failures[:3]
    runs, answered = batched(requests.get(f"{server.admin}/metrics", timeout=30).text, "digits")
    assert answered >= 12 * 60
    assert runs < answered, "no two requests ever shared a run"

"""Metrics: what the page says against what was done, and that no caller can make it grow."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import grpc
import numpy as np
import pytest
import querist
from onnx_models import X, linear
from querist.v1 import advice_pb2
from querist.v1 import selection_service_pb2 as pb
from querist.v1.selection_service_pb2_grpc import SelectionServiceStub
from querist_server import http_page, metrics
from querist_server.engine.presets import PRESETS
from querist_server.runners.process import CAUSES
from querist_server.service.errors import CODES, LIMITS
from querist_server.settings import Settings
from scrape import Page
from serving import serving

PAGE = Path(__file__).resolve().parents[2] / "deploy" / "metrics" / "README.md"


@pytest.fixture
def server(tmp_path):
    with serving(tmp_path, metrics_address="127.0.0.1:0", uploads="on") as running:
        yield running


def page(server) -> Page:
    return Page(server.server.instruments.addresses["metrics"])


def once(server, name: str, **labels: str) -> Page:
    """Return the page that shows a call: a refused caller hears of it a moment before it is counted."""
    deadline = time.monotonic() + 20
    while not (found := page(server))(name, **labels):
        assert time.monotonic() < deadline, (name, labels)
        time.sleep(0.01)
    return found


@pytest.fixture
def q(server):
    with querist.connect(server.address, retries=0) as client:
        yield client


def test_calls_errors_and_refusals_are_counted_once_each(server, q, rng):
    pool = rng.dirichlet(np.ones(3), 50)
    for _ in range(3):
        q.select(pool, strategy="margin", count=2)
    with pytest.raises(querist.errors.InvalidRequestError):
        q.select(pool, strategy="margin", count=51)
    with pytest.raises(querist.errors.InvalidRequestError):
        q.select(pool, strategy="no such strategy", count=1)
    server.server.interceptor.draining = True
    with pytest.raises(querist.errors.ServerUnavailableError):
        q.info()
    server.server.interceptor.draining = False
    found = once(server, "querist_calls_total", method="GetServerInfo", code="UNAVAILABLE")
    assert found("querist_calls_total", method="Select", code="OK") == 3
    assert found("querist_calls_total", method="Select", code="INVALID_ARGUMENT") == 2
    assert found("querist_calls_total", method="GetServerInfo", code="UNAVAILABLE") == 1
    assert found("querist_errors_total", reason="COUNT_EXCEEDS_POOL") == 1
    assert found("querist_errors_total", reason="STRATEGY_UNKNOWN") == 1
    assert found("querist_refused_total", limit="draining") == 1
    assert found("querist_call_seconds_count", method="Select") == 5
    assert found("querist_queue_seconds_count") == 5
    assert found("querist_serving") == 1


def test_selections_are_told_as_their_callers_were(server, q, rng):
    pool = rng.dirichlet(np.ones(4), 3000)
    batches = [q.select(pool, strategy="margin", count=60, random_share=0.2, seed=seed) for seed in range(3)]
    embedded = rng.standard_normal((300, 5))
    embedded[150:] = embedded[:150]
    twins = q.select(pool[:300], embeddings=embedded, strategy=querist.Plan("entropy", guards=["near_duplicate"]), count=7)
    found = page(server)
    assert found("querist_rows_total", strategy="margin") == 9000
    assert found("querist_chosen_total", strategy="margin") == 180
    assert found("querist_chosen_total", strategy="plan") == 7
    assert found("querist_chosen_random_total") == sum(batch.random_draws.sum() for batch in batches) == 36
    assert found("querist_guarded_total", reason="DUPLICATE_IN_BATCH") == twins.guarded.total > 0
    assert found("querist_selection_seconds_count", strategy="margin") == 3
    spent = sum(batch.timings["SCORE"] for batch in batches)
    assert found("querist_stage_seconds_total", strategy="margin", stage="SCORE") == pytest.approx(spent)
    confidences = np.concatenate([batch.confidences for batch in [*batches, twins]])
    assert found("querist_chosen_confidence_sum") == pytest.approx(confidences.sum())
    for bound in metrics.CONFIDENCE.buckets:
        assert found("querist_chosen_confidence_bucket", le=str(bound)) == (confidences <= bound).sum()
    assert found("querist_chosen_confidence_bucket", le="+Inf") == len(confidences)
    exact = 1 - (np.sort(pool, axis=1)[:, -1] - np.sort(pool, axis=1)[:, -2])
    for share in (0.05, 0.25, 0.5, 0.75, 0.95):
        width = batches[-1].statistics.score_histogram.width
        told = found("querist_score_quantile", strategy="margin", share=str(share))
        assert abs(told - np.quantile(exact, share)) <= width


def test_verdicts_are_counted_in_selections_and_without(server, q, rng):
    pool = rng.dirichlet(np.ones(3), 60)
    batch = q.select(pool, strategy="margin", count=2, campaign=querist.CampaignRound(labelled=10))
    advice = q.advise_stop(querist.CampaignRound(labelled=10))
    assert batch.stop.verdict == advice.verdict == "INCONCLUSIVE"
    q.select(pool, strategy="margin", count=2)  # no round of a campaign, so nobody asked for advice
    assert page(server)("querist_verdicts_total", verdict="INCONCLUSIVE") == 2


def test_answers_of_annotators_are_received_bytes_too(server, q):
    q.assess_annotations({"instance": [1, 1, 2, 2], "annotator": ["a", "b", "a", "b"], "label": [0, 1, 1, 1]})
    once(server, "querist_received_bytes_total", method="AssessAnnotations")


def test_models_and_the_end_of_their_processes(server, q):
    digest = q.upload_model(linear()).digest
    q.select(models=[digest], model_inputs={"x": X}, strategy="entropy", count=3)
    found = page(server)
    assert (found("querist_models_stored"), found("querist_models_loaded"), found("querist_model_processes")) == (1, 1, 1)
    assert found("querist_models_stored_bytes") == len(linear())
    assert found("querist_model_runs_total") == 1
    assert found("querist_received_bytes_total", method="UploadModel") == len(linear())
    assert found("querist_stage_seconds_total", strategy="entropy", stage="INFER") > 0
    (pid,) = server.server.model_processes.pids
    os.kill(pid, signal.SIGKILL)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    q.select(models=[digest], model_inputs={"x": X}, strategy="entropy", count=3)
    found = page(server)
    assert found("querist_model_process_starts_total") == 2
    assert found("querist_model_process_ends_total", cause="died") == 1
    assert found("querist_models_loaded") == 1


def test_nothing_that_a_caller_sends_becomes_a_label(server, q, rng):
    pool = rng.dirichlet(np.ones(3), 20)
    with grpc.insecure_channel(server.address) as channel:
        for number in range(20):
            with pytest.raises(grpc.RpcError):
                channel.unary_unary(f"/made.up.Service{number}/Method{number}")(b"", timeout=5)
            with pytest.raises(grpc.RpcError):
                SelectionServiceStub(channel).Select(
                    pb.SelectRequest(header=pb.SelectHeader(strategy=f"made-up-{number}", count=1)),
                    metadata=[("x-request-id", f"made-up-{number}"), ("user-agent", f"made-up-{number}")],
                    timeout=5,
                )
    plans = ["margin", querist.Plan("margin", "k_center"), querist.Plan(querist.parts.Gini())]
    for strategy in plans:
        q.select(pool, embeddings=pool, strategy=strategy, count=2)
    found = page(server)
    assert "made" not in found.text
    assert {labels["strategy"] for labels in found.labels("querist_rows_total")} == {"margin", "plan"}


def test_every_label_is_one_that_is_known_beforehand(tmp_path, rng):
    pool = rng.dirichlet(np.ones(3), 40)
    with (
        serving(tmp_path, metrics_address="127.0.0.1:0", max_rows=100) as server,
        querist.connect(server.address, retries=0) as q,
    ):
        for strategy in ("auto", "bald", "k_means", "entropy"):
            q.select(pool, committee=np.stack([pool, pool]), embeddings=pool, strategy=strategy, count=2)
        with pytest.raises(querist.errors.InvalidRequestError):
            q.select(pool * 2, strategy="margin", count=2)
        with pytest.raises(querist.errors.LimitExceededError):
            q.select(np.tile(pool, (3, 1)), strategy="margin", count=2)
        q.advise_stop(querist.CampaignRound(labelled=10))
        found = once(server, "querist_refused_total", limit="max_rows")
    known = {
        "method": {method.name for method in pb.DESCRIPTOR.services_by_name["SelectionService"].methods},
        "code": {code.name for code in grpc.StatusCode},
        "reason": CODES.keys() | {name.removeprefix("GUARD_REASON_") for name in pb.GuardReason.keys()},  # noqa: SIM118 - an enum's
        "strategy": PRESETS.keys() | {"plan", "auto"},
        "stage": {"DECODE", "INFER", "SCORE", "CHOOSE"},
        "limit": {*Settings.model_fields, *LIMITS},
        "cause": CAUSES,
        "verdict": {name.removeprefix("VERDICT_") for name in advice_pb2.Verdict.keys()},  # noqa: SIM118 - an enum's
    }
    for family in found.families.values():
        for sample in family.samples:
            for label, value in sample.labels.items():
                if label in ("le", "share", "version", "api_version"):  # which are ours by their nature
                    continue
                assert value in known[label], (sample.name, label, value)


def test_what_is_shown_is_what_is_declared_with_its_words(server, q, rng):
    q.select(rng.dirichlet(np.ones(3), 20), strategy="margin", count=2)
    found = page(server)
    ours = {name: family for name, family in found.families.items() if name.startswith("querist_")}
    declared = {metric.name.removesuffix("_total"): metric for metric in metrics.ALL}
    assert ours.keys() <= declared.keys()
    logged = {name for name in declared if name.startswith("querist_selection_log_")}
    assert declared.keys() - ours.keys() == logged  # there is none here
    for name, family in ours.items():
        assert (family.documentation, family.type) == (declared[name].help, declared[name].kind)


def test_a_server_that_nobody_scrapes_does_not_load_what_it_takes():
    script = """
import asyncio, sys, tempfile, pathlib
from querist_server import app, settings
async def build():
    server = await app.build_server(settings.Settings(addresses=("127.0.0.1:0",)))
    server.model_processes.close()
asyncio.run(build())
print(sorted({name.partition(".")[0] for name in sys.modules} & {"prometheus_client", "opentelemetry", "onnxruntime"}))
"""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("QUERIST_", "OTEL_"))}
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=environment, timeout=60).stdout == "[]\n"


def test_every_metric_is_documented_with_its_own_words():
    text = PAGE.read_text()
    for metric in metrics.ALL:
        labels = f"{{{', '.join(metric.labels)}}}" if metric.labels else ""
        assert f"| `{metric.name}{labels}` | {metric.help} |" in text, metric.name


def test_an_observer_that_fails_fails_no_call(server, q, rng, monkeypatch):
    def broken(*_):
        raise RuntimeError("a defect of the metrics")

    monkeypatch.setattr(server.server.instruments.observers[0], "ended", broken)
    assert len(q.select(rng.dirichlet(np.ones(3), 20), strategy="margin", count=2)) == 2


def test_denied_calls_are_counted(tmp_path):
    (tmp_path / "tokens").write_text("somebody secret-word\n")
    with serving(tmp_path, metrics_address="127.0.0.1:0", token_file=tmp_path / "tokens") as server:
        with querist.connect(server.address, retries=0) as client, pytest.raises(querist.errors.AuthenticationError):
            client.info()
        found = once(server, "querist_calls_total", method="GetServerInfo", code="UNAUTHENTICATED")
        assert found("querist_errors_total", reason="CREDENTIALS_INVALID") == 1
        assert "somebody" not in found.text


def test_a_disk_that_fails_hides_its_numbers_and_no_others(server, monkeypatch):
    def failing():
        raise OSError("the disk is gone")

    monkeypatch.setattr(server.server.instruments._exposition._vitals.store, "holdings", failing)
    found = page(server)
    assert "querist_models_stored" not in found.families
    assert "querist_memory_resident_bytes" in found.families


def test_other_paths_and_methods_are_refused(server):
    address = server.server.instruments.addresses["metrics"]
    for path, method, status in (("/", "GET", 404), ("/metrics", "POST", 405), ("/metrics/x", "GET", 404)):
        request = urllib.request.Request(f"http://{address}{path}", method=method)
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(request, timeout=5)
        with caught.value:
            assert caught.value.code == status
    with urllib.request.urlopen(f"http://{address}/metrics?name=x", timeout=5) as answer:
        assert answer.status == 200


def test_the_form_that_prometheus_asks_for_is_given(server):
    address = server.server.instruments.addresses["metrics"]
    wanted = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"
    request = urllib.request.Request(f"http://{address}/metrics", headers={"Accept": wanted})
    with urllib.request.urlopen(request, timeout=5) as answer:
        assert answer.headers["Content-Type"].startswith("application/openmetrics-text")
        assert answer.read().endswith(b"# EOF\n")


@pytest.mark.parametrize("sent", [b"GET /metrics HTTP/1.1\r\n", b"x" * 100_000, b"\x00\xff\r\n\r\n", b""])
def test_who_asks_badly_or_slowly_is_cut_off_and_holds_nobody_up(server, monkeypatch, sent):
    monkeypatch.setattr(http_page, "PATIENCE_SECONDS", 0.3)
    host, port = server.server.instruments.addresses["metrics"].split(":")
    with socket.create_connection((host, int(port)), timeout=10) as slow:
        slow.sendall(sent)
        assert page(server)("querist_serving") == 1
        try:
            while slow.recv(65536):
                pass
        except ConnectionResetError:
            pass


def test_connections_beyond_a_few_are_closed_at_once(server):
    host, port = server.server.instruments.addresses["metrics"].split(":")
    idle = [socket.create_connection((host, int(port)), timeout=10) for _ in range(http_page.MOST_CONNECTIONS)]
    with socket.create_connection((host, int(port)), timeout=10) as more:
        more.sendall(b"GET /metrics HTTP/1.1\r\n\r\n")
        with contextlib.suppress(ConnectionResetError):
            assert more.recv(10) == b""
    for each in idle:
        each.close()
    deadline = time.monotonic() + 10
    while server.server.instruments._exposition._page._open:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert page(server)("querist_serving") == 1

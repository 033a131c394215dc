"""Which models a server takes and runs, over the wire; and the malicious corpus, sent to a server."""

import hashlib

import grpc
import numpy as np
import pytest
import querist
from malicious_models import ACCEPTED, Malice, corpus
from onnx_models import X, linear
from querist.errors import PermissionDeniedError, QueristError
from querist.v1 import model_service_pb2 as pb
from querist.v1.model_service_pb2_grpc import ModelServiceStub
from querist_server import app
from querist_server.settings import Settings, SettingsError
from serving import serving


def selected(client, model) -> np.ndarray:
    return client.select(models=[model], model_inputs=X, strategy="margin", count=5).indices


def features(client) -> list[str]:
    return list(client.info().features)


def test_stored_models_run_where_uploads_are_off(tmp_path):
    with serving(tmp_path) as server, querist.connect(server.address) as client:
        assert {"model_uploads", "model_sandbox"} <= set(features(client))
        stored = client.upload_model(linear())
        right = selected(client, stored.digest)
    with serving(tmp_path, uploads="off") as server, querist.connect(server.address) as client:
        assert "model_uploads" not in features(client)
        np.testing.assert_array_equal(selected(client, stored.digest), right)
        for call in (
            lambda: client.upload_model(linear(4)),
            lambda: client.delete_model(stored.digest),
            lambda: selected(client, querist.ModelUse(linear())),
        ):
            with pytest.raises(PermissionDeniedError) as caught:
                call()
            assert caught.value.reason == "UPLOADS_DISABLED"
        assert [model.digest for model in client.list_models()] == [stored.digest]


@pytest.mark.parametrize(
    ("addresses", "uploads", "taken"),
    [
        (("127.0.0.1:1", "[::1]:1", "unix:/tmp/x", "localhost:1"), "local", True),
        (("127.0.0.1:1", "0.0.0.0:1"), "local", False),
        (("0.0.0.0:1",), "on", True),
        (("127.0.0.1:1",), "off", False),
    ],
)
def test_local_means_that_no_other_machine_can_send(addresses, uploads, taken):
    assert app._model_policy(Settings(addresses=addresses, uploads=uploads)).uploads is taken


def test_only_models_on_the_list_are_sent_and_run(tmp_path):
    good, other = linear(), linear(4)
    with serving(tmp_path) as server, querist.connect(server.address) as client:
        stored = client.upload_model(other)
    with (
        serving(tmp_path, allowed_models=(hashlib.sha256(good).hexdigest(),)) as server,
        querist.connect(server.address) as client,
    ):
        assert len(selected(client, client.upload_model(good).digest)) == 5
        assert len(selected(client, querist.ModelUse(good))) == 5
        for call in (
            lambda: client.upload_model(other),
            lambda: selected(client, stored.digest),
            lambda: selected(client, querist.ModelUse(other)),
        ):
            with pytest.raises(PermissionDeniedError) as caught:
                call()
            assert caught.value.reason == "MODEL_NOT_ALLOWED"


@pytest.mark.parametrize("digest", ["", "0" * 63, "A" * 64, "0" * 64 + "\n"])
def test_a_list_of_what_are_no_digests_is_refused(digest):
    with pytest.raises(ValueError, match="64 lower-case"):
        Settings(allowed_models=(digest,))


async def test_a_server_that_requires_a_sandbox_starts_nowhere_else(monkeypatch):
    monkeypatch.setattr(app.sandbox, "probe", lambda: ["a socket is possible"])
    with pytest.raises(SettingsError, match=r"require_sandbox: .*a socket is possible"):
        await app.build_server(Settings(addresses=("127.0.0.1:0",), require_sandbox=True))


ENDLESS = ("Loop of 2^62", "While for ever")
LET_IN = [malice for malice in corpus(12) if malice.upload != {"MODEL_REFUSED"} and malice.name not in ENDLESS]
"""What the scan refuses is tested there, and what never ends beside the deadlines."""


@pytest.fixture(scope="module")
def attacked(tmp_path_factory):
    limits = {"model_memory_bytes": 256 * 2**20, "model_cpu_seconds": 60}
    with serving(tmp_path_factory.mktemp("attacked"), **limits) as server, querist.connect(server.address) as client:
        yield client, selected(client, querist.ModelUse(linear()))


@pytest.mark.parametrize("malice", LET_IN, ids=lambda malice: malice.name)
def test_malice_ends_with_its_own_call(attacked, malice: Malice):
    client, right = attacked
    use = querist.ModelUse(malice.onnx, outputs={"logits": "logits"})
    try:
        client.select(models=[use], model_inputs=X, strategy="margin", count=5, timeout=60)
        ended = ACCEPTED
    except QueristError as error:
        ended = error.reason
    assert ended in malice.run
    np.testing.assert_array_equal(selected(client, querist.ModelUse(linear())), right)


def test_an_upload_that_is_cancelled_leaves_nothing(tmp_path):
    """The thread that writes is waited for, so that its file is never closed under it."""
    with serving(tmp_path) as server, grpc.insecure_channel(server.address) as channel:

        def messages():
            yield pb.UploadModelRequest(header=pb.UploadModelHeader())
            for _ in range(50):
                yield pb.UploadModelRequest(chunk=b"\0" * 2**20)

        for _ in range(5):
            call = ModelServiceStub(channel).UploadModel.future(messages(), timeout=0.05)
            assert call.exception().code() in (grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.INVALID_ARGUMENT)
        with querist.connect(server.address) as client:
            assert client.upload_model(linear()).size_bytes == len(linear())
        kept = {path.suffix for path in (tmp_path / "models").iterdir() if path.suffix in (".onnx", ".json")}
        assert kept == {".onnx", ".json"}

"""Calls whose reply is lost after they were done: the repetition doubles nothing."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import grpc
import numpy as np
import onnx_models
import pytest
import querist
from querist import aio
from querist.errors import NotFoundError

POOL = np.random.default_rng(0).dirichlet(np.ones(3), 50)


class Forgetful(grpc.GenericRpcHandler):
    """Passes calls on to a server, and loses the first reply to each method after the server has given it."""

    def __init__(self, address: str) -> None:
        self._channel = grpc.insecure_channel(address, [("grpc.default_authority", "localhost")])
        self._lost: set[str] = set()
        self.heard: list[str] = []

    def service(self, details):
        method = details.method
        streams = method.endswith("UploadModel")
        call = (self._channel.stream_unary if streams else self._channel.unary_unary)(method)

        def answer(request, context):
            name = method.rpartition("/")[2]
            self.heard.append(name)
            try:
                reply = call(request, timeout=60)
            except grpc.RpcError as error:
                context.set_trailing_metadata(error.trailing_metadata())
                context.abort(error.code(), error.details())
            if name not in self._lost:
                self._lost.add(name)
                context.abort(grpc.StatusCode.UNAVAILABLE, "Socket closed")
            return reply

        return (grpc.stream_unary_rpc_method_handler if streams else grpc.unary_unary_rpc_method_handler)(answer)

    def close(self) -> None:
        self._channel.close()


@pytest.fixture
def forgetful(client):
    handler = Forgetful(client.address)
    server = grpc.server(ThreadPoolExecutor(4), handlers=[handler])
    handler.address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    yield handler
    server.stop(None).wait()
    handler.close()


@pytest.fixture(params=["sync", "aio"])
def call(request, forgetful):
    """Make a call of the client's, by name, through the server that forgets."""

    def make(name, *arguments, **named):
        if request.param == "sync":
            with querist.connect(forgetful.address) as connected:
                return getattr(connected, name)(*arguments, **named)

        async def made():
            async with aio.connect(forgetful.address) as connected:
                return await getattr(connected, name)(*arguments, **named)

        return asyncio.run(made())

    return make


def test_a_model_is_stored_once_and_deleted_once(client, forgetful, call):
    before = {model.digest for model in client.list_models()}
    model = call("upload_model", onnx_models.linear(5))
    assert {each.digest for each in client.list_models()} == before | {model.digest}
    call("delete_model", model.digest)  # the second attempt found nothing, since the first had done it
    assert forgetful.heard == ["UploadModel"] * 2 + ["DeleteModel"] * 2
    assert {each.digest for each in client.list_models()} == before
    with pytest.raises(NotFoundError):
        call("delete_model", model.digest)


def test_a_model_that_never_was_there_is_not_found(forgetful, call):
    with pytest.raises(NotFoundError):
        call("delete_model", "0" * 64)
    assert forgetful.heard == ["DeleteModel"]


def test_a_round_of_a_campaign_counts_once(client, forgetful, call):
    rounds = {"campaign": "c", "labelled": 20, "error": {"source": "hold_out", "error": 0.3, "instances": 50}}
    alone = client.select(POOL, strategy="margin", count=5, seed=1, campaign=rounds)
    repeated = call("select", POOL, strategy="margin", count=5, seed=1, campaign=rounds)
    assert forgetful.heard == ["Select", "Select"]
    assert repeated.stop.rounds == alone.stop.rounds == 1
    assert repeated.campaign_state == alone.campaign_state
    assert repeated.indices.tolist() == alone.indices.tolist()


def test_a_campaign_on_disk_asks_once(forgetful, tmp_path):
    campaign = querist.Campaign(tmp_path / "c.campaign", labelled=20)
    with querist.connect(forgetful.address) as connected:
        chosen = campaign.select(connected, POOL, strategy="margin", count=5, seed=1)
    assert forgetful.heard == ["Select", "Select"]
    assert campaign.pending.round == 1
    assert campaign.pending.ids == chosen.ids
    assert chosen.stop.rounds == 1

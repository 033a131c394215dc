"""The same request gives the same indices and the same bits, however it travels."""

import asyncio
import sys

import grpc
import numpy as np
import pytest
import querist
from engine import committee, probabilities, select
from querist import _requests
from querist.v1 import selection_service_pb2 as pb
from querist.v1.selection_service_pb2_grpc import SelectionServiceStub
from serving import serving

ROWS = 40_000
RNG = np.random.default_rng(11)
PROBABILITIES = probabilities(RNG, ROWS, 5, np.float32)
CASES = {
    "margin": {"probabilities": PROBABILITIES},
    "entropy": {"probabilities": PROBABILITIES.astype(np.float16)},
    "power_margin": {"probabilities": PROBABILITIES},
    "bald": {"committee": np.moveaxis(committee(RNG, ROWS, 3, 4, np.float32), 1, 0), "member_weights": [1.0, 2.0, 0.5]},
    "softrank_bald": {"committee": np.moveaxis(committee(RNG, ROWS, 3, 4, np.float64), 1, 0)},
}
COMMON = {"count": 500, "seed": 77, "random_share": 0.1}


@pytest.fixture(scope="module")
def servers(tmp_path_factory):
    """One server with one worker and one with four, each on TCP and on a Unix socket."""
    one, four = tmp_path_factory.mktemp("one"), tmp_path_factory.mktemp("four")
    with (
        serving(one, workers=1, addresses=("127.0.0.1:0", f"unix:{one}/q.sock")) as a,
        serving(four, workers=4, addresses=("127.0.0.1:0", f"unix:{four}/q.sock")) as b,
    ):
        yield [*a.server.addresses, *b.server.addresses]


def streamed(address: str, arguments: dict, rows: int) -> tuple[list[int], list[float]]:
    """Select through a stream whose blocks hold the given number of rows."""
    request = _requests.request_of(_requests.Selecting(**arguments))
    blocks = (pb.RowBlock(first_row=start, rows=request.arrays.pool(start, min(start + rows, ROWS))) for start in range(0, ROWS, rows))
    messages = [pb.SelectStreamRequest(header=request.header), *(pb.SelectStreamRequest(block=block) for block in blocks)]
    with grpc.insecure_channel(address, [("grpc.default_authority", "localhost")]) as channel:
        *_, last = SelectionServiceStub(channel).SelectStream(iter(messages), timeout=100)
    return list(last.result.selected.indices), list(last.result.selected.scores)


@pytest.mark.parametrize("preset", CASES)
def test_every_way_gives_the_same_bits(servers, preset):
    arguments = {**CASES[preset], **COMMON, "strategy": preset}
    column = "committee.probabilities" if "committee" in arguments else "probabilities"
    raw = np.moveaxis(arguments["committee"], 0, 1) if "committee" in arguments else arguments["probabilities"]
    weights = np.array(arguments["member_weights"]) if "member_weights" in arguments else None
    alone = select(preset, {column: raw}, **COMMON, member_weights=weights, threads=2)
    expected = alone.indices.tolist(), alone.scores.tolist()
    for address in servers:
        with querist.connect(address) as client:
            batch = client.select(**arguments)
        assert (batch.indices.tolist(), batch.scores.tolist()) == expected

        async def asynchronous(address=address):
            async with querist.aio.connect(address) as client:
                return await client.select(**arguments)

        batch = asyncio.run(asynchronous())
        assert (batch.indices.tolist(), batch.scores.tolist()) == expected
        request = _requests.request_of(_requests.Selecting(**arguments))
        with grpc.insecure_channel(address, [("grpc.default_authority", "localhost")]) as channel:
            unary = SelectionServiceStub(channel).Select(request.unary(), timeout=60)
        assert (list(unary.selected.indices), list(unary.selected.scores)) == expected
        assert streamed(address, arguments, 997) == expected
    assert streamed(servers[1], arguments, 7) == expected


def test_blocks_of_one_row(servers):
    arguments = {**CASES["margin"], **COMMON, "strategy": "margin"}
    with querist.connect(servers[0]) as client:
        batch = client.select(**arguments)
    assert streamed(servers[0], arguments, 1) == (batch.indices.tolist(), batch.scores.tolist())


@pytest.mark.skipif(
    "torch" not in sys.modules and not __import__("importlib.util").util.find_spec("torch"), reason="torch is not installed"
)
def test_torch_tensors_give_the_same_bits(servers):
    import torch

    with querist.connect(servers[0]) as client:
        expected = client.select(PROBABILITIES, strategy="margin", **COMMON)
        tensor = torch.tensor(PROBABILITIES, requires_grad=True)
        batch = client.select(tensor, strategy="margin", **COMMON)
        np.testing.assert_array_equal(batch.scores, expected.scores)
        np.testing.assert_array_equal(batch.indices, expected.indices)
        brain = client.select(tensor.to(torch.bfloat16), strategy="margin", **COMMON)
        widened = tensor.detach().to(torch.bfloat16).to(torch.float64)
        assert brain.scores.max() <= 1
        assert client.select(logits=widened, strategy="margin", **COMMON).statistics.rows == ROWS

"""Reading ahead of the work: how far, in which order, and counted."""

import asyncio

import grpc
import numpy as np
import pytest
from querist import codec
from querist.v1 import pool_pb2
from querist.v1 import selection_service_pb2 as pb
from querist.v1.selection_service_pb2_grpc import SelectionServiceStub
from querist_server.engine.errors import EngineError
from querist_server.service import reading
from querist_server.service.reading import BlockReader, Received
from serving import serving
from spliced import put_together

HEADER = pb.SelectStreamRequest(header=pb.SelectHeader(strategy="margin", count=1))


def block(first_row: int, rows: int = 10) -> pb.SelectStreamRequest:
    probabilities = codec.encode(np.full((rows, 2), 0.5))
    return pb.SelectStreamRequest(block=pb.RowBlock(first_row=first_row, rows=pool_pb2.Pool(probabilities=probabilities)))


class Caller:
    """A stream of messages that remembers how many were taken from it."""

    def __init__(self, *messages: pb.SelectStreamRequest) -> None:
        self.messages, self.taken = messages, 0

    async def __aiter__(self):
        for message in self.messages:
            self.taken += 1
            yield Received(message)


async def settled() -> None:
    for _ in range(50):
        await asyncio.sleep(0)


async def test_it_reads_ahead_and_no_further():
    messages = [block(10 * i) for i in range(50)]
    sizes = [message.ByteSize() for message in messages]
    ahead = reading.MESSAGES_AHEAD
    caller, held = Caller(HEADER, *messages), []
    async with BlockReader(caller, held.append) as reader:
        await reader.header()
        await settled()
        assert caller.taken == 1 + ahead + 1  # one more is in the hand
        assert held[-1] == sum(sizes[:ahead])
        blocks = reader.blocks()
        assert len(await anext(blocks)) == ahead
        await settled()
        assert caller.taken == 1 + 2 * ahead + 1  # receiving goes on while the first are worked on
        assert held[-1] == sum(sizes[: 2 * ahead])
        await anext(blocks)
        assert held[-1] == sum(sizes[ahead : 2 * ahead])


async def test_large_blocks_are_read_ahead_by_their_bytes(monkeypatch):
    monkeypatch.setattr(reading, "BYTES_AHEAD", 2 * block(0).ByteSize())
    caller = Caller(HEADER, *(block(10 * i) for i in range(50)))
    async with BlockReader(caller, lambda _: None) as reader:
        await reader.header()
        await settled()
        assert caller.taken == 1 + 2 + 1


async def test_a_header_larger_than_that_does_not_stop_the_blocks(monkeypatch):
    monkeypatch.setattr(reading, "BYTES_AHEAD", 10)
    async with BlockReader(Caller(HEADER, block(0), block(10)), lambda _: None) as reader:
        await reader.header()
        batches = [len(batch) async for batch in reader.blocks()]
    assert sum(batches) == 2
    assert reader.rows == 20
    assert reader.bytes_received == block(0).ByteSize() + block(10).ByteSize()


async def test_blocks_before_one_that_is_out_of_order_are_given_first():
    async with BlockReader(Caller(HEADER, block(0), block(10), block(10)), lambda _: None) as reader:
        await reader.header()
        await settled()
        blocks = reader.blocks()
        assert len(await anext(blocks)) == 2
        with pytest.raises(EngineError) as caught:
            await anext(blocks)
    assert (caught.value.reason, caught.value.field) == ("STREAM_OUT_OF_ORDER", "block.first_row")


async def test_more_than_the_server_can_hold_ends_the_call():
    def hold(held: int) -> None:
        if held > 3 * block(0).ByteSize():
            raise MemoryError

    async with BlockReader(Caller(HEADER, *(block(10 * i) for i in range(9))), hold) as reader:
        with pytest.raises(MemoryError):
            await reader.header()
            await settled()
            async for _ in reader.blocks():
                await settled()


def whole(probabilities: np.ndarray, **columns: np.ndarray) -> pb.SelectRequest:
    pool = pool_pb2.Pool(probabilities=codec.encode(probabilities), **{name: codec.encode(column) for name, column in columns.items()})
    return pb.SelectRequest(header=pb.SelectHeader(strategy="margin", count=5), pool=pool)


@pytest.mark.parametrize("rows", [20, 5000])
def test_a_request_in_one_message_keeps_large_tensors_apart(rng, rows):
    sent = whole(rng.dirichlet(np.ones(4), rows).astype("<f4"), keys=np.arange(rows))
    message, read = reading.asked(sent.SerializeToString())
    assert set(read.apart) == ({"probabilities", "keys"} if rows > 20 else set())
    assert not any(message.pool.probabilities.data for _ in read.apart)
    assert put_together(read.pool, dict(read.apart)) == sent.pool
    assert message.header == sent.header


def test_a_large_request_in_one_message_is_answered_and_refused_like_any_other(rng, tmp_path):
    rows = rng.dirichlet(np.ones(4), 5000).astype("<f4")
    with serving(tmp_path, max_message_bytes=2**20) as server, grpc.insecure_channel(server.address) as channel:
        stub = SelectionServiceStub(channel)
        asked = whole(rows, keys=np.arange(5000))
        found = stub.Select(asked)
        margins = np.sort(rows, axis=1)
        lowest = np.argsort(margins[:, -1] - margins[:, -2], kind="stable")[:5]
        assert list(found.selected.indices) == lowest.tolist()
        assert list(found.selected.keys) == lowest.tolist()
        spoiled = rows.copy()
        spoiled[4321, 2] = np.nan
        with pytest.raises(grpc.RpcError, match=r"pool\.probabilities.*4321") as refused:
            stub.Select(whole(spoiled))
        assert refused.value.code() == grpc.StatusCode.INVALID_ARGUMENT
        short = whole(rows)
        short.pool.probabilities.data = short.pool.probabilities.data[:-4]
        with pytest.raises(grpc.RpcError, match=r"pool\.probabilities"):
            stub.Select(short)


def test_the_bytes_that_are_kept_apart_count(rng, tmp_path):
    asked = whole(rng.dirichlet(np.ones(4), 30_000).astype("<f4"))
    with serving(tmp_path, max_in_flight_bytes=2**20) as server, grpc.insecure_channel(server.address) as channel:
        with pytest.raises(grpc.RpcError, match="more exceed your share") as refused:
            SelectionServiceStub(channel).Select(asked)
        assert refused.value.code() in (grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.UNAVAILABLE)

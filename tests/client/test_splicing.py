"""Messages with the bytes of their tensors apart: what is written is what protobuf writes, and what comes is read as protobuf reads it."""

import numpy as np
import pytest
from google.protobuf.message import DecodeError
from querist import _splicing, codec
from querist._parts import PartArrays
from querist._rows import Arrays
from querist.v1 import pool_pb2, tensor_pb2
from querist.v1 import selection_service_pb2 as pb
from spliced import put_together

RNG = np.random.default_rng(0)
ROWS = 9000
POOLS = {
    "plain": {"probabilities": RNG.random((ROWS, 3), np.float32), "keys": np.arange(ROWS), "excluded": np.zeros(ROWS, bool)},
    "members first": {"committee": RNG.random((4, ROWS, 2)), "embeddings": RNG.random((ROWS, 5)).astype(np.float16)},
    "inputs": {"model_inputs.a": RNG.random((ROWS, 4), np.float32), "model_inputs.b": np.arange(ROWS), "costs": np.ones(ROWS)},
    "other order": {"scores": RNG.random(ROWS).astype(">f8"), "embeddings": np.asfortranarray(RNG.random((ROWS, 4)))},
    "few": {"scores": RNG.random(3)},
    "none": {"scores": np.empty(0)},
}


def pool_of(name: str) -> Arrays:
    columns = POOLS[name]
    return Arrays(columns, 3 if name == "few" else 0 if name == "none" else ROWS, "members_first")


def with_parts() -> Arrays:
    counts = np.full(ROWS, 2)
    parts = PartArrays(counts, {"probabilities": RNG.random((2 * ROWS, 3), np.float32)}, "members_first")
    return Arrays({"embeddings": RNG.random((ROWS, 4), np.float32)}, ROWS, "members_first", parts)


def plainly(arrays: Arrays) -> pb.SelectStreamRequest:
    return arrays.block(5, 0, arrays.rows, codec.fill)


@pytest.mark.parametrize("name", [*POOLS, "parts"])
def test_written_is_what_protobuf_writes(name):
    arrays = with_parts() if name == "parts" else pool_of(name)
    assert arrays.written(5, 0, arrays.rows) == plainly(arrays).SerializeToString()


@pytest.mark.parametrize("name", [*POOLS, "parts"])
def test_cut_and_put_together_is_what_was_sent(name):
    arrays = with_parts() if name == "parts" else pool_of(name)
    sent = plainly(arrays)
    message, apart = _splicing.cut(sent.SerializeToString(), pb.SelectStreamRequest, "block")
    assert bool(apart) == (name not in ("few", "none"))
    assert all(len(buffer) >= _splicing.FEWEST_BYTES for buffer in apart.values())
    assert message.ByteSize() + sum(map(len, apart.values())) <= sent.ByteSize()
    assert put_together(message, apart) == sent


def test_large_tensors_elsewhere_stay_where_they_are():
    sent = pb.SelectStreamRequest(header=pb.SelectHeader(strategy="margin", cost_matrix=codec.encode(np.ones((90, 90)))))
    assert _splicing.cut(sent.SerializeToString(), pb.SelectStreamRequest, "block") == (sent, {})


def within(number: int, content: bytes) -> bytes:
    """Return a field that holds bytes."""
    return _splicing._opening(number, len(content)) + content


def large(fill: int) -> tensor_pb2.Tensor:
    return codec.encode(np.full(3000, fill, np.float64))


@pytest.mark.parametrize(
    "halves",
    [
        [pool_pb2.Pool(scores=large(1)), pool_pb2.Pool(scores=large(2))],
        [pool_pb2.Pool(scores=large(1)), pool_pb2.Pool(embeddings=codec.encode(np.ones((3000, 2))))],
        [pool_pb2.Pool(scores=large(1)), pool_pb2.Pool(scores=tensor_pb2.Tensor(floats=tensor_pb2.FloatList(values=[1.0])))],
        [pool_pb2.Pool(scores=tensor_pb2.Tensor(floats=tensor_pb2.FloatList(values=[1.0]))), pool_pb2.Pool(scores=large(1))],
    ],
    ids=["twice", "two fields", "a list instead", "instead of a list"],
)
@pytest.mark.parametrize("level", ["message", "block", "pool"])
def test_halves_are_merged_as_protobuf_merges_them(halves, level):
    if level == "message":
        raw = b"".join(pb.SelectStreamRequest(block=pb.RowBlock(rows=half)).SerializeToString() for half in halves)
    elif level == "block":
        inner = b"".join(pb.RowBlock(rows=half).SerializeToString() for half in halves)
        raw = within(2, inner)
    else:
        raw = within(2, within(2, b"".join(half.SerializeToString() for half in halves)))
    assert put_together(*_splicing.cut(raw, pb.SelectStreamRequest, "block")) == pb.SelectStreamRequest.FromString(raw)


def test_whatever_is_cut_off_or_changed_is_read_as_protobuf_reads_it():
    raw = plainly(pool_of("members first")).SerializeToString()
    rng = np.random.default_rng(1)
    refused = 0
    for turn in range(400):
        broken = bytearray(raw)
        for place in rng.integers(0, 80, rng.integers(1, 4)):
            broken[place] = rng.integers(256)
        data = bytes(broken[: len(raw) - int(rng.integers(0, 5000))] if turn % 2 else broken)
        try:
            expected = pb.SelectStreamRequest.FromString(data)
        except DecodeError:
            refused += 1
            with pytest.raises(DecodeError):
                _splicing.cut(data, pb.SelectStreamRequest, "block")
        else:
            assert put_together(*_splicing.cut(data, pb.SelectStreamRequest, "block")) == expected
    assert 20 < refused < 380


@pytest.mark.parametrize("level", ["message", "block", "pool", "inputs"])
def test_a_message_of_very_many_pieces_is_left_to_protobuf(monkeypatch, level):
    looked = []
    varint = _splicing._varint
    monkeypatch.setattr(_splicing, "_varint", lambda view, at: looked.append(at) or varint(view, at))
    empty = b"\x9a\x06\x00" * 30_000  # a field that nobody knows, without content
    if level == "message":
        raw = plainly(pool_of("plain")).SerializeToString() + empty
    elif level == "block":
        raw = within(2, empty)
    elif level == "pool":
        raw = within(2, within(2, empty))
    else:
        inputs = pool_pb2.Pool(model_inputs=[{"name": "x", "tensor": {"shape": [1]}}] * 5_000)
        raw = within(2, within(2, inputs.SerializeToString()))
    message, apart = _splicing.cut(raw, pb.SelectStreamRequest, "block")
    assert message == pb.SelectStreamRequest.FromString(raw)
    assert not apart
    assert len(looked) <= 2 * _splicing.MOST_FIELDS + 2


def test_elements_that_stand_askew_are_read_all_the_same():
    askew = memoryview(b"x" + np.arange(3000.0).tobytes())[1:]
    tensor = tensor_pb2.Tensor(dtype=tensor_pb2.DATA_TYPE_FLOAT64, shape=[3000])
    array = codec.decode(tensor, apart=askew)
    assert array.flags.aligned
    np.testing.assert_array_equal(array, np.arange(3000.0))
    with pytest.raises(codec.TensorError, match="needs 24000"):
        codec.decode(tensor, apart=askew[:-1])

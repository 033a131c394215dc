"""Digests of inputs: the same however they came, and numpy's own bytes."""

import hashlib

import numpy as np
import pytest
from querist import codec
from querist.v1 import model_service_pb2, pool_pb2
from querist.v1 import selection_service_pb2 as pb
from querist_server.engine.ragged import Ragged
from querist_server.service.decode import decode_pool
from querist_server.service.digests import PIECE_BYTES, InputDigests, without_data


def described(*pieces: dict) -> dict:
    digests = InputDigests()
    for piece in pieces:
        digests.add(piece)
    return digests.described()


@pytest.mark.parametrize("cuts", [(), (1,), (3, 4, 9), tuple(range(1, 20))])
def test_cuts_do_not_matter_and_the_digest_is_that_of_the_bytes(rng, cuts):
    whole = {"probabilities": rng.random((20, 3)), "keys": rng.integers(0, 99, 20), "flags": rng.random(20) < 0.5}
    pieces = [{name: array[a:b] for name, array in whole.items()} for a, b in zip((0, *cuts), (*cuts, 20), strict=True)]
    found = described(*pieces)
    assert found == described(whole)
    for name, array in whole.items():
        assert found[name]["sha256"] == hashlib.sha256(array.tobytes()).hexdigest()
    assert found["probabilities"]["shape"] == [20, 3]
    assert [found[name]["dtype"] for name in ("probabilities", "keys", "flags")] == ["FLOAT64", "INT64", "BOOL"]


def test_one_bit_another_type_or_another_shape_is_another_input(rng):
    array = rng.random((6, 4)).astype("f4")
    other = array.copy()
    other.view("u4")[5, 3] ^= 1
    found = [described({"x": each})["x"] for each in (array, other, array.astype("f8"), array.reshape(4, 6), array.reshape(24))]
    assert len({str(each) for each in found}) == 5


def test_members_first_and_typed_lists_are_the_same_input_as_rows_first_and_bytes(rng):
    committee = rng.dirichlet(np.ones(3), (7, 2)).astype("f4")
    rows_first = pool_pb2.Pool()
    rows_first.committee.probabilities.CopyFrom(codec.encode(committee))
    rows_first.committee.layout = pool_pb2.COMMITTEE_LAYOUT_ROWS_FIRST
    members_first = pool_pb2.Pool()
    members_first.committee.probabilities.shape.extend([2, 7, 3])
    members_first.committee.probabilities.floats.values.extend(np.moveaxis(committee, 1, 0).reshape(-1).tolist())
    members_first.committee.layout = pool_pb2.COMMITTEE_LAYOUT_MEMBERS_FIRST
    assert described(decode_pool(rows_first)) == described(decode_pool(members_first))


def test_an_array_in_another_order_is_copied_in_pieces(rng):
    array = np.asfortranarray(rng.random((3 * PIECE_BYTES // 80, 10)))
    assert described({"x": array})["x"]["sha256"] == hashlib.sha256(array.tobytes()).hexdigest()


def test_parts_brain_floats_and_nothing_at_all(rng):
    parts = Ragged(np.array([2, 0, 3]), {"probabilities": rng.random((5, 2))})
    found = described({"parts": parts[:1]}, {"parts": parts[1:]})
    assert found == described({"parts": parts})
    assert found.keys() == {"parts.counts", "parts.probabilities"}
    brain = np.zeros(4, codec.BFLOAT16)
    assert described({"x": brain})["x"]["dtype"] == "BFLOAT16"
    assert described({"x": np.zeros((0, 3))})["x"]["shape"] == [0, 3]


def test_a_header_is_kept_without_data_and_without_what_was_not_set():
    header = pb.SelectHeader(strategy="margin", count=3, seed=4, random_share=0.5, exclude_indices=[1, 2], member_weights=[1, 2])
    header.cost_matrix.CopyFrom(codec.encode(np.eye(2)))
    header.campaign.labelled = 10
    header.models.append(model_service_pb2.ModelUse(onnx=b"model", weight=0.5))
    header.models.append(model_service_pb2.ModelUse(digest="ab"))
    kept = without_data(header)
    assert kept == pb.SelectHeader(
        count=3,
        random_share=0.5,
        member_weights=[1, 2],
        models=[
            model_service_pb2.ModelUse(digest=hashlib.sha256(b"model").hexdigest(), weight=0.5),
            model_service_pb2.ModelUse(digest="ab"),
        ],
    )
    assert not kept.HasField("budget")
    assert kept.WhichOneof("size") == "count"

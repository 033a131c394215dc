"""What is sent beside the pool: put together from pieces, and checked against the pool."""

import numpy as np
import pytest
from engine import LIMITS, started
from querist_server.engine.choices.top import Top
from querist_server.engine.errors import EngineError, LimitError
from querist_server.engine.plan import Plan
from querist_server.engine.scores.caller import CallerScore
from querist_server.engine.side import SideIntake

PLAN = Plan(CallerScore(), Top())
POOL = {"embeddings": np.ones((3, 2), np.float32), "probabilities": np.full((3, 4), 0.25), "label_probabilities": np.full((3, 5), 0.5)}


def built(*pieces, pool=POOL, classes=4):
    intake = SideIntake(LIMITS)
    for piece in pieces:
        intake.add(piece)
    return intake.build(pool, classes)


def test_pieces_are_put_together_in_order(rng):
    points = rng.random((10, 2)).astype(np.float32)
    side = built(
        {"labelled.embeddings": points[:3], "labelled.classes": np.array([0, 1])},
        {"labelled.embeddings": points[3:], "labelled.classes": np.array([3, 2, 1, 0, 0, 1, 2, 3], np.int64)},
    )
    np.testing.assert_array_equal(side.labelled_embeddings, points)
    assert side.labelled_classes.tolist() == [0, 1, 3, 2, 1, 0, 0, 1, 2, 3]


def test_what_was_not_sent_is_none_and_embeddings_without_a_pools_are_left_out():
    assert built().labelled_embeddings is None
    assert built({"labelled.embeddings": np.ones((2, 7))}, pool={"scores": np.ones(3)}).labelled_embeddings is None
    assert built({"labelled.embeddings": np.ones((0, 2), np.float32)}).labelled_embeddings is None


def test_sixteen_bit_embeddings_count_as_float32():
    pool = {"embeddings": np.ones((3, 2), np.float16)}
    assert built({"wanted": np.ones((2, 2), np.float16)}, pool=pool).wanted.dtype == np.float32
    assert built({"wanted": np.ones((2, 2), np.float32)}, pool=pool).wanted.dtype == np.float32


def test_a_head_without_bias_has_a_bias_of_zeros():
    side = built({"head.weights": np.ones((4, 2), np.float32)})
    assert side.head_bias.tolist() == [0, 0, 0, 0]
    assert side.head_weights.dtype == np.float64


@pytest.mark.parametrize(
    ("sent", "reason", "field", "row"),
    [
        ({"labelled.embeddings": np.ones((2, 3), np.float32)}, "SHAPE_MISMATCH", "side.labelled.embeddings", None),
        ({"labelled.embeddings": np.ones((2, 2))}, "DTYPE_INVALID", "side.labelled.embeddings", None),
        ({"labelled.embeddings": np.array([[1, 1], [1, np.nan]], np.float32)}, "VALUE_NOT_FINITE", "side.labelled.embeddings", 1),
        ({"wanted": np.ones((2, 3), np.float32)}, "SHAPE_MISMATCH", "side.wanted", None),
        ({"unwanted": np.array([[np.inf, 1]], np.float32)}, "VALUE_NOT_FINITE", "side.unwanted", 0),
        ({"labelled.classes": np.array([0, 4])}, "VALUE_OUT_OF_RANGE", "side.labelled.classes", 1),
        ({"labelled.classes": np.array([-1])}, "VALUE_OUT_OF_RANGE", "side.labelled.classes", 0),
        ({"labelled.classes": np.array([0]), "labelled.values": np.ones(2)}, "SHAPE_MISMATCH", "side.labelled.values", None),
        ({"labelled.sets": np.array([[0, 1, 2, 0, 1]])}, "VALUE_OUT_OF_RANGE", "side.labelled.sets", 0),
        ({"labelled.sets": np.zeros((1, 4), bool)}, "SHAPE_MISMATCH", "side.labelled.sets", None),
        ({"head.weights": np.ones((3, 2))}, "SHAPE_MISMATCH", "side.head.weights", None),
        ({"head.weights": np.ones((4, 3))}, "SHAPE_MISMATCH", "side.head.weights", None),
        ({"head.bias": np.ones(4)}, "FIELD_MISSING", "side.head.weights", None),
        ({"head.weights": np.ones((4, 2)), "head.bias": np.ones(3)}, "SHAPE_MISMATCH", "side.head.bias", None),
    ],
)
def test_what_does_not_fit_is_named(sent, reason, field, row):
    with pytest.raises(EngineError) as caught:
        built(sent)
    assert (caught.value.reason, caught.value.field, caught.value.row) == (reason, field, row)


def test_pieces_that_differ_are_refused():
    with pytest.raises(EngineError) as caught:
        built({"wanted": np.ones((2, 2), np.float32)}, {"wanted": np.ones((2, 3), np.float32)})
    assert (caught.value.reason, caught.value.field) == ("SHAPE_MISMATCH", "side.wanted")


def test_the_server_holds_only_so_much():
    import dataclasses

    intake = SideIntake(dataclasses.replace(LIMITS, max_kept_bytes=1000))
    intake.add({"wanted": np.ones((50, 2))})
    with pytest.raises(LimitError) as caught:
        intake.add({"wanted": np.ones((50, 2))})
    assert (caught.value.limit, caught.value.field) == ("max_kept_bytes", "side")


def test_bytes_count_as_kept(rng):
    run = started(PLAN, count=1)
    run.beside({"wanted": np.ones((50, 2))})
    assert run.bytes_kept == 800
    run.feed({"scores": rng.random(10)})
    assert run.bytes_kept >= 800

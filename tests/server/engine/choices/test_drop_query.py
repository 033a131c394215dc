import numpy as np
import pytest
from drafts import drawn_up
from engine import select
from querist_server.engine.choices.drop_query import CANDIDATES_A_PICK, DropQuery
from querist_server.engine.errors import EngineError
from querist_server.engine.kernels import noise
from querist_server.engine.plan import Plan
from querist_server.engine.pool import Side
from querist_server.engine.scores.random import Random


def changes(points, weights, bias, choice, seed):
    """Return how often each prediction changes, by dropping columns of the embeddings themselves."""
    width = points.shape[1]
    usual = (points @ weights.T + bias).argmax(axis=1)
    draws = noise.uniform(seed, noise.Purpose.MASK, np.arange(choice.masks * width)).reshape(choice.masks, width)
    return sum(((points * (mask >= choice.rate) / (1 - choice.rate)) @ weights.T + bias).argmax(axis=1) != usual for mask in draws)


@pytest.mark.parametrize("choice", [DropQuery(), DropQuery(rate=0.3, masks=7)])
def test_what_changes_most_often_is_represented(rng, choice):
    points, weights, bias = rng.standard_normal((600, 8)), rng.standard_normal((4, 8)), rng.standard_normal(4)
    side = Side(head_weights=weights, head_bias=bias)
    found = changes(points, weights, bias, choice, 7)
    count = 5
    allowed = choice.masks // 2 + 1
    while allowed and (found >= allowed).sum() < CANDIDATES_A_PICK * count:
        allowed -= 1
    taken = drawn_up(choice, count, side=side, embeddings=points).taken
    assert (found[taken] >= allowed).all()


def test_a_rate_of_0_changes_nothing(rng):
    side = Side(head_weights=rng.standard_normal((3, 4)), head_bias=np.zeros(3))
    taken = drawn_up(DropQuery(rate=0.0), 5, side=side, embeddings=rng.standard_normal((50, 4))).taken
    assert len(set(taken.tolist())) == 5


def test_columns_the_head_does_not_look_at_play_no_part(rng):
    points = rng.standard_normal((200, 6))
    weights = np.zeros((2, 6))
    weights[:, 0] = [1, -1]
    choice, side = DropQuery(), Side(head_weights=weights, head_bias=np.array([0.0, 5.0]))
    found = changes(points, weights, np.array([0.0, 5.0]), choice, 7)
    assert set(np.unique(found)) <= {0, 1, 2, 3}
    assert len(drawn_up(choice, 3, side=side, embeddings=points).taken) == 3


def test_the_head_must_be_sent(rng):
    with pytest.raises(EngineError) as caught:
        select(Plan(Random(), DropQuery()), {"embeddings": rng.random((9, 2))}, count=1)
    assert (caught.value.reason, caught.value.field) == ("INPUT_MISSING", "side.head.weights")

import math

import numpy as np
from engine import parts, scores_of
from querist_server.engine.choices.top import Top
from querist_server.engine.plan import Plan
from querist_server.engine.ragged import Ragged
from querist_server.engine.scores.sequence_confidence import SequenceConfidence

PLAN = Plan(SequenceConfidence(), Top())


def test_equals_one_minus_the_product(rng):
    whole = parts(rng, 50)
    rows = np.split(whole.columns["probabilities"], np.cumsum(whole.counts)[:-1])
    expected = [1 - math.prod(max(token) for token in tokens.tolist()) for tokens in rows]
    np.testing.assert_allclose(scores_of(PLAN, {"parts": whole}), expected, atol=1e-12)


def test_grows_with_length():
    token = np.array([[0.9, 0.1]])
    found = scores_of(PLAN, {"parts": Ragged(np.array([1, 5, 20]), {"probabilities": np.repeat(token, 26, axis=0)})})
    np.testing.assert_allclose(found, [1 - 0.9, 1 - 0.9**5, 1 - 0.9**20])

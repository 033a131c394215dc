import numpy as np
import pytest
from drafts import drawn_up
from querist_server.engine.choices.mmr import Mmr
from querist_server.engine.pool import Side
from scipy.stats import rankdata


def cosine(a, b):
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


def reference(points, values, count, trade_off, labelled=()):
    worth = (rankdata(values) - 1) / (len(values) - 1)
    taken: list[int] = []
    while len(taken) < count:
        best, winner = -np.inf, -1
        for row in range(len(points)):
            if row not in taken:
                others = [*labelled, *(points[other] for other in taken)]
                alike = max((cosine(points[row], other) for other in others), default=0.0)
                value = trade_off * worth[row] - (1 - trade_off) * alike
                if value > best + 1e-12:
                    best, winner = value, row
        taken.append(winner)
    return taken


@pytest.mark.parametrize("trade_off", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("labels", [0, 4])
def test_equals_the_formula(rng, trade_off, labels):
    points, values, labelled = rng.standard_normal((40, 4)), rng.random(40), rng.standard_normal((labels, 4))
    side = Side(labelled_embeddings=labelled if labels else None)
    found = drawn_up(Mmr(trade_off=trade_off), 12, side=side, embeddings=points, score=values)
    assert found.taken.tolist() == reference(points, values, 12, trade_off, labelled)


def test_the_score_alone_is_the_ranking(rng):
    values = rng.random(30)
    found = drawn_up(Mmr(trade_off=1.0), 30, embeddings=rng.standard_normal((30, 3)), score=values)
    assert found.taken.tolist() == np.argsort(-values).tolist()

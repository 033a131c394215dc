import numpy as np
import pytest
from drafts import drawn_up
from querist_server.engine.choices.lcmd import Lcmd
from querist_server.engine.pool import Side


def reference(points, labelled, count, first):
    centres = list(labelled)
    taken: list[int] = []
    while len(taken) < count:
        if not centres:
            row = first
        else:
            squared = np.array([[((point - centre) ** 2).sum() for centre in centres] for point in points])
            owner, nearest = squared.argmin(axis=1), squared.min(axis=1)
            may = np.array([row not in taken for row in range(len(points))])
            mass = [nearest[owner == cluster].sum() if (may & (owner == cluster)).any() else -1 for cluster in range(len(centres))]
            row = int(np.where(may & (owner == np.argmax(mass)), nearest, -1).argmax())
        taken.append(row)
        centres.append(points[row])
    return taken


@pytest.mark.parametrize("labels", [0, 1, 7])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_equals_the_naive_algorithm(rng, labels, dtype):
    points, labelled, scores = (rng.standard_normal((60, 3))).astype(dtype), rng.standard_normal((labels, 3)).astype(dtype), rng.random(60)
    side = Side(labelled_embeddings=labelled if labels else None)
    found = drawn_up(Lcmd(), 20, side=side, embeddings=points, score=scores)
    assert found.taken.tolist() == reference(points.astype(float), labelled.astype(float), 20, int(scores.argmax()))

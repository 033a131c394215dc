import numpy as np
import pytest
from drafts import drawn_up
from querist_server.engine.choices.bait import Bait
from querist_server.engine.pool import Side


@pytest.mark.parametrize("labels", [0, 6])
@pytest.mark.parametrize("ridge", [0.01, 1.0])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_each_pick_minimises_the_trace(rng, labels, ridge, dtype):
    points, probabilities = rng.standard_normal((40, 5)).astype(dtype), rng.dirichlet(np.ones(3), 40).astype(dtype)
    labelled = rng.standard_normal((labels, 5)).astype(dtype)
    side = Side(labelled_embeddings=labelled if labels else None)
    found = drawn_up(Bait(ridge=ridge), 12, side=side, embeddings=points, probabilities=probabilities)
    highest = probabilities.max(axis=1).astype(float)
    scaled = points.astype(float) * np.sqrt(highest * (1 - highest))[:, None]
    fisher = scaled.T @ scaled / 40
    total = ridge * np.eye(5) + labelled.T.astype(float) @ labelled.astype(float) / 4
    for step, row in enumerate(found.taken.tolist()):
        traces = [np.trace(np.linalg.inv(total + np.outer(z, z)) @ fisher) for z in scaled]
        for earlier in found.taken[:step]:
            traces[earlier] = np.inf
        assert traces[row] == pytest.approx(min(traces), rel=1e-5 if dtype == np.float32 else 1e-9)
        lowered = np.trace(np.linalg.inv(total) @ fisher) - traces[row]
        assert found.gains[step] == pytest.approx(lowered, rel=1e-3 if dtype == np.float32 else 1e-8)
        total += np.outer(scaled[row], scaled[row])


def test_certain_instances_come_last(rng):
    probabilities = np.full((20, 2), 0.5)
    probabilities[:10] = [1, 0]
    taken = drawn_up(Bait(), 20, embeddings=rng.standard_normal((20, 3)), probabilities=probabilities).taken
    assert set(taken[:10].tolist()) == set(range(10, 20))

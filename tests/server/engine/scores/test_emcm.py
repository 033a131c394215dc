import numpy as np
import pytest
from engine import scores_of
from querist_server.engine.choices.top import Top
from querist_server.engine.plan import Plan
from querist_server.engine.scores.emcm import Emcm


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_equals_the_gradients_written_out(rng, dtype):
    members, own = rng.standard_normal((40, 6)).astype(dtype), rng.standard_normal(40).astype(dtype)
    points = rng.standard_normal((40, 5)).astype(dtype)
    extended = np.c_[points.astype(float), np.ones(40)]
    expected = [
        np.mean([np.linalg.norm((float(value) - float(mine)) * point) for value in row])
        for row, mine, point in zip(members, own, extended, strict=True)
    ]
    columns = {"committee.values": members, "predicted_values": own, "embeddings": points}
    np.testing.assert_allclose(scores_of(Plan(Emcm(normalized=False), Top()), columns), expected, rtol=1e-10)


def test_weights_count_like_copies(rng):
    members, own = rng.standard_normal((30, 3)), rng.standard_normal(30)
    weighted = scores_of("emcm", {"committee.values": members, "predicted_values": own}, member_weights=np.array([2.0, 1.0, 1.0]))
    copied = scores_of("emcm", {"committee.values": members[:, [0, 0, 1, 2]], "predicted_values": own})
    np.testing.assert_allclose(weighted, copied)


def test_a_committee_that_agrees_with_the_model_expects_no_change():
    own = np.arange(4.0)
    assert scores_of("emcm", {"committee.values": np.repeat(own[:, None], 3, axis=1), "predicted_values": own}).tolist() == [0] * 4

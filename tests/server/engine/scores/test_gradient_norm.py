import numpy as np
import pytest
from engine import probabilities, scores_of
from querist_server.engine.choices.top import Top
from querist_server.engine.plan import Plan
from querist_server.engine.scores.gradient_norm import GradientNorm


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_equals_the_gradient_written_out(rng, dtype):
    rows, points = probabilities(rng, 40, 4, dtype), rng.standard_normal((40, 5)).astype(dtype)
    residuals = rows.astype(float) - np.eye(4)[rows.argmax(axis=1)]
    extended = np.c_[points.astype(float), np.ones(40)]
    expected = [np.linalg.norm(np.outer(residual, point)) for residual, point in zip(residuals, extended, strict=True)]
    found = scores_of(Plan(GradientNorm(normalized=False), Top()), {"probabilities": rows, "embeddings": points})
    np.testing.assert_allclose(found, expected, atol=1e-3 if dtype == np.float32 else 1e-7)  # a square root near 0


def test_a_certain_prediction_changes_nothing():
    assert scores_of("gradient_norm", {"probabilities": np.array([[1.0, 0.0], [0.5, 0.5]])}).tolist() == [0.0, 1.0]

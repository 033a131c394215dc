import numpy as np
import pytest
from engine import probabilities, scores_of
from querist_server.engine.choices.top import Top
from querist_server.engine.errors import EngineError
from querist_server.engine.plan import Plan
from querist_server.engine.scores.expected_gradient_length import ExpectedGradientLength


def expected(rows, points):
    """Return the mean length of the gradients themselves, written out for every class."""
    found = []
    for row, point in zip(rows.tolist(), points.tolist(), strict=True):
        extended = np.array([*point, 1.0])
        lengths = [np.linalg.norm(np.outer(np.array(row) - np.eye(len(row))[label], extended)) for label in range(len(row))]
        found.append(float(np.dot(row, lengths)))
    return found


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("classes", [2, 7])
def test_equals_the_gradients_written_out(rng, dtype, classes):
    rows, points = probabilities(rng, 40, classes, dtype), rng.standard_normal((40, 5)).astype(dtype)
    plan = Plan(ExpectedGradientLength(normalized=False), Top())
    tolerance = 1e-6 if dtype == np.float32 else 1e-12
    np.testing.assert_allclose(scores_of(plan, {"probabilities": rows, "embeddings": points}), expected(rows, points), atol=tolerance)
    unit = points / np.linalg.norm(points, axis=1, keepdims=True)
    np.testing.assert_allclose(scores_of("egl", {"probabilities": rows}), expected(rows, unit), atol=tolerance)


def test_embeddings_are_needed_where_their_length_counts(rng):
    with pytest.raises(EngineError) as caught:
        scores_of(Plan(ExpectedGradientLength(normalized=False), Top()), {"probabilities": rng.dirichlet(np.ones(3), 4)})
    assert (caught.value.reason, caught.value.field) == ("INPUT_MISSING", "embeddings")

import numpy as np
import pytest
from engine import probabilities, scores_of
from querist_server.engine.choices.top import Top
from querist_server.engine.plan import Plan
from querist_server.engine.scores.fisher_trace import FisherTrace


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_equals_the_trace_of_the_information_written_out(rng, dtype):
    rows, points = probabilities(rng, 40, 4, dtype), rng.standard_normal((40, 5)).astype(dtype)
    extended = np.c_[points.astype(float), np.ones(40)]
    expected = [
        np.trace(np.kron(np.diag(row) - np.outer(row, row), np.outer(point, point)))
        for row, point in zip(rows.astype(float), extended, strict=True)
    ]
    found = scores_of(Plan(FisherTrace(normalized=False), Top()), {"probabilities": rows, "embeddings": points})
    np.testing.assert_allclose(found, expected, atol=1e-5 if dtype == np.float32 else 1e-12)


def test_without_lengths_it_is_gini(rng):
    rows = probabilities(rng, 30, 4)
    np.testing.assert_allclose(
        scores_of("fisher_trace", {"probabilities": rows}), 2 * scores_of("gini", {"probabilities": rows}), atol=1e-15
    )

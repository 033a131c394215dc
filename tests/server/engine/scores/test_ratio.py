import numpy as np
import pytest
from engine import probabilities, scores_of


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float32, 1e-7), (np.float64, 1e-15)])
@pytest.mark.parametrize("classes", [2, 3, 10, 100])
def test_equals_the_quotient_of_the_sorted_row(rng, dtype, tolerance, classes):
    rows = probabilities(rng, 200, classes, dtype)
    ordered = [sorted(map(float, row)) for row in rows]
    expected = [row[-2] / row[-1] for row in ordered]
    np.testing.assert_allclose(scores_of("ratio", {"probabilities": rows}), expected, rtol=0, atol=tolerance)

import numpy as np
import plain
import pytest
from engine import probabilities, scores_of
from skactiveml.pool import uncertainty_scores


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float32, 2e-6), (np.float64, 1e-13)])  # C logarithms and additions in the type itself
@pytest.mark.parametrize("classes", [2, 3, 10, 100, 1000])
def test_equals_scikit_activeml_and_the_plain_sum(rng, dtype, tolerance, classes):
    rows = probabilities(rng, 200, classes, dtype)
    scores = scores_of("entropy", {"probabilities": rows})
    np.testing.assert_allclose(scores, uncertainty_scores(rows.astype(float), method="entropy"), rtol=tolerance, atol=tolerance)
    np.testing.assert_allclose(scores, [plain.entropy(map(float, row)) for row in rows], rtol=tolerance, atol=tolerance)


def test_of_a_certain_row_is_exactly_zero(rng):
    assert scores_of("entropy", {"probabilities": probabilities(rng, 10, 7)})[0] == 0


def test_normalised_is_one_for_a_uniform_row(rng):
    rows = probabilities(rng, 50, 9)
    scores = scores_of("normalized_entropy", {"probabilities": rows})
    assert scores[2] == pytest.approx(1)
    np.testing.assert_allclose(scores * np.log(9), scores_of("entropy", {"probabilities": rows}), atol=1e-14)

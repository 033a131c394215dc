import numpy as np
import pytest
from engine import scores_of
from querist_server.engine.errors import EngineError


def test_equals_the_distance_to_the_mean_number_of_labels(rng):
    values, sets = rng.random((40, 6)), rng.random((11, 6)) < 0.3
    usual = np.mean([sum(row) for row in sets.tolist()])
    expected = [abs(sum(p > 0.5 for p in row) - usual) for row in values.tolist()]
    np.testing.assert_allclose(scores_of("label_cardinality", {"label_probabilities": values}, beside={"labelled.sets": sets}), expected)


def test_label_sets_must_be_sent(rng):
    with pytest.raises(EngineError) as caught:
        scores_of("label_cardinality", {"label_probabilities": rng.random((4, 2))})
    assert (caught.value.reason, caught.value.field) == ("INPUT_MISSING", "side.labelled.sets")

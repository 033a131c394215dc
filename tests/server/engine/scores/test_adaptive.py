import numpy as np
import pytest
from engine import scores_of
from querist_server.engine.choices.top import Top
from querist_server.engine.plan import Plan
from querist_server.engine.scores.adaptive import Adaptive


@pytest.mark.parametrize("beta", [0.0, 0.3, 1.0])
def test_is_the_weighted_geometric_mean(rng, beta):
    values, sets = rng.random((40, 6)), rng.random((9, 6)) < 0.4
    beside = {"labelled.sets": sets}
    uncertainty = scores_of("label_margin", {"label_probabilities": values})
    unusual = scores_of("label_cardinality", {"label_probabilities": values}, beside=beside)
    found = scores_of(Plan(Adaptive(beta=beta), Top()), {"label_probabilities": values}, beside=beside)
    np.testing.assert_allclose(found, uncertainty**beta * unusual ** (1 - beta), atol=1e-12)


def test_nothing_is_uncertain_and_nothing_unusual():
    values, sets = np.array([[1.0, 0.0]]), np.array([[True, False]])
    assert scores_of(Plan(Adaptive(), Top()), {"label_probabilities": values}, beside={"labelled.sets": sets}).tolist() == [0.0]

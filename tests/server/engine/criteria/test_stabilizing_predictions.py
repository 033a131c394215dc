"""Against scikit-learn's kappa over all pairs of the last three models."""

import itertools

import campaigns
import numpy as np
import pytest
from querist_server.engine.criteria.stabilizing_predictions import StabilizingPredictions
from querist_server.engine.criterion import Status
from querist_server.engine.kernels import agreement
from sklearn.metrics import cohen_kappa_score
from small_text.stopping_criteria import KappaAverage


@pytest.mark.parametrize("classes", [2, 3, 7])
def test_it_is_the_mean_kappa_of_the_pairs(rng, classes):
    predictions = campaigns.drifting(rng, 150, classes, 9)
    for place, advice in enumerate(campaigns.followed(predictions, classes)):
        vote = advice.votes["stabilizing_predictions"]
        if place < 2:
            assert vote.status is Status.INCONCLUSIVE
            continue
        pairs = itertools.combinations(predictions[place - 2 : place + 1], 2)
        assert vote.value == pytest.approx(np.mean([cohen_kappa_score(one, other) for one, other in pairs]), abs=1e-12)
        assert (vote.status is Status.STOP) == (vote.value >= 0.99)


def test_kappa_of_consecutive_models_is_small_texts(rng):
    predictions = campaigns.drifting(rng, 150, 4, 6)
    oracle = KappaAverage(4)
    for predicted in predictions:
        oracle.stop(predictions=predicted)
    ours = [agreement.cohen_kappa(before, after) for before, after in itertools.pairwise(predictions)]
    assert ours[-3:] == pytest.approx(oracle.kappa_history)


def test_one_class_for_all_is_perfect_agreement():
    same = np.zeros(40, np.int64)
    found = campaigns.followed([same] * 3, 2)
    assert found[-1].votes["stabilizing_predictions"].value == 1.0


def test_two_classes_against_each_other_agree_worse_than_chance():
    one = np.repeat([0, 1], 50)
    assert agreement.cohen_kappa(one, 1 - one) == pytest.approx(-1)


def test_aggressiveness_moves_the_threshold():
    assert [StabilizingPredictions().moved(knob).kappa for knob in (0.0, 0.5, 1.0)] == pytest.approx([0.999, 0.99, 0.9])

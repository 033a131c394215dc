import math

import numpy as np
from engine import scores_of, select
from querist_server.engine.presets import PRESETS
from scipy.stats import rankdata


def entropy(*counts):
    total = sum(counts)
    return -sum(count / total * math.log(count / total) for count in counts if count)


def distance(mine, theirs):
    both = sum(a and b for a, b in zip(mine, theirs, strict=True))
    first = sum(mine) - both
    second = sum(theirs) - both
    none = len(mine) - both - first - second
    if not both and not none:
        return 1.0
    joint = entropy(both, first, second, none)
    if not joint:
        return 0.0
    return (2 * joint - entropy(both + first, second + none) - entropy(both + second, first + none)) / joint


def reference(values, sets):
    rows, width = values.shape
    openness = np.zeros(rows)
    for label in range(width):
        openness += (rows - rankdata(np.abs(2 * values[:, label] - 1))) / (width * (rows - 1))
    unlike = [np.mean([distance((row > 0.5).tolist(), one) for one in sets.tolist()]) for row in values]
    return openness * unlike


def test_equals_the_formula_row_by_row(rng):
    values, sets = rng.random((50, 6)), rng.random((13, 6)) < 0.4
    values[3], values[4], values[5] = 0, 1, values[6]
    sets[0], sets[1] = True, False
    found = scores_of("cvirs", {"label_probabilities": values}, beside={"labelled.sets": sets})
    np.testing.assert_allclose(found, reference(values, sets), atol=1e-12)


def test_many_labelled_sets_are_compared_a_few_at_a_time(rng, monkeypatch):
    from querist_server.engine.kernels import labels

    values, sets = rng.random((20, 5)), rng.random((40, 5)) < 0.5
    expected = scores_of("cvirs", {"label_probabilities": values}, beside={"labelled.sets": sets})
    monkeypatch.setattr(labels, "PAIRS_AT_A_TIME", 60)
    np.testing.assert_array_equal(scores_of("cvirs", {"label_probabilities": values}, beside={"labelled.sets": sets}), expected)


def test_the_inconsistency_is_a_component_and_one_candidate_has_no_rank(rng):
    sets = np.array([[True, False], [True, True]])
    chosen = select(
        PRESETS["cvirs"].plan, {"label_probabilities": np.array([[0.9, 0.1]])}, beside={"labelled.sets": sets}, keep_components=True
    )
    assert list(chosen.components) == ["inconsistency"]
    np.testing.assert_allclose(chosen.scores, chosen.components["inconsistency"])
    np.testing.assert_allclose(chosen.scores, [(distance([1, 0], [1, 0]) + distance([1, 0], [1, 1])) / 2])

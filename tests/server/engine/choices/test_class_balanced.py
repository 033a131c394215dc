from collections import Counter

import numpy as np
import pytest
from drafts import drawn_up
from querist_server.engine.choices.class_balanced import ClassBalanced
from querist_server.engine.pool import Side


def pool(rng, shares=(0.8, 0.15, 0.05), rows=400):
    """Return predictions that are sure of a class each, classes in the given shares."""
    classes = rng.choice(3, rows, p=shares)
    probabilities = rng.dirichlet(np.ones(3), rows) * 0.3
    probabilities[np.arange(rows), classes] += 0.7
    return probabilities, classes


def test_quotas_fill_what_classes_lack(rng):
    probabilities, classes = pool(rng)
    labelled = np.array([0] * 30 + [1] * 6 + [2] * 0)
    found = drawn_up(ClassBalanced(), 24, side=Side(labelled_classes=labelled), probabilities=probabilities, score=rng.random(400))
    counts = Counter(classes[found.taken].tolist())
    # 60 labels in all would be 20 each: class 0 has enough, the others lack 14 and 20 of the 24
    assert counts[0] == 0
    assert abs(counts[1] - 24 * 14 / 34) <= 1
    assert counts[1] + counts[2] == 24


def test_quotas_take_the_best_of_each_class(rng):
    probabilities, classes = pool(rng)
    values = rng.random(400)
    found = drawn_up(ClassBalanced(), 9, probabilities=probabilities, score=values)
    for name in range(3):
        mine = [row for row in found.taken.tolist() if classes[row] == name]
        rows = np.flatnonzero(classes == name)
        assert sorted(mine) == sorted(rows[np.argsort(-values[rows])][:3].tolist())


def test_what_a_class_cannot_fill_goes_to_the_best_of_the_others(rng):
    probabilities, classes = pool(rng, (0.5, 0.5, 0.0), 60)
    values = rng.random(60)
    found = drawn_up(ClassBalanced(), 30, probabilities=probabilities, score=values)
    assert sorted(Counter(classes[found.taken].tolist()).values())[0] >= 10
    assert len(set(found.taken.tolist())) == 30


@pytest.mark.parametrize("strength", [0.0, 1.0, 50.0])
@pytest.mark.parametrize("labels", [0, 40])
def test_greedy_equals_the_formula(rng, strength, labels):
    probabilities, _ = pool(rng, rows=60)
    values, labelled = rng.random(60), rng.choice(3, labels, p=(0.7, 0.2, 0.1))
    side = Side(labelled_classes=labelled if labels else None)
    found = drawn_up(ClassBalanced("GREEDY", strength), 15, side=side, probabilities=probabilities, score=values)
    scores = (values - values.min()) / (values.max() - values.min())
    lacking = np.maximum(0, (labels + 15) / 3 - np.bincount(labelled, minlength=3))
    taken: list[int] = []
    for row in found.taken.tolist():
        expected = np.array(
            [
                s + strength * sum(p * max(0.0, need) for p, need in zip(row_p, lacking, strict=True)) / 15
                for s, row_p in zip(scores, probabilities, strict=True)
            ]
        )
        expected[taken] = -np.inf
        assert expected[row] == pytest.approx(expected.max(), abs=1e-9)
        lacking = lacking - probabilities[row]
        taken.append(row)

import numpy as np
import pytest
from drafts import drawn_up
from engine import select
from querist_server.engine.choices.greedy_sampling import GreedySampling
from querist_server.engine.errors import EngineError
from querist_server.engine.part import Need
from querist_server.engine.plan import Plan
from querist_server.engine.pool import Side
from querist_server.engine.scores.random import Random
from skactiveml.pool import GreedySamplingX

SPACES = ("INPUT", "OUTPUT", "BOTH")


def reference(space, points, values, labelled, targets, count, first):
    known = list(zip(labelled, targets, strict=True))
    taken: list[int] = []
    while len(taken) < count:
        if not known:
            row = first
        else:
            gaps = []
            for point, value in zip(points, values, strict=True):
                inputs = [np.linalg.norm(point - other) for other, _ in known]
                outputs = [abs(value - target) for _, target in known]
                both = {"INPUT": inputs, "OUTPUT": outputs, "BOTH": [a * b for a, b in zip(inputs, outputs, strict=True)]}[space]
                gaps.append(min(both))
            row = int(np.argmax([-1 if i in taken else gap for i, gap in enumerate(gaps)]))
        taken.append(row)
        known.append((points[row], values[row]))
    return taken


@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize("labels", [0, 6])
def test_equals_the_formula(rng, space, labels):
    points, values, scores = rng.standard_normal((50, 3)), rng.standard_normal(50), rng.random(50)
    labelled, targets = rng.standard_normal((labels, 3)), rng.standard_normal(labels)
    side = Side(labelled_embeddings=labelled, labelled_values=targets) if labels else Side()
    found = drawn_up(GreedySampling(space), 12, side=side, embeddings=points, predicted_values=values, score=scores)
    assert found.taken.tolist() == reference(space, points, values, labelled, targets, 12, int(scores.argmax()))


def test_gsx_equals_scikit_activeml(rng):
    points, labelled = rng.standard_normal((40, 3)), rng.standard_normal((5, 3))
    theirs = GreedySamplingX(random_state=1).query(np.vstack((labelled, points)), np.r_[np.zeros(5), np.full(40, np.nan)], batch_size=10)
    mine = drawn_up(GreedySampling("INPUT"), 10, side=Side(labelled_embeddings=labelled), embeddings=points).taken
    assert (np.asarray(theirs) - 5).tolist() == mine.tolist()


@pytest.mark.parametrize("space", SPACES)
def test_only_what_the_space_needs_is_needed(space):
    needs = {"INPUT": {Need.EMBEDDINGS}, "OUTPUT": {Need.PREDICTED_VALUES}, "BOTH": {Need.EMBEDDINGS, Need.PREDICTED_VALUES}}
    assert GreedySampling(space).required() == needs[space]


def test_both_spaces_need_both_of_the_labelled_set(rng):
    sent = {"embeddings": rng.random((9, 2)), "predicted_values": rng.random(9)}
    for beside, field in (
        ({"labelled.embeddings": rng.random((3, 2))}, "side.labelled.values"),
        ({"labelled.values": rng.random(3)}, "side.labelled.embeddings"),
    ):
        with pytest.raises(EngineError) as caught:
            select(Plan(Random(), GreedySampling()), sent, beside=beside, count=2)
        assert (caught.value.reason, caught.value.field) == ("INPUT_MISSING", field)

import numpy as np
import pytest
from engine import select
from querist_server.engine.choices.top import Top
from querist_server.engine.errors import EngineError
from querist_server.engine.plan import Plan
from querist_server.engine.scores.margin import Margin
from querist_server.engine.weights.rarity import Rarity


@pytest.mark.parametrize("gamma", [0.0, 1.0, 2.0])
def test_equals_the_formula(rng, gamma):
    probabilities, labelled = rng.dirichlet(np.ones(4), 50), rng.integers(0, 3, 30)
    plan = Plan(Margin(), Top(), weights=(Rarity(gamma=gamma),))
    chosen = select(plan, {"probabilities": probabilities}, beside={"labelled.classes": labelled}, keep_components=True)
    factors = [((30 + 4) / (4 * (sum(labelled == c) + 1))) ** gamma for c in range(4)]
    expected = probabilities[chosen.indices] @ factors
    np.testing.assert_allclose(chosen.components["rarity"], expected)
    np.testing.assert_allclose(chosen.values, chosen.scores * expected)


def test_balanced_classes_weigh_1(rng):
    probabilities = rng.dirichlet(np.ones(3), 20)
    plan = Plan(Margin(), Top(), weights=(Rarity(),))
    chosen = select(plan, {"probabilities": probabilities}, beside={"labelled.classes": np.repeat([0, 1, 2], 7)}, keep_components=True)
    np.testing.assert_allclose(chosen.components["rarity"], 1.0)


def test_labels_must_be_sent(rng):
    with pytest.raises(EngineError) as caught:
        select(Plan(Margin(), Top(), weights=(Rarity(),)), {"probabilities": rng.dirichlet(np.ones(3), 5)}, count=1)
    assert (caught.value.reason, caught.value.field) == ("INPUT_MISSING", "side.labelled.classes")

import math

import numpy as np
import pytest
from engine import scores_of, select
from querist_server.engine.choices.top import Top
from querist_server.engine.errors import EngineError
from querist_server.engine.plan import Plan
from querist_server.engine.ragged import Ragged
from querist_server.engine.registry import SCORES
from querist_server.engine.scores.bald import Bald
from querist_server.engine.scores.caller import CallerScore
from querist_server.engine.scores.entropy import Entropy
from querist_server.engine.scores.margin import Margin
from querist_server.engine.scores.mix import Mix, MixPart
from querist_server.engine.scores.parts_score import PartsScore
from querist_server.engine.scores.vote_entropy import VoteEntropy


def margin(row):
    first, second = sorted(row)[-1], sorted(row)[-2]
    return 1 - (first - second)


def by_class(values, rows):
    groups: dict[int, list[float]] = {}
    for value, row in zip(values, rows, strict=True):
        groups.setdefault(int(np.argmax(row)), []).append(value)
    return float(np.mean([np.mean(group) for group in groups.values()]))


REFERENCES = {
    "SUM": lambda values, rows: sum(values),
    "MEAN": lambda values, rows: sum(values) / len(values),
    "MAX": lambda values, rows: max(values),
    "TOP_M": lambda values, rows: float(np.mean(sorted(values)[-max(1, math.ceil(round(0.3 * len(values), 9))) :])),
    "QUANTILE": lambda values, rows: float(np.quantile(values, 0.8)),
    "COUNT": lambda values, rows: sum(value > 0.7 for value in values),
    "BY_CLASS": by_class,
}


@pytest.mark.parametrize("aggregate", REFERENCES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_equals_the_aggregate_of_each_row_by_itself(rng, aggregate, dtype):
    counts = rng.integers(0, 12, 60)
    counts[:4] = (0, 1, 10, 20)
    probabilities = rng.dirichlet(np.full(4, 0.6), int(counts.sum())).astype(dtype)
    score = PartsScore(Margin(), aggregate, top_share=0.3, quantile=0.8, threshold=0.7)
    found = scores_of(Plan(score, Top()), {"parts": Ragged(counts, {"probabilities": probabilities})})
    for row, rows in enumerate(np.split(probabilities.astype(float), np.cumsum(counts)[:-1])):
        expected = REFERENCES[aggregate]([margin(part) for part in rows.tolist()], rows) if len(rows) else 0
        assert found[row] == pytest.approx(expected, abs=1e-6 if dtype == np.float32 else 1e-12)


@pytest.mark.parametrize("aggregate", REFERENCES)
def test_a_row_does_not_depend_on_its_neighbours(rng, aggregate):
    counts = rng.integers(0, 30, 40)
    whole = Ragged(counts, {"probabilities": rng.dirichlet(np.ones(3), int(counts.sum()))})
    plan = Plan(PartsScore(Entropy(), aggregate), Top())
    together = scores_of(plan, {"parts": whole})
    alone = [scores_of(plan, {"parts": whole[row : row + 1]})[0] for row in range(40)]
    np.testing.assert_array_equal(together, alone)


def test_committees_votes_and_own_scores_of_parts(rng):
    counts = np.array([2, 0, 3])
    members = rng.dirichlet(np.ones(3), (5, 4))
    bald = scores_of("bald", {"committee.probabilities": members})
    found = scores_of(Plan(PartsScore(Bald(), "MEAN"), Top()), {"parts": Ragged(counts, {"committee.probabilities": members})})
    np.testing.assert_allclose(found, [bald[:2].mean(), 0, bald[2:].mean()])
    votes = np.array([[0, 1], [-1, -1], [2, 2], [0, 2], [1, 1]])
    found = scores_of(Plan(PartsScore(VoteEntropy(), "SUM"), Top()), {"parts": Ragged(counts, {"committee.votes": votes})}, class_count=3)
    np.testing.assert_allclose(found, [math.log(2), 0, math.log(2)])
    own = np.arange(5.0)
    found = scores_of(Plan(PartsScore(CallerScore(), "MAX"), Top()), {"parts": Ragged(counts, {"scores": own})})
    assert found.tolist() == [1, 0, 4]


def test_no_row_has_a_part():
    plan = Plan(PartsScore(Margin()), Top())
    chosen = select(plan, {"parts": Ragged(np.zeros(3, np.int64), {"probabilities": np.empty((0, 3))})})
    assert chosen.scores.tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    "inner", [SCORES["random"](), SCORES["mnlp"](), SCORES["binary_minimum"](), Mix((MixPart(Margin()), MixPart(Entropy())), "RANK")]
)
def test_scores_that_do_not_look_at_single_predictions_are_refused(inner):
    with pytest.raises(EngineError) as caught:
        PartsScore(inner)
    assert (caught.value.reason, caught.value.field) == ("VALUE_OUT_OF_RANGE", "plan.score.parts_score.score")


def test_what_the_parts_lack_is_named():
    with pytest.raises(EngineError) as caught:
        select(Plan(PartsScore(Margin()), Top()), {"parts": Ragged(np.array([1]), {"scores": np.ones(1)})})
    assert (caught.value.reason, caught.value.field) == ("INPUT_MISSING", "parts.probabilities")

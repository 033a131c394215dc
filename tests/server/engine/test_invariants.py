"""What must hold for every plan, whatever its parts: driven by the registry, so that a new part is under test from its first day."""

import numpy as np
import pytest
from engine import columns_for, rows_of, scores_of, select
from querist_server.engine import intake
from querist_server.engine.part import Need
from querist_server.engine.plan import Plan
from querist_server.engine.presets import PRESETS
from querist_server.engine.registry import CHOICES, SCORES
from querist_server.engine.scores.margin import Margin
from querist_server.engine.scores.mix import Mix, MixPart
from querist_server.engine.set_score import SetScore

ROWS = 60


def plan_of(score: str, choice: str, **parameters) -> Plan:
    special = {
        "mix": lambda: Mix(parts=(MixPart(Margin()), MixPart(SCORES["gini"]())), scale="RANK"),
        "parts_score": lambda: SCORES["parts_score"](Margin()),
    }
    small = {"most_outcomes": 100} if choice == "batch_bald" else {}
    return Plan(special.get(score, SCORES[score])(), CHOICES[choice](**small), **parameters)


TOGETHER = {name for name, part in SCORES.items() if issubclass(part, SetScore)}
"""Scores that sum over the other candidates, in the order of the rows: another order rounds differently."""
DRAW_NOTHING = {"emoc", "epig", "field_eer", "logistic_eer", "parzen_eer", "voi", "xpal"}
"""Presets that draw an evaluation set from a large pool, and take a small one whole."""
SCORE_PLAYS_NO_PART = ("facility_location", "flcg", "flqmi", "max_herding", "max_variance", "uherding")
"""Presets whose random score is not looked at; with a pool this small the seed decides over nothing else either."""
PREDICTIONS = frozenset({Need.PROBABILITIES, Need.COMMITTEE, Need.COMMITTEE_PROBABILITIES})
SIGNED = {"value_of_information", *(f"{engine}_error_reduction" for engine in ("field", "logistic", "look_ahead", "parzen"))}
"""Scores that may be negative, which the choice power refuses."""
PAIRS = [(score, choice) for score in SCORES for choice in CHOICES if not (score in SIGNED and choice == "power")]


@pytest.mark.parametrize(("score", "choice"), PAIRS)
@pytest.mark.parametrize("prefilter", [None, 30])
def test_any_score_goes_with_any_choice(rng, score, choice, prefilter):
    plan = plan_of(score, choice, prefilter=prefilter)
    columns, task = columns_for(plan.needs, rng, ROWS)
    before = rows_of(columns, np.arange(ROWS))
    first = select(plan, columns, count=20, seed=5, **task)
    again = select(plan, columns, count=20, seed=5, **task)
    assert len(set(first.indices.tolist())) == 20
    assert first.indices.min() >= 0
    assert first.indices.max() < ROWS
    np.testing.assert_array_equal(first.indices, again.indices)
    np.testing.assert_array_equal(first.scores, scores_of(Plan(plan.score, CHOICES["top"]()), columns, seed=5, **task)[first.indices])
    np.testing.assert_allclose(first.priorities, 1 - np.arange(20) / 20)
    for name, column in columns.items():
        np.testing.assert_array_equal(*(getattr(each, "counts", each) for each in (column, before[name])))


@pytest.mark.parametrize(("score", "choice"), PAIRS)
def test_a_pool_of_identical_rows_gives_no_index_twice(rng, score, choice):
    plan = plan_of(score, choice)
    columns, task = columns_for(plan.needs, rng, ROWS)
    same = rows_of(columns, np.full(ROWS, 5))
    if "keys" in same:
        same["keys"] = np.arange(ROWS)
    for count in (1, 7, ROWS):
        assert sorted(set(select(plan, same, count=count, **task).indices.tolist())) == sorted(
            select(plan, same, count=count, **task).indices.tolist()
        )


@pytest.mark.parametrize(("score", "choice"), PAIRS)
def test_excluded_rows_are_never_chosen(rng, score, choice):
    plan = plan_of(score, choice)
    columns, task = columns_for(plan.needs, rng, ROWS)
    mask = rng.random(ROWS) < 0.3
    listed = np.array([3, 3, 59, 0])
    chosen = select(plan, {**columns, "excluded": mask}, exclude_indices=listed, **task)
    allowed = np.setdiff1d(np.flatnonzero(~mask), listed)
    assert sorted(chosen.indices.tolist()) == allowed.tolist()
    assert chosen.statistics.excluded == ROWS - len(allowed)


@pytest.mark.parametrize("score", [name for name in SCORES if name != "random"])
def test_permuting_rows_permutes_the_answer(rng, score):
    plan = plan_of(score, "top")
    columns, task = columns_for(plan.needs, rng, ROWS)
    order = rng.permutation(ROWS)
    straight = scores_of(plan, columns, **task)
    permuted = scores_of(plan, rows_of(columns, order), **task)
    if score in TOGETHER:
        np.testing.assert_allclose(permuted, straight[order], rtol=1e-9, atol=1e-14)
    else:
        np.testing.assert_array_equal(permuted, straight[order])


@pytest.mark.parametrize(
    "score", [name for name in SCORES if name not in ("random", "mix", "cvirs", "active_lab")]
)  # which keys tell apart
def test_a_duplicated_row_has_its_twins_score(rng, score):
    plan = plan_of(score, "top")
    columns, task = columns_for(plan.needs, rng, ROWS)
    doubled = scores_of(plan, rows_of(columns, np.repeat(np.arange(ROWS), 2)), **task)
    if score in TOGETHER:
        np.testing.assert_allclose(doubled[::2], doubled[1::2], rtol=1e-9, atol=1e-14)
        return
    np.testing.assert_array_equal(doubled[::2], doubled[1::2])
    np.testing.assert_array_equal(doubled[::2], scores_of(plan, columns, **task))


@pytest.mark.parametrize("score", [name for name, part in SCORES.items() if part.needs & {Need.COMMITTEE, Need.COMMITTEE_PROBABILITIES}])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_equal_weights_are_no_weights_and_a_lone_weight_is_that_member(rng, score, dtype):
    plan = plan_of(score, "top")
    columns, _ = columns_for(plan.needs, rng, ROWS, dtype)
    unweighted = scores_of(plan, columns)
    for weight in (1.0, 17.0):
        np.testing.assert_array_equal(scores_of(plan, columns, member_weights=np.full(3, weight)), unweighted)
    alone = {name: column[:, 1:2] for name, column in columns.items()}
    expected = scores_of(plan, alone)
    np.testing.assert_allclose(scores_of(plan, columns, member_weights=np.array([0.0, 5.0, 0.0])), expected, atol=1e-15)


def test_one_member_is_scored_like_a_single_model(rng):
    columns, _ = columns_for(frozenset({Need.COMMITTEE}), rng, ROWS)
    single = {"probabilities": columns["committee.probabilities"][:, 0]}
    alone = {"committee.probabilities": columns["committee.probabilities"][:, :1]}
    np.testing.assert_array_equal(scores_of("consensus_entropy", alone), scores_of("entropy", single))
    np.testing.assert_array_equal(scores_of("margin", alone), scores_of("margin", single))


@pytest.mark.parametrize("score", [name for name in SCORES if SCORES[name].needs & PREDICTIONS])
def test_sixteen_bit_predictions_are_widened(rng, score, monkeypatch):
    monkeypatch.setattr(intake, "SUM_TOLERANCE", intake.SUM_TOLERANCE_16_BIT)  # for what they are compared with
    plan = plan_of(score, "top")
    columns, task = columns_for(plan.needs, rng, ROWS)
    name = next(name for name in columns if "probabilities" in name)
    half = columns[name].astype(np.float16)

    def scored(predictions):
        return scores_of(plan, {**columns, name: predictions}, **task)

    np.testing.assert_array_equal(scored(half), scored(half.astype(np.float32)))
    bits = columns[name].astype(np.float32).view("<u4") >> 16
    brain = bits.astype("<u2").view([("bfloat16", "<u2")])
    widened = (bits << 16).view("<f4")
    np.testing.assert_array_equal(scored(brain), scored(widened))


@pytest.mark.parametrize("preset", sorted(PRESETS))
def test_stochastic_presets_follow_the_seed_and_deterministic_ones_ignore_it(rng, preset):
    plan = PRESETS[preset].plan
    columns, task = columns_for(plan.needs, rng, ROWS)
    answers = {tuple(select(plan, columns, count=10, seed=seed, **task).indices.tolist()) for seed in range(5)}
    if plan.deterministic or preset in SCORE_PLAYS_NO_PART or preset in DRAW_NOTHING:
        assert len(answers) == 1
    else:
        assert len(answers) > 1


def test_binary_forms_agree(rng):
    positive = rng.random(40).round(3)
    both = np.stack([1 - positive, positive], axis=1)
    expected = scores_of("margin", {"probabilities": both})
    np.testing.assert_array_equal(scores_of("margin", {"probabilities": positive}), expected)
    np.testing.assert_array_equal(scores_of("margin", {"probabilities": positive[:, None]}), expected)
    odds = np.log(np.clip(positive, 0.01, 0.99) / (1 - np.clip(positive, 0.01, 0.99)))
    by_odds = scores_of("margin", {"logits": odds})
    np.testing.assert_allclose(by_odds, scores_of("margin", {"probabilities": np.clip(positive, 0.01, 0.99)}), atol=1e-12)
    np.testing.assert_array_equal(scores_of("margin", {"logits": odds[:, None]}), by_odds)


@pytest.mark.parametrize("classes", [2, 10, 200])
def test_logits_are_the_probabilities_of_their_softmax(rng, classes):
    logits = rng.standard_normal((50, classes)) * 30
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    expected = scores_of("entropy", {"probabilities": shifted / shifted.sum(axis=1, keepdims=True)})
    np.testing.assert_allclose(scores_of("entropy", {"logits": logits}), expected, atol=1e-12)
    np.testing.assert_allclose(scores_of("entropy", {"logits": logits + 1000}), expected, atol=1e-9)

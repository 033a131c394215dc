import numpy as np
import pytest
from engine import probabilities, scores_of, select
from querist_server.engine.choices.top import Top
from querist_server.engine.errors import EngineError
from querist_server.engine.plan import Plan
from querist_server.engine.scores.caller import CallerScore
from querist_server.engine.scores.entropy import Entropy
from querist_server.engine.scores.margin import Margin
from querist_server.engine.scores.mix import Mix, MixPart
from scipy import stats

SCALES = {
    "RANK": lambda values: (stats.rankdata(values) - 1) / (len(values) - 1),
    "MIN_MAX": lambda values: (values - values.min()) / (values.max() - values.min()),
    "Z_SCORE": stats.zscore,
}


@pytest.mark.parametrize("scale", SCALES)
def test_equals_scipys_scales(rng, scale):
    rows, own = probabilities(rng, 300, 4), np.round(rng.random(300), 1)  # rounded: ties
    mix = Mix(parts=(MixPart(Margin()), MixPart(CallerScore(), 2.5)), scale=scale)
    expected = SCALES[scale](scores_of("margin", {"probabilities": rows})) + 2.5 * SCALES[scale](own)
    np.testing.assert_allclose(scores_of(Plan(mix, Top()), {"probabilities": rows, "scores": own}), expected, atol=1e-12)


@pytest.mark.parametrize("scale", SCALES)
def test_scales_over_candidates_alone(rng, scale):
    rows = probabilities(rng, 100, 4)
    mix = Plan(Mix(parts=(MixPart(Margin()), MixPart(Entropy())), scale=scale), Top())
    inside = select(mix, {"probabilities": rows[10:]}, count=20)
    excluded = select(mix, {"probabilities": rows}, count=20, exclude_indices=np.arange(10))
    np.testing.assert_array_equal(excluded.indices - 10, inside.indices)
    np.testing.assert_array_equal(excluded.scores, inside.scores)


@pytest.mark.parametrize(("scale", "expected"), [("RANK", 0.5), ("MIN_MAX", 0.0), ("Z_SCORE", 0.0)])
def test_a_part_that_is_the_same_everywhere_adds_a_constant(scale, expected):
    mix = Mix(parts=(MixPart(CallerScore()), MixPart(CallerScore())), scale=scale)
    np.testing.assert_allclose(scores_of(Plan(mix, Top()), {"scores": np.full(9, 3.0)}), 2 * expected)


def test_components_are_the_raw_scores_and_repeated_names_are_told_apart(rng):
    rows = probabilities(rng, 60, 4)
    mix = Mix(parts=(MixPart(Entropy()), MixPart(Margin()), MixPart(Entropy(normalized=True))), scale="RANK")
    chosen = select(Plan(mix, Top()), {"probabilities": rows}, count=7, keep_components=True)
    assert list(chosen.components) == ["entropy[0]", "margin", "entropy[2]"]
    np.testing.assert_array_equal(chosen.components["margin"], scores_of("margin", {"probabilities": rows})[chosen.indices])


@pytest.mark.parametrize(
    ("parts", "field"),
    [
        ((MixPart(Margin()),), "plan.score.mix.parts"),
        ((MixPart(Margin()),) * 17, "plan.score.mix.parts"),
        ((MixPart(Margin()), MixPart(Margin(), 0.0)), "plan.score.mix.parts[1].weight"),
        ((MixPart(Margin()), MixPart(Margin(), float("nan"))), "plan.score.mix.parts[1].weight"),
    ],
)
def test_parts_and_weights_out_of_bounds_are_refused(parts, field):
    with pytest.raises(EngineError) as caught:
        Mix(parts=parts, scale="RANK")
    assert caught.value.field == field


def test_a_mix_of_mixes_is_refused():
    inner = Mix(parts=(MixPart(Margin()), MixPart(Entropy())), scale="RANK")
    with pytest.raises(EngineError, match="known only when all candidates"):
        Mix(parts=(MixPart(Margin()), MixPart(inner)), scale="RANK")

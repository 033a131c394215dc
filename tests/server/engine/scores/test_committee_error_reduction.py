import numpy as np
import pytest
from engine import committee, scores_of, select
from losses import LOSSES, expected_reduction
from querist_server.engine.choices.top import Top
from querist_server.engine.errors import EngineError
from querist_server.engine.plan import Plan
from querist_server.engine.scores.committee_error_reduction import CommitteeErrorReduction
from scipy import stats

ROWS, MEMBERS, CLASSES, TARGETS = 25, 6, 4, 11
WEIGHTS = np.array([1.0, 2, 0, 1, 3, 1])


def plan(**parameters):
    return Plan(CommitteeErrorReduction(**parameters), Top())


def scored(members, chosen, **more):
    return scores_of(chosen, {"committee.probabilities": members}, member_weights=WEIGHTS, **more)


def defined(loss, members, others, cost=None):
    weights = WEIGHTS / WEIGHTS.sum()

    def after(x, y):
        posterior = weights * members[x, :, y]
        likely = posterior.sum()
        return np.einsum("k,ukc->uc", posterior / (likely or 1), others) if likely else np.eye(CLASSES)[np.zeros(len(others), int)]

    mean = np.einsum("k,nkc->nc", weights, members)
    return expected_reduction(loss, mean, np.einsum("k,ukc->uc", weights, others), after, cost)


@pytest.mark.parametrize("evaluation", ["POOL", "SAMPLE", "TARGET"])
@pytest.mark.parametrize("loss", LOSSES)
def test_equals_the_definition(rng, loss, evaluation):
    members, target = committee(rng, ROWS, MEMBERS, CLASSES), committee(rng, TARGETS, MEMBERS, CLASSES)
    cost = rng.standard_normal((CLASSES, CLASSES))
    more = {"cost_matrix": cost} if loss == "COST" else {}
    if evaluation == "TARGET":
        more["beside"] = {"target.committee": target}
    expected = defined(loss, members, target if evaluation == "TARGET" else members, cost)
    np.testing.assert_allclose(scored(members, plan(loss=loss, evaluation=evaluation), **more), expected, atol=1e-12)


def test_the_closed_form_of_the_brier_loss_is_the_sum_over_all_pairs(rng):
    members = committee(rng, 300, MEMBERS, CLASSES)
    pairs = plan(class_floor=1e-300)  # which leaves nothing out, but takes the long way
    np.testing.assert_allclose(scored(members, plan()), scored(members, pairs), atol=1e-13)


def test_the_log_loss_is_expected_predictive_information_gain(rng):
    members, target = committee(rng, ROWS, MEMBERS, CLASSES), committee(rng, TARGETS, MEMBERS, CLASSES)
    weights = WEIGHTS / WEIGHTS.sum()
    together = np.einsum("k,nky,ukc->nuyc", weights, members, target)
    apart = np.einsum("nuyc->nuy", together)[..., None] * np.einsum("nuyc->nuc", together)[..., None, :]
    information = np.where(together > 0, together * np.log(np.where(together > 0, together, 1) / np.where(apart > 0, apart, 1)), 0)
    expected = information.sum(axis=(2, 3)).mean(axis=1)
    found = scored(members, plan(loss="LOG", evaluation="TARGET"), beside={"target.committee": target})
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_about_itself_alone_it_is_the_mutual_information_of_two_labels_of_one_instance(rng):
    members = committee(rng, 4, MEMBERS, CLASSES)[3:]
    weights = WEIGHTS / WEIGHTS.sum()
    together = np.einsum("k,ky,kc->yc", weights, members[0], members[0])
    expected = 2 * stats.entropy(together.sum(axis=0)) - stats.entropy(together.ravel())
    assert scored(members, plan(loss="LOG")) == pytest.approx([expected], abs=1e-12)


@pytest.mark.parametrize("loss", ["ZERO_ONE", "LOG", "BRIER"])
def test_members_that_agree_have_nothing_to_learn(rng, loss):
    same = np.repeat(committee(rng, ROWS, 1, CLASSES), MEMBERS, axis=1)
    found = scored(same, plan(loss=loss))
    np.testing.assert_allclose(found, 0, atol=1e-13)
    assert (found >= 0).all()


def test_weights_count_like_copies(rng):
    members = committee(rng, ROWS, MEMBERS, CLASSES)
    copies = np.repeat(members, WEIGHTS.astype(int), axis=1)
    for loss in ("ZERO_ONE", "LOG", "BRIER"):
        found = scores_of(plan(loss=loss), {"committee.probabilities": copies})
        np.testing.assert_allclose(scored(members, plan(loss=loss)), found, atol=1e-12)


def test_a_sample_says_how_exact_it_is(rng):
    members = committee(rng, 400, MEMBERS, CLASSES)
    for loss in ("ZERO_ONE", "BRIER"):
        whole = scored(members, plan(loss=loss))
        inside = []
        for seed in range(10):
            chosen = plan(loss=loss, evaluation="SAMPLE", evaluation_rows=80)
            found = select(chosen, {"committee.probabilities": members}, member_weights=WEIGHTS, seed=seed)
            inside.append(np.abs(found.scores - whole[found.indices]) < 2 * found.components["standard_error"])
        assert 0.86 < np.mean(inside) < 0.99


def test_the_source_is_the_callers_committee(rng):
    found = select(plan(), {"committee.probabilities": committee(rng, ROWS, MEMBERS, CLASSES)}, count=3)
    assert found.score_source == "CLIENT_MODEL"


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        (np.full((3, MEMBERS - 1, CLASSES), 1 / CLASSES), "SHAPE_MISMATCH"),
        (np.full((3, MEMBERS, 3), 1 / 3), "SHAPE_MISMATCH"),
        (np.full((3, MEMBERS, CLASSES), 0.5), "ROW_NOT_NORMALIZED"),
        (np.empty((0, MEMBERS, CLASSES)), "INPUT_MISSING"),
    ],
)
def test_a_target_must_be_of_the_same_members(rng, target, reason):
    members = committee(rng, ROWS, MEMBERS, CLASSES)
    with pytest.raises(EngineError) as caught:
        scored(members, plan(evaluation="TARGET"), beside={"target.committee": target})
    assert caught.value.reason == reason
    assert caught.value.field.startswith("side.target")

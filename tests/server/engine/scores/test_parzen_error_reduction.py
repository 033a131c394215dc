import dataclasses

import numpy as np
import pytest
from engine import LIMITS, feed, scores_of, select, started
from losses import LOSSES, expected_reduction
from querist_server.engine.choices.top import Top
from querist_server.engine.errors import EngineError, LimitError
from querist_server.engine.plan import Plan
from querist_server.engine.scores.parzen_error_reduction import ParzenErrorReduction
from scipy.spatial.distance import cdist, pdist
from skactiveml.classifier import ParzenWindowClassifier
from skactiveml.pool import MonteCarloEER

CLASSES, KNOWN, POOL = 3, 12, 45
PRIOR, BANDWIDTH = 0.1, 1.6
NOTHING = {"labelled.embeddings": np.empty((0, 4)), "labelled.classes": np.empty(0, int)}


@pytest.fixture
def task(rng):
    points = rng.standard_normal((KNOWN + POOL, 4))
    beside = {"labelled.embeddings": points[:KNOWN], "labelled.classes": rng.integers(0, CLASSES, KNOWN)}
    return {"embeddings": points[KNOWN:]}, beside


def plan(**parameters):
    return Plan(ParzenErrorReduction(**{"bandwidth": BANDWIDTH, "prior": PRIOR, **parameters}), Top())


def scored(task, chosen=None, **more):
    columns, beside = task
    return scores_of(chosen or plan(), columns, beside=beside, class_count=CLASSES, **more)


def masses(points, beside):
    kernel = np.exp(-(cdist(points, beside["labelled.embeddings"]) ** 2) / BANDWIDTH**2)
    return kernel @ np.eye(CLASSES)[beside["labelled.classes"]] + PRIOR


@pytest.mark.parametrize(
    ("method", "loss"), [("misclassification_loss", "ZERO_ONE"), ("log_loss", "LOG"), ("misclassification_loss", "COST")]
)
def test_equals_scikit_activeml_on_all_instances(rng, task, method, loss):
    columns, beside = task
    everything = np.concatenate((beside["labelled.embeddings"], columns["embeddings"]))
    labels = np.concatenate((beside["labelled.classes"].astype(float), np.full(POOL, np.nan)))
    cost = rng.random((CLASSES, CLASSES)) * (1 - np.eye(CLASSES)) if loss == "COST" else None
    classifier = ParzenWindowClassifier(
        classes=list(range(CLASSES)), metric="rbf", metric_dict={"gamma": BANDWIDTH**-2}, class_prior=PRIOR, random_state=0
    )
    peer = MonteCarloEER(method=method, cost_matrix=cost, subtract_current=True, random_state=0)
    _, utilities = peer.query(everything, labels, classifier, return_utilities=True)
    more = {"cost_matrix": cost} if loss == "COST" else {}
    task = columns, {**beside, "target.embeddings": everything}
    ours = scored(task, plan(evaluation="TARGET", loss=loss), **more)
    np.testing.assert_allclose(ours * len(everything), utilities[0, KNOWN:], atol=1e-12)


@pytest.mark.parametrize("believe", ["own", "sent"])
@pytest.mark.parametrize("loss", LOSSES)
def test_equals_the_definition(rng, task, loss, believe):
    columns, beside = task
    cost = rng.standard_normal((CLASSES, CLASSES))
    around = masses(columns["embeddings"], beside)
    kernel = np.exp(-(cdist(columns["embeddings"], columns["embeddings"]) ** 2) / BANDWIDTH**2)
    own = around / around.sum(axis=1, keepdims=True)
    sent = rng.dirichlet(np.ones(CLASSES), POOL)

    def after(x, y):
        changed = around + kernel[x][:, None] * np.eye(CLASSES)[y]
        return changed / changed.sum(axis=1, keepdims=True)

    expected = expected_reduction(loss, sent if believe == "sent" else own, own, after, cost)
    if believe == "sent":
        columns = {**columns, "probabilities": sent}
    more = {"cost_matrix": cost} if loss == "COST" else {}
    np.testing.assert_allclose(scored((columns, beside), plan(loss=loss), **more), expected, atol=1e-12)


def test_says_whose_predictions_it_looked_at(rng, task):
    columns, beside = task
    alone = select(plan(), columns, beside=beside, class_count=CLASSES)
    with_own = select(plan(), {**columns, "probabilities": rng.dirichlet(np.ones(CLASSES), POOL)}, beside=beside)
    assert (alone.score_source, with_own.score_source) == ("SURROGATE", "CLIENT_MODEL_AND_SURROGATE")


def test_a_sample_is_the_same_for_all_candidates_and_its_error_is_honest(rng):
    points = rng.standard_normal((600, 3))
    beside = {"labelled.embeddings": points[:8], "labelled.classes": rng.integers(0, CLASSES, 8)}
    task = {"embeddings": points}, beside
    whole = scored(task, plan(evaluation="POOL"))
    inside = []
    for seed in range(20):
        found = select(plan(evaluation_rows=100), task[0], beside=beside, class_count=CLASSES, seed=seed)
        error = found.components["standard_error"]
        assert (error > 0).all()
        inside.append(np.abs(found.scores - whole[found.indices]) < 2 * error)
    assert 0.88 < np.mean(inside) < 0.99


def test_a_sample_of_all_is_the_pool_and_has_no_error(task):
    columns, beside = task
    sample = select(plan(evaluation_rows=POOL), columns, beside=beside, class_count=CLASSES)
    assert sample.components == {}
    np.testing.assert_array_equal(sample.scores, select(plan(evaluation="POOL"), columns, beside=beside, class_count=CLASSES).scores)


@pytest.mark.parametrize("floor", [0.05, 0.2, 0.5])
@pytest.mark.parametrize("loss", LOSSES)
def test_truncated_scores_are_within_their_bound(rng, task, floor, loss):
    columns, beside = task
    columns = {**columns, "probabilities": rng.dirichlet(np.full(CLASSES, 0.5), POOL)}
    more = {"cost_matrix": rng.random((CLASSES, CLASSES))} if loss == "COST" else {}
    exact = scored((columns, beside), plan(loss=loss), **more)
    found = select(plan(loss=loss, class_floor=floor), columns, beside=beside, **more)
    bound = found.components["truncation_bound"]
    assert (np.abs(found.scores - exact[found.indices]) <= bound + 1e-12).all()
    assert bound.max() > 0
    untouched = columns["probabilities"].min(axis=1) >= floor
    assert (bound[untouched[found.indices]] == 0).all()


@pytest.mark.parametrize("rule", ["MARGIN", "RANDOM", "MIXED"])
def test_a_shortlist_scores_some_and_says_what_the_others_could_not_exceed(rng, task, rule):
    columns, beside = task
    columns = {**columns, "probabilities": rng.dirichlet(np.ones(CLASSES), POOL)}
    exact = scored((columns, beside))
    chosen = plan(shortlist=16, shortlist_rule=rule)
    found = select(chosen, columns, beside=beside, count=16, keep_scores=True)
    np.testing.assert_allclose(found.scores, exact[found.indices], atol=1e-14)
    (code, message), *_ = found.warnings
    assert code == "SHORTLISTED"
    assert "16 of 45" in message
    assert float(message.split()[-1]) >= exact.max()
    sorted_sent = np.sort(columns["probabilities"], axis=1)
    by_margin = set(np.argsort(sorted_sent[:, -1] - sorted_sent[:, -2])[: {"MARGIN": 16, "RANDOM": 0, "MIXED": 12}[rule]].tolist())
    assert by_margin <= set(found.indices.tolist())
    if rule != "MARGIN":
        others = {tuple(sorted(select(chosen, columns, beside=beside, count=16, seed=seed).indices)) for seed in range(4)}
        assert len(others) > 1


def test_random_draws_come_from_the_whole_pool_not_from_the_shortlist(task):
    columns, beside = task
    drawn = set()
    for seed in range(12):
        found = select(plan(shortlist=10), columns, beside=beside, class_count=CLASSES, count=10, random_share=0.5, seed=seed)
        assert np.isfinite(found.scores[~found.random_draws]).all()
        drawn |= set(found.indices[found.random_draws].tolist())
    assert len(drawn) > 25


@pytest.mark.parametrize(("more", "reason"), [({"count": 11}, "VALUE_OUT_OF_RANGE"), ({}, "FIELD_CONFLICT")])
def test_a_shortlist_needs_a_count_that_it_holds(task, more, reason):
    columns, beside = task
    with pytest.raises(EngineError) as caught:
        select(plan(shortlist=10), columns, beside=beside, class_count=CLASSES, **more)
    assert (caught.value.reason, caught.value.field) == (reason, "plan.score.parzen_error_reduction.shortlist")


def test_the_default_bandwidth_follows_the_median_distance_and_the_plan_says_so(rng, task):
    columns, beside = task
    run = started(Plan(ParzenErrorReduction(), Top()), beside=beside, class_count=CLASSES)
    feed(run, columns)
    run.finish()
    assert run.task.plan.score.bandwidth == pytest.approx(0.3 * np.median(pdist(beside["labelled.embeddings"])))
    alone = {"labelled.embeddings": np.repeat(beside["labelled.embeddings"][:1], 3, axis=0), "labelled.classes": np.array([0, 1, 0])}
    with pytest.raises(EngineError) as caught:
        scores_of(Plan(ParzenErrorReduction(), Top()), columns, beside=alone, class_count=CLASSES)
    assert (caught.value.reason, caught.value.field) == ("FIELD_MISSING", "plan.score.parzen_error_reduction.bandwidth")


def test_far_from_all_labels_and_without_a_prior_every_class_is_as_likely(rng):
    points = np.array([[1e6, 0], [1e6, 1.0]])
    beside = {"labelled.embeddings": np.zeros((1, 2)), "labelled.classes": np.array([1])}
    found = scores_of(plan(bandwidth=1.0, prior=0.0), {"embeddings": points}, beside=beside, class_count=4)
    assert found == pytest.approx([0.75, 0.75])


@pytest.mark.parametrize(
    ("beside", "more", "reason", "field"),
    [
        ({"labelled.classes": None}, {"class_count": 3}, "INPUT_MISSING", "side.labelled.classes"),
        ({"labelled.embeddings": None}, {"class_count": 3}, "INPUT_MISSING", "side.labelled.embeddings"),
        ({}, {}, "FIELD_MISSING", "class_count"),
        ({"labelled.classes": np.full(KNOWN, 3)}, {"class_count": 3}, "VALUE_OUT_OF_RANGE", "side.labelled.classes"),
        (NOTHING, {"class_count": 3}, "INPUT_MISSING", "side.labelled.embeddings"),
    ],
)
def test_what_is_missing_is_named(task, beside, more, reason, field):
    columns, known = task
    sent = {name: array for name, array in {**known, **beside}.items() if array is not None}
    with pytest.raises(EngineError) as caught:
        scores_of(plan(), columns, beside=sent, **more)
    assert (caught.value.reason, caught.value.field) == (reason, field)


def test_a_target_set_must_be_there(task):
    for more in ({}, {"target.embeddings": np.empty((0, 4))}):
        with pytest.raises(EngineError) as caught:
            scored((task[0], {**task[1], **more}), plan(evaluation="TARGET"))
        assert caught.value.reason == "INPUT_MISSING"
        assert caught.value.field.startswith("side.target")


def test_too_much_work_is_refused_before_it_begins(task):
    columns, beside = task
    limits = dataclasses.replace(LIMITS, max_score_cells=POOL * POOL * CLASSES - 1)
    run = started(plan(), limits=limits, beside=beside, class_count=CLASSES)
    feed(run, columns)
    with pytest.raises(LimitError, match="EVALUATION_SET_SAMPLE") as caught:
        run.finish()
    assert (caught.value.limit, run.work.done) == ("max_score_cells", 0)
    many = {name: np.repeat(array, 20, axis=0) for name, array in beside.items()}  # for which kernel masses alone are too much
    run = started(plan(evaluation_rows=10), limits=limits, beside=many, class_count=CLASSES)
    feed(run, columns)
    with pytest.raises(LimitError, match="fewer labelled instances"):
        run.finish()
    run = started(plan(), limits=dataclasses.replace(limits, max_score_cells=POOL * POOL * CLASSES), beside=beside, class_count=CLASSES)
    feed(run, columns)
    run.finish()
    assert run.work.done == run.work.total == POOL * POOL * CLASSES

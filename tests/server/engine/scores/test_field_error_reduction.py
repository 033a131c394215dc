import numpy as np
import pytest
from engine import scores_of, select
from losses import LOSSES, expected_reduction
from querist_server.engine.choices.top import Top
from querist_server.engine.errors import EngineError
from querist_server.engine.kernels import inverse, laplacian
from querist_server.engine.plan import Plan
from querist_server.engine.scores.field_error_reduction import FieldErrorReduction
from scipy.spatial.distance import cdist

CLASSES, KNOWN, BANDWIDTH = 3, 8, 1.3


def solved(points, known, targets, prior, bandwidth=BANDWIDTH, tie=None):
    """Return the harmonic function on unlabelled points, from the whole system of equations."""
    to_known = np.exp(-(cdist(points, known) ** 2) / bandwidth**2)
    among = np.exp(-(cdist(points, points) ** 2) / bandwidth**2)
    np.fill_diagonal(among, 0)
    degrees = among.sum(axis=1) + to_known.sum(axis=1)
    tie = laplacian.TIE * degrees.mean() if tie is None else tie
    values = np.linalg.solve(np.diag(degrees + tie) - among, to_known @ targets + tie * prior)
    return values, tie


@pytest.fixture
def task(rng):
    points = rng.standard_normal((KNOWN + 30, 3))
    beside = {"labelled.embeddings": points[:KNOWN], "labelled.classes": rng.integers(0, CLASSES, KNOWN)}
    return {"embeddings": points[KNOWN:]}, beside


def plan(**parameters):
    return Plan(FieldErrorReduction(bandwidth=BANDWIDTH, **parameters), Top())


@pytest.mark.parametrize("evaluation", ["POOL", "TARGET"])
@pytest.mark.parametrize("loss", LOSSES)
def test_equals_solving_anew_with_each_label(rng, task, loss, evaluation):
    columns, beside = task
    known, targets = beside["labelled.embeddings"], np.eye(CLASSES)[beside["labelled.classes"]]
    prior, cost = targets.mean(axis=0), rng.random((CLASSES, CLASSES))
    nodes = columns["embeddings"]
    if evaluation == "TARGET":
        beside = {**beside, "target.embeddings": rng.standard_normal((7, 3))}
        nodes = np.concatenate((nodes, beside["target.embeddings"]))
    looked_at = slice(30, None) if evaluation == "TARGET" else slice(None)
    values, tie = solved(nodes, known, targets, prior)

    def after(x, y):
        others = np.delete(nodes, x, axis=0)
        moved, _ = solved(others, np.r_[known, nodes[x : x + 1]], np.r_[targets, np.eye(CLASSES)[y : y + 1]], prior, tie=tie)
        return np.insert(moved, x, np.eye(CLASSES)[y], axis=0)[looked_at]

    expected = expected_reduction(loss, values[:30], values[looked_at], after, cost)
    more = {"cost_matrix": cost} if loss == "COST" else {}
    found = scores_of(plan(loss=loss, evaluation=evaluation), columns, beside=beside, class_count=CLASSES, **more)
    np.testing.assert_allclose(found, expected, atol=1e-10)


def test_the_callers_predictions_say_which_label_is_likely(rng, task):
    columns, beside = task
    certain = {**columns, "probabilities": np.eye(CLASSES)[rng.integers(0, CLASSES, 30)]}
    found = select(plan(), certain, beside=beside)
    assert found.score_source == "CLIENT_MODEL_AND_SURROGATE"
    assert not np.allclose(found.scores[np.argsort(found.indices)], scores_of(plan(), columns, beside=beside, class_count=CLASSES))


def test_a_pool_larger_than_the_graph_is_scored_in_part(rng, task):
    _, beside = task
    columns = {"embeddings": rng.standard_normal((500, 3))}
    chosen = plan(nodes=200, evaluation_rows=120)
    found = select(chosen, columns, beside=beside, class_count=CLASSES, count=80)
    assert np.isfinite(found.scores).all()
    assert (found.components["standard_error"] > 0).all()
    assert found.warnings[0][0] == "SHORTLISTED"
    for count in (81, None):
        with pytest.raises(EngineError, match="room for 80 of 500") as caught:
            select(chosen, columns, beside=beside, class_count=CLASSES, count=count)
        assert (caught.value.reason, caught.value.field) == ("COUNT_EXCEEDS_POOL", "count")


@pytest.mark.parametrize("parameters", [{"evaluation": "POOL"}, {"evaluation_rows": 200}])
def test_an_evaluation_set_that_fills_the_graph_is_refused(rng, task, parameters):
    with pytest.raises(EngineError, match="leaves no room") as caught:
        select(plan(nodes=200, **parameters), {"embeddings": rng.standard_normal((500, 3))}, beside=task[1], class_count=CLASSES, count=3)
    assert caught.value.field == "plan.score.field_error_reduction.evaluation_rows"


def test_a_component_without_labels_has_the_prior(rng):
    points = np.concatenate((rng.standard_normal((10, 2)), rng.standard_normal((10, 2)) + 1e4))
    beside = {"labelled.embeddings": np.zeros((4, 2)), "labelled.classes": np.array([0, 0, 0, 1])}
    weights = np.exp(-(cdist(points, points) ** 2))
    edges = np.exp(-(cdist(points, beside["labelled.embeddings"]) ** 2)) @ np.eye(2)[beside["labelled.classes"]]
    _, values = laplacian.harmonic(weights, edges.T.copy(), np.array([0.75, 0.25]), lambda: None)
    np.testing.assert_allclose(values[:, 10:], np.repeat([[0.75], [0.25]], 10, axis=1), atol=1e-6)


@pytest.mark.parametrize("count", [1, 2, 255, 256, 257, 700])
def test_the_inverse_in_place_is_the_inverse(rng, count):
    factor = rng.standard_normal((count, count))
    matrix = factor @ factor.T + count * np.eye(count)
    expected = np.linalg.inv(matrix)
    inverse.invert(matrix, lambda: None)
    np.testing.assert_allclose(matrix, expected, rtol=1e-9, atol=1e-12)

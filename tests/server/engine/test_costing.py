import numpy as np
import pytest
from engine import started
from querist_server.engine.choices.top import Top
from querist_server.engine.costing import RIDGES, CostModel
from querist_server.engine.errors import EngineError
from querist_server.engine.plan import Plan
from querist_server.engine.scores.caller import CallerScore
from sklearn.linear_model import RidgeCV

PLAN = Plan(CallerScore(), Top())


def history(rng, rows=80, width=4, noise=0.1):
    features = rng.standard_normal((rows, width)) * [1, 10, 0.1, 3] + 5
    return features, np.exp(0.3 * features[:, 0] - 0.05 * features[:, 1] + noise * rng.standard_normal(rows))


def test_equals_ridge_by_leave_one_out_of_scikit_learn(rng):
    features, costs = history(rng)
    model = CostModel.fitted(features, costs)
    scaled = (features - features.mean(axis=0)) / features.std(axis=0)
    theirs = RidgeCV(alphas=RIDGES, scoring="neg_mean_squared_error").fit(scaled, np.log(costs))
    fresh, _ = history(rng)
    expected = np.exp(theirs.predict((fresh - features.mean(axis=0)) / features.std(axis=0)))
    np.testing.assert_allclose(model.predict(fresh), expected, rtol=1e-8)
    assert model.error == pytest.approx(np.sqrt(-theirs.best_score_), rel=1e-8)


def test_leave_one_out_is_what_it_says(rng):
    features, costs = history(rng, rows=12)
    model = CostModel.fitted(features, costs)
    errors = []
    for ridge in RIDGES:
        out = []
        scaled = (features - features.mean(axis=0)) / features.std(axis=0)
        for left in range(12):
            rest = np.arange(12) != left
            x, y = scaled[rest], np.log(costs[rest])
            centred = x - x.mean(axis=0)
            slopes = np.linalg.solve(centred.T @ centred + ridge * np.eye(4), centred.T @ (y - y.mean()))
            out.append(np.log(costs[left]) - y.mean() - (scaled[left] - x.mean(axis=0)) @ slopes)
        errors.append(np.sqrt(np.mean(np.square(out))))
    assert model.error == pytest.approx(min(errors), rel=1e-9)


def test_a_constant_feature_and_more_features_than_rows_are_fine(rng):
    features = np.c_[np.ones(5), rng.standard_normal((5, 9))]
    model = CostModel.fitted(features, np.array([1.0, 2.0, 3.0, 4.0, 5.0]))
    assert np.isfinite(model.predict(features)).all()


def test_predicted_costs_decide_over_the_budget(rng):
    features, costs = history(rng, noise=0.0)
    run = started(PLAN, budget=20.0)
    run.beside({"cost_history.features": features[:40], "cost_history.costs": costs[:40]})
    run.beside({"cost_history.features": features[40:], "cost_history.costs": costs[40:]})
    run.feed({"scores": np.ones(80), "cost_features": features})
    chosen = run.finish()
    assert chosen.spending.predicted
    assert 1 <= chosen.spending.error < 1.05
    assert costs[chosen.indices].sum() == pytest.approx(20, rel=0.3)
    np.testing.assert_allclose(chosen.costs, costs[chosen.indices], rtol=0.1)


@pytest.mark.parametrize(
    ("beside", "reason", "field"),
    [
        ({}, "INPUT_MISSING", "side.cost_history"),
        ({"cost_history.features": np.ones((4, 2))}, "FIELD_MISSING", "side.cost_history"),
        ({"cost_history.features": np.ones((4, 3)), "cost_history.costs": np.ones(4)}, "SHAPE_MISMATCH", "side.cost_history.features"),
        ({"cost_history.features": np.ones((2, 2)), "cost_history.costs": np.ones(2)}, "SHAPE_INVALID", "side.cost_history.features"),
        ({"cost_history.features": np.ones((4, 2)), "cost_history.costs": np.zeros(4)}, "VALUE_OUT_OF_RANGE", "side.cost_history.costs"),
        ({"cost_history.features": np.ones((4, 2)), "cost_history.costs": np.ones(3)}, "SHAPE_MISMATCH", "side.cost_history.costs"),
    ],
)
def test_a_history_that_cannot_be_learnt_from_is_refused(beside, reason, field):
    run = started(PLAN, count=1)
    run.beside(beside)
    with pytest.raises(EngineError) as caught:
        run.feed({"scores": np.ones(3), "cost_features": np.ones((3, 2))})
    assert (caught.value.reason, caught.value.field) == (reason, field)

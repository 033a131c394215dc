import numpy as np
import pytest
from engine import scores_of, select
from querist_server.engine.choices.top import Top
from querist_server.engine.plan import Plan
from querist_server.engine.scores.expected_output_change import ExpectedOutputChange


@pytest.mark.parametrize("evaluation", ["POOL", "SAMPLE", "TARGET"])
def test_equals_the_refit_with_each_label(rng, evaluation):
    known, pool, target = (np.c_[rng.standard_normal((rows, 4)), np.ones(rows)] for rows in (15, 25, 9))
    believed = rng.dirichlet(np.ones(3), 25)
    others = target if evaluation == "TARGET" else pool
    information = known.T @ known + 0.7 * np.eye(5)
    expected = []
    for row, shares in zip(pool, believed, strict=True):
        refit = np.linalg.inv(information + np.outer(row, row))
        moved = [np.abs(others @ refit @ np.outer(row, np.eye(3)[label] - shares)).sum(axis=1).mean() for label in range(3)]
        expected.append(shares @ moved)
    beside = {"labelled.embeddings": known[:, :4]} | ({"target.embeddings": target[:, :4]} if evaluation == "TARGET" else {})
    plan = Plan(ExpectedOutputChange(evaluation, ridge=0.7), Top())
    found = scores_of(plan, {"embeddings": pool[:, :4], "probabilities": believed}, beside=beside)
    np.testing.assert_allclose(found, expected, rtol=1e-10)


def test_a_sample_says_how_exact_it_is(rng):
    columns = {"embeddings": rng.standard_normal((500, 4)), "probabilities": rng.dirichlet(np.ones(3), 500)}
    whole = scores_of(Plan(ExpectedOutputChange("POOL"), Top()), columns)
    inside = []
    for seed in range(10):
        found = select(Plan(ExpectedOutputChange(evaluation_rows=80), Top()), columns, seed=seed)
        inside.append(np.abs(found.scores - whole[found.indices]) < 2 * found.components["standard_error"])
    assert 0.86 < np.mean(inside) < 0.995

import numpy as np
import pytest
from engine import scores_of, select
from querist_server.engine.choices.top import Top
from querist_server.engine.errors import EngineError
from querist_server.engine.plan import Plan
from querist_server.engine.scores.dirichlet import Dirichlet
from scipy import stats
from scipy.spatial.distance import cdist


def measured(criterion, evidence, **parameters):
    return scores_of(Plan(Dirichlet(criterion=criterion, **parameters), Top()), {"evidence": evidence})


@pytest.mark.parametrize("prior", [0.3, 1.0])
def test_equals_draws_from_the_distribution(rng, prior):
    evidence = rng.gamma(1.0, 4.0, (6, 4))
    evidence[0] = 0
    found = {name: measured(name, evidence, prior=prior) for name in ("INFORMATION", "VARIANCE")}
    for row, counts in enumerate(evidence):
        draws = rng.dirichlet(counts + prior, 400_000)
        information = stats.entropy(draws.mean(axis=0)) - stats.entropy(draws, axis=1).mean()
        assert found["INFORMATION"][row] == pytest.approx(information, abs=3e-3)
        assert found["VARIANCE"][row] == pytest.approx(draws.var(axis=0).sum(), abs=2e-3)


def test_entropy_is_scipys(rng):
    evidence = rng.gamma(1.0, 4.0, (10, 5))
    expected = [stats.dirichlet(counts + 1).entropy() for counts in evidence]
    np.testing.assert_allclose(measured("ENTROPY", evidence), expected, rtol=1e-10, atol=1e-10)


def test_vacuity_is_the_share_of_the_prior():
    evidence = np.array([[0, 0], [1, 1], [8, 0.0]])
    assert measured("VACUITY", evidence).tolist() == [1, 0.5, 0.2]
    assert measured("VACUITY", evidence, prior=2.0).tolist() == [1, 4 / 6, 4 / 12]


@pytest.mark.parametrize("criterion", ["INFORMATION", "VACUITY", "VARIANCE"])
def test_more_evidence_of_the_same_kind_leaves_less_open(criterion):
    evidence = np.outer([0, 1, 10, 1e3, 1e6, 1e12], [0.5, 0.3, 0.2])
    found = measured(criterion, evidence)
    assert (np.diff(found) < 0).all()
    assert found[-1] == pytest.approx(0, abs=1e-11)
    assert (found >= 0).all()


def test_counts_may_be_kernel_masses(rng):
    known, pool, classes = rng.standard_normal((8, 3)), rng.standard_normal((20, 3)), rng.integers(0, 3, 8)
    masses = np.exp(-(cdist(pool, known) ** 2) / 1.44) @ np.eye(3)[classes]
    beside = {"labelled.embeddings": known, "labelled.classes": classes}
    plan = Plan(Dirichlet(counts="PARZEN", bandwidth=1.2), Top())
    found = select(plan, {"embeddings": pool}, beside=beside, class_count=3)
    np.testing.assert_allclose(found.scores, measured("INFORMATION", masses)[found.indices], atol=1e-12)
    assert found.score_source == "SURROGATE"


@pytest.mark.parametrize(
    ("evidence", "reason"),
    [([[1, -0.5]], "VALUE_OUT_OF_RANGE"), ([[1, np.inf]], "VALUE_NOT_FINITE"), ([[1.0]], "SHAPE_INVALID")],
)
def test_evidence_is_checked(evidence, reason):
    with pytest.raises(EngineError) as caught:
        measured("INFORMATION", np.array(evidence))
    assert (caught.value.reason, caught.value.field) == (reason, "evidence")

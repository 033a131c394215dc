import numpy as np
import pytest
from engine import select
from querist_server.engine.choices.top import Top
from querist_server.engine.errors import EngineError
from querist_server.engine.guards.energy import Energy
from querist_server.engine.plan import Plan
from querist_server.engine.scores.random import Random
from scipy.special import logsumexp
from scipy.stats import median_abs_deviation


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
@pytest.mark.parametrize("pieces", [None, 7])
def test_equals_scipy(rng, temperature, pieces):
    logits = rng.standard_normal((80, 6)) * 3 + 5
    logits[[3, 40]] = rng.standard_normal((2, 6)) - 60
    chosen = select(Plan(Random(), Top(), guards=(Energy(temperature=temperature),)), {"logits": logits}, pieces=pieces)
    energy = -temperature * logsumexp(logits / temperature, axis=1)
    z = (energy - np.median(energy)) / (1.4826 * median_abs_deviation(energy))
    assert chosen.guarded_indices.tolist() == np.flatnonzero(z > 4).tolist()
    assert {3, 40} <= set(chosen.guarded_indices.tolist())
    np.testing.assert_allclose(chosen.guarded_values, z[z > 4], rtol=1e-9)
    assert set(chosen.guarded_reasons) == {"HIGH_ENERGY"}


def test_large_logits_do_not_overflow():
    logits = np.array([[1e4, 0.0], [2e4, 1.0], [3e4, 0.0], [1.5e4, 5.0], [2.5e4, 0.0], [-1e6, -1e6]])
    chosen = select(Plan(Random(), Top(), guards=(Energy(),)), {"logits": logits})
    assert chosen.guarded_indices.tolist() == [5]


def test_where_most_are_the_same_nobody_is_put_aside():
    logits = np.zeros((20, 3))
    logits[0] = -100
    assert select(Plan(Random(), Top(), guards=(Energy(),)), {"logits": logits}).guarded_total == 0


def test_probabilities_are_no_logits(rng):
    with pytest.raises(EngineError) as caught:
        select(Plan(Random(), Top(), guards=(Energy(),)), {"probabilities": rng.dirichlet(np.ones(3), 5)})
    assert (caught.value.reason, caught.value.field) == ("INPUT_MISSING", "logits")


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_rounding_is_no_deviation(dtype):
    """The energy of logarithms of probabilities is 0, whatever they are: what is left is rounding."""
    for seed in range(6):
        logits = np.random.default_rng(seed).standard_normal((1000, 100)).astype(dtype) * 5
        logits -= logits.max(axis=1, keepdims=True)
        logits -= np.log(np.exp(logits).sum(axis=1, keepdims=True))
        assert select(Plan(Random(), Top(), guards=(Energy(),)), {"logits": logits}).guarded_total == 0


@pytest.mark.parametrize("scale", [1e300, 1e307, 1.7e308])
def test_a_low_temperature_does_not_overflow(rng, scale):
    logits = rng.uniform(-1, 1, (50, 3)) * scale
    logits[:, 0] = scale * rng.uniform(0.9, 1, 50)
    logits[7] = -scale
    chosen = select(Plan(Random(), Top(), guards=(Energy(temperature=1e-3),)), {"logits": logits})
    assert chosen.guarded_indices.tolist() == [7]

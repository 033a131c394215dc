import numpy as np
import pytest
from engine import parts, scores_of, select
from querist_server.engine.calibrations.temperature import PRIOR_DEVIATION, Temperature
from querist_server.engine.errors import EngineError
from scipy import optimize
from scipy.special import softmax
from sklearn.metrics import brier_score_loss, log_loss

CLASSES = 4


def drawn(rng, rows, temperature=1.0, scale=2.0):
    """Return logits of a model, and classes that follow its probabilities at another temperature."""
    logits = scale * rng.standard_normal((rows, CLASSES))
    ends = softmax(logits / temperature, axis=1).cumsum(axis=1)
    return logits, np.minimum((rng.random((rows, 1)) > ends).sum(axis=1), CLASSES - 1)


def fitted(logits, classes, weights=None):
    return Temperature.fitted(logits, classes, np.ones(len(logits)) if weights is None else weights)


@pytest.mark.parametrize("truth", [0.3, 1.0, 2.5])
def test_finds_the_temperature_that_the_classes_were_drawn_with(rng, truth):
    found = fitted(*drawn(rng, 20_000, truth))
    assert found.temperature == pytest.approx(truth, rel=0.05)
    assert found.bounded
    assert found.after.log_loss <= found.before.log_loss + 1e-12
    assert found.after.calibration_error < 0.02


@pytest.mark.parametrize("rows", [30, 199, 200, 1000])
@pytest.mark.parametrize("weighted", [False, True])
def test_equals_a_search_for_the_highest_posterior(rng, rows, weighted):
    logits, classes = drawn(rng, rows, 1.7)
    weights = rng.integers(0, 4, rows).astype(float) if weighted else np.ones(rows)
    counted = np.count_nonzero(weights)

    def objective(level):
        loss = log_loss(classes, softmax(logits * np.exp(-level), axis=1), labels=range(CLASSES), sample_weight=weights)
        return loss + (level**2 / (2 * PRIOR_DEVIATION**2 * counted) if counted < 200 else 0)

    expected = optimize.minimize_scalar(objective, bounds=(-3, 3), method="bounded", options={"xatol": 1e-12}).x
    found = fitted(logits, classes, weights)
    assert np.log(found.temperature) == pytest.approx(expected, abs=1e-6)
    assert found.rows == counted


def test_the_measures_are_scikit_learns(rng):
    logits, classes = drawn(rng, 500, 3.0)
    weights = rng.random(500)
    found = fitted(logits, classes, weights)
    for quality, probabilities in ((found.before, softmax(logits, axis=1)), (found.after, softmax(logits / found.temperature, axis=1))):
        assert quality.log_loss == pytest.approx(log_loss(classes, probabilities, sample_weight=weights))
        brier = brier_score_loss(classes, probabilities, sample_weight=weights, labels=range(CLASSES), scale_by_half=False)
        assert quality.brier_score == pytest.approx(brier)
        confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == classes
        gaps = 0.0
        for low in np.arange(15) / 15:
            inside = (confidence >= low) & (confidence < low + 1 / 15)
            gaps += abs((weights * (confidence - right))[inside].sum()) / weights.sum()
        assert quality.calibration_error == pytest.approx(gaps)


def test_weights_count_like_copies(rng):
    logits, classes = drawn(rng, 400, 2.0)
    copies = rng.integers(1, 4, 400)
    weighted = fitted(logits, classes, copies.astype(float))
    assert weighted.temperature == pytest.approx(fitted(np.repeat(logits, copies, axis=0), np.repeat(classes, copies)).temperature)


def beside(rng, rows=300, temperature=2.0, **more):
    logits, classes = drawn(rng, rows, temperature)
    return {"calibration.logits": logits, "calibration.classes": classes, **more}


@pytest.mark.parametrize("strategy", ["margin", "entropy", "least_confidence"])
@pytest.mark.parametrize("sent", ["logits", "probabilities"])
def test_every_strategy_sees_scaled_probabilities(rng, strategy, sent):
    logits = rng.standard_normal((50, CLASSES)) * 3
    columns = {"logits": logits} if sent == "logits" else {"probabilities": softmax(logits, axis=1)}
    found = select(strategy, columns, beside=beside(rng), calibration_origin="RANDOM", pieces=7)
    temperature = found.calibration.temperature
    assert temperature == pytest.approx(2.0, rel=0.3)
    expected = scores_of(strategy, {"probabilities": softmax(logits / temperature, axis=1)})
    np.testing.assert_allclose(found.scores, expected[found.indices], atol=1e-10)
    np.testing.assert_allclose(found.confidences, softmax(logits / temperature, axis=1).max(axis=1)[found.indices])
    assert found.warnings == []


def test_probabilities_and_logits_of_the_set_are_the_same_to_it(rng):
    logits, classes = drawn(rng, 300, 2.0)
    columns = {"logits": rng.standard_normal((20, CLASSES))}
    by_logits = {"calibration.logits": logits, "calibration.classes": classes}
    by_probabilities = {"calibration.probabilities": softmax(logits, axis=1), "calibration.classes": classes}
    one, other = (select("margin", columns, beside=each, calibration_origin="RANDOM") for each in (by_logits, by_probabilities))
    assert one.calibration.temperature == pytest.approx(other.calibration.temperature, abs=1e-6)


def test_probabilities_of_0_and_1_are_brought_back(rng):
    columns = {"probabilities": np.eye(CLASSES, dtype=np.float32)}
    sent = {"calibration.probabilities": np.repeat(np.eye(CLASSES), 100, axis=0), "calibration.classes": np.tile(np.arange(CLASSES), 100)}
    found = select("margin", columns, beside=sent, calibration_origin="RANDOM")
    assert (found.confidences < 0.35).all()
    assert found.calibration.temperature > 10


def test_parts_are_scaled_too(rng):
    columns = {"parts": parts(rng, 30)}
    found = select(
        "parts_entropy",
        columns,
        beside=beside(rng, 300, 3.0) | {"calibration.logits": rng.standard_normal((300, 5))},
        calibration_origin="RANDOM",
    )
    plain = select("parts_entropy", columns)
    assert not np.allclose(found.scores, plain.scores)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_cut_plays_no_part(rng, dtype):
    columns = {"probabilities": rng.dirichlet(np.ones(CLASSES), 400).astype(dtype)}
    task = {"beside": beside(rng), "calibration_origin": "RANDOM", "count": 40}
    whole = select("margin", columns, **task)
    for pieces, threads in ((1, 1), (7, 3), (399, 2)):
        again = select("margin", columns, pieces=pieces, threads=threads, **task)
        np.testing.assert_array_equal(again.indices, whole.indices)
        np.testing.assert_array_equal(again.scores, whole.scores)


def test_a_chosen_set_and_one_that_says_too_little_are_warned_of(rng):
    columns = {"logits": rng.standard_normal((20, CLASSES))}
    chosen = select("margin", columns, beside=beside(rng), calibration_origin="CHOSEN")
    assert [code for code, _ in chosen.warnings] == ["CALIBRATION_CHOSEN"]
    logits, _ = drawn(rng, 300)
    sure = {"calibration.logits": logits, "calibration.classes": logits.argmax(axis=1)}
    found = select("margin", columns, beside=sure, calibration_origin="RANDOM")
    assert "CALIBRATION_UNBOUNDED" in [code for code, _ in found.warnings]
    assert np.isfinite(found.scores).all()


@pytest.mark.parametrize("rows", [1, 2, 20])
def test_a_small_set_moves_little(rng, rows):
    logits, _ = drawn(rng, rows)
    found = fitted(logits, logits.argmax(axis=1))
    assert 0.05 < found.temperature < 1


@pytest.mark.parametrize(
    ("change", "origin", "reason", "field"),
    [
        ({}, None, "FIELD_MISSING", "calibration_origin"),
        ({"calibration.classes": None}, "RANDOM", "FIELD_MISSING", "side.calibration.classes"),
        ({"calibration.logits": None}, "RANDOM", "FIELD_MISSING", "side.calibration.probabilities"),
        ({"calibration.probabilities": np.full((300, CLASSES), 0.25)}, "RANDOM", "FIELD_CONFLICT", "side.calibration.logits"),
        ({"calibration.classes": np.full(300, CLASSES)}, "RANDOM", "VALUE_OUT_OF_RANGE", "side.calibration.classes"),
        ({"calibration.classes": np.zeros(299, int)}, "RANDOM", "SHAPE_MISMATCH", "side.calibration.logits"),
        ({"calibration.logits": np.zeros((300, 3))}, "RANDOM", "SHAPE_MISMATCH", "side.calibration.logits"),
        ({"calibration.logits": np.full((300, CLASSES), np.nan)}, "RANDOM", "VALUE_NOT_FINITE", "side.calibration.logits"),
        ({"calibration.weights": np.zeros(300)}, "RANDOM", "WEIGHTS_INVALID", "side.calibration.weights"),
        ({"calibration.weights": np.full(300, -1.0)}, "RANDOM", "WEIGHTS_INVALID", "side.calibration.weights"),
        (
            {"calibration.logits": np.empty((0, CLASSES)), "calibration.classes": np.empty(0, int)},
            "RANDOM",
            "SHAPE_INVALID",
            "side.calibration.logits",
        ),
    ],
)
def test_what_is_wrong_is_named(rng, change, origin, reason, field):
    sent = {name: array for name, array in {**beside(rng), **change}.items() if array is not None}
    with pytest.raises(EngineError) as caught:
        select("margin", {"logits": rng.standard_normal((20, CLASSES))}, beside=sent, calibration_origin=origin)
    assert (caught.value.reason, caught.value.field) == (reason, field)


def test_there_must_be_something_to_calibrate(rng):
    members = rng.dirichlet(np.ones(CLASSES), (20, 3))
    for columns, strategy in (({"committee.probabilities": members}, "bald"), ({"scores": rng.random(20)}, "caller")):
        with pytest.raises(EngineError, match="one model") as caught:
            select(strategy, columns, beside=beside(rng), calibration_origin="RANDOM")
        assert (caught.value.reason, caught.value.field) == ("INPUT_MISSING", "probabilities")


@pytest.mark.parametrize("largest", [1e150, 1e300, 1.7e308])
def test_logits_near_the_largest_float_have_a_temperature_and_a_quality(rng, largest):
    logits = rng.choice([-largest, 0.0, largest], (300, 3))
    found = fitted(logits, rng.integers(0, 3, 300))
    assert np.isfinite(found.temperature)
    assert not found.bounded
    for quality in (found.before, found.after):
        assert np.isfinite([quality.log_loss, quality.brier_score, quality.calibration_error]).all()

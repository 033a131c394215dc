"""Bad values are named with their reason, their column and the first row at fault."""

import numpy as np
import pytest
from engine import LIMITS, probabilities, select, started
from querist_server.engine.choices.k_center import KCenter
from querist_server.engine.choices.softrank import Softrank
from querist_server.engine.errors import EngineError, LimitError
from querist_server.engine.plan import Plan
from querist_server.engine.scores.margin import Margin
from querist_server.engine.task import Limits

ROWS, LATE = 40_000, 39_990


def refused(preset, columns, **task) -> EngineError:
    with pytest.raises(EngineError) as caught:
        select(preset, columns, **{"count": 1, **task})
    return caught.value


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("row", [0, 17, LATE])
@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ([np.nan, 0.5, 0.5], "VALUE_NOT_FINITE"),
        ([np.inf, 0, 0], "VALUE_NOT_FINITE"),
        ([-np.inf, np.inf, 0], "VALUE_NOT_FINITE"),
        ([-0.25, 0.75, 0.5], "PROBABILITY_NEGATIVE"),
        ([0.5, 0.5, 0.5], "ROW_NOT_NORMALIZED"),
        ([0, 0, 0], "ROW_NOT_NORMALIZED"),
    ],
)
def test_a_bad_row_is_found_wherever_it_is(rng, dtype, row, values, reason):
    rows = probabilities(rng, ROWS, 3, dtype)
    rows[row] = values
    rows[LATE + 5] = [0.9, 0.9, 0.9]
    error = refused("margin", {"probabilities": rows})
    assert (error.reason, error.field, error.row) == (reason, "probabilities", row)


@pytest.mark.parametrize("row", [3, LATE])
def test_a_bad_member_is_found(rng, row):
    members = np.stack([probabilities(rng, ROWS, 3)] * 4, axis=1)
    members[row, 2, 1] += 0.5
    error = refused("bald", {"committee.probabilities": members})
    assert (error.reason, error.field, error.row) == ("ROW_NOT_NORMALIZED", "committee.probabilities", row)


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-3), (np.float32, 1e-3), (np.float16, 1e-2)])
def test_sums_may_be_off_by_the_tolerance_and_no_more(dtype, tolerance):
    rows = np.full((4, 2), 0.5)
    rows[1, 0] += 0.9 * tolerance
    select("margin", {"probabilities": rows.astype(dtype)}, count=1)
    rows[1, 0] += 0.4 * tolerance
    error = refused("margin", {"probabilities": rows.astype(dtype)})
    assert (error.reason, error.row) == ("ROW_NOT_NORMALIZED", 1)


def test_logits_are_recognised_and_the_way_to_send_them_is_said(rng):
    error = refused("margin", {"probabilities": rng.standard_normal((30, 5)) * 4})
    assert error.reason == "PROBABILITIES_LOOK_LIKE_LOGITS"
    assert "send them as logits" in str(error)
    error = refused("margin", {"probabilities": rng.standard_normal(30) * 4})
    assert error.reason == "PROBABILITIES_LOOK_LIKE_LOGITS"


@pytest.mark.parametrize(
    ("value", "reason"), [(-0.1, "PROBABILITY_NEGATIVE"), (1.5, "PROBABILITY_ABOVE_ONE"), (np.nan, "VALUE_NOT_FINITE")]
)
def test_a_single_positive_probability_is_checked(value, reason):
    positive = np.full(9, 0.5)
    positive[4] = value
    error = refused("margin", {"probabilities": positive})
    assert (error.reason, error.row) == (reason, 4)


@pytest.mark.parametrize("name", ["logits", "scores", "embeddings"])
def test_other_columns_must_be_finite(rng, name):
    preset, columns = {
        "logits": ("margin", {"logits": rng.standard_normal((50, 3))}),
        "scores": ("caller", {"scores": rng.random(50)}),
        "embeddings": ("k_center", {"embeddings": rng.random((50, 2))}),
    }[name]
    columns[name][33] = np.nan
    error = refused(preset, columns)
    assert (error.reason, error.field, error.row) == ("VALUE_NOT_FINITE", name, 33)


def test_embeddings_whose_distances_would_overflow_are_refused():
    points = np.ones((20, 3), np.float32)
    points[13] = 1e19
    error = refused("k_center", {"embeddings": points})
    assert (error.reason, error.field, error.row) == ("VALUE_OUT_OF_RANGE", "embeddings", 13)
    select("k_center", {"embeddings": points.astype(float)}, count=5)


def test_large_finite_values_are_fine():
    select("caller", {"scores": np.full(10, 1e308)}, count=1)


@pytest.mark.parametrize("vote", [-2, 3, 100])
def test_a_vote_must_be_a_class_or_an_abstention(vote):
    votes = np.zeros((20, 3), np.int64)
    votes[11, 1] = vote
    error = refused("vote_entropy", {"committee.votes": votes}, class_count=3)
    assert (error.reason, error.row) == ("VOTE_OUT_OF_RANGE", 11)
    assert str(vote) in str(error)


def test_keys_must_differ_and_the_first_repetition_is_named():
    keys = np.array([5, 6, 7, 6, 5])
    error = refused("random", {"scores": np.zeros(5), "keys": keys})
    assert (error.reason, error.row) == ("KEY_DUPLICATE", 3)


def whole_run(limits, columns):
    run = started("margin", limits=limits)
    run.feed(columns)
    return run.finish()


def test_limits_are_named(rng):
    columns = {"probabilities": probabilities(rng, 100, 5)}
    for name, value in (("max_rows", 99), ("max_classes", 4), ("max_kept_bytes", 500)):
        limits = Limits(**{**vars(LIMITS), name: value})
        with pytest.raises(LimitError) as caught:
            whole_run(limits, columns)
        assert (caught.value.limit, caught.value.allowed) == (name, value)


@pytest.mark.parametrize("plan", ["margin", "power_margin", Plan(Margin(), Softrank(), 1000), Plan(Margin(), KCenter(), 1000)], ids=str)
def test_what_is_kept_does_not_grow_with_the_pool(rng, plan):
    block = {"probabilities": probabilities(rng, 20_000, 4, np.float32), "embeddings": rng.random((20_000, 8), np.float32)}
    held = []
    for times in (2, 20):
        run = started(plan, count=100)
        for _ in range(times):
            run.feed(block)
        held.append(run.bytes_kept)
        assert run.finish().statistics.rows == times * 20_000
    assert held[1] <= 600_000  # twice the rows that are wanted and some slack, at most 68 bytes each

"""When the client tries again, without a server and without waiting."""

import collections
import pickle

import pytest
from querist import _retry
from querist._retry import Attempts, Budget
from querist.errors import ModelWorkerDiedError, NotFoundError, QueristError, ServerOverloadedError, ServerUnavailableError

DOWN = "failed to connect"


def overloaded(seconds: float | None) -> ServerOverloadedError:
    return ServerOverloadedError("busy", retry_after=seconds, reason="SERVER_OVERLOADED", code="RESOURCE_EXHAUSTED")


def attempts(budget: Budget | None = None, retries: int = 3, timeout: float | None = None) -> Attempts:
    return Attempts(retries, timeout, None, budget or Budget())


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still until it is told."""
    now = [1000.0]
    monkeypatch.setattr(_retry.time, "monotonic", lambda: now[0])
    return now


def test_64_callers_never_come_back_early_and_not_in_one_wave():
    wish = 2.0
    delays = [attempts().delay_after(overloaded(wish)) for _ in range(64)]
    assert min(delays) >= wish
    assert max(delays) <= 2 * wish
    busiest = collections.Counter(int((delay - wish) / wish * 8) for delay in delays).most_common(1)[0][1]
    assert busiest < 32  # of 64 into 8 equal spans, 8 each on average; a chance of 1e-12 to fail


def test_without_a_wish_delays_grow_and_differ():
    first, second, third = ([], [], [])
    for _ in range(50):
        one = attempts()
        for delays in (first, second, third):
            delays.append(one.delay_after(overloaded(None)))
    assert max(first) <= 0.1 < min(third)
    assert max(second) <= 0.2
    assert len(set(first)) > 40


def test_a_wish_that_outlasts_the_deadline_or_all_patience_ends_at_once(clock):
    with pytest.raises(ServerOverloadedError):
        attempts(timeout=5).delay_after(overloaded(5.0))
    with pytest.raises(ServerOverloadedError):
        attempts(timeout=None).delay_after(overloaded(1e12))


def test_a_server_that_is_down_is_not_hammered_by_all_calls_together(clock):
    budget = Budget()
    for _ in range(_retry.BURST):
        attempts(budget).delay_after(ServerUnavailableError(DOWN))
    with pytest.raises(ServerUnavailableError, match="tried again too often"):
        attempts(budget).delay_after(ServerUnavailableError(DOWN))
    attempts(budget).delay_after(overloaded(1.0))  # a server that answers spaces its callers itself
    clock[0] += 2
    for _ in range(int(2 * _retry.PER_SECOND)):
        attempts(budget).delay_after(ServerUnavailableError(DOWN))
    with pytest.raises(ServerUnavailableError):
        attempts(budget).delay_after(ServerUnavailableError(DOWN))
    clock[0] += 1e6
    for _ in range(_retry.BURST):
        attempts(budget).delay_after(ServerUnavailableError(DOWN))
    with pytest.raises(ServerUnavailableError):
        attempts(budget).delay_after(ServerUnavailableError(DOWN))


def test_a_budget_travels_to_another_process_full():
    budget = Budget()
    while budget.take():
        pass
    assert pickle.loads(pickle.dumps(budget)).take()


def test_one_more_try_after_a_model_process_died():
    died = ModelWorkerDiedError("died", reason="MODEL_WORKER_DIED", code="ABORTED")
    one = attempts()
    one.delay_after(died)
    one.delay_after(overloaded(0.1))
    with pytest.raises(ModelWorkerDiedError):
        one.delay_after(died)
    with pytest.raises(ModelWorkerDiedError):
        attempts(retries=0).delay_after(died)


@pytest.mark.parametrize(
    ("before", "lost"),
    [
        ([], False),
        ([overloaded(0.1)], False),
        ([ServerUnavailableError(DOWN)], True),
        ([overloaded(0.1), ServerUnavailableError(DOWN)], True),
    ],
)
def test_what_is_not_found_says_whether_an_answer_was_lost_before(before, lost):
    one = attempts()
    for error in before:
        one.delay_after(error)
    with pytest.raises(NotFoundError) as caught:
        one.delay_after(NotFoundError("gone", reason="MODEL_NOT_FOUND", code="NOT_FOUND"))
    assert caught.value.reply_lost is lost


def test_all_else_is_final():
    with pytest.raises(QueristError):
        attempts().delay_after(QueristError("the disk", reason="MODEL_STORE_UNAVAILABLE", code="FAILED_PRECONDITION"))


def test_an_attempt_with_renewed_credentials_remembers_the_lost_answer_too():
    one = attempts()
    assert one.renews_after(ServerUnavailableError(DOWN))
    with pytest.raises(NotFoundError) as caught:
        one.delay_after(NotFoundError("gone"))
    assert caught.value.reply_lost

"""Admission and turns: what may wait, what may be held, and who computes next."""

import asyncio
import threading
import time

import pytest
from querist_server.engine.errors import Cancelled
from querist_server.engine.kernels import parallel
from querist_server.service import calls
from querist_server.service.errors import RetryLater
from querist_server.service.turns import checkpoint_of
from querist_server.service.workers import WORKING_COPIES, Workers


@pytest.fixture
def workers():
    pool = Workers(threads=1, max_waiting=1, max_bytes=400)
    yield pool
    pool.close()


async def test_bytes_are_counted_by_what_they_are_and_given_back(workers):
    async with workers.admit(30) as ticket:
        assert workers.bytes_held == WORKING_COPIES * 30
        ticket.hold(kept=150)
        ticket.hold(kept=140, ahead=10)
        assert workers.bytes_held == 270
        ticket.hold(ahead=0)
        ticket.hold_for_work(20)
        ticket.hold_for_work(20)
        assert workers.bytes_held == 300
        with pytest.raises(RetryLater) as caught:
            ticket.hold(kept=141)
        assert caught.value.reason == "SERVER_OVERLOADED"
        assert workers.bytes_held == 300
        with pytest.raises(RetryLater):
            async with workers.admit(1):
                pytest.fail("there was no room")
    assert workers.bytes_held == 0


async def test_a_call_that_fails_gives_back_what_it_held(workers):
    with pytest.raises(KeyError):
        async with workers.admit(10) as ticket:
            ticket.hold(kept=20)
            raise KeyError
    assert workers.bytes_held == 0


async def test_calls_are_let_in_while_few_wait(workers):
    gate = threading.Event()
    async with workers.admit(0) as first, workers.admit(0) as second:
        running = [asyncio.create_task(ticket.run(gate.wait, 10)) for ticket in (first, second)]
        await asyncio.sleep(0)
        with pytest.raises(RetryLater, match="1 selections wait for 1 workers"):
            async with workers.admit(0):
                pytest.fail("one waits already")
        gate.set()
        assert await asyncio.gather(*running) == [True, True]
    async with workers.admit(0) as ticket:
        assert await ticket.run(max, 3, 4) == 4


async def test_work_of_a_cancelled_call_counts_until_it_has_ended(workers):
    gate, begun = threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        gate.wait(10)

    async with workers.admit(0) as ticket:
        call = asyncio.create_task(ticket.run(work))
        await asyncio.to_thread(begun.wait, 10)
        call.cancel()
        await asyncio.gather(call, return_exceptions=True)
    assert workers.unfinished == 1
    gate.set()
    await until(lambda: not workers.unfinished)


async def test_a_call_that_is_cancelled_while_it_waits_gives_its_turn_to_the_next():
    workers = Workers(threads=1, max_waiting=8, max_bytes=100)
    gate = threading.Event()
    async with workers.admit(0) as first, workers.admit(0) as second, workers.admit(0) as third:
        running = [asyncio.create_task(first.run(gate.wait, 10)), asyncio.create_task(second.run(max, 1, 2))]
        last = asyncio.create_task(third.run(max, 3, 4))
        await asyncio.sleep(0.01)
        running[1].cancel()
        gate.set()
        assert await asyncio.wait_for(last, 10) == 4
        await asyncio.gather(*running, return_exceptions=True)
    await until(lambda: not workers.unfinished)
    workers.close()


async def test_small_work_overtakes_giants_at_their_next_checkpoint():
    workers = Workers(threads=1, max_waiting=8, max_bytes=100)
    stop = threading.Event()
    rounds = [0, 0]

    def giant(number: int, ended: threading.Event) -> None:
        checkpoint = checkpoint_of(ended)
        while not stop.is_set():
            time.sleep(0.005)
            rounds[number] += 1
            checkpoint()

    async with workers.admit(0) as first, workers.admit(0) as second, workers.admit(0) as small:
        running = [asyncio.create_task(ticket.run(giant, number, ticket.ended)) for number, ticket in enumerate((first, second))]
        await until(lambda: min(rounds) > 10)  # giants share what there is
        assert await asyncio.wait_for(small.run(max, 3, 4), 10) == 4
        assert not any(task.done() for task in running)
        stop.set()
        await asyncio.gather(*running)
    workers.close()


async def test_work_that_is_alone_computes_on_all_threads_and_leaves_one_as_soon_as_it_is_wanted():
    workers = Workers(threads=2, max_waiting=8, max_bytes=100)
    threads: list[set[int]] = [set(), set()]
    alone, stop = threading.Event(), threading.Event()

    def piece(_: slice) -> None:
        threads[alone.is_set()].add(threading.get_ident())
        time.sleep(0.002)

    def giant() -> None:
        while not stop.is_set():
            parallel.each(piece, parallel.pieces(40, 1), lambda: None)

    def other() -> None:
        time.sleep(0.1)  # what was begun is at its end by then
        alone.set()
        time.sleep(0.1)

    async with workers.admit(0) as first, workers.admit(0) as second:
        running = asyncio.create_task(first.run(giant))
        await until(lambda: len(threads[0]) > 1)
        await asyncio.wait_for(second.run(other), 10)
        stop.set()
        await running
    assert len(threads[1]) == 1
    assert await asyncio.wait_for(_both_at_once(workers), 10)
    workers.close()


async def _both_at_once(workers: Workers) -> bool:
    """Tell whether two works still compute at a time: no place was lost."""
    meeting = threading.Barrier(2, timeout=5)
    async with workers.admit(0) as first, workers.admit(0) as second:
        await asyncio.gather(first.run(meeting.wait), second.run(meeting.wait))
    return True


async def test_callers_share_alike_however_many_calls_each_has():
    workers = Workers(threads=1, max_waiting=16, max_bytes=100)
    stop = threading.Event()
    rounds = {"many": 0, "one": 0}

    def work(caller: str, ended: threading.Event) -> None:
        checkpoint = checkpoint_of(ended)
        while not stop.is_set():
            time.sleep(0.005)
            rounds[caller] += 1
            checkpoint()

    async def call(caller: str) -> None:
        calls.CURRENT.set(calls.Call("method", "id", caller))
        async with workers.admit(0) as ticket:
            await ticket.run(work, caller, ticket.ended)

    running = [asyncio.create_task(call(caller)) for caller in ("many",) * 7 + ("one",)]
    await until(lambda: sum(rounds.values()) > 200)
    stop.set()
    await asyncio.gather(*running)
    workers.close()
    assert 0.35 < rounds["one"] / sum(rounds.values()) < 0.65  # 1/8 if calls shared alike


async def test_work_whose_call_has_ended_stops_at_its_next_checkpoint(workers):
    ended = threading.Event()
    checkpoint_of(ended)()
    ended.set()
    with pytest.raises(Cancelled):
        checkpoint_of(ended)()


async def test_one_caller_leaves_places_and_bytes_to_others():
    workers = Workers(threads=1, max_waiting=15, max_bytes=1600)
    gate = threading.Event()
    admitted, running = [], []

    async def come(caller: str) -> bool:
        calls.CURRENT.set(calls.Call("method", "id", caller))
        try:
            async with workers.admit(0) as ticket:
                admitted.append(caller)
                running.append(asyncio.current_task())
                await ticket.run(gate.wait, 10)
        except RetryLater:
            return False
        return True

    tasks = [asyncio.create_task(come("greedy")) for _ in range(40)]
    await asyncio.sleep(0.05)
    assert admitted.count("greedy") == 12
    tasks.append(asyncio.create_task(come("modest")))
    await asyncio.sleep(0.05)
    assert admitted.count("modest") == 1
    gate.set()
    outcomes = await asyncio.gather(*tasks)
    assert outcomes.count(True) == 13
    workers.close()


async def until(condition, seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        await asyncio.sleep(0.005)

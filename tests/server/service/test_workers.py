"""Admission: what may wait, and what may be held."""

import asyncio
import threading

import pytest
from querist_server.service.errors import RetryLater
from querist_server.service.workers import Workers


@pytest.fixture
def workers():
    pool = Workers(threads=1, max_waiting=1, max_bytes=100)
    yield pool
    pool.close()


async def test_bytes_are_counted_by_what_they_are_and_given_back(workers):
    async with workers.admit(30) as ticket:
        ticket.hold(kept=50)
        ticket.hold(kept=40, ahead=10)
        assert workers.bytes_held == 80
        ticket.hold(ahead=0)
        assert workers.bytes_held == 70
        with pytest.raises(RetryLater) as caught:
            ticket.hold(kept=71)
        assert caught.value.reason == "SERVER_OVERLOADED"
        assert workers.bytes_held == 70
        with pytest.raises(RetryLater):
            async with workers.admit(31):
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
    calls = [asyncio.create_task(workers.run(gate.wait, 10)) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(RetryLater, match="1 selections wait for 1 workers"):
        async with workers.admit(0):
            pytest.fail("one waits already")
    gate.set()
    assert await asyncio.gather(*calls) == [True, True]
    async with workers.admit(0) as ticket:
        assert await ticket.run(max, 3, 4) == 4


async def test_work_of_a_cancelled_call_counts_until_it_has_ended(workers):
    gate, begun = threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        gate.wait(10)

    call = asyncio.create_task(workers.run(work))
    await asyncio.to_thread(begun.wait, 10)
    call.cancel()
    await asyncio.gather(call, return_exceptions=True)
    assert workers.unfinished == 1
    gate.set()
    for _ in range(1000):
        if not workers.unfinished:
            return
        await asyncio.sleep(0.005)
    pytest.fail("the worker was never free again")

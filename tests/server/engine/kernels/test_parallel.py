"""Pieces on several threads: each once, errors and cancellation heard, places given back."""

import threading
import time
from contextlib import nullcontext

import numpy as np
import pytest
from places import Places
from querist_server.engine.errors import Cancelled
from querist_server.engine.kernels import parallel


@pytest.mark.parametrize("free", [0, 1, 3])
def test_each_piece_is_done_once_and_every_place_given_back(free):
    places, done, threads = Places(free), np.zeros(1000, int), set()

    def work(some):
        done[some] += 1
        threads.add(threading.get_ident())
        time.sleep(0.002)

    with parallel.lent(places):
        parallel.each(work, parallel.pieces(1000, 16), lambda: None)
    assert (done == 1).all()
    assert places.free == free
    assert places.borrowed == free
    assert len(threads) == 1 + free


def test_few_pieces_and_nothing_lent_stay_on_this_thread():
    places = Places(3)
    with parallel.lent(places):
        assert _threads_of(parallel.FEWEST_PIECES - 1) == {threading.get_ident()}
    assert places.borrowed == 0
    assert _threads_of(50) == {threading.get_ident()}


def test_a_place_that_is_wanted_is_given_back_between_pieces():
    places, helped = Places(1), []

    def work(_):
        if threading.get_ident() != here:
            helped.append(1)
            places.wanted = True
        time.sleep(0.002)

    here = threading.get_ident()
    with parallel.lent(places):
        parallel.each(work, parallel.pieces(40, 1), lambda: None)
    assert len(helped) == 1
    assert places.free == 1


@pytest.mark.parametrize("where", ["here", "helper"])
def test_an_error_ends_the_work_and_is_raised_here(where):
    places, done = Places(1), []

    def work(_):
        if (threading.get_ident() == here) == (where == "here"):
            raise ValueError(where)
        done.append(1)
        time.sleep(0.002)

    here = threading.get_ident()
    with parallel.lent(places), pytest.raises(ValueError, match=where):
        parallel.each(work, parallel.pieces(5000, 1), lambda: None)
    assert len(done) < 100
    assert places.free == 1


def test_cancellation_is_heard_between_pieces_and_waits_for_helpers():
    places, running = Places(1), []

    def work(_):
        running.append(1)
        time.sleep(0.005)
        running.pop()

    def checkpoint():
        if running:
            raise Cancelled

    with parallel.lent(places), pytest.raises(Cancelled):
        parallel.each(work, parallel.pieces(5000, 1), checkpoint)
    assert not running
    assert places.free == 1


def test_what_numpy_was_told_to_overlook_is_overlooked_on_every_thread():
    def work(_):
        np.float64(1e308) * np.array([10.0])
        time.sleep(0.002)

    with parallel.lent(Places(1)), np.errstate(over="ignore"):
        parallel.each(work, parallel.pieces(30, 1), lambda: None)


@pytest.mark.parametrize("free", [None, 0, 1, 3])
def test_results_come_in_the_order_of_their_items(free):
    places, running, together, given = Places(free or 0), [], set(), []

    def items():
        for item in range(200):
            given.append(item)
            yield item

    def work(item):
        running.append(item)
        together.add(len(running))
        time.sleep(0.004 if item % 5 == 0 else 0.001)  # the later are often done before the earlier
        running.remove(item)
        return item * item

    found = []
    with parallel.lent(places) if free is not None else nullcontext():
        for result in parallel.in_order(work, items()):
            found.append(result)
            assert len(given) - len(found) <= parallel.MOST_HELPERS + 2
    assert found == [item * item for item in range(200)]
    assert together == set(range(1, 2 + (free or 0)))
    assert places.free == (free or 0)


def test_one_item_and_none_stay_on_this_thread():
    places = Places(3)
    with parallel.lent(places):
        assert list(parallel.in_order(lambda _: threading.get_ident(), [1])) == [threading.get_ident()]
        assert list(parallel.in_order(lambda _: threading.get_ident(), [])) == []
    assert places.borrowed == 0


@pytest.mark.parametrize("wrong", [0, 1, 2, 30, 39])
@pytest.mark.parametrize("free", [0, 1, 3])
@pytest.mark.parametrize("where", ["work", "items", "both"])
def test_of_several_errors_the_first_in_order_is_raised(wrong, free, where):
    places, found = Places(free), []

    def items():
        for item in range(40):
            if where != "work" and item == wrong:
                raise ValueError(f"item {item}")
            yield item

    def work(item):
        time.sleep(0.001)
        if where != "items" and item >= wrong - (where == "both"):
            raise ValueError(f"work {item}")
        return item

    first = {"work": f"work {wrong}", "items": f"item {wrong}", "both": f"work {wrong - 1}" if wrong else "item 0"}[where]
    with parallel.lent(places), pytest.raises(ValueError, match=f"^{first}$"):
        found.extend(parallel.in_order(work, items()))
    assert found == list(range(wrong - (where == "both" and wrong > 0)))
    assert places.free == free


def test_who_stops_asking_for_results_leaves_no_thread_at_work():
    places = Places(2)
    with parallel.lent(places):
        results = parallel.in_order(lambda item: time.sleep(0.01) or item, range(100))
        assert next(results) == 0
        results.close()
    assert places.free == 2


def _threads_of(count):
    threads = set()

    def work(_):
        threads.add(threading.get_ident())
        time.sleep(0.001)

    parallel.each(work, parallel.pieces(count, 1), lambda: None)
    return threads

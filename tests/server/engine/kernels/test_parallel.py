"""Pieces on several threads: each once, errors and cancellation heard, places given back."""

import threading
import time

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


def _threads_of(count):
    threads = set()

    def work(_):
        threads.add(threading.get_ident())
        time.sleep(0.001)

    parallel.each(work, parallel.pieces(count, 1), lambda: None)
    return threads

"""Rows that consist of parts: cut on a grid that follows from the rows alone, checked part by part."""

import numpy as np
import pytest
from engine import select
from hypothesis import given, settings
from hypothesis import strategies as st
from querist_server.engine import grid
from querist_server.engine.choices.top import Top
from querist_server.engine.errors import EngineError
from querist_server.engine.part import Need, Score
from querist_server.engine.plan import Plan
from querist_server.engine.ragged import Ragged
from querist_server.engine.scores.random import Random


class Longest(Score):
    """The largest entropy-free thing there is to know of parts: the largest probability of any."""

    name = "longest"
    needs = frozenset({Need.PARTS})

    def measure(self, block, context):
        parts = block.parts
        best = parts.block.probabilities.max(axis=1) if parts.block.length else np.empty(0)
        owner = np.repeat(np.arange(block.length), parts.counts)
        values = np.zeros(block.length)
        np.maximum.at(values, owner, best)
        return values


def ragged(rng, rows, most=6):
    counts = rng.integers(0, most, rows)
    return Ragged(counts, {"probabilities": rng.dirichlet(np.ones(3), int(counts.sum()))})


def test_slices_and_joins_are_each_others_inverse(rng):
    whole = ragged(rng, 30)
    again = Ragged.joined([whole[:7], whole[7:7], whole[7:29], whole[29:]])
    np.testing.assert_array_equal(again.counts, whole.counts)
    np.testing.assert_array_equal(again.columns["probabilities"], whole.columns["probabilities"])


@settings(deadline=None, max_examples=200)
@given(
    st.lists(st.integers(0, 9), min_size=1, max_size=60), st.lists(st.integers(0, 60), max_size=5), st.integers(1, 12), st.integers(1, 20)
)
def test_blocks_end_where_the_rows_say_whatever_the_pieces(counts, cuts, length, parts):
    whole = Ragged(np.array(counts), {"at": np.arange(sum(counts))})

    def blocks(edges):
        cutter = grid.Grid(length, parts)
        out = []
        for start, stop in zip([0, *edges], [*edges, len(counts)], strict=True):
            out += list(cutter.add({"parts": whole[start:stop], "row": np.arange(start, stop)}, stop - start))
        return [*out, *cutter.rest()]

    one = blocks([])
    other = blocks(sorted(min(cut, len(counts)) for cut in cuts))
    assert [cut.first_row for cut in one] == [cut.first_row for cut in other]
    for mine, theirs in zip(one, other, strict=True):
        np.testing.assert_array_equal(mine.columns["parts"].columns["at"], theirs.columns["parts"].columns["at"])
        np.testing.assert_array_equal(mine.columns["row"], theirs.columns["row"])
        held = mine.columns["parts"].counts
        assert len(held) <= length
        assert held[:-1].sum() < parts
    assert sum(len(cut.columns["row"]) for cut in one) == len(counts)


@pytest.mark.parametrize("pieces", [None, 1, 7])
@pytest.mark.parametrize("threads", [1, 3])
def test_answers_do_not_depend_on_pieces_or_threads(rng, pieces, threads, monkeypatch):
    monkeypatch.setattr(grid, "BLOCK_BYTES", 500)
    whole = ragged(rng, 100)
    expected = select(Plan(Longest(), Top()), {"parts": whole})
    chosen = select(Plan(Longest(), Top()), {"parts": whole}, pieces=pieces, threads=threads)
    np.testing.assert_array_equal(chosen.indices, expected.indices)
    np.testing.assert_array_equal(chosen.scores, expected.scores)


@pytest.mark.parametrize("wrong", [0, 17, 41])
def test_a_part_at_fault_is_named_by_its_row(rng, wrong):
    counts = np.full(21, 2)
    probabilities = rng.dirichlet(np.ones(3), 42)
    probabilities[wrong] = [0.5, 0.5, 0.5]
    with pytest.raises(EngineError) as caught:
        select(Plan(Random(), Top()), {"parts": Ragged(counts, {"probabilities": probabilities})})
    assert (caught.value.reason, caught.value.field, caught.value.row) == ("ROW_NOT_NORMALIZED", "parts.probabilities", wrong // 2)


def test_a_row_at_fault_behind_rows_without_parts(rng):
    probabilities = np.array([[0.5, 0.5], [2.0, -1.0]])
    with pytest.raises(EngineError) as caught:
        select(Plan(Random(), Top()), {"parts": Ragged(np.array([0, 1, 0, 0, 1]), {"probabilities": probabilities})})
    assert caught.value.row == 4


def test_classes_of_rows_and_parts_must_agree(rng):
    parts = Ragged(np.array([1, 1]), {"probabilities": rng.dirichlet(np.ones(3), 2)})
    with pytest.raises(EngineError) as caught:
        select(Plan(Random(), Top()), {"parts": parts, "probabilities": np.full((2, 2), 0.5)})
    assert caught.value.reason == "SHAPE_MISMATCH"

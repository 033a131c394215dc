"""Random numbers that belong to a row, not to a place in a sequence: a function of the seed, the purpose and the row index alone."""

from __future__ import annotations

import enum

import numpy as np
import numpy.typing as npt

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)


class Purpose(enum.IntEnum):
    """What the numbers are for; different purposes with one seed are independent."""

    SCORE = 1
    CHOICE = 2
    RANDOM_SHARE = 3
    AUDIT = 4
    SEEDING = 5
    REFERENCE = 6
    SUBSET = 7
    MASK = 8
    SEEDING_ROWS = 9
    EVALUATION = 10
    SHORTLIST = 11
    OUTCOMES = 12


def uniform(seed: int, purpose: Purpose, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Return one number in the open interval (0, 1) for each row index.

    A SplitMix64 generator (Steele, Lea and Flood, OOPSLA 2014), entered at position `row`, keyed by seed and purpose, mixed twice.
    """
    key = _scalar_mix((seed + int(purpose) * 0xD1B54A32D192ED03) & 0xFFFFFFFFFFFFFFFF)
    state = rows.astype(np.uint64) * _GOLDEN + np.uint64(key)
    bits = _mix(_mix(state) + _GOLDEN)
    return ((bits >> np.uint64(12)).astype(np.float64) + 0.5) * 2.0**-52


def gumbel(seed: int, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Return standard Gumbel noise for each row index, for choosing."""
    draws = uniform(seed, Purpose.CHOICE, rows)
    return -np.log(-np.log(draws))


def _mix(state: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    state = (state ^ (state >> np.uint64(30))) * _MIX_1
    state = (state ^ (state >> np.uint64(27))) * _MIX_2
    return state ^ (state >> np.uint64(31))


def _scalar_mix(state: int) -> int:
    return int(_mix(np.array([state], np.uint64))[0])


def key_hash(keys: npt.NDArray[np.int64]) -> npt.NDArray[np.uint64]:
    """Return a hash of each key, the same in every call."""
    return _mix(keys.astype(np.uint64) * _GOLDEN)

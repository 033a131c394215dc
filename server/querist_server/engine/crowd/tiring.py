"""Whether an annotator drifts or tires, from the order and the times of their answers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from querist_server.engine.crowd.votes import FloatArray
from querist_server.engine.kernels import drift

FEWEST_LABELS = 20
FALSE_ALARM = 0.005
"""Of each of the two charts, over all answers of an annotator."""
HOUR = 3600.0


@dataclass(frozen=True)
class Tiring:
    """The fields are those of the contract's `Drift`, None for what cannot be told."""

    fell_at: float | None
    per_hour: drift.Trend | None
    seconds_per_hour: float | None
    sessions: int
    session_hours: float | None


def tiring(agreed: FloatArray, times: FloatArray, seconds: FloatArray | None, gap: float) -> Tiring | None:
    """Return what the answers of one annotator show, in the order of time; None with too few that can be compared.

    Parameters
    ----------
    agreed : ndarray of shape (n,)
        1 where the label is what the others say, 0 where it is not, NaN where that cannot be told.
    times : ndarray of shape (n,)
        In seconds, rising.
    seconds : ndarray of shape (n,) or None
        How long each answer took.
    gap : float
        Seconds without an answer after which a new session begins.
    """
    known = ~np.isnan(agreed)
    if np.count_nonzero(known) < FEWEST_LABELS:
        return None
    level = float((np.nansum(agreed) + 1) / (np.count_nonzero(known) + 2))
    alarms = (drift.ewma(agreed, level, FALSE_ALARM).alarm, drift.cusum(agreed, level, false_alarm=FALSE_ALARM).alarm)
    first = min((alarm for alarm in alarms if alarm is not None), default=None)
    session = drift.sessions(times, gap)
    starts = np.concatenate(([0], np.flatnonzero(np.diff(session)) + 1))
    hours = (times - np.repeat(times[starts], np.diff(np.append(starts, len(times))))) / HOUR
    pace = None
    if seconds is not None and np.ptp(hours) > 0:
        trend = drift.theil_sen(seconds, hours)
        pace = None if trend is None else trend[0]
    return Tiring(
        fell_at=None if first is None else float(times[first]),
        per_hour=drift.position_trend(agreed, hours, session) if np.ptp(hours) > 0 else None,
        seconds_per_hour=pace,
        sessions=int(session[-1] - session[0] + 1),
        session_hours=drift.session_length(agreed, hours, session),
    )

"""How long each preset takes by the number of rows, with the exponent, and how much it keeps of a row."""

import math
import statistics
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import curve_inputs
import numpy as np
import querist
from querist.catalogue import Preset

SIZES = (10_000, 100_000, 1_000_000)
STREAMED = 10_000_000
STREAMED_BLOCK = 100_000
COUNT, REPEATS, SHORT_SECONDS = 100, 3, 2.0
OTHER_COUNTS = {"batch_bald": 10}
"""For a plan that is meant for small batches."""
OVERHEAD_SECONDS = 0.03
"""Points below say more of calls than of rows."""
WHILE_ROWS_ARRIVE = 73_728
"""Rows that may be held beyond twice the batch or what a prefilter lets through, as the contract says."""
KEPT_COLUMNS = {"COMMITTEE_PROBABILITIES": "committee"}
"""Needs whose column is called otherwise."""


@dataclass
class Curve:
    """What was found of a preset.

    Attributes
    ----------
    preset : str
    merge : str
        Its class.
    seconds : dict of int to float
        By rows.
    kept : dict of int to int
        Bytes that the server held of the pool, by rows.
    stated : dict of int to int
        The most that it may hold, as `ListStrategies` says.
    ended : str
        Why there are no more points.
    """

    preset: str
    merge: str
    seconds: dict[int, float] = field(default_factory=dict)
    kept: dict[int, int] = field(default_factory=dict)
    stated: dict[int, int] = field(default_factory=dict)
    ended: str = ""

    @property
    def exponent(self) -> float | None:
        """The slope of log seconds over log rows, fitted to the points that are above what a call costs; None with fewer than two."""
        points = [(math.log(rows), math.log(seconds)) for rows, seconds in self.seconds.items() if seconds >= OVERHEAD_SECONDS]
        return float(np.polyfit(*zip(*points, strict=True), 1)[0]) if len(points) >= 2 else None


def measure(client: querist.Client, limit: float, sizes: tuple[int, ...]) -> Iterator[Curve]:
    """Give the curve of every preset; a point that would take longer than the limit ends it."""
    for name, preset in client.strategies().presets.items():
        curve = Curve(name, preset.merge)
        for rows in sizes:
            if not curve.ended:
                _point(client, curve, preset, rows, limit)
        if sizes == SIZES and not curve.ended and preset.memory.kept_rows != "POOL":
            _point(client, curve, preset, STREAMED, limit)
        sys.stderr.write(f"{time.strftime('%H:%M:%S')} {curve_line(curve)}\n")
        yield curve


def curve_line(curve: Curve) -> str:
    """Return a line of the table."""
    exponent = "" if curve.exponent is None else f"{curve.exponent:.2f}"
    times = [f"{curve.seconds[rows] * 1e3:,.0f}" if rows in curve.seconds else "" for rows in (*SIZES, STREAMED)]
    last = max(curve.kept, default=0)
    kept = f"{curve.kept[last] / last:.3g} of {curve.stated[last] / last:.3g}" if last else ""
    return f"| {curve.preset} | {curve.merge} | {' | '.join(times)} | {exponent} | {kept} | {curve.ended} |"


def curve_section(curves: list[Curve], limit: float) -> list[str]:
    """Return the section of the page."""
    pool = f"{curve_inputs.CLASSES} classes, {curve_inputs.MEMBERS} members, {curve_inputs.WIDTH} columns, {curve_inputs.KNOWN} labelled"
    return [
        "## Cost curves",
        "",
        f"Milliseconds over a Unix socket for {COUNT} of so many rows (batch_bald: 10), pool and all: {pool}.",
        f"A curve ends where a point would take more than {limit:g} s.",
        "Ten million rows are streamed where the plan does not keep the pool.",
        "",
        "| preset | class | 1e4 | 1e5 | 1e6 | 1e7 | exponent | bytes kept of a row, of those stated, at the largest pool | ended by |",
        "|---|---|---|---|---|---|---|---|---|",
        *map(curve_line, curves),
        "",
        *(f"- WRONG: {each}" for each in unbounded(curves)),
    ]


def unbounded(curves: list[Curve]) -> list[str]:
    """Say which plans held more than the server states."""
    return [
        f"{curve.preset} of {rows:,} rows held {kept:,} bytes, stated are {curve.stated[rows]:,}"
        for curve in curves
        for rows, kept in curve.kept.items()
        if kept > curve.stated[rows]
    ]


def stated(preset: Preset, made: dict[str, Any], beside: dict[str, Any], rows: int, count: int, prefilter: int | None) -> int:
    """Return the most that a selection may hold, as the server states it, in bytes: its rows, and what was sent beside the pool.

    Columns grow, which takes at most twice their size; what stands beside the pool may be held in float64.
    """
    memory = preset.memory
    most = {"BATCH": 2 * count + WHILE_ROWS_ARRIVE, "PREFILTERED": 2 * (prefilter or 0) + WHILE_ROWS_ARRIVE, "POOL": 2 * rows}
    columns = [made[name] for need in memory.kept_columns if (name := KEPT_COLUMNS.get(need, need.lower())) in made]
    sent_rows = STREAMED_BLOCK if rows == STREAMED else rows
    each = memory.bytes_per_row + sum(column.nbytes // sent_rows for column in columns)
    if "LABEL_PROBABILITIES" in memory.kept_columns:
        each += made["label_probabilities"].nbytes // sent_rows  # they were sent as FLOAT32, and are held as FLOAT64
    return most[memory.kept_rows] * each + 2 * sum(array.nbytes for array in _arrays(beside))


def _arrays(given: Any) -> Iterator[np.ndarray]:
    """Give all arrays in what stands beside a pool."""
    if isinstance(given, np.ndarray):
        yield given
    elif isinstance(given, (dict, tuple)):
        for value in given.values() if isinstance(given, dict) else given:
            yield from _arrays(value)


def _point(client: querist.Client, curve: Curve, preset: Preset, rows: int, limit: float) -> None:
    """Add a point, or say why not."""
    needs, count = frozenset(preset.needs), OTHER_COUNTS.get(preset.name, COUNT)
    made, beside = curve_inputs.columns(needs, STREAMED_BLOCK if rows == STREAMED else rows), curve_inputs.beside(needs)
    given = {**beside, "strategy": preset.name, "count": count, "seed": 1, "timeout": limit}
    taken: list[float] = []
    while len(taken) < REPEATS and (not taken or taken[-1] < SHORT_SECONDS):
        pool = {"probabilities": _stream(made)} if rows == STREAMED else made
        started = time.perf_counter()
        try:
            batch = client.select(**pool, **given)
        except querist.errors.DeadlineExceededError:
            curve.ended = f"{rows:.0e} rows: more than {limit:g} s"
            return
        except querist.QueristError as error:
            curve.ended = f"{rows:.0e} rows: {type(error).__name__}: {str(error)[:120]}"
            return
        taken.append(time.perf_counter() - started)
    curve.seconds[rows] = statistics.median(taken)
    curve.kept[rows] = batch.statistics.bytes_kept
    curve.stated[rows] = stated(preset, made, beside, rows, count, batch.plan.prefilter)


def _stream(made: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Give ten million rows: the same block again and again."""
    for _ in range(STREAMED // STREAMED_BLOCK):
        yield made

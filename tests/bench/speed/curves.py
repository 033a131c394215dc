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
STREAMS_BELOW = 16
"""Bytes kept of a row up to which a plan is said to stream, so that ten million rows are tried too."""
COUNT, REPEATS, SHORT_SECONDS = 100, 3, 2.0
OTHER_COUNTS = {"batch_bald": 10}
"""For a plan that is meant for small batches."""
OVERHEAD_SECONDS = 0.03
"""Points below say more of calls than of rows."""
BOUNDED = 1.5
"""How much more a plan that chooses row by row may keep of a pool ten times as large: what is kept of a block is there or not."""


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
    ended : str
        Why there are no more points.
    """

    preset: str
    merge: str
    seconds: dict[int, float] = field(default_factory=dict)
    kept: dict[int, int] = field(default_factory=dict)
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
        if sizes == SIZES and not curve.ended and curve.kept[sizes[-1]] <= STREAMS_BELOW * sizes[-1]:
            _point(client, curve, preset, STREAMED, limit)
        sys.stderr.write(f"{time.strftime('%H:%M:%S')} {curve_line(curve)}\n")
        yield curve


def curve_line(curve: Curve) -> str:
    """Return a line of the table."""
    exponent = "" if curve.exponent is None else f"{curve.exponent:.2f}"
    times = [f"{curve.seconds[rows] * 1e3:,.0f}" if rows in curve.seconds else "" for rows in (*SIZES, STREAMED)]
    kept = [f"{curve.kept[rows] / rows:.3g}" if rows in curve.kept else "" for rows in (*SIZES, STREAMED)]
    return f"| {curve.preset} | {curve.merge} | {' | '.join(times)} | {exponent} | {' / '.join(filter(None, kept))} | {curve.ended} |"


def curve_section(curves: list[Curve], limit: float) -> list[str]:
    """Return the section of the page."""
    pool = f"{curve_inputs.CLASSES} classes, {curve_inputs.MEMBERS} members, {curve_inputs.WIDTH} columns, {curve_inputs.KNOWN} labelled"
    return [
        "## Cost curves",
        "",
        f"Milliseconds over a Unix socket for {COUNT} of so many rows (batch_bald: 10), pool and all: {pool}.",
        f"A curve ends where a point would take more than {limit:g} s.",
        f"Ten million rows are streamed where the plan keeps at most {STREAMS_BELOW} bytes of a row.",
        "",
        "| preset | class | 1e4 | 1e5 | 1e6 | 1e7 | exponent | bytes kept of a row, by size | ended by |",
        "|---|---|---|---|---|---|---|---|---|",
        *map(curve_line, curves),
        "",
        *(f"- WRONG: {each}" for each in unbounded(curves)),
    ]


def unbounded(curves: list[Curve]) -> list[str]:
    """Say which plans keep more of a larger pool although their class says that they do not."""
    found = []
    for curve in curves:
        sizes = sorted(rows for rows in curve.kept if rows >= SIZES[1])
        if curve.merge == "PER_ROW" and len(sizes) > 1 and curve.kept[sizes[-1]] > BOUNDED * curve.kept[sizes[0]]:
            kept = f"{curve.kept[sizes[0]]:,} bytes of {sizes[0]:,} rows and {curve.kept[sizes[-1]]:,} of {sizes[-1]:,}"
            found.append(f"{curve.preset} chooses row by row, and keeps {kept}")
    return found


def _point(client: querist.Client, curve: Curve, preset: Preset, rows: int, limit: float) -> None:
    """Add a point, or say why not."""
    needs = frozenset(preset.needs)
    made = curve_inputs.columns(needs, STREAMED_BLOCK if rows == STREAMED else rows)
    given = {
        **curve_inputs.beside(needs),
        "strategy": preset.name,
        "count": OTHER_COUNTS.get(preset.name, COUNT),
        "seed": 1,
        "timeout": limit,
    }
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


def _stream(made: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Give ten million rows: the same block again and again."""
    for _ in range(STREAMED // STREAMED_BLOCK):
        yield made

"""The learning curves as a picture. Needs ``querist[plot]``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import TYPE_CHECKING

import numpy as np

from querist import plots
from querist.simulation.analysis import FEWEST_FOR_INTERVAL, band
from querist.simulation.loop import Curve

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CONTROL_COLOUR = "#6b6b6b"
COLOURS = ("#0b6e99", "#c4561a", "#1a7f37", "#7a3e9d", "#a17700", "#d6336c", "#24292f")
"""Of the arms beside the control, in their order."""


def learning_curves(curves: Mapping[str, Sequence[Curve]], control: str, *, name: str, score: str) -> Figure:
    """Draw the mean learning curve of each arm, with its 95 % interval if there are three seeds, and the median stop of the first.

    Parameters
    ----------
    curves : mapping of str to sequence of Curve
    control : str
    name : str
        Of the data, for the title.
    score : str
        What the scores are, for the axis.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
        from matplotlib.ticker import PercentFormatter
    except ImportError as error:
        raise ImportError(plots.MISSING) from error
    figure = Figure(figsize=(7.5, 4.8), dpi=150, layout="constrained")
    axes = figure.add_subplot()
    colours = cycle(COLOURS)
    for arm, runs in curves.items():
        mean, low, high = band(runs)
        colour, line = (CONTROL_COLOUR, "--") if arm == control else (next(colours), "-")
        axes.plot(runs[0].labels, mean, color=colour, linewidth=2, linestyle=line, label=arm)
        axes.fill_between(runs[0].labels, low, high, color=colour, alpha=0.15, linewidth=0)
    advised = next(((arm, runs) for arm, runs in curves.items() if any(curve.stop is not None for curve in runs)), None)
    if advised is not None:
        stopped = float(np.median([curve.stop.labels for curve in advised[1] if curve.stop is not None]))
        axes.axvline(stopped, color=plots.STOP, linewidth=1.4, linestyle=":", label=f"stop of {advised[0]} (median verdict)")
    seeds = len(next(iter(curves.values())))
    title = f"{name}: mean of {seeds} seeds, with 95 % interval" if seeds >= FEWEST_FOR_INTERVAL else f"{name}, seeds: {seeds}"
    axes.set(xlabel="labelled instances", ylabel=score, title=title)
    if all(0 <= value <= 1 for runs in curves.values() for curve in runs for value in curve.scores):
        axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", alpha=0.25)
    axes.legend(loc="lower right", frameon=False)
    return figure

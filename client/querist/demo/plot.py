"""The learning curves as a picture."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import numpy as np

mpl.use("Agg")  # before pyplot: there may be no screen

import matplotlib.pyplot as plt
from matplotlib.ticker import PercentFormatter

from querist.demo.analysis import FEWEST_FOR_INTERVAL, band
from querist.demo.loop import Curve

STOP_COLOUR = "#b3261e"
COLOURS = {"margin": "#0b6e99", "committee": "#c4561a", "random": "#6b6b6b"}


def save(curves: dict[str, list[Curve]], path: Path) -> None:
    """Write the mean learning curve of each arm as PNG, with its 95 % interval if there are three seeds."""
    figure, axes = plt.subplots(figsize=(7.5, 4.8), dpi=150, layout="constrained")
    for arm, runs in curves.items():
        mean, low, high = band(runs)
        labels = runs[0].labels
        axes.plot(labels, mean, color=COLOURS[arm], linewidth=2, linestyle="--" if arm == "random" else "-", label=arm)
        axes.fill_between(labels, low, high, color=COLOURS[arm], alpha=0.15, linewidth=0)
    stopped = [curve.stop.labels for runs in curves.values() for curve in runs if curve.stop is not None]
    if stopped:
        axes.axvline(float(np.median(stopped)), color=STOP_COLOUR, linewidth=1.4, linestyle=":", label="stop (median verdict)")
    seeds = len(next(iter(curves.values())))
    title = f"Digits: mean of {seeds} seeds, with 95 % interval" if seeds >= FEWEST_FOR_INTERVAL else f"Digits, seeds: {seeds}"
    axes.set(xlabel="labelled instances", ylabel="accuracy on held-out digits", title=title)
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", alpha=0.25)
    axes.legend(loc="lower right", frameon=False)
    figure.savefig(path)
    plt.close(figure)

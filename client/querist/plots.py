"""Pictures of a campaign: errors, the learning curve that fits them, what it costs, and where to stop. Needs ``querist[plot]``."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from querist.advice import CurvePoint, StopAdvice

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MISSING = "plots need matplotlib: pip install 'querist[plot]'"
MEASURED, FORECAST, MONEY, STOP = "#24292f", "#0b6e99", "#c4561a", "#b3261e"
INTERVAL_80 = 1.2816
"""Standard errors on either side of an estimate that hold the truth with probability 0.8."""


@dataclass(frozen=True)
class Point:
    """An error that was measured; its standard error None if it is not known."""

    labelled: int
    error: float
    standard_error: float | None = None


def learning_curve(points: Sequence[Point], advice: StopAdvice | None, *, currency: str = "", title: str = "") -> Figure:
    """Draw errors with their 80 % intervals, the forecast with its own, expected costs on a second axis, and the verdict.

    Parameters
    ----------
    points : sequence of Point
    advice : StopAdvice or None
        The latest advice.
    currency : str
        Of the second axis.
    title : str

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
        from matplotlib.ticker import PercentFormatter
    except ImportError as error:
        raise ImportError(MISSING) from error
    figure = Figure(figsize=(8, 4.8), dpi=150, layout="constrained")
    axes = figure.add_subplot()
    spread = [INTERVAL_80 * (point.standard_error or 0.0) for point in points]
    labelled, errors = [point.labelled for point in points], [point.error for point in points]
    axes.errorbar(labelled, errors, yerr=spread, fmt="o", markersize=3.5, color=MEASURED, elinewidth=0.8, label="measured")
    forecast = None if advice is None else advice.forecast
    if forecast is not None:
        curve = _near(forecast.curve)
        ahead = [point.labelled for point in curve]
        axes.plot(ahead, [point.error.mean for point in curve], color=FORECAST, linewidth=2, label="forecast")
        low, high = [point.error.low for point in curve], [point.error.high for point in curve]
        axes.fill_between(ahead, low, high, color=FORECAST, alpha=0.15, linewidth=0)
        _money(axes, curve, currency)
    if advice is not None and advice.verdict == "STOP" and points:
        axes.axvline(points[-1].labelled, color=STOP, linewidth=1.6, linestyle="--", label="stop")
    axes.set(xlabel="labelled instances", ylabel="error", title=title)
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.spines[["top"]].set_visible(False)
    axes.grid(axis="y", alpha=0.25)
    axes.legend(loc="upper right", frameon=False)
    return figure


def _near(curve: Sequence[CurvePoint]) -> list[CurvePoint]:
    """Return the part of a forecast that says something: up to twice the present labels, and half as far again as the cheapest number."""
    costs = [(point.total_cost, point.labelled) for point in curve if point.total_cost is not None]
    reach = max(2 * curve[0].labelled, 1.5 * min(costs)[1] if costs else 0)
    return [point for point in curve if point.labelled <= reach]


def _money(axes: Any, curve: Sequence[Any], currency: str) -> None:
    costs = [(point.labelled, point.total_cost) for point in curve if point.total_cost is not None]
    if not costs:
        return
    money = axes.twinx()
    money.plot(*zip(*costs, strict=True), color=MONEY, linewidth=1.2, linestyle=":")
    cheapest = min(costs, key=lambda cost: cost[1])
    money.plot(*cheapest, marker="v", color=MONEY, markersize=7)
    money.set_ylabel(f"labels from now on and errors, expected{f' ({currency})' if currency else ''}", color=MONEY)
    money.tick_params(axis="y", colors=MONEY)
    money.spines[["top"]].set_visible(False)


def save(figure: Figure, path: str | Path) -> None:
    """Write a figure; the ending of the path says how: .png, .svg or .pdf."""
    figure.savefig(Path(path))


def svg(figure: Figure) -> str:
    """Return a figure as SVG that stands in an HTML page."""
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None})
    text = buffer.getvalue()
    return text[text.index("<svg") :]

"""A replay on one HTML page that needs nothing else: no network, no scripts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from querist import plots, report
from querist.simulation import plot
from querist.simulation.analysis import Difference, area, labels_needed, median_needed
from querist.simulation.text import area_verdict, shown

if TYPE_CHECKING:
    from querist.simulation.result import Simulation


def page(found: Simulation, targets: Sequence[float]) -> str:
    """Return the page.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    """
    figure = plot.learning_curves(found.curves, found.control, name=found.name, score=found.settings.score)
    heading = f"{found.name}: {', '.join(name for name in found.curves if name != found.control)} against {found.control}"
    settings = {
        **found.settings.to_dict(),
        "economics": None,
        "model": found.model,
        "classes": ", ".join(found.classes),
        "seeds": ", ".join(map(str, found.seeds)),
    }
    prices = found.settings.to_dict()["economics"] or {}
    parts = [
        f"<h1>{escape(heading)}</h1>",
        f"<p><strong>{escape(found.conclusion)}</strong></p>",
        plots.svg(figure),
        *report.table("Labels needed", list(_needed(found, targets))),
        "<p>Saved: mean over all seeds with 95 % interval (Student's t, paired by seed); a seed that never gets there counts with its last "
        "label. Verdicts are corrected for all comparisons of a table (Holm, 5 %). Seeds share the data: all of this is about other splits "
        "of this data, not about other data.</p>",
        *report.table("Area under the learning curve (mean score)", list(_areas(found))),
        *report.table("Where the verdict was to stop", list(_stops(found))),
        *report.table("Settings", [{"": name, "value": value} for name, value in {**settings, **prices}.items() if value is not None]),
    ]
    return report.html(heading, parts)


def _needed(found: Simulation, targets: Sequence[float]) -> Iterator[dict[str, Any]]:
    savings = found.savings(targets)
    for target in targets:
        for name, runs in found.curves.items():
            saved = savings.get((name, target))
            yield {
                "target": shown(target),
                "strategy": name,
                "labels (median)": median_needed(runs, target),
                "reached": f"{sum(labels_needed(curve, target) is not None for curve in runs)}/{len(runs)}",
                f"saved against {found.control}": None if saved is None else _interval(saved.labels, ".0f"),
                "verdict": None if saved is None else saved.verdict(found.control),
            }


def _areas(found: Simulation) -> Iterator[dict[str, Any]]:
    for name, runs in found.curves.items():
        beside = found.areas.get(name)
        yield {
            "strategy": name,
            "area": float(np.mean([area(curve) for curve in runs])),
            f"against {found.control}": None if beside is None else _interval(beside, ".4f"),
            "verdict": None if beside is None else area_verdict(beside, found.control),
        }


def _stops(found: Simulation) -> Iterator[dict[str, Any]]:
    if not found.settings.validation_rows:
        return
    for name, stops in found.stops.items():
        for seed, stop in zip(found.seeds, stops, strict=True):
            row: dict[str, Any] = {"strategy": name, "seed": seed, "round": None, "labels": None, "regret": None, "because": "never"}
            yield (
                row
                if stop is None
                else {
                    **row,
                    "round": stop.round,
                    "labels": stop.labels,
                    "regret": stop.regret,
                    "because": stop.sentence,
                }
            )


def _interval(each: Difference, form: str) -> str:
    return "" if np.isnan(each.low) else f"{each.mean:+{form}} ({each.low:+{form}} to {each.high:+{form}})"

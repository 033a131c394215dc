"""What learning curves mean, in words for a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from querist.rounds import Economics
from querist.simulation.advised import Stop
from querist.simulation.analysis import Difference, area, areas, labels_needed, median_needed, savings
from querist.simulation.loop import Curve


def shown(score: float) -> str:
    """Return a score as a percentage, or as a number if it can be none."""
    return f"{100 * score:.4g}%" if 0 <= score <= 1 else f"{score:.4g}"


def table(curves: Mapping[str, Sequence[Curve]], control: str, targets: Sequence[float], *, corrected: bool = False) -> str:
    """Return what each arm needed to reach each target, as text."""
    wide = max(10, *map(len, curves))
    lines = [f"{'target':>7}  {'arm':<{wide}} {'labels (median)':>15}  {'reached':>7}  {'saved against ' + control:<26} verdict"]
    found = savings(curves, control, targets, corrected=corrected)
    for target in targets:
        for arm, runs in curves.items():
            reached = sum(labels_needed(curve, target) is not None for curve in runs)
            line = f"{shown(target):>7}  {arm:<{wide}} {median_needed(runs, target):>15}  {f'{reached}/{len(runs)}':>7}  "
            if arm != control:
                saved = found[arm, target]
                labels = saved.labels
                interval = "" if np.isnan(labels.low) else f"{labels.mean:+.0f} ({labels.low:+.0f} to {labels.high:+.0f})"
                line += f"{interval:<26} {saved.verdict(control)}"
            lines.append(line.rstrip())
    return "\n".join(lines)


def area_table(curves: Mapping[str, Sequence[Curve]], control: str) -> str:
    """Return the areas under all curves beside the control's, as text."""
    wide = max(10, *map(len, curves))
    lines = [f"{'arm':<{wide}} {'area':>7}  {'against ' + control:<32} verdict"]
    found = areas(curves, control)
    for arm, runs in curves.items():
        line = f"{arm:<{wide}} {np.mean([area(curve) for curve in runs]):>7.4f}  "
        if arm != control:
            each = found[arm]
            interval = "" if np.isnan(each.low) else f"{each.mean:+.4f} ({each.low:+.4f} to {each.high:+.4f})"
            line += f"{interval:<32} {area_verdict(each, control)}"
        lines.append(line.rstrip())
    return "\n".join(lines)


def conclusion(curves: Mapping[str, Sequence[Curve]], control: str) -> str:
    """Say plainly what beats the control and what the control beats, by the areas under the curves."""
    found = areas(curves, control)
    if any(np.isnan(each.p) for each in found.values()):
        return "Fewer than three seeds: nothing can be said for sure."
    seeds = len(curves[control])
    better = [arm for arm, each in found.items() if each.sign > 0]
    worse = [arm for arm, each in found.items() if each.sign < 0]
    nothing = f"Nothing beats {control} here, as far as {seeds} seeds can tell."
    lines = [f"Better than {control} here: {', '.join(better)}." if better else nothing]
    if worse:
        lines.append(f"{control} beats {', '.join(worse)}.")
    return " ".join(lines)


def stop_lines(found: Mapping[str, Sequence[Stop | None]], economics: Economics | None) -> str:
    """Return in which round each arm's campaigns were told to stop and what that lost, as text."""
    wide = max(10, *map(len, found))
    lines = []
    for arm, stops in found.items():
        there = [stop for stop in stops if stop is not None]
        if not there:
            lines.append(f"{arm:<{wide}} the verdict was never to stop")
            continue
        rounds, labels = [stop.round for stop in there], [stop.labels for stop in there]
        lost, at_the_end = (np.mean([getattr(stop, name) for stop in there]) for name in ("regret", "regret_at_the_end"))
        where = f"round {_spread(rounds)}, {_spread(labels)} labels"
        regret = f"regret {_amount(lost, economics)} (labelling all: {_amount(at_the_end, economics)})"
        lines.append(f"{arm:<{wide}} STOP in {len(there)}/{len(stops)} campaigns: {where}; {regret}")
    return "\n".join(lines)


def _spread(values: Sequence[int]) -> str:
    return f"{np.median(values):.0f} ({min(values)} to {max(values)})"


def _amount(value: float, economics: Economics | None) -> str:
    return f"{value:.4f} of the score" if economics is None else f"{economics.currency} {value:.0f}".strip()


def area_verdict(found: Difference, control: str) -> str:
    """Return what may be said of an arm by the area under its curves."""
    if np.isnan(found.p):
        return "too few seeds"
    words = {1: f"better than {control}", -1: f"worse than {control}", 0: f"no clear difference from {control}"}[found.sign]
    return f"{words} (p {found.p:.2g})"

"""What was found, as Markdown and as JSON."""

import dataclasses
import json
import statistics
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import plot
from curves import Curve, curve_section, unbounded
from goals import Verdict, fastest, median
from processes import Runs
from racing import Outcome

MS = 1e3


@dataclass
class Results:
    """All that a run has found so far, kept in a folder.

    Attributes
    ----------
    folder : Path
    machine : dict
        What it was, and the versions of all libraries.
    quick : bool
    outcomes : list of Outcome
    curves : list of Curve
    point_seconds : float
        How long one point of a curve could take.
    """

    folder: Path
    machine: dict[str, Any]
    quick: bool
    outcomes: list[Outcome] = field(default_factory=list)
    curves: list[Curve] = field(default_factory=list)
    point_seconds: float = 20.0

    @property
    def wrong(self) -> list[str]:
        """What must not be."""
        found = [f"{outcome.row.name}: {each}" for outcome in self.outcomes for each in outcome.wrong]
        return found + unbounded(self.curves)

    @property
    def short(self) -> list[str]:
        """Goals that are not met."""
        return [f"{outcome.row.name}: {said(each)}" for outcome in self.outcomes for each in outcome.verdicts if each.met is False]

    def write(self) -> None:
        """Write the page, the file of JSON and the plot."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "table.md").write_text("\n".join(self._page()) + "\n")
        (self.folder / "results.json").write_text(json.dumps(self._everything(), indent=1) + "\n")
        if self.outcomes:
            plot.draw(self.outcomes, self.folder / "plot.png")

    def _page(self) -> list[str]:
        lines = ["# Speed, over the network and in process", ""]
        lines.append(", ".join(f"{name} {value}" for name, value in self.machine.items()) + ".")
        lines.append("Foreign cores are what others computed meanwhile: a line with more than about 0.3 was disturbed.")
        if self.quick:
            lines += ["", "**A quick run: a tenth of the rows and few repetitions. No figure here says anything about a goal.**"]
        if self.outcomes:
            lines += ["", *_summary(self.outcomes)]
        for outcome in self.outcomes:
            lines += ["", *section(outcome)]
        if self.curves:
            lines += ["", *curve_section(self.curves, self.point_seconds)]
        return lines

    def _everything(self) -> dict[str, Any]:
        return {
            "machine": self.machine,
            "quick": self.quick,
            "rows": {outcome.row.name: _row(outcome) for outcome in self.outcomes},
            "curves": [{**dataclasses.asdict(curve), "exponent": curve.exponent} for curve in self.curves],
        }


def section(outcome: Outcome) -> list[str]:
    """Return the lines of a row."""
    row = outcome.row
    lines = [f"## {row.title}", "", f"`{row.name}`, {outcome.bytes / 1e6:.1f} MB", ""]
    figures = _figures(outcome)
    quality = [row.quality.__name__] if row.quality else []
    columns = ["contestant", "ms, median", "lowest to highest", "runs", "x first", *figures, *quality]
    columns += ["MiB grown: own + server", "own cores", "foreign cores", "selection"]
    lines += [f"| {' | '.join(columns)} |", "|---" * len(columns) + "|"]
    base = next((median(outcome.runs, each.name) for each in row.contestants), None)
    for each in row.contestants:
        runs = outcome.runs[each.name]
        if not runs.count:
            lines.append(f"| {each.name} | not run: {runs.failed} " + "| " * (len(columns) - 2) + "|")
            continue
        cells = [each.name, *_times(runs, base)]
        cells += [f"{statistics.median(runs.figures[figure]):.4g}" if figure in runs.figures else "" for figure in figures]
        cells += [f"{outcome.quality[each.name]:.6g}" if each.name in outcome.quality else "" for _ in quality]
        cells += [" + ".join(f"{runs.grown_mib[which]:.0f}" for which in ("own", "server"))]
        cells += [f"{runs.own_seconds / runs.wall_seconds:.1f}", f"{runs.foreign_cores:.1f}"]
        cells.append(outcome.compared.get(each.name, (None, ""))[1])
        lines.append(f"| {' | '.join(cells)} |")
    lines += ["", *(f"- {said(verdict)}" for verdict in outcome.verdicts)]
    lines += [f"- WRONG: {wrong}" for wrong in outcome.wrong]
    return lines + ([f"- Not here: {row.omitted}."] if row.omitted else [])


def said(verdict: Verdict) -> str:
    """Return a goal and whether it is met."""
    if verdict.value is None:
        return f"{verdict.text}: not to be judged, since a contestant is missing"
    return f"{verdict.text}: {verdict.value:.3g}, {'met' if verdict.met else 'SHORT'}"


def _row(outcome: Outcome) -> dict[str, Any]:
    return {
        "title": outcome.row.title,
        "bytes": outcome.bytes,
        "contestants": {each.name: {"kind": each.kind.value, **_contestant(outcome, each.name)} for each in outcome.row.contestants},
        "goals": [dataclasses.asdict(verdict) for verdict in outcome.verdicts],
        "wrong": outcome.wrong,
    }


def _contestant(outcome: Outcome, name: str) -> dict[str, Any]:
    runs = outcome.runs[name]
    same, how = outcome.compared.get(name, (None, ""))
    return {
        "failed": runs.failed,
        "figures": runs.figures,
        "grown_mib": runs.grown_mib,
        "own_seconds": runs.own_seconds,
        "foreign_cores": runs.foreign_cores,
        "same": same,
        "how": how,
        "quality": outcome.quality.get(name),
        "indices": runs.answer.get("indices"),
    }


def _summary(outcomes: list[Outcome]) -> list[str]:
    ways = ("querist, TCP", "querist, Unix socket", "querist, local file")
    columns = ("row", "TCP", "Unix socket", "local file", "fastest peer", "plain numpy", "bare, TCP", "one pass", "goals")
    lines = ["Milliseconds, medians.", "", f"| {' | '.join(columns)} |", "|---" * len(columns) + "|"]
    for outcome in outcomes:
        row, runs = outcome.row, outcome.runs
        best = fastest(runs, row.peers)
        cells = [row.title, *(_ms(runs, way) for way in ways), f"{_ms(runs, best)} ({best})" if best else ""]
        cells += [_ms(runs, name) for name in (fastest(runs, row.plain), row.bare, "one pass over memory")]
        met = sum(verdict.met is True for verdict in outcome.verdicts)
        cells.append(f"{met} of {len(outcome.verdicts)} met{', WRONG' if outcome.wrong else ''}" if outcome.verdicts else "none")
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def _ms(runs: dict[str, Runs], name: str | None) -> str:
    value = median(runs, name) if name else None
    return "" if value is None else f"{value * MS:.4g}"


def _times(runs: Runs, base: float | None) -> list[str]:
    seconds = runs.figures["seconds"]
    middle = statistics.median(seconds)
    spread = f"{min(seconds) * MS:.4g} to {max(seconds) * MS:.4g}"
    return [f"{middle * MS:.4g}", spread, str(len(seconds)), f"{middle / base:.2f}" if base else ""]


def _figures(outcome: Outcome) -> list[str]:
    """Return the names of figures beside the time, in the order in which they came."""
    names = dict.fromkeys(name for runs in outcome.runs.values() for name in runs.figures if name != "seconds")
    return [name for name in names if name != "GB/s" or outcome.bytes >= 10**6]

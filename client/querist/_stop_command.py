"""``querist stop history.csv``: whether to go on, from a table of rounds."""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import querist
from querist import plots, report
from querist._files import FileError
from querist.advice import StopAdvice

COLUMNS = ("labelled", "error", "accuracy", "instances", "standard_error", "cost", "batch_labelled", "batch_correct")
WHOLE = ("labelled", "instances", "batch_labelled", "batch_correct")
SOURCES = ("hold_out", "lure", "proxy")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.add_argument(
        "file", help=f"a .csv file with a row for each round, the oldest first, and any of the columns {', '.join(COLUMNS)}"
    )
    parser.add_argument("--label-cost", type=float, help="what a label costs (found from the column cost)")
    parser.add_argument("--batch-cost", type=float, help="what a batch costs beside its labels (0)")
    parser.add_argument("--error-cost", type=float, help="what a wrong prediction costs")
    parser.add_argument("--predictions", type=float, help="how many predictions the model will make in its life")
    parser.add_argument("--currency", default="", help="put before amounts")
    parser.add_argument("--error-source", default="hold_out", choices=SOURCES, help="where the errors come from (hold_out)")
    parser.add_argument("--unlabelled", type=int, help="how many instances could still be labelled")
    parser.add_argument("--next-batch", type=int, help="how many labels the next batch has (as many as the last)")
    parser.add_argument("--budget", type=float, help="what all labels may cost together")
    parser.add_argument("--aggressiveness", type=float, help="how soon to stop, from 0 to 1 (0.5)")
    parser.add_argument("--plot", help="where to write the learning curve: .png, .svg or .pdf")
    parser.add_argument("--report", help="where to write an HTML page")
    parser.add_argument("--json", action="store_true", help="write the advice as JSON")


def run(client: querist.Client, options: argparse.Namespace) -> None:
    """Ask, and say what came back.

    Raises
    ------
    FileError
        If the file cannot be read, or written.
    QueristError
    """
    rows = read(Path(options.file), options.error_source)
    prices = {name: getattr(options, name) for name in ("label_cost", "batch_cost", "error_cost", "predictions")}
    economics = querist.Economics(**prices, currency=options.currency) if any(value is not None for value in prices.values()) else None
    last = querist.CampaignRound(
        **rows[-1],
        history=rows[:-1],
        economics=economics,
        criteria=[querist.parts.Budget(amount=options.budget)] if options.budget is not None else [],
        aggressiveness=options.aggressiveness,
        unlabelled=options.unlabelled,
        next_batch=options.next_batch,
    )
    advice = client.advise_stop(last)
    points = [point for row in rows if (point := _point(row)) is not None]
    try:
        if options.plot:
            plots.save(plots.learning_curve(points, advice, currency=options.currency), options.plot)
        if options.report:
            page = report.page(Path(options.file).stem, advice, points, [_shown(row) for row in rows], currency=options.currency)
            Path(options.report).write_text(page, encoding="utf-8")
    except (OSError, ImportError, ValueError) as error:
        raise FileError(str(error)) from error
    sys.stdout.write(json.dumps({**asdict(advice), "state": None}, indent=2) + "\n" if options.json else as_text(advice))


def read(path: Path, source: str) -> list[dict[str, Any]]:
    """Return the rounds of a file, as fields of `PastRound`.

    Raises
    ------
    FileError
        If it cannot be read, or holds what is no round.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file, skipinitialspace=True))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise FileError(f"{path} cannot be read: {error}") from error
    if not rows:
        raise FileError(f"{path} has no rounds")
    unknown = [name for name in rows[0] if name not in COLUMNS]
    if "labelled" not in rows[0] or unknown:
        there = ", ".join(map(str, rows[0]))
        raise FileError(f"{path} has the columns {there}; it must have labelled, and may have {', '.join(COLUMNS[1:])}")
    return [_round(row, source, f"{path}, line {number}") for number, row in enumerate(rows, 2)]


def _round(row: Mapping[str, str | None], source: str, where: str) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, text in row.items():
        if text is None or not text.strip():
            continue
        try:
            values[name] = int(text) if name in WHOLE else float(text)
        except ValueError:
            raise FileError(f"{where}: {name} is {text!r}; it must be a {'whole ' if name in WHOLE else ''}number") from None
    if "labelled" not in values:
        raise FileError(f"{where}: labelled is missing")
    accuracy = values.pop("accuracy", None)
    error = values.pop("error", None if accuracy is None else 1 - accuracy)
    exactness = {name: values.pop(name) for name in ("instances", "standard_error") if name in values}
    if error is not None:
        values["error"] = {"source": source, "error": error, **exactness}
    return values


def as_text(advice: StopAdvice) -> str:
    """Return advice as lines for a person."""
    lines = [f"{advice.verdict}: {advice.sentence}"]
    lines += [f"  bear in mind: {caution}" for caution in advice.cautions]
    lines += [f"  missing: {missing}" for missing in advice.missing]
    votes = advice.votes or {}
    width = max(map(len, votes), default=0)
    for name, vote in votes.items():
        first = "" if vote.first_round is None else f" (first in round {vote.first_round})"
        lines.append(f"  {name:{width}}  {vote.status:12}  {vote.sentence}{first}")
    return "\n".join(lines) + "\n"


def _point(row: dict[str, Any]) -> plots.Point | None:
    found = row.get("error")
    return None if found is None else plots.Point(row["labelled"], found["error"], _deviation(found))


def _deviation(found: dict[str, Any]) -> float | None:
    if "standard_error" in found:
        return float(found["standard_error"])
    return float((found["error"] * (1 - found["error"]) / found["instances"]) ** 0.5) if "instances" in found else None


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    error = row.get("error") or {}
    return {
        name: row.get(name) if name != "error" else error.get("error")
        for name in ("labelled", "error", "cost", "batch_labelled", "batch_correct")
    }

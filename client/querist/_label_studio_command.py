"""``querist label-studio predictions.npz``: a whole round of a Label Studio project."""

from __future__ import annotations

import argparse
import csv
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import querist
from querist import _files
from querist._crowd import COLUMNS
from querist._files import FileError
from querist.errors import QueristError

if TYPE_CHECKING:
    from querist.integrations.label_studio import Collected, Project

TOKEN = "LABEL_STUDIO_TOKEN"  # noqa: S105 - the variable's name
_PRICES = ("error_cost", "predictions")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.description = (
        "Collects what people answered, records the last round, chooses the next tasks by your model's predictions and lets the project "
        f"serve them in that order. The token is read from the variable {TOKEN}."
    )
    parser.add_argument("file", help="predictions of unlabelled tasks, with the tasks' numbers: .npz, .csv or .parquet")
    parser.add_argument("--url", required=True, help="the Label Studio server, such as http://localhost:8080")
    parser.add_argument("--project", required=True, type=int, help="the project's number")
    parser.add_argument("--campaign", required=True, help="the campaign's file; it is made if it is not there")
    parser.add_argument("--ids", default="ids", help="array or column of the file that holds the tasks' numbers (ids)")
    parser.add_argument(
        "--as", dest="field", default="probabilities", choices=_files.FIELDS, help="what the file's numbers are (probabilities)"
    )
    parser.add_argument("--strategy", default="margin", help="name of a preset, or auto (margin)")
    parser.add_argument("--count", type=int, default=50, help="how many tasks to ask for (50)")
    parser.add_argument("--random-share", type=float, default=0.0, help="share of them that is drawn at random (0)")
    parser.add_argument("--seed", type=int, help="decides all random draws")
    parser.add_argument("--classes", nargs="+", help="the project's labels in the model's order; tasks then begin with what it predicts")
    parser.add_argument("--control", help="the tag that holds labels, if there are several")
    parser.add_argument("--error", type=float, help="the model's share of errors on a hold-out set")
    parser.add_argument("--instances", type=int, help="how many instances that set has")
    parser.add_argument("--hourly-rate", type=float, help="what an hour of a person costs; with it labels cost what they took")
    parser.add_argument("--error-cost", type=float, help="what a wrong prediction costs")
    parser.add_argument("--predictions", type=float, help="how many predictions the model will make in its life")
    parser.add_argument("--currency", default="", help="put before amounts")
    parser.add_argument("--partial", action="store_true", help="record a round of which tasks are open; those are not asked for again")
    parser.add_argument("--anyway", action="store_true", help="publish although the advice is to stop")
    parser.add_argument("--answers", help="where to write all answers, for querist annotators: a .csv file")


def run(client: querist.Client, options: argparse.Namespace) -> None:
    """Run the round, and say what it did and whether to go on.

    Raises
    ------
    FileError
        If a file cannot be read or written, the token is missing, or the last round is not finished.
    QueristError
    """
    token = os.environ.get(TOKEN, "")
    if not token:
        raise FileError(f"the variable {TOKEN} is not set; it must hold a token from Label Studio's page Account & Settings")
    try:
        from querist.integrations import label_studio

        with label_studio.Project(options.url, options.project, token) as project:
            found = label_studio.collect(project, control=options.control)
            if options.answers:
                _write_answers(found, Path(options.answers))
            campaign = _campaign(options, found)
            _record(campaign, project, found, options)
            batch = _select(client, campaign, project, found, options)
            sys.stdout.write(f"{batch.stop.verdict}: {batch.stop.sentence}\n")
            if batch.stop.verdict == "STOP" and not options.anyway:
                campaign.withdraw()
                sys.stdout.write("nothing is published; --anyway publishes all the same\n")
                return
            number = 1 if campaign.pending is None else campaign.pending.round
            done = label_studio.publish(project, batch, round=number, classes=options.classes, control=options.control, name=campaign.name)
    except QueristError:
        raise
    except (ImportError, OSError, ValueError) as error:
        raise FileError(str(error)) from error
    sys.stdout.write(f"round {number}: the project serves {done.tasks} tasks as {done.version!r} ({done.seconds:.1f} s)\n")


def _campaign(options: argparse.Namespace, found: Collected) -> querist.Campaign:
    prices = {name: getattr(options, name) for name in _PRICES}
    economics = querist.Economics(**prices, currency=options.currency) if any(value is not None for value in prices.values()) else None
    return querist.Campaign(options.campaign, labelled=len(found.labels), economics=economics, classes=options.classes)


def _record(campaign: querist.Campaign, project: Project, found: Collected, options: argparse.Namespace) -> None:
    """Record the round that is pending, if it was ever published."""
    pending = campaign.pending
    if pending is None:
        return
    if not str(project.settings()["model_version"]).startswith(f"{campaign.name} round {pending.round} "):
        sys.stderr.write(f"querist: round {pending.round} was chosen but never published; it is chosen again\n")
        campaign.withdraw()
        return
    known = {*found.labels, *found.skipped, *found.disputed}
    waiting = [task for task in pending.ids if task not in known]
    if waiting and not options.partial:
        raise FileError(
            f"{len(waiting)} of the {len(pending.ids)} tasks of round {pending.round} are open, such as {waiting[0]}; wait for "
            "them, or record the round without them by --partial"
        )
    labels = {task: _plain(found.labels[task]) for task in pending.ids if isinstance(task, int) and task in found.labels}
    spent = (
        None if options.hourly_rate is None else found.cost(options.hourly_rate, [task for task in pending.ids if isinstance(task, int)])
    )
    campaign.record(labels, cost=spent)
    skipped = sum(task in found.skipped for task in pending.ids)
    sys.stdout.write(
        f"round {pending.round}: {len(labels)} labels, {skipped} skipped" + ("" if spent is None else f", cost {spent:g}") + "\n"
    )


def _select(
    client: querist.Client, campaign: querist.Campaign, project: Project, found: Collected, options: argparse.Namespace
) -> querist.results.Batch:
    """Choose among the tasks of the file that nobody labelled or skipped: Label Studio never serves a skipped task to the same person."""
    fields = _files.read(options.file, options.field, options.ids)
    tasks = [int(name) for name in fields.pop("ids")]
    waiting = {task["id"] for task in project.tasks() if not task["is_labeled"]} - found.skipped.keys()
    return campaign.select(
        client,
        **fields,
        ids=tasks,
        exclude=[row for row, task in enumerate(tasks) if task not in waiting],
        strategy=options.strategy,
        count=options.count,
        random_share=options.random_share,
        seed=options.seed,
        error=options.error,
        instances=options.instances,
    )


def _plain(label: Any) -> Any:
    """Return a label as a campaign's file can hold it."""
    return label if isinstance(label, str) else [each if isinstance(each, str) else list(vars(each).values()) for each in label]


def _write_answers(found: Collected, path: Path) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [name for name in COLUMNS if name != "confidence"])
        writer.writeheader()
        writer.writerows(found.rows())

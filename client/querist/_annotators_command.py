"""``querist annotators answers.csv``: who is right, who tires, how far annotators agree, and the consensus."""

from __future__ import annotations

import argparse
import csv
import json
import sys
from pathlib import Path
from typing import Any

import querist
from querist import report
from querist._crowd import COLUMNS, KINDS, METHODS
from querist._files import FileError
from querist.crowd import AnnotatorReport, Assessment


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.add_argument(
        "file", help=f"a .csv file with a row for each answer and the columns {', '.join(COLUMNS)}; the first three are needed"
    )
    parser.add_argument("--method", default="auto", choices=METHODS, help="how labels are weighed (auto)")
    parser.add_argument("--kind", default="classes", choices=[kind for kind in KINDS if kind != "sets"], help="what a label is (classes)")
    parser.add_argument("--classes", nargs="+", help="all classes in their order (the labels that are there)")
    parser.add_argument("--keep-last", action="store_true", help="a second, other answer counts instead of the first")
    parser.add_argument("--consensus", help="where to write the consensus labels: a .csv file")
    parser.add_argument("--report", help="where to write an HTML page")
    parser.add_argument("--json", action="store_true", help="write the annotators as JSON")


def run(client: querist.Client, options: argparse.Namespace) -> None:
    """Ask, and say what came back.

    Raises
    ------
    FileError
        If the file cannot be read, or written.
    QueristError
    """
    try:
        found = client.assess_annotations(
            Path(options.file), classes=options.classes, kind=options.kind, method=options.method, keep_last=options.keep_last
        )
        if options.consensus:
            _write_consensus(found, Path(options.consensus))
        if options.report:
            Path(options.report).write_text(report.annotators_page(Path(options.file).stem, found), encoding="utf-8")
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise FileError(f"{options.file}: {error}") from error
    sys.stdout.write(json.dumps(found.rows(), indent=2, default=str) + "\n" if options.json else as_text(found))


def as_text(found: Assessment) -> str:
    """Return an assessment as lines for a person."""
    agreement = found.agreement[0]
    alpha = "" if agreement.alpha_nominal is None else f"; Krippendorff's alpha {agreement.alpha_nominal:.3f}"
    if agreement.alpha_low is not None:
        alpha += f" ({agreement.alpha_low:.3f} to {agreement.alpha_high:.3f})"
    lines = [f"{found.answers} answers about {len(found.instances)} instances, weighed by {found.method}{alpha}"]
    lines += [f"  bear in mind: {caution}" for caution in found.cautions]
    width = max((len(str(each.id)) for each in found.annotators), default=0)
    lines += [f"  {each.id!s:{width}}  {describe(each)}" for each in found.annotators]
    return "\n".join(lines) + "\n"


def describe(each: AnnotatorReport) -> str:
    """Return what is known of an annotator in words."""
    quality = (
        "cannot be compared" if each.quality is None else f"right {each.quality:.0%} ({each.quality_low:.0%} to {each.quality_high:.0%})"
    )
    parts = [f"{each.labels} labels", quality]
    if each.gold_labels:
        parts.append(f"{each.gold_right} of {each.gold_labels} known ones right")
    if each.abstentions:
        parts.append(f"{each.abstentions} times no answer")
    drift: Any = each.drift
    if drift is not None and drift.fell_at is not None:
        parts.append(f"agreement fell at {drift.fell_at:g}")
    if drift is not None and drift.session_hours is not None:
        parts.append(f"sessions should end after {drift.session_hours:.1f} hours")
    return ", ".join(parts)


def _write_consensus(found: Assessment, path: Path) -> None:
    instances = found.instances
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["instance", "label", "confidence", "labels", "agreement"])
        columns = (instances.ids, instances.consensus, instances.confidences, instances.labels, instances.agreements)
        writer.writerows(zip(*columns, strict=True))

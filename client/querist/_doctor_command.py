"""``querist doctor ADDRESS``: whether a server can be reached and is right, how fast it is from here, and what to do."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict

import querist
from querist._examination import examine


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.add_argument("address", help="the server: host:port or unix:/path")
    parser.add_argument("--json", action="store_true", help="write the findings as JSON")


def run(client: querist.Client, options: argparse.Namespace) -> int:
    """Look, say what was found, and return 1 if anything failed."""
    findings = []
    for finding in examine(client):
        findings.append(finding)
        if not options.json:
            sys.stdout.write(f"{finding.verdict:6}  {finding.name}: {finding.text}\n")
            sys.stdout.write(f"{'':8}-> {finding.advice}\n" if finding.advice else "")
            sys.stdout.flush()
    failed = any(finding.verdict == "FAILED" for finding in findings)
    if options.json:
        written = {"address": options.address, "healthy": not failed, "findings": [asdict(finding) for finding in findings]}
        sys.stdout.write(json.dumps(written, indent=2) + "\n")
    return int(failed)

"""The command ``querist``."""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any

import querist
from querist import _annotators_command, _bench_command, _doctor_command, _files, _label_studio_command, _simulate_command, _stop_command
from querist._local import MISSING, server_is_installed
from querist.errors import QueristError

_EXAMINED_SECONDS = 30.0
"""How long a call may take of which the time is the question; it is not made again if it fails."""
_OF_SERVER = {
    "serve": "run the server",
    "check-config": "say what a server would do with its settings, and listen nowhere",
    "replay": "run selections of a selection log again, from files",
}
"""Commands of which the server's own command line knows the rest."""
_ONLY_HERE = "a private server, started for this command"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status: 0, 1 if the request failed, 2 if the command was wrong."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given and given[0] in _OF_SERVER:
        return _become_server(given)
    if given[:1] == ["demo"]:
        return _demo(given[1:])
    options = _parser().parse_args(given)
    commands: dict[str, Callable[[querist.Client, argparse.Namespace], int | None]] = {
        "select": _select,
        "stop": _stop_command.run,
        "annotators": _annotators_command.run,
        "label-studio": _label_studio_command.run,
        "simulate": _simulate_command.run,
        "strategies": _strategies,
        "info": _info,
        "doctor": _doctor_command.run,
        "bench": _bench_command.run,
    }
    try:
        if options.command == "simulate":
            _simulate_command.check_installed()  # before a server is looked for
        with _client(options) as client:
            return commands[options.command](client, options) or 0
    except (QueristError, _files.FileError) as error:
        sys.stderr.write(f"querist: {error}\n")
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="querist", description="Choose which unlabelled instances a person should label next.")
    parser.add_argument("--version", action="version", version=querist.__version__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, help_text in _OF_SERVER.items():
        commands.add_parser(name, help=help_text, add_help=False)
    commands.add_parser("demo", help="replay active learning on a real data set against random", add_help=False)
    select = commands.add_parser("select", help="choose from predictions in a file")
    select.add_argument("file", help="predictions: .npy, .npz, .csv or .parquet")
    select.add_argument("--strategy", default="margin", help="name of a preset, or auto (margin)")
    size = select.add_mutually_exclusive_group()
    size.add_argument("--count", type=int, help="how many to choose (10)")
    size.add_argument("--all", action="store_true", help="rank every instance")
    select.add_argument(
        "--as", dest="field", default="probabilities", choices=_files.FIELDS, help="what the file's numbers are (probabilities)"
    )
    select.add_argument("--ids", help="column of a .csv or .parquet file, or array of an .npz file, that holds ids")
    select.add_argument("--seed", type=int, help="decides all random draws")
    select.add_argument("--budget", type=float, help="what all labels may cost together, in the unit of the file's costs")
    select.add_argument("--random-share", type=float, default=0.0, help="share of the batch that is drawn at random (0)")
    select.add_argument("--output", default="-", help="where to write: a .csv or .json file, or - for CSV on standard output (-)")
    stop = commands.add_parser("stop", help="whether to go on labelling, from a table of rounds")
    _stop_command.add_arguments(stop)
    annotators = commands.add_parser("annotators", help="who is right, who tires, and the consensus, from a table of answers")
    _annotators_command.add_arguments(annotators)
    label_studio = commands.add_parser("label-studio", help="a round of a Label Studio project: collect, choose, publish")
    _label_studio_command.add_arguments(label_studio)
    simulate = commands.add_parser("simulate", help="whether active learning beats random on labelled data: whole campaigns, replayed")
    _simulate_command.add_arguments(simulate)
    info = commands.add_parser("info", help="what a server is")
    strategies = commands.add_parser("strategies", help="what a server can do")
    doctor = commands.add_parser("doctor", help="whether a server can be reached and is right, how fast it is from here, and what to do")
    _doctor_command.add_arguments(doctor)
    bench = commands.add_parser("bench", help="how fast a server is from here")
    _bench_command.add_arguments(bench)
    for command in (select, stop, annotators, label_studio, simulate, info, strategies):
        command.add_argument("--address", help=f"the server: host:port or unix:/path ({_ONLY_HERE})")
    for command in (select, stop, annotators, label_studio, simulate, info, strategies, doctor, bench):
        command.add_argument("--tls", action="store_true", help="encrypt, and trust the servers that this system trusts")
        command.add_argument("--tls-ca", metavar="FILE", help="encrypt, and trust the servers that these certificates have signed, PEM")
        command.add_argument("--tls-certificate", metavar="FILE", help="encrypt, and show this certificate chain, PEM; with --tls-key")
        command.add_argument("--tls-key", metavar="FILE", help="the key of that certificate, PEM")
        command.add_argument("--token-file", metavar="FILE", help="a file that holds the token to show")
        command.add_argument(
            "--shared-directory", metavar="PATH", help="where the server's directory of tensors is here (where the server has it)"
        )
    return parser


def _client(options: argparse.Namespace) -> AbstractContextManager[querist.Client]:
    files = (options.tls_ca, options.tls_certificate, options.tls_key)
    tls = querist.Tls(*files) if any(files) else options.tls
    if options.address:
        plainly: dict[str, Any] = {"retries": 0, "timeout": _EXAMINED_SECONDS} if options.command in ("doctor", "bench") else {}
        place = options.shared_directory
        return querist.connect(options.address, tls=tls, token_file=options.token_file, shared_directory=place, **plainly)
    if tls or options.token_file or options.shared_directory:
        raise QueristError("--tls, --tls-*, --token-file and --shared-directory are for a server that --address names")
    return querist.local()


def _select(client: querist.Client, options: argparse.Namespace) -> None:
    fields = _files.read(options.file, options.field, options.ids)
    count = options.count if options.count or options.all or options.budget else 10
    batch = client.select(
        **fields,
        strategy=options.strategy,
        count=count,
        rank_all=options.all,
        budget=options.budget,
        seed=options.seed,
        random_share=options.random_share,
    )
    _files.write(batch, options.output)
    if batch.auto_choice is not None:
        sys.stderr.write(f"querist: auto chose {batch.auto_choice.strategy}: {batch.auto_choice.reason}\n")
    if batch.spending is not None and batch.spending.left is not None:
        sys.stderr.write(f"querist: {len(batch)} labels cost {batch.spending.cost:g}; {batch.spending.left:g} is left\n")
    for warning in batch.warnings:
        sys.stderr.write(f"querist: note: {warning.message}\n")


def _strategies(client: querist.Client, options: argparse.Namespace) -> None:  # noqa: ARG001 - every command has the same signature
    presets = client.strategies().presets.values()
    width = max(len(preset.name) for preset in presets)
    for preset in presets:
        needs = ", ".join(need.lower().replace("_", " ") for need in preset.needs) or "nothing"
        sys.stdout.write(f"{preset.name:{width}}  {preset.summary} Needs {needs}.\n")


def _info(client: querist.Client, options: argparse.Namespace) -> None:  # noqa: ARG001 - every command has the same signature
    info = client.info()
    shown = {"version": info.version, "api_version": info.api_version, "limits": info.limits, "features": info.features}
    sys.stdout.write(json.dumps(shown, indent=2) + "\n")


def _become_server(arguments: list[str]) -> int:
    """Become the server, or one of its own commands."""
    if not server_is_installed():
        sys.stderr.write(f"querist: {MISSING}\n")
        return 2
    sys.stdout.flush()
    return os.execv(sys.executable, [sys.executable, "-m", "querist_server", *arguments])  # noqa: S606 - no shell is wanted


def _demo(arguments: list[str]) -> int:
    if not server_is_installed() or any(importlib.util.find_spec(name) is None for name in ("sklearn", "skl2onnx", "matplotlib", "tqdm")):
        sys.stderr.write("querist: the demo needs more packages: pip install 'querist[demo]'\n")
        return 2
    from querist import demo

    return demo.main(arguments)

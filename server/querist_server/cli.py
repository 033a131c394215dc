"""The server's command line: ``python -m querist_server serve``, which is also what ``querist serve`` runs.

``check-config`` says what would be served, and ``replay`` runs logged selections again.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence
from typing import Any

_ONE_THREAD_EACH = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status: 0, 1 if what was looked at is not as it should be, or 2 if it cannot start."""
    options = _parser().parse_args(arguments)
    for variable in _ONE_THREAD_EACH:  # before numpy is imported: workers are threads already, and results must not depend on more of them
        os.environ[variable] = "1"
    commands = {"serve": _serve, "check-config": _check_config, "replay": _replay}
    return commands[options.command](options)


def _serve(options: argparse.Namespace) -> int:
    from querist._watched import UnusableFileError

    from querist_server import footprint, lifecycle, listening, settings, telemetry

    try:
        chosen = settings.load(_overrides(options))
        footprint.limit_arenas(chosen.workers + 1)
        footprint.keep_freed_pages()
        footprint.allow_many_files()
        telemetry.configure(chosen.log_level, chosen.log_format)
        asyncio.run(lifecycle.run(chosen, until_stdin_closes=options.until_stdin_closes))
    except (settings.SettingsError, listening.ListenError, UnusableFileError) as error:
        sys.stderr.write(f"querist: {error}\n")
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="querist", description="Querist's server.")
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser(
        "serve",
        help="run the server",
        description="Run the server until SIGTERM. Each setting can also come from the environment: QUERIST_ and its name in capitals.",
    )
    _add_settings(serve)
    serve.add_argument(
        "--until-stdin-closes", action="store_true", help="stop when standard input ends, for a server that belongs to its parent"
    )
    check = commands.add_parser(
        "check-config",
        help="say what would be served, and listen nowhere",
        description="Read the settings as `serve` does, and the files that they name, and say in words what would be served.",
    )
    _add_settings(check)
    replay = commands.add_parser(
        "replay",
        help="run logged selections again",
        description="Run selections of a selection log again from files, and show that the same inputs give the same answer.",
    )
    replay.add_argument("log", metavar="LOG", help="a selection log (QUERIST_SELECTION_LOG)")
    replay.add_argument(
        "--inputs",
        nargs="+",
        default=[],
        metavar="FILE",
        help='what was sent, by the names under "inputs" in the log: an .npz file whose arrays are called so, or name=FILE.npy',
    )
    replay.add_argument("--selection", default="", metavar="ID", help="only this selection (all)")
    replay.add_argument("--model", action="append", default=[], metavar="FILE", help="an ONNX model that was run; may be repeated")
    replay.add_argument("--model-directory", metavar="DIR", help="where a server stores models")
    return parser


def _add_settings(serve: argparse.ArgumentParser) -> None:
    """Add the settings that have a flag."""
    serve.add_argument(
        "--address", action="append", metavar="ADDRESS", help="where to listen: host:port or unix:/path; may be repeated (127.0.0.1:50051)"
    )
    serve.add_argument(
        "--insecure", action="store_true", help="allow addresses that other machines can reach, although nothing is encrypted"
    )
    serve.add_argument("--tls-certificate", metavar="FILE", help="the server's certificate chain, PEM: TCP addresses then speak TLS")
    serve.add_argument("--tls-private-key", metavar="FILE", help="the key of that certificate, PEM")
    serve.add_argument("--tls-client-ca", metavar="FILE", help="who signs callers' certificates, PEM: callers over TCP must then show one")
    serve.add_argument("--token-file", metavar="FILE", help="tokens of those who may call, one line each: a name and the token")
    serve.add_argument("--health-address", metavar="ADDRESS", help="where probes of a kubelet find health, in plain gRPC: host:port")
    serve.add_argument("--metrics-address", metavar="ADDRESS", help="where Prometheus finds /metrics: host:port")
    serve.add_argument("--selection-log", metavar="FILE", help="where each selection is written, one JSON line, without data")
    serve.add_argument("--workers", type=int, help="selections that compute at a time (the CPU quota)")
    serve.add_argument("--model-directory", help="where uploaded models are stored")
    serve.add_argument("--log-level", help="DEBUG, INFO, WARNING or ERROR (INFO)")
    serve.add_argument("--log-format", help="text or json (text)")


def _check_config(options: argparse.Namespace) -> int:
    from querist_server import check_config, settings

    try:
        chosen = settings.load(_overrides(options))
    except settings.SettingsError as error:
        sys.stdout.write(f"{check_config.Finding(check_config.WRONG, str(error))}\n")
        return 1
    wrong = False
    for finding in check_config.findings(chosen):
        wrong |= finding.level == check_config.WRONG
        sys.stdout.write(f"{finding}\n")
        sys.stdout.flush()
    return int(wrong)


def _replay(options: argparse.Namespace) -> int:
    from querist_server import replay_command

    return replay_command.run(options)


def _overrides(options: argparse.Namespace) -> dict[str, Any]:
    """Return the settings that were given as flags."""
    given = {
        "addresses": tuple(options.address) if options.address else None,
        "insecure": options.insecure or None,
        "tls_certificate": options.tls_certificate,
        "tls_private_key": options.tls_private_key,
        "tls_client_ca": options.tls_client_ca,
        "token_file": options.token_file,
        "health_address": options.health_address,
        "metrics_address": options.metrics_address,
        "selection_log": options.selection_log,
        "workers": options.workers,
        "model_directory": options.model_directory,
        "log_level": options.log_level,
        "log_format": options.log_format,
    }
    return {name: value for name, value in given.items() if value is not None}

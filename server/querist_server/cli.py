"""The server's command line: ``python -m querist_server serve``, which is also what ``querist serve`` runs."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence
from typing import Any

_ONE_THREAD_EACH = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status: 0, or 2 if it cannot start."""
    parser = _parser()
    options = parser.parse_args(arguments)
    for variable in _ONE_THREAD_EACH:  # before numpy is imported: workers are threads already, and results must not depend on more of them
        os.environ[variable] = "1"
    from querist._watched import UnusableFileError

    from querist_server import footprint, lifecycle, listening, settings, telemetry

    try:
        chosen = settings.load(_overrides(options))
        footprint.limit_arenas(chosen.workers + 1)
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
    serve.add_argument("--workers", type=int, help="selections that compute at a time (the CPU quota)")
    serve.add_argument("--model-directory", help="where uploaded models are stored")
    serve.add_argument("--log-level", help="DEBUG, INFO, WARNING or ERROR (INFO)")
    serve.add_argument("--log-format", help="text or json (text)")
    serve.add_argument(
        "--until-stdin-closes", action="store_true", help="stop when standard input ends, for a server that belongs to its parent"
    )
    return parser


def _overrides(options: argparse.Namespace) -> dict[str, Any]:
    """Return the settings that were given as flags."""
    given = {
        "addresses": tuple(options.address) if options.address else None,
        "insecure": options.insecure or None,
        "tls_certificate": options.tls_certificate,
        "tls_private_key": options.tls_private_key,
        "tls_client_ca": options.tls_client_ca,
        "token_file": options.token_file,
        "workers": options.workers,
        "model_directory": options.model_directory,
        "log_level": options.log_level,
        "log_format": options.log_format,
    }
    return {name: value for name, value in given.items() if value is not None}

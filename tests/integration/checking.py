"""Statements that must hold, one line each."""

import sys


def require(holds: object, statement: str) -> None:
    """Print a statement, and end if it does not hold."""
    print(("ok: " if holds else "FAILED: ") + statement, flush=True)
    if not holds:
        sys.exit(1)

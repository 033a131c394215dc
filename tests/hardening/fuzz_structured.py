"""One process of property-based fuzzing: messages made from their descriptors, so that every input is one that could be meant.

Run by fuzz.py. Arguments: the target, where the figures go, how many inputs, and the seed.
"""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path
from typing import Any

import fuzz_messages
from fuzz_targets import TARGETS
from fuzz_watch import Watch
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

BATCH = 2000
"""Inputs of one search; it remembers all that it tried, so that a search without end would fill the memory."""


def fuzz(watch: Watch, target: str, inputs: int, first_seed: int) -> None:
    """Run so many inputs."""

    def one(number: int) -> None:
        watch(fuzz_messages.made(target, random.Random(number)))

    number = first_seed
    while watch.inputs < inputs:
        batch = settings(
            max_examples=min(BATCH, inputs - watch.inputs),
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        batch(seed(number)(given(st.integers(0, 2**64 - 1))(one)))()
        number += 1


def main() -> None:
    """Run what the arguments say, and write down the figures after each batch."""
    target, figures, inputs, first_seed = TARGETS[sys.argv[1]], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    watch = Watch(target.name, target.run)
    while watch.inputs < inputs:
        fuzz(watch, target.name, min(inputs, watch.inputs + BATCH), first_seed + watch.inputs)
        figures.write_text(json.dumps(known(watch)))


def known(watch: Watch) -> dict[str, Any]:
    """Return the figures."""
    crashes = {kind: str(path) for kind, path in watch.crashes.items()}
    return {"inputs": watch.inputs, "answers": watch.answers, "slowest": watch.slowest, "reasons": watch.reasons, "crashes": crashes}


if __name__ == "__main__":
    main()

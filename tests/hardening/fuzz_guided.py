"""One process of coverage-guided fuzzing: libFuzzer, by atheris, changes inputs so that they reach code that none has reached before.

Run by fuzz.py. Arguments: the target, where the figures go, and libFuzzer's own.
"""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["querist", "querist_server", "fuzz_targets"]):
    from fuzz_targets import TARGETS

import fuzz_mutations
from fuzz_watch import Watch

EVERY = 100
"""Inputs between two looks at the figures."""


def main() -> None:
    """Fuzz until libFuzzer has had its runs; it then ends the process."""
    target, figures = TARGETS[sys.argv[1]], Path(sys.argv[2])
    runs = int(next(argument for argument in sys.argv if argument.startswith("-runs=")).partition("=")[2])
    watch = Watch(target.name, target.run)

    def one(data: bytes) -> None:
        watch(data)
        if watch.inputs % EVERY == 0 or watch.inputs >= runs:
            tell(watch, figures)

    def change(data: bytes, most: int, seed: int) -> bytes:
        chance = random.Random(seed)
        if chance.random() < 0.6:
            found = fuzz_mutations.changed(target.name, data, chance)
            if found is not None and len(found) <= most:
                return found
        return atheris.Mutate(data, most)

    def cross(one: bytes, other: bytes, most: int, seed: int) -> bytes:
        found = fuzz_mutations.crossed(target, one, other)
        return found if found is not None and len(found) <= most else atheris.Mutate(one + other[: seed % 64], most)

    atheris.Setup([sys.argv[0], *sys.argv[3:]], one, custom_mutator=change, custom_crossover=cross)
    atheris.Fuzz()


def tell(watch: Watch, figures: Path) -> None:
    """Write down how far it is, since the process ends without a last word."""
    known = {"inputs": watch.inputs, "answers": watch.answers, "slowest": watch.slowest, "reasons": watch.reasons}
    figures.write_text(json.dumps({**known, "crashes": {kind: str(path) for kind, path in watch.crashes.items()}}))


if __name__ == "__main__":
    main()

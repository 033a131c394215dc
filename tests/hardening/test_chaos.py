"""A short chaos; `make chaos` is the long one."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).with_name("chaos.py")


@pytest.mark.timeout(600)  # some 15 s on a machine that has nothing else to do
def test_every_call_ends_in_its_right_answer_or_a_typed_error_and_the_store_is_intact_whatever_fails():
    done = subprocess.run(
        [sys.executable, PROGRAM],
        env={**os.environ, "FAULTS": "10", "SEED": "5"},
        capture_output=True,
        text=True,
        timeout=580,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert "\n0 violations" in done.stdout
    assert " right answer: " in done.stdout

"""The examples of training stacks are run as they stand, where their libraries are; `make examples` installs them all."""

import importlib.util
import itertools
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[3] / "client" / "examples"
PAGE = Path(__file__).with_name("training_page.py")
PROGRAMS = {
    "scikit_learn": ("sklearn",),
    "pytorch_loader": ("torch", "sklearn"),
    "hugging_face": ("transformers", "accelerate", "torch", "sklearn"),
    "gradient_boosting": ("lightgbm", "sklearn"),
    "batches": ("skorch", "torch", "sklearn"),
}
STACKS = {
    "scikit-learn": ("sklearn",),
    "PyTorch": ("torch", "sklearn"),
    "Hugging Face": ("transformers", "accelerate", "torch", "sklearn"),
    "LightGBM": ("lightgbm", "sklearn"),
    "XGBoost": ("xgboost", "sklearn"),
    "skorch": ("skorch", "torch", "sklearn"),
    "Lightning": ("lightning", "torch", "sklearn"),
}
RESUMED = {"scikit_learn": "digits.campaign", "gradient_boosting": "boosting.campaign"}


def need(packages):
    for package in packages:
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"{package} is not installed: make examples")


def run(arguments, folder):
    """Run a program in a folder of its own, on one thread, and return what it prints."""
    one_thread = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MPLCONFIGDIR": str(folder)}
    command = [sys.executable, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder, env={**os.environ, **one_thread})
    assert done.returncode == 0, done.stderr
    return done.stdout


def blocks():
    text = (EXAMPLES / "TRAINING.md").read_text()
    return dict(re.findall(r"^## (.+?)\n\n```python\n(.*?)```", text, re.DOTALL | re.MULTILINE))


@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_goes_through_its_rounds_and_stops_with_a_reason(name, tmp_path):
    need(PROGRAMS[name])
    *rounds, sentence = run([EXAMPLES / f"{name}.py"], tmp_path).splitlines()
    found = [re.fullmatch(r"(\d+) labels: accuracy (0\.\d+|1\.0+)", line) for line in rounds]
    assert all(found), rounds
    labels, accuracies = [int(match[1]) for match in found], [float(match[2]) for match in found]
    assert len(labels) >= 3
    assert len({later - earlier for earlier, later in itertools.pairwise(labels)}) == 1  # each batch is learnt whole
    assert accuracies[-1] > accuracies[0]
    assert re.match(r"The next \d+ labels cost EUR \d+; they are expected to save EUR |\d+ of \d+ labels are made", sentence), sentence
    if name in RESUMED:
        assert (tmp_path / RESUMED[name]).exists()
        assert run([EXAMPLES / f"{name}.py"], tmp_path).splitlines()[0] == rounds[-1]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("stack", STACKS)
def test_a_block_gives_a_first_ranking(stack, tmp_path):
    need(STACKS[stack])
    (tmp_path / "block.py").write_text(blocks()[stack])
    shown = run(["block.py"], tmp_path).splitlines()
    chosen = [int(number) for number in re.findall(r"\d+", shown[-1])]
    assert len(set(chosen)) == 10


def test_every_block_is_run_and_counted():
    assert list(blocks()) == list(STACKS)
    assert {path.stem for path in EXAMPLES.glob("*.py")} == set(PROGRAMS)
    subprocess.run([sys.executable, PAGE, "--check"], check=True)


def test_programs_and_blocks_are_short_and_say_what_to_install():
    for name in PROGRAMS:
        text = (EXAMPLES / f"{name}.py").read_text()
        assert len(text.splitlines()) <= 50
        assert re.search(r"^ *pip install 'querist\[server(,torch)?\]' \S", text, re.MULTILINE), name
    for target in re.findall(r"\]\(([^)]+)\)", (EXAMPLES / "TRAINING.md").read_text()):
        assert (EXAMPLES / target).exists(), target

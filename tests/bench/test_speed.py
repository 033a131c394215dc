"""The table of `make bench`: that a wrong selection is noticed, goals are judged as they read, and a row runs from data to page."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

SPEED = Path(__file__).resolve().parent / "speed"


def loaded(name):
    """Return a module of the table, whose folder is no package."""
    spec = importlib.util.spec_from_file_location(f"speed_{name}", SPEED / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


comparing, goals = loaded("comparing"), loaded("goals")


class Runs:
    """As many figures as a goal looks at."""

    def __init__(self, **figures):
        self.figures = {name: list(values) for name, values in figures.items()}
        self.grown_mib = {"server": 10.0}


def test_a_top_may_differ_in_ties_alone():
    probabilities = np.array([[0.5, 0.5], [0.9, 0.1], [0.6, 0.4], [0.4, 0.6], [0.3, 0.7]])
    same = comparing.same_top("margin")
    assert same({"probabilities": probabilities}, {"indices": [0, 2]}, {"indices": [3, 0]})[0]
    assert not same({"probabilities": probabilities}, {"indices": [0, 2]}, {"indices": [0, 4]})[0]
    assert not same({"probabilities": probabilities}, {"indices": [0, 2]}, {"indices": [2, 2]})[0]


@pytest.mark.parametrize("strategy", sorted(comparing.ORACLES))
def test_oracles_agree_with_the_definition_in_words(strategy):
    rng = np.random.default_rng(3)
    members = rng.dirichlet(np.ones(4), (5, 6))
    arrays = {"committee": members, "probabilities": members[0]}
    rows = np.array([4, 1])

    def entropy(row):
        return -sum(p * np.log(p) for p in row if p > 0)

    def of(row):
        told = sorted(members[0][row])
        votes = np.bincount(members[:, row].argmax(axis=1), minlength=4) / 5
        return {
            "least_confidence": 1 - told[-1],
            "margin": told[-2] - told[-1],
            "entropy": entropy(told),
            "vote_entropy": entropy(votes),
            "bald": entropy(members[:, row].mean(axis=0)) - np.mean([entropy(each) for each in members[:, row]]),
        }[strategy]

    np.testing.assert_allclose(comparing.ORACLES[strategy](arrays, rows), [of(row) for row in rows], rtol=1e-12)


def test_a_k_center_may_differ_where_two_are_equally_far_and_nowhere_else():
    arrays = {"embeddings": np.array([[3.0, 0], [-3.0, 0], [1.0, 0], [0, 0.5]]), "labelled.embeddings": np.zeros((1, 2))}
    assert comparing.same_k_center(arrays, {"indices": [0, 1]}, {"indices": [1, 0]})[0]
    assert not comparing.same_k_center(arrays, {"indices": [0, 1]}, {"indices": [0, 2]})[0]


def test_the_potential_of_badge_is_that_of_the_gradients():
    rng = np.random.default_rng(4)
    told, points = rng.dirichlet(np.ones(3), 20), rng.standard_normal((20, 5))
    residual = told - np.eye(3)[told.argmax(axis=1)]
    gradients = (residual[:, :, None] * points[:, None, :]).reshape(20, -1)
    expected = min_squares(gradients, gradients[[2, 7]])
    assert comparing.potential({"probabilities": told, "embeddings": points}, [2, 7]) == pytest.approx(expected)


def min_squares(points, centres):
    return ((points[:, None] - centres) ** 2).sum(axis=2).min(axis=1).sum()


def test_goals_are_judged_by_medians():
    runs = {"ours": Runs(seconds=[1, 2, 30]), "bare": Runs(seconds=[2, 1, 1]), "a": Runs(seconds=[9]), "b": Runs(seconds=[4])}
    assert goals.at_most(1.9, "ours", "bare").judge(runs) == goals.Verdict("ours at most 1.9 x bare", 2.0, False)
    assert goals.at_most(1.0, "ours", "bare", "bare").judge(runs).met
    assert goals.ahead(2.0, "ours", ("a", "b")).judge(runs).value == 2.0
    assert not goals.ahead(2.1, "ours", ("a", "b")).judge(runs).met
    assert goals.memory_at_most(10, "ours").judge(runs).met is False
    assert goals.at_most(1.0, "ours", "gone").judge(runs).met is None


def test_a_row_runs_from_data_to_page(tmp_path):
    command = [sys.executable, SPEED, "--quick", "--alone", "--repeats", "1", "--results", tmp_path, "eer_100"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    row = json.loads((tmp_path / "results.json").read_text())["rows"]["eer_100"]
    ours = row["contestants"]["querist, TCP"]
    assert ours["same"]
    assert len(ours["figures"]["seconds"]) == 1
    assert len(ours["indices"]) == 10
    assert not row["wrong"]
    assert "scikit-activeml" not in row["contestants"]
    assert "querist, Unix socket" in (tmp_path / "table.md").read_text()
    assert (tmp_path / "plot.png").read_bytes()[1:4] == b"PNG"


def test_a_row_that_is_not_there_is_refused(tmp_path):
    done = subprocess.run([sys.executable, SPEED, "margins"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "no row is called margins" in done.stderr

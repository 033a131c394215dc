"""The policy behind "auto"."""

import numpy as np
import pytest
from engine import started
from querist_server.engine.auto import Situation, choose
from querist_server.engine.presets import PRESETS


def situation(*sent, count=5, classes=0, labelled=0):
    return Situation(frozenset(sent), count, classes, labelled)


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (situation("keys"), "random"),
        (situation("scores"), "caller"),
        (situation("probabilities", classes=10), "margin"),
        (situation("probabilities", classes=10, count=10), "margin"),
        (situation("probabilities", classes=10, count=100), "power_margin"),
        (situation("logits", "embeddings", classes=10, count=1), "margin"),
        (situation("logits", "embeddings", classes=10, count=10), "badge_shortlist"),
        (situation("logits", "embeddings", classes=10, count=100), "badge_shortlist"),
        (situation("logits", "embeddings", classes=10, count=5000), "cluster_margin"),
        (situation("probabilities", "embeddings", "side.labelled.classes", classes=10, labelled=100), "uherding"),
        (situation("probabilities", "embeddings", "side.labelled.classes", classes=10, labelled=100, count=6), "max_herding"),
        (situation("probabilities", "embeddings", "side.labelled.classes", classes=10, labelled=100, count=1000), "max_herding"),
        (situation("probabilities", "embeddings", "side.labelled.classes", classes=10, labelled=100, count=1001), "cluster_margin"),
        (situation("probabilities", "embeddings", "side.labelled.classes", classes=10, labelled=500), "margin"),
        (situation("probabilities", "embeddings", "side.labelled.classes", classes=2, labelled=4), "margin"),
        (situation("probabilities", "embeddings", "side.labelled.classes", classes=2, labelled=4, count=100), "badge_shortlist"),
        (situation("embeddings"), "max_herding"),
        (situation("embeddings", count=5000), "k_means"),
        (situation("committee.probabilities", classes=3), "bald"),
        (situation("committee.logits", classes=3, count=100), "power_bald"),
        (situation("committee.votes", classes=3), "vote_entropy"),
        (situation("committee.probabilities", "side.target.committee", classes=3), "target_epig"),
        (situation("committee.probabilities", "side.target.committee", classes=3, count=50), "power_target_epig"),
        (situation("probabilities", "cost_matrix", classes=3), "expected_cost_margin"),
        (situation("label_probabilities"), "label_margin"),
        (situation("label_probabilities", count=50), "power_label_margin"),
        (situation("parts"), "parts_margin"),
        (situation("committee.values"), "member_variance"),
        (situation("committee.values", count=50), "power_member_variance"),
        (situation("predicted_values", "embeddings"), "lcmd"),
        (situation("predicted_variances"), "predictive_variance"),
        (situation("embeddings", "probabilities", "side.wanted", classes=3), "flqmi"),
    ],
)
def test_what_was_sent_decides(at, expected):
    chosen = choose(at)
    assert chosen.strategy == expected
    assert chosen.reason
    names = [name for name, _ in chosen.alternatives]
    assert len(set(names)) == len(names)
    assert expected not in names
    assert {expected, *names} <= set(PRESETS)


@pytest.mark.parametrize("pieces", [1, 7, 40])
def test_the_plan_that_is_run_is_the_presets_however_the_pool_comes(rng, pieces):
    run = started("random", auto=True, count=5)
    for start in range(0, 40, pieces):
        run.feed({"probabilities": np.full((min(pieces, 40 - start), 3), 1 / 3)})
    run.finish()
    assert run.auto_choice.strategy == "margin"
    assert run.task.plan == PRESETS["margin"].plan
    assert not run.task.auto


def test_labels_that_were_sent_beside_count(rng):
    run = started("random", auto=True, count=5)
    run.beside({"labelled.classes": np.zeros(20, np.int64), "labelled.embeddings": rng.random((20, 2))})
    run.feed({"probabilities": rng.dirichlet(np.ones(3), 40), "embeddings": rng.random((40, 2))})
    run.finish()
    assert run.auto_choice.strategy == "uherding"

"""All answers together: a planted fatigue is found, steady annotators are left in peace, and what was sent decides the method."""

import numpy as np
import pytest
from crowds import columns, crowd, nothing
from querist_server.engine.crowd import assessing
from querist_server.engine.crowd.answers import AnswersIntake
from querist_server.engine.crowd.assessing import Known, Wish, assess
from querist_server.engine.crowd.votes import Votes
from querist_server.engine.errors import Cancelled, EngineError
from querist_server.engine.kernels import reliability


def assessed(votes, known=None, **wish):
    more = {name: wish.pop(name) for name in ("times", "seconds", "gold") if name in wish}
    answers = AnswersIntake(votes.classes, 2**30, keep_last=False)
    answers.add(columns(votes, **more))
    known = known or Known(np.empty(0, np.int64))
    wished = Wish(**{"classes": votes.classes, "bootstrap_rounds": 0, "most_pairs": 0, **wish})
    return assess(answers.build(known.keys), known, wished, 0, nothing)


def worked(rng, tired=0.0, drop_after=None):
    """Return labels of 10 annotators over sessions of 5 hours, the first of whom tires by so much an hour, or drops."""
    items, annotators, classes = 1500, 10, 4
    truth = rng.integers(0, classes, items)
    item = np.repeat(np.arange(items), 5)
    who = (np.arange(items)[:, None] + np.arange(5)).reshape(-1) % annotators
    order = np.zeros(len(item))
    for each in range(annotators):
        mine = np.flatnonzero(who == each)
        order[mine] = np.arange(len(mine))
    hours = (order % 150) / 30
    chance = np.full(len(item), 0.9)
    first = who == 0
    chance[first] -= tired * hours[first]
    if drop_after is not None:
        chance[first & (order >= drop_after)] -= 0.3
    label = np.where(rng.random(len(item)) < chance, truth[item], (truth[item] + rng.integers(1, classes, len(item))) % classes)
    times = (order // 150) * 86_400 + hours * 3600
    return Votes(item, who, label, items, annotators, classes), times, hours


def test_a_planted_slope_is_found(rng):
    votes, times, _ = worked(rng, tired=0.09)
    found = assessed(votes, times=times).tiring
    assert found[0].per_hour.high < 0
    assert found[0].per_hour.low < -0.09 * 0.9 < found[0].per_hour.high + 0.04
    assert found[0].session_hours is not None
    assert found[0].sessions == 5


def test_a_planted_drop_is_found_when_it_has_happened(rng):
    votes, times, _ = worked(rng, drop_after=400)
    found = assessed(votes, times=times).tiring
    assert 2 * 86_400 <= found[0].fell_at <= 5 * 86_400
    assert all(each.fell_at is None for each in found[1:])


def test_steady_annotators_are_left_in_peace():
    alarms = cuts = slopes = 0
    for seed in range(20):
        votes, times, _ = worked(np.random.default_rng(seed))
        found = assessed(votes, times=times).tiring
        alarms += sum(each.fell_at is not None for each in found)
        cuts += sum(each.session_hours is not None for each in found)
        slopes += sum(each.per_hour.high < 0 for each in found)
    assert alarms <= 6  # of 200 annotators at 1 % each
    assert cuts <= 6
    assert slopes <= 12  # at 2.5 %


def test_answers_that_get_slower(rng):
    votes, times, hours = worked(rng)
    found = assessed(votes, times=times, seconds=20 + 4 * hours + rng.random(len(hours)))
    assert found.tiring[3].seconds_per_hour == pytest.approx(4, abs=0.3)
    assert found.mean_seconds[3] == pytest.approx(20 + 4 * 2.5 + 0.5, abs=0.6)


@pytest.mark.parametrize(("each", "method"), [(1, "MAJORITY"), (3, "ROBUST")])
def test_auto_goes_by_what_was_sent(rng, each, method):
    votes, _, _ = crowd(rng, 60, 8, 3, each)
    assert assessed(votes).method == method
    models = rng.dirichlet(np.ones(3), 60)[None]
    assert assessed(votes, Known(np.arange(60), models)).method == "CROWDLAB"


def test_too_little_overlap_is_refused_by_name(rng):
    votes, _, _ = crowd(rng, 60, 8, 3, 1)
    with pytest.raises(EngineError, match="0 instances have two labels") as caught:
        assessed(votes, method="DAWID_SKENE")
    assert caught.value.reason == "OVERLAP_TOO_SMALL"
    assert assessed(votes, method="MAJORITY").labels.tolist() == votes.label.tolist()


def test_gold_is_counted_and_does_not_change_the_consensus(rng):
    votes, truth, _ = crowd(rng, 100, 5, 2, 3)
    gold = np.where(votes.item < 30, truth[votes.item], -1)
    found, plain = assessed(votes, gold=gold), assessed(votes)
    np.testing.assert_array_equal(found.labels, plain.labels)
    mine = (votes.who == 2) & (votes.item < 30)
    assert (found.gold_labels[2], found.gold_right[2]) == (mine.sum(), (mine & (votes.label == truth[votes.item])).sum())


def test_instances_without_answers_have_no_label(rng):
    votes, _, _ = crowd(rng, 20, 5, 2, 3)
    found = assessed(votes, Known(np.arange(25), rng.dirichlet(np.ones(2), 25)[None]))
    assert found.labels[20:].tolist() == [-1] * 5
    assert np.isnan(found.agreements[20:]).all()
    assert len(found.ask_scores) == 25


@pytest.mark.parametrize("method", ["DAWID_SKENE", "ROBUST", "MACE"])
def test_what_methods_keep_of_annotators_is_bounded(rng, monkeypatch, method):
    votes, _, _ = crowd(rng, 60, 8, 3, 3)
    monkeypatch.setattr(assessing, "MOST_ENTRIES", 23)
    with pytest.raises(EngineError, match=r"8 annotators and 3 classes make (24|72) numbers") as caught:
        assessed(votes, method=method)
    assert caught.value.field == "header.method"
    assert assessed(votes, method="ONE_COIN").method == "ONE_COIN"
    assert assessed(votes).method == "MAJORITY"


def test_agreement_looks_at_whether_to_go_on(rng):
    votes, _, _ = crowd(rng, 60, 8, 3, 3)

    def ended():
        raise Cancelled

    for call in (
        lambda: reliability.pairwise(votes.who, votes.item, votes.label, 3, 5, ended),
        lambda: reliability.bootstrap(votes.item, votes.label, 3, "NOMINAL", 0, checkpoint=ended),
    ):
        with pytest.raises(Cancelled):
            call()

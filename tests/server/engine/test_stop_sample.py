"""The sample of the pool that criteria follow: which rows are in it depends on their keys alone."""

import engine
import numpy as np
import pytest
from querist_server.engine import stop_sample
from querist_server.engine.campaign import ABSENT, Campaign
from querist_server.engine.errors import EngineError
from querist_server.engine.situation import Situation


def advised(columns, campaign=None, labelled=5, pieces=None, **task):
    situation = Situation(campaign=campaign or Campaign("a"), labelled=labelled)
    return engine.select("margin", columns, pieces, count=3, situation=situation, **task).advice


@pytest.fixture
def pool(rng):
    return {"probabilities": rng.dirichlet(np.ones(4), 6000), "keys": rng.permutation(10**6)[:6000]}


def test_it_is_as_large_as_it_may_be(pool):
    advice = advised(pool)
    assert len(advice.campaign.stop_set.keys) == stop_sample.MOST_INSTANCES
    assert set(advice.campaign.stop_set.keys) <= set(pool["keys"])


def test_a_small_pool_is_in_it_as_a_whole(rng):
    keys = rng.permutation(500)[:100]
    advice = advised({"probabilities": rng.dirichlet(np.ones(3), 100), "keys": keys})
    np.testing.assert_array_equal(advice.campaign.stop_set.keys, np.sort(keys))


@pytest.mark.parametrize("pieces", [1, 7, 999])
def test_cuts_do_not_matter(pool, pieces):
    some = {name: column[:3000] for name, column in pool.items()}
    whole, cut = advised(some).campaign, advised(some, pieces=pieces).campaign
    assert whole.rounds == cut.rounds
    np.testing.assert_array_equal(whole.stop_set.keys, cut.stop_set.keys)
    np.testing.assert_array_equal(whole.stop_set.models[0], cut.stop_set.models[0])


def test_the_order_of_the_rows_does_not_matter(pool, rng):
    order = rng.permutation(6000)
    one, other = advised(pool).campaign, advised(engine.rows_of(pool, order)).campaign
    np.testing.assert_array_equal(one.stop_set.models[0], other.stop_set.models[0])
    assert one.rounds == other.rounds


def test_excluded_or_left_away_is_the_same(pool, rng):
    """The second round, with some rows labelled: whoever excludes them hears what they hear who no longer send them."""
    first = advised(pool).campaign
    gone = rng.choice(6000, 700, replace=False)
    fresh = {**pool, "probabilities": rng.dirichlet(np.ones(4), 6000)}
    excluded = advised(fresh, first, 9, exclude_indices=gone)
    away = advised(engine.rows_of(fresh, np.setdiff1d(np.arange(6000), gone)), first, 9)
    assert excluded.campaign.rounds == away.campaign.rounds
    np.testing.assert_array_equal(excluded.campaign.stop_set.models[1], away.campaign.stop_set.models[1])
    assert (excluded.campaign.stop_set.models[1] == ABSENT).sum() == np.isin(pool["keys"][gone], first.stop_set.keys).sum()


def test_the_same_instances_are_followed_in_any_order_and_among_new_ones(pool, rng):
    first = advised(pool).campaign
    more = {"probabilities": rng.dirichlet(np.ones(4), 9000), "keys": np.concatenate((pool["keys"], 10**6 + np.arange(3000)))}
    order = rng.permutation(9000)
    second = advised(engine.rows_of(more, order), first, 9).campaign
    predicted = dict(zip(more["keys"].tolist(), more["probabilities"].argmax(axis=1).tolist(), strict=True))
    assert second.stop_set.models[1].tolist() == [predicted[key] for key in first.stop_set.keys.tolist()]
    now = np.array([predicted[key] for key in first.stop_set.keys.tolist()])
    changed = np.mean(now != first.stop_set.models[0])
    assert second.latest.changed == pytest.approx(changed)
    assert second.latest.compared == 2048


def test_many_classes_make_it_smaller(rng):
    chances = np.zeros((300, 20_000), np.float32)
    chances[np.arange(300), rng.integers(0, 20_000, 300)] = 1
    advice = advised({"probabilities": chances, "keys": np.arange(300)})
    assert len(advice.campaign.stop_set.keys) == stop_sample.MOST_CELLS // 20_000


def test_without_keys_nothing_is_followed_but_the_pool_is_summed_up(rng):
    chances = rng.dirichlet(np.ones(3), 100)
    advice = advised({"probabilities": chances})
    assert advice.campaign.stop_set is None
    assert advice.campaign.latest.expected_error == pytest.approx(np.mean(1 - chances.max(axis=1)))


def test_the_summary_of_a_large_pool_is_close_to_that_of_all(rng):
    chances = rng.dirichlet(np.full(5, 0.3), 50_000)
    now = advised({"probabilities": chances}).campaign.latest
    assert abs(now.expected_error - np.mean(1 - chances.max(axis=1))) < 4 * now.expected_error_deviation


def test_without_predictions_there_is_no_summary(rng):
    advice = engine.select(
        "k_center", {"embeddings": rng.standard_normal((50, 3))}, count=3, situation=Situation(campaign=Campaign("a"), labelled=5)
    ).advice
    assert advice.campaign.latest.uncertainty is None
    assert advice.campaign.stop_set is None


def test_votes_and_committees_are_followed_too(rng):
    votes = {"committee.votes": rng.integers(-1, 3, (60, 4)), "keys": np.arange(60)}
    votes["committee.votes"][0] = -1  # everybody abstains
    chosen = engine.select("vote_entropy", votes, count=3, class_count=3, situation=Situation(campaign=Campaign("a"), labelled=5))
    assert chosen.advice.campaign.stop_set.keys.tolist() == list(range(1, 60))


def test_other_classes_are_another_campaign(pool, rng):
    first = advised(pool).campaign
    with pytest.raises(EngineError, match="4 classes, and the pool has 5") as caught:
        advised({**pool, "probabilities": rng.dirichlet(np.ones(5), 6000)}, first, 9)
    assert caught.value.reason == "STATE_FOREIGN"


def test_a_round_without_predictions_leaves_a_gap(pool, rng):
    first = advised(pool).campaign
    blind = engine.select(
        "k_center", {"embeddings": rng.standard_normal((50, 3))}, count=3, situation=Situation(campaign=first, labelled=9)
    ).advice.campaign
    third = advised(pool, blind, 13).campaign
    assert blind.latest.changed is None
    assert third.latest.changed is None
    assert third.stop_set.models[0].tolist() == third.stop_set.models[2].tolist()

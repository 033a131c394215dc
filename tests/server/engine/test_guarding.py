"""What guards put aside: never chosen, always listed, drawn for audit if asked. With guards made up for the purpose."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest
from engine import select
from querist_server.engine.choices.k_center import KCenter
from querist_server.engine.choices.softrank import Softrank
from querist_server.engine.choices.top import Top
from querist_server.engine.errors import EngineError
from querist_server.engine.part import Guard, Need, Suspects
from querist_server.engine.plan import Plan
from querist_server.engine.quarantine import MOST_LISTED
from querist_server.engine.scores.caller import CallerScore
from querist_server.engine.scores.margin import Margin
from querist_server.engine.scores.mix import Mix, MixPart

ROWS = 200


@dataclass(frozen=True)
class Negative(Guard):
    """Puts rows aside whose own score is negative."""

    name: ClassVar[str] = "negative"

    def row_suspects(self, block, context):
        positions = np.flatnonzero(block.caller_scores < 0)
        return [Suspects("UNLABELABLE", positions, block.caller_scores[positions])]


@dataclass(frozen=True)
class Far(Guard):
    """Puts rows aside that are far from the median of all candidates."""

    name: ClassVar[str] = "far"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.EMBEDDINGS})
    looks_at_pool = True

    def pool_suspects(self, candidates, context):
        gaps = np.abs(candidates["embeddings"][:, 0] - np.median(candidates["embeddings"][:, 0]))
        positions = np.flatnonzero(gaps > 2)
        return [Suspects("KNN_OUTLIER", positions, gaps[positions].astype(float))]


@dataclass(frozen=True)
class OneOfTen(Guard):
    """Lets one row of each ten consecutive row indices into a batch."""

    name: ClassVar[str] = "one_of_ten"
    looks_at_batch = True

    def watch(self, candidates, before, context):
        rows = candidates["index"] // 10
        taken = [] if before is None else before["index"] // 10

        class Watcher:
            reason = "GROUP_FULL"

            def closed_from_the_start(self):
                return np.flatnonzero(np.isin(rows, taken))

            def closed_by(self, position):
                return np.flatnonzero(rows == rows[position])

        return Watcher()


def columns(rng, rows=ROWS):
    return {"scores": rng.standard_normal(rows), "embeddings": rng.standard_normal((rows, 3))}


def plan(*guards, choice=None, score=None, **parameters):
    return Plan(score or CallerScore(), choice or Top(), guards=guards, **parameters)


@pytest.mark.parametrize("pieces", [None, 1, 7])
def test_rows_that_a_guard_puts_aside_are_listed_and_not_chosen(rng, pieces):
    sent = columns(rng)
    chosen = select(plan(Negative()), sent, pieces=pieces)
    aside = np.flatnonzero(sent["scores"] < 0)
    assert sorted([*chosen.indices.tolist(), *aside.tolist()]) == list(range(ROWS))
    assert chosen.guarded_indices.tolist() == aside.tolist()
    assert chosen.guarded_reasons == ["UNLABELABLE"] * len(aside)
    np.testing.assert_array_equal(chosen.guarded_values, sent["scores"][aside])
    assert chosen.guarded_tallies == {"UNLABELABLE": len(aside)}
    assert chosen.guarded_total == len(aside) == ROWS - chosen.statistics.candidates
    assert chosen.statistics.rows == ROWS
    assert chosen.statistics.score_min == sent["scores"][sent["scores"] >= 0].min()


@pytest.mark.parametrize("pieces", [None, 1, 7])
@pytest.mark.parametrize("choice", [Top(), Softrank(), KCenter()])
def test_a_guard_that_sees_the_pool_comes_before_scores_are_counted(rng, pieces, choice):
    sent = columns(rng)
    chosen = select(plan(Negative(), Far(), choice=choice), sent, pieces=pieces, count=20)
    mine = sent["embeddings"][sent["scores"] >= 0, 0]
    gaps = np.abs(sent["embeddings"][:, 0] - np.median(mine))
    far = (gaps > 2) & (sent["scores"] >= 0)
    assert far.any()
    fine = (sent["scores"] >= 0) & ~far
    assert set(chosen.indices.tolist()) <= set(np.flatnonzero(fine).tolist())
    assert chosen.statistics.candidates == fine.sum()
    assert chosen.statistics.score_max == sent["scores"][fine].max()
    assert chosen.guarded_tallies == {"UNLABELABLE": int((sent["scores"] < 0).sum()), "KNN_OUTLIER": int(far.sum())}
    np.testing.assert_array_equal(chosen.indices, select(plan(Negative(), Far(), choice=choice), sent, count=20).indices)


@pytest.mark.parametrize("choice", [Top(), Softrank(), KCenter()])
@pytest.mark.parametrize("share", [0.0, 0.3])
def test_a_guard_that_watches_the_batch_holds_for_every_choice_and_for_random_draws(rng, choice, share):
    sent = columns(rng)
    chosen = select(plan(OneOfTen(), choice=choice), sent, count=20, random_share=share)
    assert sorted(chosen.indices // 10) == list(range(20))
    assert chosen.guarded_tallies == {"GROUP_FULL": 180}
    assert not set(chosen.indices.tolist()) & set(chosen.guarded_indices.tolist())
    assert np.isnan(chosen.guarded_values).all()
    assert chosen.inclusion_probabilities is None


def test_more_than_a_watching_guard_lets_be_taken_is_an_error_and_a_ranking_is_not(rng):
    sent = columns(rng)
    with pytest.raises(EngineError, match="guards let only 20 of the 21") as caught:
        select(plan(OneOfTen()), sent, count=21)
    assert (caught.value.reason, caught.value.field) == ("COUNT_EXCEEDS_POOL", "count")
    assert len(select(plan(OneOfTen()), sent).indices) == 20


def test_too_few_left_by_a_guard_is_an_error_that_says_so(rng):
    with pytest.raises(EngineError, match=r"200 rows, 0 excluded, \d+ guarded") as caught:
        select(plan(Negative(), Far()), columns(rng), count=150)
    assert caught.value.reason == "COUNT_EXCEEDS_POOL"


def test_a_prefilter_too_small_for_the_guards_is_named(rng):
    sent = columns(rng)
    sent["scores"] = -np.arange(200.0)
    with pytest.raises(EngineError, match="best 30, to which the prefilter limits"):
        select(plan(OneOfTen(), prefilter=30), sent, count=20)


@pytest.mark.parametrize("pieces", [None, 7])
def test_audit_draws_come_from_what_was_put_aside_each_as_likely(rng, pieces):
    sent = columns(rng, 60)
    aside = set(np.flatnonzero(sent["scores"] < 0).tolist())
    counts = np.zeros(60)
    for seed in range(300):
        chosen = select(plan(Negative()), sent, pieces=pieces, count=10, audit_share=0.3, seed=seed)
        drawn = set(chosen.indices[chosen.audit_draws].tolist())
        assert len(drawn) == 3
        assert drawn <= aside
        assert not set(chosen.indices[~chosen.audit_draws].tolist()) & aside
        counts[list(drawn)] += 1
    expected = 300 * 3 / len(aside)
    assert np.abs(counts[list(aside)] - expected).max() < 5 * np.sqrt(expected)


def test_audit_and_random_draws_stand_beside_each_other(rng):
    sent = columns(rng)
    chosen = select(plan(Negative(), Far()), sent, count=20, audit_share=0.2, random_share=0.25)
    assert chosen.audit_draws.sum() == 4
    assert chosen.random_draws.sum() == 5
    assert not (chosen.audit_draws & chosen.random_draws).any()
    assert len(set(chosen.indices.tolist())) == 20
    np.testing.assert_array_equal(chosen.inclusion_probabilities > 0, chosen.random_draws)


def test_where_too_few_were_put_aside_the_plan_takes_more_and_says_so(rng):
    sent = columns(rng)
    sent["scores"] = np.abs(sent["scores"])
    sent["scores"][:2] = -1
    chosen = select(plan(Negative()), sent, count=20, audit_share=0.5)
    assert chosen.audit_draws.sum() == 2
    assert len(chosen.indices) == 20
    assert [code for code, _ in chosen.warnings] == ["AUDIT_SHORT"]


def test_nothing_can_be_audited_where_only_candidates_have_a_score(rng):
    mixed = Mix(parts=(MixPart(CallerScore()), MixPart(CallerScore(), 2.0)), scale="RANK")
    with pytest.raises(EngineError) as caught:
        select(plan(Negative(), score=mixed), columns(rng), count=10, audit_share=0.5)
    assert (caught.value.reason, caught.value.field) == ("FIELD_CONFLICT", "audit_share")


def test_many_suspects_are_counted_and_the_first_are_listed():
    scores = np.full(MOST_LISTED + 500, -1.0)
    scores[-3:] = 1
    chosen = select(plan(Negative()), {"scores": scores}, count=3)
    assert chosen.guarded_total == MOST_LISTED + 497
    assert chosen.guarded_indices.tolist() == list(range(MOST_LISTED))


def test_scores_of_what_a_pool_guard_puts_aside_are_not_sent(rng):
    from engine import feed, started

    sent = columns(rng)
    run = started(plan(Negative(), Far()), keep_scores=True, count=5)
    feed(run, sent, 50)
    chosen = run.finish()
    ((first, scores),) = run.take_scores()
    assert first == 0
    assert np.isnan(scores[chosen.guarded_indices]).all()
    assert np.isfinite(scores).sum() == chosen.statistics.candidates


def test_no_votes_is_a_reason_like_others_but_not_for_audit(rng):
    votes = np.array([[0, 1], [-1, -1], [1, 1], [0, 0], [-1, -1]])
    from querist_server.engine.scores.vote_entropy import VoteEntropy

    chosen = select(Plan(VoteEntropy(), Top()), {"committee.votes": votes}, class_count=2, count=2, audit_share=0.5)
    assert chosen.guarded_tallies == {"NO_VOTES": 2}
    assert not chosen.audit_draws.any()


def test_a_batch_of_draws_alone_has_the_same_columns(rng):
    sent = {**columns(rng), "probabilities": rng.dirichlet(np.ones(3), ROWS)}
    chosen = select(plan(Negative(), score=Margin()), sent, count=10, audit_share=0.5, random_share=0.5)
    assert (chosen.audit_draws ^ chosen.random_draws).all()
    assert chosen.confidences.shape == (10,)

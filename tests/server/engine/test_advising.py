"""Rounds, votes and the verdict: one rule, whatever way the rounds came."""

import dataclasses
import itertools

import campaigns
import engine
import numpy as np
import pytest
from querist_server.engine.advising import Observation, advise, sent_stop_set
from querist_server.engine.campaign import ALWAYS_KEPT, MOST_ROUNDS, Campaign, Round, StopSet
from querist_server.engine.criterion import Status
from querist_server.engine.errors import EngineError
from querist_server.engine.registry import CRITERIA
from querist_server.engine.situation import Economics, Estimate, Past, Screening, Situation
from querist_server.engine.verdict import patience, still_improving

FALLING = [0.4, 0.25, 0.18, 0.14, 0.12, 0.11, 0.105]
PRICES = Economics(label_cost=1.0, error_cost=1.0, predictions=3000.0)


def estimate(error):
    return Estimate.of("HOLD_OUT", error, None, 400, "campaign.error")


def run(errors, labelled=None, **situation):
    advice, campaign = [], Campaign("a")
    for place, error in enumerate(errors):
        count = labelled[place] if labelled else 20 * (place + 1)
        advice.append(
            advise(Situation(campaign=campaign, labelled=count, estimate=estimate(error), economics=PRICES, **situation), Observation())
        )
        campaign = advice[-1].campaign
    return advice


def test_there_is_no_verdict_before_three_rounds():
    for advice in run([0.0, 0.0])[:2]:
        assert advice.verdict == "INCONCLUSIVE"
        assert "at least 3 rounds" in advice.missing


def test_history_says_what_states_say():
    by_state = run(FALLING, unlabelled=500, next_batch=20)
    history = tuple(Past(labelled=20 * (place + 1), estimate=estimate(error)) for place, error in enumerate(FALLING[:-1]))
    at_once = advise(
        Situation(
            campaign=Campaign("a"),
            labelled=20 * len(FALLING),
            estimate=estimate(FALLING[-1]),
            economics=PRICES,
            history=history,
            unlabelled=500,
            next_batch=20,
        ),
        Observation(),
    )
    last = by_state[-1]
    assert at_once.votes == last.votes
    assert (at_once.verdict, at_once.sentence) == (last.verdict, last.sentence)
    assert [each.error for each in at_once.campaign.rounds] == [each.error for each in last.campaign.rounds]


def test_a_round_with_as_many_labels_takes_the_place_of_the_last():
    once, twice = run(FALLING), run([*FALLING[:-1], 0.9, FALLING[-1]], labelled=[20, 40, 60, 80, 100, 120, 140, 140])
    assert twice[-1].campaign.rounds == once[-1].campaign.rounds
    assert twice[-1].campaign.first_stops == once[-1].campaign.first_stops
    assert twice[-1].verdict == once[-1].verdict


def test_repeating_a_stop_set_round_does_not_make_it_stable(rng):
    predictions = campaigns.drifting(rng, 100, 3, 5)
    advice = campaigns.followed(predictions, 3)
    again = advise(
        Situation(campaign=advice[-1].campaign, labelled=50),
        Observation(stop_set=dataclasses.replace(advice[-1].campaign.stop_set, models=advice[-1].campaign.stop_set.models)),
    )
    assert again.campaign.latest.changed == advice[-1].campaign.latest.changed
    assert again.campaign.length == 5


def test_first_rounds_are_remembered(rng):
    predictions = campaigns.drifting(rng, 200, 2, 10)
    predictions += [predictions[-1], rng.integers(0, 2, 200), rng.integers(0, 2, 200)]
    advice = campaigns.followed(predictions, 2)
    for name in ("classification_change", "stabilizing_predictions", "delta_f"):
        stops = [place + 1 for place, each in enumerate(advice) if each.votes[name].status is Status.STOP]
        assert advice[-1].campaign.first_stops.get(name) == (stops[0] if stops else None)
    assert "classification_change" in advice[-1].campaign.first_stops


def test_stability_must_hold_for_two_rounds(rng):
    predictions = [rng.integers(0, 2, 100), rng.integers(0, 2, 100), *[rng.integers(0, 2, 100)] * 5]
    verdicts = [advice.verdict for advice in campaigns.followed(predictions, 2)]
    assert verdicts == ["INCONCLUSIVE", "INCONCLUSIVE", "CONTINUE", "CONTINUE", "CONTINUE", "STOP", "STOP"]
    assert [advice.campaign.latest.stable_rounds for advice in campaigns.followed(predictions, 2)] == [0, 0, 0, 0, 1, 2, 3]


@pytest.mark.parametrize(("knob", "first"), [(0.0, 6), (0.5, 5), (1.0, 4)])
def test_the_knob_decides_how_long(rng, knob, first):
    predictions = [rng.integers(0, 2, 100), rng.integers(0, 2, 100), *[rng.integers(0, 2, 100)] * 6]
    verdicts = [advice.verdict for advice in campaigns.followed(predictions, 2, aggressiveness=knob)]
    assert verdicts.index("STOP") == first
    assert patience(knob) == first - 3


def test_a_higher_knob_never_stops_later(rng):
    for _ in range(10):
        errors = np.clip(0.05 + 1.2 * (20.0 * np.arange(1, 16)) ** -0.6 + rng.normal(0, 0.015, 15), 0, 1).tolist()
        firsts = []
        for knob in (1.0, 0.75, 0.5, 0.25, 0.0):
            verdicts = [each.verdict for each in run(errors, aggressiveness=knob, unlabelled=2000, next_batch=20)]
            firsts.append(verdicts.index("STOP") if "STOP" in verdicts else 99)
        assert firsts == sorted(firsts)


def test_an_error_that_still_falls_puts_off_a_stop_by_stability(rng):
    same = rng.integers(0, 2, 100)

    def last(errors):
        campaign = Campaign("a")
        for place, error in enumerate(errors):
            models = (*(campaign.stop_set.models if campaign.stop_set else ()), same)
            stop_set = StopSet(np.arange(100), False, 2, 2**64 - 1, models)
            said = Situation(campaign=campaign, labelled=10 * (place + 1), estimate=Estimate("HOLD_OUT", error, 0.005))
            advice = advise(said, Observation(stop_set=stop_set))
            campaign = advice.campaign
        return advice

    assert last([0.3] * 6).verdict == "STOP"
    falling = last([0.5, 0.4, 0.3, 0.2, 0.1, 0.05])
    assert falling.verdict == "CONTINUE"
    assert "still falls" in falling.sentence


def test_a_calibrated_expectation_that_falls_counts_too():
    series = {"expected_error": [0.3, 0.25, 0.2], "expected_error_deviation": [0.01] * 3}
    assert "expects" in still_improving(campaigns.evidence(calibrated=[True] * 3, **series).campaign)
    assert not still_improving(campaigns.evidence(calibrated=[False] * 3, **series).campaign)


def test_money_is_put_off_while_predictions_change(rng):
    """Identical flat errors: with a stop set that still changes, what changed may be worth more than the next batch."""

    def verdict(change):
        campaign, before = Campaign("a"), rng.integers(0, 2, 400)
        for place in range(6):
            now = before.copy()
            now[: int(400 * change)] = 1 - now[: int(400 * change)]
            models = (*(campaign.stop_set.models if campaign.stop_set else ()), now)
            said = Situation(
                campaign=campaign, labelled=20 * (place + 1), estimate=Estimate("HOLD_OUT", 0.1, 0.001), economics=PRICES, unlabelled=500
            )
            advice = advise(said, Observation(stop_set=StopSet(np.arange(400), False, 2, 2**64 - 1, models), selected=20))
            campaign, before = advice.campaign, now
        return advice

    assert verdict(0.0).verdict == "STOP"
    shaky = verdict(0.2)
    assert shaky.votes["net_value"].status is Status.STOP
    assert shaky.verdict == "CONTINUE"
    assert shaky.decided_by == ("net_value", "classification_change")


def test_limits_end_a_campaign_at_any_time():
    said = Situation(campaign=Campaign("a"), labelled=30, criteria={"budget": CRITERIA["budget"](labels=30)})
    advice = advise(said, Observation())
    assert (advice.verdict, advice.decided_by) == ("STOP", ("budget",))
    assert advice.missing == ()


def test_the_rule_that_decides_comes_first():
    advice = run(FALLING)[-1]
    assert advice.decided_by[0] == "net_value"
    assert next(iter(advice.votes)) == "net_value"


class TestReviewWork:
    def advise(self, relevant, unscreened, rounds=3, **screening):
        campaign, advice = Campaign("review"), None
        for place, piece in enumerate(np.array_split(np.array(relevant, bool), rounds)):
            said = Situation(
                campaign=campaign,
                labelled=20 * (place + 1),
                screening=Screening(target_recall=0.9, relevant=piece, **screening),
                unlabelled=unscreened,
            )
            advice = advise(said, Observation())
            campaign = advice.campaign
        return advice

    def test_the_order_of_screening_is_kept(self):
        relevant = np.random.default_rng(0).random(90) < 0.3
        np.testing.assert_array_equal(self.advise(relevant, 50).campaign.screened, relevant)

    def test_callaghan_decides_where_nothing_better_is_there(self):
        stop = self.advise([True] * 50 + [False] * 200, 100)
        assert (stop.verdict, stop.decided_by) == ("STOP", ("callaghan",))
        assert self.advise([True, False] * 60, 100).verdict == "CONTINUE"

    def test_a_sample_of_the_rest_decides_over_all(self):
        found = self.advise([True] * 50 + [False] * 200, 100, elusion_size=50, elusion_relevant=20)
        assert (found.verdict, found.decided_by) == ("CONTINUE", ("elusion",))

    def test_then_a_control_set(self):
        found = self.advise([True] * 50 + [False] * 200, 100, control_size=60, control_found=20)
        assert (found.verdict, found.decided_by) == ("CONTINUE", ("qbcb",))

    def test_nothing_found_cannot_say(self):
        assert self.advise([False] * 30, 100).verdict == "INCONCLUSIVE"

    def test_a_repeated_round_does_not_screen_twice(self):
        first = advise(
            Situation(campaign=Campaign("a"), labelled=5, screening=Screening(target_recall=0.9, relevant=np.ones(5, bool))), Observation()
        )
        again = advise(
            Situation(campaign=first.campaign, labelled=5, screening=Screening(target_recall=0.9, relevant=np.zeros(5, bool))),
            Observation(),
        )
        assert again.campaign.screened.tolist() == [False] * 5

    def test_recall_by_probabilities_of_pool_and_screened(self, rng):
        chances = rng.dirichlet(np.ones(2), 80)
        screened = rng.random(30)
        situation = Situation(campaign=Campaign("a"), labelled=30, screening=Screening(target_recall=0.9, relevant=screened > 0.5))
        chosen = engine.select(
            "margin", {"probabilities": chances}, count=5, situation=situation, beside={"screened": screened}, exclude_indices=np.arange(10)
        )
        share = screened.sum() / (screened.sum() + chances[10:, 1].sum())
        assert f"recall is {share:.1%}" in chosen.advice.votes["quant_ci"].sentence


def test_long_campaigns_are_thinned_but_keep_their_ends():
    campaign = Campaign("a")
    for place in range(3 * MOST_ROUNDS):
        campaign = dataclasses.replace(campaign, rounds=(*campaign.rounds, Round(number=place + 1, labelled=place + 1))).thinned()
        assert len(campaign.rounds) <= MOST_ROUNDS
    numbers = [each.number for each in campaign.rounds]
    assert numbers[:ALWAYS_KEPT] == list(range(1, ALWAYS_KEPT + 1))
    assert numbers[-100:] == list(range(3 * MOST_ROUNDS - 99, 3 * MOST_ROUNDS + 1))
    assert campaign.length == 3 * MOST_ROUNDS
    assert all(later > sooner for sooner, later in itertools.pairwise(numbers))


@pytest.mark.parametrize(
    ("situation", "reason", "field"),
    [
        ({"labelled": -1}, "VALUE_OUT_OF_RANGE", "campaign.labelled"),
        ({"labelled": 10}, "STATE_FOREIGN", "campaign.labelled"),
        ({"labelled": 200, "cost": 1.0}, "VALUE_OUT_OF_RANGE", "campaign.cost"),
        ({"labelled": 200, "cost": float("nan")}, "VALUE_OUT_OF_RANGE", "campaign.cost"),
        ({"labelled": 200, "batch_correct": 1}, "FIELD_MISSING", "campaign.batch_labelled"),
        ({"labelled": 200, "batch_labelled": 1, "batch_correct": 2}, "VALUE_OUT_OF_RANGE", "campaign.batch_correct"),
        ({"labelled": 200, "aggressiveness": 1.5}, "VALUE_OUT_OF_RANGE", "campaign.aggressiveness"),
        ({"labelled": 200, "next_batch": 0}, "VALUE_OUT_OF_RANGE", "campaign.next_batch"),
        ({"labelled": 200, "history": (Past(labelled=1),)}, "FIELD_CONFLICT", "campaign.history"),
    ],
)
def test_what_cannot_be_is_refused(situation, reason, field):
    campaign = Campaign("a", (Round(number=1, labelled=100, cost=50.0),))
    with pytest.raises(EngineError) as caught:
        Situation(campaign=campaign, **situation)
    assert (caught.value.reason, caught.value.field) == (reason, field)


def test_history_must_rise():
    with pytest.raises(EngineError) as caught:
        Situation(campaign=Campaign("a"), labelled=30, history=(Past(labelled=10), Past(labelled=20), Past(labelled=20)))
    assert caught.value.field == "campaign.history[2].labelled"


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: Estimate.of("HOLD_OUT", None, None, 10, "e"), "e.error"),
        (lambda: Estimate.of("HOLD_OUT", 1.1, None, 10, "e"), "e.error"),
        (lambda: Estimate.of("HOLD_OUT", 0.1, None, None, "e"), "e.instances"),
        (lambda: Estimate.of("HOLD_OUT", 0.1, None, 0, "e"), "e.instances"),
        (lambda: Estimate.of("HOLD_OUT", 0.1, -1.0, None, "e"), "e.standard_error"),
        (lambda: Estimate.of("HOLD_OUT", float("nan"), 0.1, None, "e"), "e.error"),
        (lambda: Estimate.by_lure(np.ones(1), np.ones(1), 5, "e"), "e.losses"),
        (lambda: Estimate.by_lure(np.ones(3), np.ones(2), 5, "e"), "e.draw_probabilities"),
        (lambda: Estimate.by_lure(np.ones(3), np.ones(3), 2, "e"), "e.pool_size"),
        (lambda: Estimate.by_lure(np.ones(3), np.ones(3), None, "e"), "e.pool_size"),
        (lambda: Estimate.by_lure(np.full(3, 2.0), np.ones(3), 9, "e"), "e.losses"),
        (lambda: Estimate.by_lure(np.ones(3), np.array([0.1, 0.0, 0.1]), 9, "e"), "e.draw_probabilities"),
        (lambda: Estimate.by_lure(np.full(3, np.nan), np.ones(3), 9, "e"), "e.losses"),
    ],
)
def test_estimates_that_cannot_be_are_refused(make, field):
    with pytest.raises(EngineError) as caught:
        make()
    assert caught.value.field == field


def test_no_error_seen_is_no_proof_that_there_is_none():
    assert Estimate.of("HOLD_OUT", 0.0, None, 50, "e").standard_error > 0.01


def test_a_proxy_is_flagged_and_found_in_the_pool(rng):
    chances = rng.dirichlet(np.ones(3), 200)
    said = Situation(campaign=Campaign("a"), labelled=10, estimate=Estimate("PROXY", None, None), economics=PRICES)
    advice = engine.select("margin", {"probabilities": chances}, count=5, situation=said).advice
    assert advice.campaign.latest.error == pytest.approx(np.mean(1 - chances.max(axis=1)))
    assert any("expects of itself" in caution for caution in advice.cautions)
    with pytest.raises(EngineError, match="takes a selection"):
        advise(said, Observation())


@pytest.mark.parametrize(("rows", "classes", "reason"), [(29, 3, "VALUE_OUT_OF_RANGE"), (5000, 3, "VALUE_OUT_OF_RANGE")])
def test_stop_sets_that_are_too_small_or_large_are_refused(rows, classes, reason):
    with pytest.raises(EngineError) as caught:
        sent_stop_set(Campaign("a"), np.zeros(rows, np.int64), classes)
    assert caught.value.reason == reason


def test_a_sent_stop_set_must_stay_the_same():
    first = sent_stop_set(Campaign("a"), np.zeros(40, np.int64), 3)
    campaign = Campaign("a", (Round(number=1, labelled=5),), first)
    assert len(sent_stop_set(campaign, np.ones(40, np.int64), 3).models) == 2
    with pytest.raises(EngineError, match="must stay the same"):
        sent_stop_set(campaign, np.zeros(41, np.int64), 3)
    with pytest.raises(EngineError, match="classes"):
        sent_stop_set(campaign, np.zeros(40, np.int64), 4)


def test_the_sentence_is_for_whoever_pays():
    advice = campaigns.measured([0.4, 0.3, 0.25, 0.22], 0.01, 50, 1000, label_cost=0.84, currency="EUR")[-1]
    assert advice.sentence.startswith("The next 50 labels cost EUR 42; they are expected to save EUR ")
    assert " of errors" in advice.sentence

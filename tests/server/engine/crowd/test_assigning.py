"""Whom to ask what: against sums over labels and answers, best matchings and a greedy without any tricks."""

import itertools
import math

import numpy as np
import pytest
from querist_server.engine.crowd import gain, matching
from querist_server.engine.crowd.assigning import Available, Open, Wish, assign, upper_limits
from querist_server.engine.errors import Cancelled, EngineError
from scipy.optimize import linear_sum_assignment
from scipy.stats import sem, t


def nothing():
    pass


def confusion(rng, classes, right=0.5):
    return right * np.eye(classes) + (1 - right) * rng.dirichlet(np.ones(classes), classes)


def crowd(rng, instances=12, annotators=5, classes=3, **of):
    """A crowd with answers, tags, costs and capacities; keys do not rise."""
    keys, others = rng.permutation(1000)[:instances].tolist(), rng.permutation(1000)[:annotators].tolist()
    waiting = [
        Open(
            key,
            rng.dirichlet(np.ones(classes)),
            frozenset(np.array([*others, 5000])[rng.random(annotators + 1) < 0.3].tolist()),
            frozenset(np.array(["de", "law"])[rng.random(2) < 0.3].tolist()),
        )
        for key in keys
    ]
    people = [
        Available(
            key,
            confusion(rng, classes) if rng.random() < 0.8 else None,
            quality=float(rng.random()),
            labels=int(rng.integers(0, 40)),
            capacity=int(rng.integers(0, 5)),
            cost=float(0.5 + rng.random()),
            answer_rate=float(rng.random()),
            tags=frozenset(np.array(["de", "law"])[rng.random(2) < 0.7].tolist()),
        )
        for key in others
    ]
    return waiting, people


def entropy(row):
    return -sum(p * math.log(p) for p in row if p > 0)


def information(posterior, matrices):
    """The fall of the entropy of the class by all labels together: a loop over every combination of labels."""
    after = 0.0
    for labels in itertools.product(range(len(posterior)), repeat=len(matrices)):
        joint = [p * math.prod(matrix[a][label] for matrix, label in zip(matrices, labels, strict=True)) for a, p in enumerate(posterior)]
        if sum(joint) > 0:
            after += sum(joint) * entropy([p / sum(joint) for p in joint])
    return entropy(posterior) - after


def matrix_of(each, classes):
    if each.confusion is not None:
        return each.confusion
    return [[each.quality if a == b else (1 - each.quality) / (classes - 1) for b in range(classes)] for a in range(classes)]


def may(instance, annotator):
    return annotator.key not in instance.answered and instance.tags <= annotator.tags


# The gain.


@pytest.mark.parametrize("classes", [2, 3, 7])
def test_gain_is_the_expected_fall_of_entropy(rng, classes):
    posteriors = rng.dirichlet(np.ones(classes), 20)
    matrices = np.array([confusion(rng, classes, right) for right in (0.0, 0.4, 0.9, 1.0)])
    found = gain.information_gain(posteriors, gain.Answering.of(matrices), nothing)
    expected = [[information(row, [matrix]) for matrix in matrices] for row in posteriors]
    np.testing.assert_allclose(found, expected, atol=2e-12)  # rounded to 12 decimals
    assert (found >= 0).all()
    np.testing.assert_allclose(found[:, 3], [entropy(row) for row in posteriors], atol=2e-12)  # who is always right leaves nothing open


def test_blocks_do_not_matter(rng, monkeypatch):
    posteriors, answering = rng.dirichlet(np.ones(4), 700), gain.Answering.of(np.array([confusion(rng, 4) for _ in range(30)]))
    whole = gain.information_gain(posteriors, answering, nothing)
    monkeypatch.setattr(gain, "_BLOCK", 1100)
    np.testing.assert_allclose(gain.information_gain(posteriors, answering, nothing), whole, atol=2e-12)


def test_coin_flippers_and_certain_instances_say_nothing(rng):
    same = np.tile(rng.dirichlet(np.ones(4)), (4, 1))
    answering = gain.Answering.of(np.array([same, gain.one_coin(0.25, 4), confusion(rng, 4)]))
    rows = np.array([rng.dirichlet(np.ones(4)), np.eye(4)[2]])
    found = gain.information_gain(rows, answering, nothing)
    np.testing.assert_array_equal(found[:, :2], 0)
    np.testing.assert_array_equal(found[1], 0)
    assert found[0, 2] > 0.01


@pytest.mark.parametrize("asked", [1, 2, 3])
def test_further_gain_completes_the_joint_information(rng, asked):
    posterior, matrices = rng.dirichlet(np.ones(3)), np.array([confusion(rng, 3) for _ in range(asked + 2)])
    found = gain.further_gain(posterior, matrices[:asked], gain.Answering.of(matrices[asked:]), nothing)
    before = information(posterior, matrices[:asked])
    expected = [information(posterior, [*matrices[:asked], matrix]) - before for matrix in matrices[asked:]]
    np.testing.assert_allclose(found, expected, atol=3e-12)


def joint_information(posterior, matrices):
    """As `information`, for many combinations, by the entropy of all labels together."""
    cells = posterior[None, :]
    for matrix in matrices:
        cells = np.einsum("ma,al->mla", cells, matrix).reshape(-1, len(posterior))
    return (
        entropy(posterior) + sum(p * math.log(p) for p in cells.ravel() if p > 0) - sum(p * math.log(p) for p in cells.sum(axis=1) if p > 0)
    )


def test_further_gain_up_to_4096_combinations_is_exact_and_beyond_it_close(rng):
    for classes, tolerance in ((8, 1e-10), (10, 0.02)):
        posterior, matrices = rng.dirichlet(np.ones(classes)), np.array([confusion(rng, classes, 0.3) for _ in range(5)])
        found = gain.further_gain(posterior, matrices[:4], gain.Answering.of(matrices[4:]), nothing)[0]
        expected = joint_information(posterior, matrices) - joint_information(posterior, matrices[:4])
        assert found == pytest.approx(expected, rel=tolerance), classes
        assert (found == pytest.approx(expected, abs=1e-10)) == (classes == 8)


# Expected gain, assigned.


def plain_greedy(waiting, people, wish):
    """Look at every pair again after each choice."""
    left, chosen, pairs = {each.key: each.capacity for each in people}, {each.key: [] for each in waiting}, []
    while wish.most_pairs is None or len(pairs) < wish.most_pairs:
        found = []
        for instance, annotator in itertools.product(waiting, people):
            before = chosen[instance.key]
            if not may(instance, annotator) or not left[annotator.key] or annotator in before or len(before) == wish.most_per_instance:
                continue
            classes = len(instance.probabilities)
            asked = [matrix_of(each, classes) for each in before]
            more = information(instance.probabilities, [*asked, matrix_of(annotator, classes)]) - information(instance.probabilities, asked)
            found.append((-max(0.0, round(more, 9)) * annotator.answer_rate / annotator.cost, instance.key, annotator.key, annotator))
        if not found:
            break
        value, key, other, annotator = min(found, key=lambda each: each[:3])
        left[other] -= 1
        chosen[key].append(annotator)
        pairs.append((key, other, -value))
    return pairs


@pytest.mark.parametrize("most_pairs", [None, 4])
@pytest.mark.parametrize("most", [1, 2, 3])
@pytest.mark.parametrize("case", range(4))
def test_assignments_are_those_of_a_plain_greedy(case, most, most_pairs):
    waiting, people = crowd(np.random.default_rng(case), 8, 5)
    wish = Wish(most_per_instance=most, most_pairs=most_pairs, explore=False)
    pairs, nobody = assign(waiting, people, wish, nothing)
    expected = plain_greedy(waiting, people, wish)
    assert [(each.instance, each.annotator) for each in pairs] == [each[:2] for each in expected]
    np.testing.assert_allclose([each.value for each in pairs], [each[2] for each in expected], atol=1e-8)  # the greedy rounds to 9
    assert nobody == len(waiting) - len({each[0] for each in expected})


def test_bands_and_chunks_do_not_matter(rng, monkeypatch):
    waiting, people = crowd(rng, 150, 20)
    wish = Wish(most_per_instance=2)
    whole = assign(waiting, people, wish, nothing)
    monkeypatch.setattr(matching, "_BAND", 50)
    monkeypatch.setattr(matching, "_CHUNK", 7)
    assert assign(waiting, people, wish, nothing) == whole


def test_ties_go_to_the_lower_keys():
    waiting = [Open(key, np.full(2, 0.5)) for key in (7, 3, 5)]
    people = [Available(key, capacity=2) for key in (20, 10)]
    pairs, _ = assign(waiting, people, Wish(explore=False), nothing)
    assert [(each.instance, each.annotator) for each in pairs] == [(3, 10), (5, 10), (7, 20)]


@pytest.mark.parametrize("case", range(20))
def test_the_sum_is_at_least_half_the_best_and_the_best_where_capacities_do_not_bind(case):
    rng = np.random.default_rng(case)
    rows, matrices, capacities = rng.dirichlet(np.ones(3), 6), [confusion(rng, 3) for _ in range(4)], rng.integers(1, 3, 4)
    worth = np.array([[information(row, [matrix]) for matrix in matrices] for row in rows])
    seats = np.repeat(np.arange(4), capacities)
    best = worth[:, seats][linear_sum_assignment(-worth[:, seats])].sum()
    waiting = [Open(key, row) for key, row in enumerate(rows)]
    for bound, least in ((capacities, best / 2), (np.full(4, 6), worth.max(axis=1).sum())):
        people = [Available(key, matrix, capacity=int(many)) for key, (matrix, many) in enumerate(zip(matrices, bound, strict=True))]
        pairs, _ = assign(waiting, people, Wish(explore=False), nothing)
        assert least - 1e-9 <= sum(each.value for each in pairs)
    assert sum(each.value for each in pairs) == pytest.approx(worth.max(axis=1).sum(), abs=1e-9)


# What must never happen, whatever the method.

WISHES = [
    Wish(method=method, most_per_instance=most, most_pairs=pairs, blind_share=share, seed=most)
    for method in ("EXPECTED_GAIN", "INTERVAL", "REPEATED")
    for most, pairs, share in ((1, None, 0.0), (2, 9, 0.3), (3, None, 0.5))
]


@pytest.mark.parametrize("wish", WISHES)
@pytest.mark.parametrize("case", range(8))
def test_no_limit_is_ever_exceeded(wish, case):
    waiting, people = crowd(np.random.default_rng(case), 25, 8)
    pairs, nobody = assign(waiting, people, wish, nothing)
    instances, annotators = {each.key: each for each in waiting}, {each.key: each for each in people}
    assert len({(each.instance, each.annotator) for each in pairs}) == len(pairs) > 0
    assert all(may(instances[each.instance], annotators[each.annotator]) for each in pairs)
    assert all(sum(each.annotator == key for each in pairs) <= annotators[key].capacity for key in annotators)
    assert all(sum(each.instance == key for each in pairs) <= wish.most_per_instance for key in instances)
    assert len(pairs) <= (wish.most_pairs or len(pairs))
    assert nobody == len(waiting) - len({each.instance for each in pairs})
    values = [each.value for each in pairs if not each.blind]
    assert values == sorted(values, reverse=True)
    blind = [each.blind for each in pairs]
    assert blind == sorted(blind)
    assert sum(blind) <= round(wish.blind_share * len(pairs))
    assert all(math.isnan(each.value) is each.blind for each in pairs)
    assert all(instances[each.instance].answered for each in pairs if each.blind)


@pytest.mark.parametrize("wish", WISHES)
def test_the_order_of_the_lists_does_not_matter(rng, wish):
    waiting, people = crowd(rng, 60, 9)
    waiting += [Open(each.key + 2000, each.probabilities, each.answered, each.tags) for each in waiting]  # ties
    pairs, nobody = assign(waiting, people, wish, nothing)
    for _ in range(3):
        turned = assign(
            [waiting[i] for i in rng.permutation(len(waiting))], [people[i] for i in rng.permutation(len(people))], wish, nothing
        )
        assert [str(each) for each in turned[0]] == [str(each) for each in pairs]  # as text: NaN is not equal to itself
        assert turned[1] == nobody


def test_nobody_there_and_nothing_to_ask(rng):
    waiting, people = crowd(rng)
    assert assign(waiting, [], Wish(), nothing) == ([], len(waiting))
    assert assign([], people, Wish(), nothing) == ([], 0)
    assert assign(waiting, [Available(1, capacity=0)], Wish(), nothing) == ([], len(waiting))


@pytest.mark.parametrize("method", ["EXPECTED_GAIN", "INTERVAL", "REPEATED"])
def test_who_hangs_up_is_heard(rng, method):
    def gone():
        raise Cancelled

    with pytest.raises(Cancelled):
        assign(*crowd(rng), Wish(method=method), gone)


# Exploring.


def test_new_annotators_get_work_by_draws_and_none_by_means():
    waiting = [Open(0, np.array([0.5, 0.5]))]
    people = [Available(1, quality=0.75, labels=300), Available(2, quality=0.7), Available(3, quality=0.3, labels=10**6, capacity=0)]
    first = [assign(waiting, people, Wish(seed=seed), nothing)[0][0].annotator for seed in range(60)]
    assert 10 < first.count(2) < 50
    assert first == [assign(waiting, people, Wish(seed=seed), nothing)[0][0].annotator for seed in range(60)]
    assert {assign(waiting, people, Wish(seed=seed, explore=False), nothing)[0][0].annotator for seed in range(60)} == {1}


def test_draws_are_around_what_is_known(rng):
    known, shares = confusion(rng, 3), np.array([0.5, 0.3, 0.2])
    np.testing.assert_allclose(gain.drawn(known, 10**12, shares, 1, 1), known, atol=1e-4)
    draws = np.array([gain.drawn(known, 20, shares, 2**64 - 1, key) for key in range(-2000, 2000)])
    np.testing.assert_allclose(draws.sum(axis=2), 1)
    prior = np.where(np.eye(3) > 0, 0.7, 0.15)
    strength = 20 * shares[:, None] + 3
    mean = (20 * shares[:, None] * known + 3 * prior) / strength
    spread = np.sqrt(mean * (1 - mean) / (strength + 1))
    assert (np.abs(draws.mean(axis=0) - mean) < 5 * spread / np.sqrt(len(draws))).all()
    np.testing.assert_allclose(draws.std(axis=0), spread, rtol=0.1)  # a standard deviation of 4000 draws is good to some 2 %
    assert not np.allclose(draws[0], gain.drawn(known, 20, shares, 1, -2000))


# IEThresh.


def test_limits_are_those_of_students_t(rng):
    rewards = [rng.random(many) < 0.6 for many in (8, 30, 200)]
    found = upper_limits([Available(key, labels=len(each), agreed=float(each.sum())) for key, each in enumerate(rewards)])
    expected = [min(1, t.interval(0.95, len(each) - 1, each.mean(), sem(each))[1]) for each in rewards]
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    assert found[2] < 1


def test_limits_are_those_of_scikit_activeml(rng):
    """It adds a right and a wrong answer to each, and divides by n, where the standard deviation of a sample has n - 1."""
    multiannotator = pytest.importorskip("skactiveml.pool.multiannotator._interval_estimation_threshold")
    truth = rng.integers(0, 2, 120)
    right = rng.random((120, 3)) < (0.5, 0.7, 0.85)
    answers = np.column_stack([np.where(right, truth[:, None], 1 - truth[:, None]), *[truth] * 4]).astype(
        float
    )  # the majority is the truth
    model = multiannotator.IntervalEstimationAnnotModel(classes=[0, 1], random_state=0).fit(np.zeros((120, 1)), answers)
    mean, upper = model.A_perf_[:3, 1], model.A_perf_[:3, 2]
    found = upper_limits([Available(key, labels=122, agreed=float(right[:, key].sum() + 1)) for key in range(3)])
    np.testing.assert_allclose(found, mean + (upper - mean) * np.sqrt(122 / 121), rtol=1e-12)


def test_limits_at_the_ends():
    people = [Available(0), Available(1, labels=1, agreed=0.0), Available(2, labels=2, agreed=1.0), Available(3, labels=9, agreed=0.0)]
    assert upper_limits(people).tolist() == [1, 1, 1, 0]
    both = upper_limits([Available(0, quality=0.8, labels=50), Available(1, labels=50, agreed=40.0)])
    assert both[0] == both[1]


def test_interval_asks_those_near_the_highest_limit_by_limit_over_cost():
    waiting = [Open(1, np.array([0.9, 0.1])), Open(2, np.array([0.5, 0.5])), Open(3, np.array([0.7, 0.3]))]
    people = [
        Available(1, labels=1000, agreed=900.0, cost=2.0),
        Available(2, labels=1000, agreed=870.0, cost=1.0),
        Available(3, labels=1000, agreed=500.0, cost=0.1, capacity=9),  # far below, however cheap
        Available(4, labels=0, cost=0.1, capacity=0),  # would raise the threshold if it could be asked
    ]
    limits = upper_limits(people)
    pairs, nobody = assign(waiting, people, Wish(method="INTERVAL"), nothing)
    assert [(each.instance, each.annotator) for each in pairs] == [(2, 2), (3, 1)]
    assert nobody == 1
    expected = [math.log(2) * limits[1], entropy([0.7, 0.3]) * limits[0] / 2]
    np.testing.assert_allclose([each.value for each in pairs], expected, rtol=1e-11)


# Repeated labelling.


def test_repeated_by_hand():
    waiting = [Open(1, np.array([0.9, 0.1])), Open(2, np.array([0.5, 0.5]), frozenset({12})), Open(3, np.array([0.7, 0.3]))]
    people = [Available(11, cost=3.0, capacity=5), Available(12, cost=1.0, capacity=1), Available(13, cost=2.0, capacity=2)]
    pairs, nobody = assign(waiting, people, Wish(method="REPEATED", most_per_instance=2, most_pairs=5), nothing)
    three, two, one = entropy([0.7, 0.3]), math.log(2), entropy([0.9, 0.1])
    expected = [(3, 12, three), (2, 13, two / 2), (3, 13, three / 2), (2, 11, two / 3), (1, 11, one / 3)]
    assert [(each.instance, each.annotator) for each in pairs] == [each[:2] for each in expected]
    np.testing.assert_allclose([each.value for each in pairs], [each[2] for each in expected], rtol=1e-11)
    assert nobody == 0


# Blind repeats.


@pytest.mark.parametrize("method", ["EXPECTED_GAIN", "INTERVAL", "REPEATED"])
@pytest.mark.parametrize("share", [0.1, 0.25, 0.5])
def test_blind_repeats_are_the_share_and_take_from_the_capacity(rng, method, share):
    waiting = [Open(key, rng.dirichlet(np.ones(3)), frozenset({key % 4} if key % 2 else ())) for key in range(60)]
    people = [Available(key, capacity=10) for key in range(4)]
    pairs, _ = assign(waiting, people, Wish(method=method, blind_share=share), nothing)
    blind = [each for each in pairs if each.blind]
    assert len(pairs) == 40
    assert len(blind) == round(share * 40)
    assert all(each.instance % 2 and each.annotator != each.instance % 4 for each in blind)


def test_blind_repeats_are_spread_at_random():
    waiting = [Open(key, np.array([0.5 + key / 100, 0.5 - key / 100]), frozenset({99} if key < 10 else ())) for key in range(40)]
    people = [Available(key, capacity=10) for key in range(4)]
    seen = np.zeros((10, 4))
    for seed in range(150):
        pairs, _ = assign(waiting, people, Wish(method="REPEATED", blind_share=0.1, seed=seed), nothing)
        for each in pairs:
            if each.blind:
                seen[each.instance, each.annotator] += 1
    assert seen.sum() == 150 * 4
    # Each of 40 cells is binomial with 600 draws at most: 15 on average, deviation below 4.
    assert seen.min() >= 2
    assert seen.max() <= 32


def test_further_gains_know_of_the_blind_repeat():
    posterior, matrices = np.array([0.5, 0.5]), [np.array([[0.8, 0.2], [0.3, 0.7]]), np.array([[0.9, 0.1], [0.2, 0.8]])]
    people = [Available(key, matrix) for key, matrix in enumerate(matrices)]
    wish = Wish(most_per_instance=2, blind_share=0.5, explore=False)
    pairs, _ = assign([Open(0, posterior, frozenset({9}))], people, wish, nothing)
    first, second = pairs
    assert (first.blind, second.blind) == (False, True)
    expected = information(posterior, matrices) - information(posterior, [matrices[second.annotator]])
    assert first.value == pytest.approx(expected, abs=1e-11)


def test_blind_repeats_give_way_if_the_others_turn_out_few():
    """A repeat of 1 by 1 would leave 2 without anybody, and be the only pair."""
    waiting = [Open(1, np.full(2, 0.5), frozenset({9})), Open(2, np.full(2, 0.5), tags=frozenset({"de"}))]
    people = [Available(1, tags=frozenset({"de"})), Available(2, cost=0.5)]
    blind = []
    for seed in range(20):
        pairs, nobody = assign(waiting, people, Wish(method="REPEATED", blind_share=0.5, seed=seed), nothing)
        assert {(each.instance, each.annotator) for each in pairs} == {(1, 2), (2, 1)}
        assert nobody == 0
        blind.append([each.instance for each in pairs if each.blind])
    assert sorted(map(tuple, blind))[0] == ()
    assert sorted(map(tuple, blind))[-1] == (1,)


# Bad input.


def half(**of):
    return Open(**{"key": 0, "probabilities": np.full(2, 0.5), **of})


BAD_INSTANCES = [
    ([half(), half(key=1, probabilities=np.array([0.5, np.nan]))], "VALUE_NOT_FINITE", "instances[1].probabilities"),
    ([half(probabilities=np.array([np.inf, -np.inf]))], "VALUE_NOT_FINITE", "instances[0].probabilities"),
    ([half(probabilities=np.array([1.1, -0.1]))], "PROBABILITY_NEGATIVE", "instances[0].probabilities"),
    ([half(probabilities=np.array([0.5, 0.502]))], "ROW_NOT_NORMALIZED", "instances[0].probabilities"),
    ([half(probabilities=np.full(2, 1.7e308))], "ROW_NOT_NORMALIZED", "instances[0].probabilities"),
    ([half(), half(key=1, probabilities=np.full(4, 0.25))], "SHAPE_MISMATCH", "instances[1].probabilities"),
    ([half(probabilities=np.ones(1))], "SHAPE_MISMATCH", "instances[0].probabilities"),
    ([half(probabilities=np.ones(0))], "SHAPE_MISMATCH", "instances[0].probabilities"),
    ([half(), half(key=1), half()], "KEY_DUPLICATE", "instances[2].key"),
    ([half()] * 100_001, "VALUE_OUT_OF_RANGE", "instances"),
]

BAD_ANNOTATORS = [
    ({"confusion": np.eye(3)}, "SHAPE_MISMATCH", "confusion"),
    ({"confusion": np.full((2, 2), 0.6)}, "ROW_NOT_NORMALIZED", "confusion"),
    ({"confusion": np.array([[1.2, -0.2], [0, 1]])}, "PROBABILITY_NEGATIVE", "confusion"),
    ({"confusion": np.array([[np.inf, 0], [0, 1]])}, "VALUE_NOT_FINITE", "confusion"),
    ({"quality": 1.01}, "VALUE_OUT_OF_RANGE", "quality"),
    ({"quality": math.nan}, "VALUE_OUT_OF_RANGE", "quality"),
    ({"answer_rate": -0.1}, "VALUE_OUT_OF_RANGE", "answer_rate"),
    ({"cost": 0.0}, "VALUE_OUT_OF_RANGE", "cost"),
    ({"cost": math.inf}, "VALUE_OUT_OF_RANGE", "cost"),
    ({"capacity": -1}, "VALUE_OUT_OF_RANGE", "capacity"),
    ({"capacity": 1_000_001}, "VALUE_OUT_OF_RANGE", "capacity"),
    ({"labels": -1}, "VALUE_OUT_OF_RANGE", "labels"),
    ({"labels": 3, "agreed": 3.5}, "VALUE_OUT_OF_RANGE", "agreed"),
    ({"labels": 3, "agreed": math.nan}, "VALUE_OUT_OF_RANGE", "agreed"),
]


@pytest.mark.parametrize(("instances", "reason", "field"), BAD_INSTANCES)
def test_bad_instances_are_refused(instances, reason, field):
    with pytest.raises(EngineError) as caught:
        assign(instances, [Available(0)], Wish(), nothing)
    assert (caught.value.reason, caught.value.field) == (reason, field)


@pytest.mark.parametrize(("of", "reason", "name"), BAD_ANNOTATORS)
def test_bad_annotators_are_refused(of, reason, name):
    with pytest.raises(EngineError, match=name) as caught:
        assign([half()], [Available(3), Available(4), Available(5, **of)], Wish(), nothing)
    assert (caught.value.reason, caught.value.field) == (reason, f"annotators[2].{name}")


def test_too_many_annotators_cells_and_numbers_are_refused():
    with pytest.raises(EngineError, match="key 7 is that of annotators\\[0\\]") as caught:
        assign([half()], [Available(7), Available(7)], Wish(), nothing)
    assert (caught.value.reason, caught.value.field) == ("KEY_DUPLICATE", "annotators[1].key")
    for instances, annotators, classes, field in (
        (1, 10_001, 2, "annotators"),
        (10_001, 10_000, 2, "instances"),
        (1, 51, 1000, "annotators"),
    ):
        waiting = [Open(key, np.full(classes, 1 / classes)) for key in range(instances)]
        with pytest.raises(EngineError, match="allowed are at most") as caught:
            assign(waiting, [Available(key) for key in range(annotators)], Wish(), nothing)
        assert (caught.value.reason, caught.value.field) == ("VALUE_OUT_OF_RANGE", field)


@pytest.mark.parametrize(
    "of",
    [
        {"method": "BEST"},
        {"most_per_instance": 0},
        {"most_per_instance": 6},
        {"most_pairs": 0},
        {"blind_share": 0.51},
        {"blind_share": math.nan},
        {"seed": -1},
        {"seed": 2**64},
    ],
)
def test_bad_wishes_are_refused(of):
    (name,) = of
    with pytest.raises(EngineError, match=name) as caught:
        Wish(**of)
    assert (caught.value.reason, caught.value.field) == ("VALUE_OUT_OF_RANGE", name)


def test_probabilities_that_nearly_sum_to_one_are_made_to(rng):
    exact = [Open(key, rng.dirichlet(np.ones(3))) for key in range(5)]
    near = [Open(each.key, each.probabilities * 1.0009) for each in exact]
    people = [Available(0, confusion(rng, 3), capacity=9)]
    off = [Available(0, people[0].confusion * 0.9991, capacity=9)]
    one, other = (assign(*each, Wish(explore=False), nothing)[0] for each in ((exact, people), (near, off)))
    np.testing.assert_allclose([each.value for each in one], [each.value for each in other], atol=3e-12)
    assert [each.instance for each in one] == [each.instance for each in other]

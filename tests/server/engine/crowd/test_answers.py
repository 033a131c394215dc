"""Answers as they arrive: pieces, repeats, and what is refused by its row."""

import numpy as np
import pytest
from querist_server.engine.crowd.answers import AnswersIntake
from querist_server.engine.errors import EngineError, LimitError

NONE = np.empty(0, np.int64)


def block(rows, **more):
    instances, annotators, labels = (np.array(column) for column in zip(*rows, strict=True))
    return {"instances": instances, "annotators": annotators, "labels": labels, **more}


def built(*blocks, keep_last=False, known=NONE):
    intake = AnswersIntake(3, 2**20, keep_last=keep_last)
    for each in blocks:
        intake.add(each)
    return intake.build(known)


def test_pieces_are_put_together_by_instance_and_annotator():
    found = built(block([(7, 1, 0), (3, 2, 1)]), block([(3, 1, -1), (7, 2, 2)]), known=np.array([5]))
    assert found.instances.tolist() == [3, 5, 7]
    assert found.annotators.tolist() == [1, 2]
    assert (found.item.tolist(), found.who.tolist(), found.labels[:, 0].tolist()) == ([0, 0, 2, 2], [0, 1, 0, 1], [-1, 1, 0, 2])
    votes = found.votes(0, 3)
    assert (votes.items, votes.per_item.tolist(), votes.per_annotator.tolist()) == (3, [1, 0, 2], [1, 2])


def test_the_same_answer_twice_counts_once():
    found = built(block([(1, 1, 0), (1, 1, 0), (1, 2, 1)]))
    assert (len(found.item), found.received, found.repeats, found.changes) == (2, 3, 1, 0)


def test_another_answer_is_refused_with_its_row_or_counts_if_that_is_wished():
    rows = block([(1, 1, 0), (2, 1, 1), (1, 2, 1), (1, 1, 2), (1, 1, 2)])
    with pytest.raises(EngineError, match="annotator 1 has answered instance 1 before with 0, and now with 2") as caught:
        built(rows)
    assert (caught.value.reason, caught.value.row) == ("ANSWER_CONTRADICTED", 3)
    found = built(rows, keep_last=True)
    assert (found.labels[0, 0], found.repeats, found.changes) == (2, 2, 1)


@pytest.mark.parametrize(
    ("change", "field", "row"),
    [
        ({"labels": np.array([0, 3])}, "answers.labels", 3),
        ({"labels": np.array([-2, 0])}, "answers.labels", 2),
        ({"instances": np.array([1, -1])}, "answers.instances", 3),
        ({"times": np.array([5.0, np.nan])}, "answers.times", 3),
        ({"seconds": np.array([-1.0, 2.0])}, "answers.seconds", 2),
        ({"gold": np.array([0, 9])}, "answers.gold", 3),
    ],
)
def test_bad_values_are_refused_by_their_row_in_the_stream(change, field, row):
    first = block([(1, 1, 0), (2, 1, 1)], times=np.array([1.0, 2.0]), seconds=np.ones(2), gold=np.zeros(2, np.int64))
    intake = AnswersIntake(3, 2**20, keep_last=False)
    intake.add(first)
    with pytest.raises(EngineError) as caught:
        intake.add({**block([(3, 1, 0), (4, 1, 1)], times=np.array([3.0, 4.0]), seconds=np.ones(2), gold=np.zeros(2, np.int64)), **change})
    assert (caught.value.field, caught.value.row) == (field, row)


def test_times_that_fall_are_refused_for_each_annotator_by_itself():
    fine = block([(1, 1, 0), (1, 2, 0), (2, 1, 0), (2, 2, 0)], times=np.array([10.0, 1.0, 11.0, 2.0]))
    assert built(fine).times.tolist() == [10.0, 1.0, 11.0, 2.0]
    with pytest.raises(EngineError, match="in the order of time") as caught:
        built({**fine, "times": np.array([10.0, 1.0, 9.0, 2.0])})
    assert caught.value.row == 2


@pytest.mark.parametrize(
    ("blocks", "reason"),
    [
        ([], "POOL_EMPTY"),
        ([{"instances": np.array([1]), "labels": np.array([1])}], "FIELD_MISSING"),
        ([{**block([(1, 1, 0)]), "times": np.ones(2)}], "SHAPE_MISMATCH"),
        ([block([(1, 1, 0)]), block([(2, 1, 0)], times=np.ones(1))], "SHAPE_MISMATCH"),
    ],
)
def test_what_does_not_fit_is_refused(blocks, reason):
    with pytest.raises(EngineError) as caught:
        built(*blocks)
    assert caught.value.reason == reason


def test_no_more_is_held_than_may_be():
    intake = AnswersIntake(3, 100, keep_last=False)
    with pytest.raises(LimitError, match="max_kept_bytes"):
        intake.add(block([(number, 1, 0) for number in range(10)]))

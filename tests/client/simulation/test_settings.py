import pytest
import querist
from querist.errors import InvalidRequestError
from querist.simulation.settings import seeds_of, settings_of

NONE = {"rounds": None, "batch": 10, "start": None, "test_rows": None, "validation_rows": None, "score": "accuracy", "economics": None}


def made(rows: int = 300, classes: int = 3, **more):
    return settings_of(rows, classes, **{**NONE, **more})


def test_defaults_fit_the_data():
    found = made()
    assert (found.test_rows, found.validation_rows, found.start, found.rounds, found.batch) == (100, 30, 10, 16, 10)
    assert made(3000).rounds == 25
    assert made(3000, classes=10).start == 20


@pytest.mark.parametrize(
    ("more", "field", "words"),
    [
        ({"rounds": 17}, "rounds", "17 rounds of 10 are 170 instances, and the pool has 160 to choose from: of 300 rows 100 are for tests"),
        ({"batch": 161}, "batch", "batch is 161, and the pool has 160"),
        ({"batch": 0}, "batch", "batch is 0; it must be a whole number from 1"),
        ({"rounds": 2.5}, "rounds", "rounds is 2.5"),
        ({"start": 2}, "start", "start is 2; it must be a whole number from 3"),
        ({"test_rows": 2}, "test_rows", "a whole number from 3"),
        ({"test_rows": 295}, "batch", "the pool has 0 to choose from"),
        ({"score": "precise"}, "score", "score is 'precise': "),
        ({"economics": querist.Economics(label_cost=1)}, "economics.error_cost", "economics.error_cost is None"),
        (
            {"economics": querist.Economics(label_cost=1, error_cost=1, predictions=10), "validation_rows": 0},
            "validation_rows",
            "economics need rows",
        ),
    ],
)
def test_what_cannot_be_is_named(more, field, words):
    with pytest.raises(InvalidRequestError, match=words) as caught:
        made(**more)
    assert caught.value.field == field


def test_seeds_are_a_number_or_which():
    assert seeds_of(3) == (0, 1, 2)
    assert seeds_of([5, 2]) == (5, 2)
    for wrong in (0, [], [1, 1], [-1], [0.5], True):
        with pytest.raises(InvalidRequestError, match="seeds is"):
            seeds_of(wrong)

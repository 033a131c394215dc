"""What may be features and labels, and what is said of what may not."""

import numpy as np
import pandas as pd
import pytest
from querist.errors import InvalidRequestError
from querist.simulation.columns import classes_of, matrix, scaled


def test_numbers_stay_and_text_becomes_a_column_for_each_value():
    columns = {"age": ("1", "2.5", "3"), "town": ("b", "a", "b"), "member": [True, False, True]}
    found = matrix(columns, "features")
    np.testing.assert_array_equal(found, [[1, 0, 1, 1], [2.5, 1, 0, 0], [3, 0, 1, 1]])


def test_a_data_frame_is_its_columns():
    frame = pd.DataFrame({"size": [1, 2, 3], "kind": pd.Categorical(["x", "y", "x"]), "note": ["n", None, "n"]})
    np.testing.assert_array_equal(matrix(frame, "features"), [[1, 1, 0, 0, 1], [2, 0, 1, 1, 0], [3, 1, 0, 0, 1]])


@pytest.mark.parametrize("given", ["float32", "float64", "float16", "uint8", "bool"])
def test_all_is_learnt_in_float64(given):
    assert matrix(np.ones((3, 2), given), "features").dtype == np.float64


@pytest.mark.parametrize(
    ("features", "words"),
    [
        (np.ones(3), "features have shape .3,.; they must be a matrix"),
        (np.array([[1.0, 2.0], [3.0, np.nan]]), "row 1, column 1 .counted from 0. is nan"),
        ({"age": ("1", "", "3")}, "column 'age' has no value in row 1 .counted from 0., and in 1 of 3 rows"),
        ({"age": [1.0, 2.0, np.inf]}, "column 'age' has an infinite value in row 2"),
        ({"a": [1, 2], "b": [1]}, "columns of different lengths"),
        ({}, "has no columns"),
        ({"name": [f"n{row}" for row in range(101)]}, "'name' is text .'n0' in row 0, .* with 101 different values; at most 100"),
        ({"day": np.array(["2024-01-01", "2024-01-02"], "datetime64[D]")}, "column 'day' holds datetime64"),
    ],
)
def test_features_that_cannot_be_learnt_are_named(features, words):
    with pytest.raises(InvalidRequestError, match=words) as caught:
        matrix(features, "features")
    assert caught.value.field == "features"


def test_classes_are_counted_in_the_order_of_their_labels():
    classes, names = classes_of(np.array([7, 3, 7, 3, 10, 10]))
    assert classes.tolist() == [1, 0, 1, 0, 2, 2]
    assert names == ("3", "7", "10")
    classes, names = classes_of(["b", "a", "b", "a"])
    assert (classes.tolist(), names) == ([1, 0, 1, 0], ("a", "b"))


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        (["a", "", "b"], "row 1 .counted from 0. has none, as 1 of 3 rows"),
        ([1.0, np.nan, 2.0], "row 1 .counted from 0. has none"),
        ([1.5, 2.0, 1.5], "numbers such as 1.5; they must be classes"),
        (["a", "a"], "all 'a'; there must be two classes or more"),
        (["a", "a", "b"], "classes with 1 row: b; each of the 2 must have 2 or more"),
        ([[1], [2]], "shape .2, 1."),
    ],
)
def test_labels_that_are_no_classes_are_named(labels, words):
    with pytest.raises(InvalidRequestError, match=words):
        classes_of(labels)


def test_scaled_columns_have_mean_0_and_deviation_1_or_are_0():
    found = scaled(np.array([[1.0, 5.0], [3.0, 5.0]]))
    np.testing.assert_array_equal(found, [[-1, 0], [1, 0]])

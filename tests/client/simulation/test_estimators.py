import numpy as np
import pytest
from querist.errors import InvalidRequestError
from querist.simulation.estimators import bagged, default_estimator, described, estimator_of, seeded
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC


def test_by_import_path_with_parameters():
    found = estimator_of("sklearn.ensemble.RandomForestClassifier", {"n_estimators": 7})
    assert isinstance(found, RandomForestClassifier)
    assert found.n_estimators == 7


def test_none_is_logistic_regression_on_scaled_features():
    assert [name for name, _ in estimator_of(None).steps] == ["standardscaler", "logisticregression"]


@pytest.mark.parametrize(
    ("given", "parameters", "words"),
    [
        ("sklearn.ensemble.Nothing", {}, "'sklearn.ensemble.Nothing' cannot be imported"),
        ("nowhere.Model", {}, "cannot be imported"),
        ("Model", {}, "cannot be imported"),
        ("sklearn.ensemble.RandomForestClassifier", {"trees": 3}, "cannot be made: Invalid parameter 'trees'"),
        ("sklearn.svm.LinearSVC", {}, "has no predict_proba; a replay needs a classifier that gives probabilities"),
        ("sklearn.linear_model.Ridge", {}, "has no predict_proba"),
        ("os.path.join", {}, "cannot be made"),
    ],
)
def test_what_is_no_classifier_with_probabilities_is_named(given, parameters, words):
    with pytest.raises(InvalidRequestError, match=words) as caught:
        estimator_of(given, parameters)
    assert caught.value.field == "estimator"


def test_what_can_be_made_to_give_probabilities_is_told_how():
    if "probability" not in SVC().get_params():
        pytest.skip("this scikit-learn has no SVC with probabilities any more")
    with pytest.raises(InvalidRequestError, match="set probability=True"):
        estimator_of(SVC(probability=False) if hasattr(SVC(), "predict_proba") else SVC())


def test_the_seed_reaches_every_random_state_of_a_new_estimator():
    given = make_pipeline(LogisticRegression())
    found = seeded(given, 11)
    assert found.get_params()["logisticregression__random_state"] == 11
    assert given.get_params()["logisticregression__random_state"] is None
    assert isinstance(seeded(GaussianNB(), 1), GaussianNB)  # which draws nothing


def test_bootstraps_know_all_classes(rng):
    features, labels = rng.normal(size=(30, 2)), np.array([0] * 28 + [1, 2])
    members = bagged(LogisticRegression(), 3, features, labels)
    assert [member.classes_.tolist() for member in members] == [[0, 1, 2]] * 4
    assert len({member.coef_.tobytes() for member in members}) == 4


def test_two_descriptions_are_the_same_if_and_only_if_the_estimators_are():
    assert described(default_estimator()) == described(default_estimator())
    assert described(default_estimator()) != described(default_estimator().set_params(logisticregression__C=2.0))
    assert described(LogisticRegression()) != described(make_pipeline(LogisticRegression()))

"""In a selection: the same as ActiveLab on the answers of the pool, which is cleanlab's (tests/server/engine/crowd/test_crowdlab.py)."""

import numpy as np
import pytest
from crowds import columns, crowd
from engine import scores_of, select
from querist_server.engine.choices.top import Top
from querist_server.engine.crowd.active_lab import ask_next
from querist_server.engine.errors import EngineError
from querist_server.engine.plan import Plan
from querist_server.engine.scores.active_lab import ActiveLab


@pytest.fixture
def task(rng):
    votes, truth, _ = crowd(rng, 60, 6, 3, 3)
    chances = rng.dirichlet(np.ones(3), 150)
    chances[np.arange(60), truth] += 1
    chances /= chances.sum(axis=1, keepdims=True)
    keys = rng.permutation(10_000)[:150]
    answers = {f"answers.{name}": column for name, column in columns(votes).items()}
    answers["answers.instances"] = keys[votes.item]
    return {"probabilities": chances, "keys": keys}, answers, votes


def test_scores_are_those_of_active_lab(task):
    pool, answers, votes = task
    known, fresh = ask_next(votes, pool["probabilities"][None, :60], pool["probabilities"][None, 60:])
    np.testing.assert_allclose(scores_of("active_lab", pool, beside=answers), np.concatenate((known, fresh)))


def test_each_member_of_a_committee_has_a_weight(task, rng):
    pool, answers, votes = task
    members = rng.dirichlet(np.ones(3) * 2, (150, 4))
    known, fresh = ask_next(votes, np.moveaxis(members[:60], 1, 0), np.moveaxis(members[60:], 1, 0))
    found = scores_of(Plan(ActiveLab(each_member=True), Top()), {"committee.probabilities": members, "keys": pool["keys"]}, beside=answers)
    np.testing.assert_allclose(found, np.concatenate((known, fresh)))


def test_answers_of_other_instances_and_abstentions_do_not_count(task):
    pool, answers, _ = task
    more = {name: np.concatenate((column, column[:2])) for name, column in answers.items()}
    more["answers.instances"][-2:] = [99_999, 88_888]
    more = {name: np.append(column, column[:1]) for name, column in more.items()}
    more["answers.annotators"][-1], more["answers.labels"][-1] = 77, -1
    np.testing.assert_allclose(scores_of("active_lab", pool, beside=more), scores_of("active_lab", pool, beside=answers))


def test_without_an_answer_in_the_pool_it_is_the_models_doubt(task):
    pool, answers, _ = task
    answers["answers.instances"] = answers["answers.instances"] + 50_000
    found = select("active_lab", pool, beside=answers)
    assert found.indices.tolist() == np.argsort(pool["probabilities"].max(axis=1), kind="stable").tolist()


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [("labels", 3, "VALUE_OUT_OF_RANGE"), ("labels", -2, "VALUE_OUT_OF_RANGE"), ("instances", -1, "VALUE_OUT_OF_RANGE")],
)
def test_bad_answers_are_refused_by_row(task, name, value, reason):
    pool, answers, _ = task
    answers[f"answers.{name}"] = answers[f"answers.{name}"].copy()
    answers[f"answers.{name}"][7] = value
    with pytest.raises(EngineError) as caught:
        select("active_lab", pool, beside=answers)
    assert (caught.value.reason, caught.value.field, caught.value.row) == (reason, f"side.answers.{name}", 7)


def test_what_is_missing_is_named(task):
    pool, answers, _ = task
    with pytest.raises(EngineError, match="keys"):
        select("active_lab", {"probabilities": pool["probabilities"]}, beside=answers)
    answers.pop("answers.annotators")
    with pytest.raises(EngineError, match="annotators are missing"):
        select("active_lab", pool, beside=answers)

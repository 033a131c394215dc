import functools
import importlib.util
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import numpy as np
import pytest
import querist
from PIL import Image
from querist import cli, demo
from querist.demo import models
from querist.demo.data import CHOOSABLE, split
from querist.demo.loop import ARMS, campaign
from querist.errors import InvalidRequestError
from threadpoolctl import threadpool_info


def test_a_short_run_prints_a_table_and_draws_a_plot(client, tmp_path, capsys):
    arguments = ["--seeds", "1", "--rounds", "2", "--batch", "40", "--output", str(tmp_path / "out"), "--address", client.address]
    assert demo.main(arguments) == 0
    shown = capsys.readouterr().out
    assert "labels (median)" in shown
    assert str(tmp_path / "out") in shown
    with Image.open(tmp_path / "out" / "learning-curves.png") as picture:
        assert picture.size[0] > 800
    assert "100 labels more" in shown
    assert client.list_models() == []
    assert "The verdict on margin was STOP at" in shown
    kept = querist.Campaign(tmp_path / "out" / "digits-0.campaign")
    stopped = next(each for each in kept.rounds if each.verdict == "STOP")
    assert stopped.sentence in shown
    assert stopped.round > 2
    assert stopped.sentence in (tmp_path / "out" / "digits-0.html").read_text()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--seeds", "0"], "argument --seeds: '0' is given; allowed is a whole number from 1"),
        (["--rounds", "-3"], "argument --rounds"),
        (["--batch", "1.5"], "argument --batch"),
        (["--rounds", "11", "--batch", "98"], "11 rounds of 98 are 1078 instances; the pool has 1077 to choose from"),
    ],
)
def test_options_that_cannot_be_run_are_refused_before_anything_starts(capsys, arguments, words):
    with pytest.raises(SystemExit) as caught:
        demo.main(arguments)
    assert caught.value.code == 2
    assert words in capsys.readouterr().err


def test_a_pool_can_be_labelled_to_its_last_instance(client, tmp_path):
    data = split(1)
    curve = campaign(client, data, "random", seed=1, rounds=2, batch=CHOOSABLE // 2, folder=tmp_path)
    rest = CHOOSABLE - 2 * (CHOOSABLE // 2)
    assert curve.labels[-1] + rest == len(data.pool)


def test_what_cannot_be_reached_is_said_in_one_line(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr(querist, "connect", functools.partial(querist.connect, timeout=0.5))
    assert demo.main(["--address", f"unix:{tmp_path / 'nobody'}", "--output", str(tmp_path / "out"), "--seeds", "1"]) == 1
    assert "querist: " in capsys.readouterr().err.splitlines()[-1]
    (tmp_path / "file").write_text("")
    assert demo.main(["--output", str(tmp_path / "file" / "out")]) == 1  # before a server starts
    assert "file" in capsys.readouterr().err


def test_a_missing_package_is_named_with_its_extra(monkeypatch, capsys):
    here = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *rest: None if name == "skl2onnx" else here(name, *rest))
    assert cli.main(["demo"]) == 2
    assert capsys.readouterr().err == "querist: the demo needs more packages: pip install 'querist[demo]'\n"


def test_every_arm_is_judged_by_the_same_model_and_begins_alike(client, tmp_path):
    data = split(2)
    curves = [campaign(client, data, arm, seed=2, rounds=1, batch=10, folder=tmp_path) for arm in ARMS]
    assert len({curve.scores[0] for curve in curves}) == 1
    judge = models.single(2).fit(data.features[data.pool][data.first], data.labels[data.pool][data.first])
    predicted = judge.predict(data.features[data.test])
    assert curves[0].scores[0] == pytest.approx(np.mean(predicted == data.labels[data.test]))


def test_the_server_computes_what_the_exported_models_predict(client):
    """The choice over uploaded models is the choice over the probabilities that scikit-learn computes."""
    data = split(4)
    features, labels = data.features[data.pool], data.labels[data.pool]
    members = models.committee(7, features[data.first], labels[data.first])
    weights = [models.weight(member, data.features[data.validation], data.labels[data.validation]) for member in members]
    with ExitStack() as afterwards:
        uses = []
        for member, weight in zip(members, weights, strict=True):
            stored = client.upload_model(models.export(member, features))
            afterwards.callback(client.delete_model, stored.digest)
            uses.append(querist.ModelUse(stored.digest, weight=weight))
        uploaded = client.select(models=uses, model_inputs={"X": features}, strategy="bald", rank_all=True, return_scores=True)
    probabilities = np.stack([member.predict_proba(features) for member in members])
    sent = client.select(committee=probabilities, member_weights=weights, strategy="bald", rank_all=True, return_scores=True)
    np.testing.assert_allclose(uploaded.all_scores, sent.all_scores, atol=1e-5)


def test_a_weight_is_the_geometric_mean_of_likelihoods():
    data = split(5)
    features, labels = data.features[data.pool][:200], data.labels[data.pool][:200]
    model = models.single(0).fit(features, labels)
    likelihoods = [model.predict_proba(row[None])[0, label] for row, label in zip(features, labels, strict=True)]
    assert models.weight(model, features, labels) == pytest.approx(np.prod(likelihoods) ** (1 / 200), rel=1e-6)


def test_the_same_seed_gives_the_same_curve(client, tmp_path):
    data = split(3)
    runs = [campaign(client, data, arm, seed=3, rounds=2, batch=10, folder=tmp_path) for arm in ("committee", "committee", "random")]
    assert runs[0] == runs[1]
    assert runs[0].labels == (20, 30, 40)
    assert runs[0].scores != runs[2].scores


def test_the_splits_share_no_row_and_begin_with_every_class():
    data = split(0)
    assert len(np.unique(np.concatenate((data.pool, data.validation, data.test)))) == len(data.labels)
    assert set(data.labels[data.pool][data.first]) == set(range(10))


def test_campaigns_at_the_same_time_on_one_server_leave_each_other_alone(client, tmp_path):
    data = split(0)
    with ThreadPoolExecutor(3) as threads:
        folders = [tmp_path / str(number) for number in range(3)]
        for folder in folders:
            folder.mkdir()
        running = [threads.submit(campaign, client, data, "margin", seed=0, rounds=4, batch=50, folder=folder) for folder in folders]
        first, *others = [one.result() for one in running]
    assert others == [first, first]
    assert client.list_models() == []


def test_models_do_not_stay_behind_when_a_selection_fails(client, tmp_path):
    with pytest.raises(InvalidRequestError, match="candidates"):
        campaign(client, split(0), "committee", seed=0, rounds=1, batch=2000, folder=tmp_path)
    assert client.list_models() == []


def test_linear_algebra_runs_on_one_thread(monkeypatch, tmp_path):
    seen = []
    monkeypatch.setattr(demo, "campaign", lambda *_, **__: seen.extend(library["num_threads"] for library in threadpool_info()))
    demo.run(None, seeds=1, rounds=1, batch=1, folder=tmp_path)
    assert set(seen) == {1}

"""Publishing to and collecting from Label Studio, against its recorded answers."""

import csv

import httpx
import numpy as np
import pytest
import querist
from fake_label_studio import CONFIG, LEGACY, PERSONAL, FakeLabelStudio
from querist import cli
from querist.integrations import label_studio
from querist.integrations.label_studio import _project

CLASSES = ["a", "b", "c"]


@pytest.fixture
def studio() -> FakeLabelStudio:
    return FakeLabelStudio()


@pytest.fixture
def project(studio):
    with label_studio.Project("http://studio", 7, LEGACY, transport=studio.transport) as project:
        yield project


def ranking(client, tasks=(1, 2, 3, 4, 5, 6), seed=1, **more) -> querist.Batch:
    predictions = np.random.default_rng(seed).dirichlet(np.ones(3), len(tasks))
    return client.select(predictions, strategy="margin", count=len(tasks), ids=list(tasks), seed=seed, **more)


def test_the_queue_serves_the_ranking(client, studio, project):
    batch = ranking(client)
    done = label_studio.publish(project, batch, round=1, classes=CLASSES)
    assert studio.served() == batch.ids
    assert studio.project["sampling"] == "Uncertainty sampling"
    assert (done.tasks, done.sent, done.left_out, done.removed) == (6, 6, 0, ())
    assert done.version.startswith("querist round 1 ")


def test_each_task_begins_with_what_the_model_predicts(client, studio, project):
    batch = ranking(client, random_share=0.34)
    assert batch.random_draws.any()
    label_studio.publish(project, batch, round=1, classes=CLASSES)
    begun = {each["task"]: [region["value"]["choices"] for region in each["result"]] for each in studio.predictions.values()}
    rows = zip(batch.ids, batch.predicted_labels, batch.random_draws, strict=True)
    assert begun == {task: [] if drawn else [[CLASSES[label]]] for task, label, drawn in rows}


def test_labels_of_the_callers_own(client, studio, project):
    label_studio.publish(project, ranking(client), round=1, labels={3: "c"})
    assert {each["task"] for each in studio.predictions.values() if each["result"]} == {3}


def test_a_round_replaces_the_last_and_spares_other_models(client, studio, project):
    studio.handle(_importing([{"task": 1, "result": [], "score": 0.5, "model_version": "mine"}]))
    first = label_studio.publish(project, ranking(client, seed=1), round=1)
    batch = ranking(client, seed=2)
    second = label_studio.publish(project, batch, round=2)
    assert studio.served() == batch.ids
    assert second.removed == (first.version,)
    assert {each["model_version"] for each in studio.predictions.values()} == {"mine", second.version}


def test_former_rounds_can_be_left_for_later(client, studio, project):
    first = label_studio.publish(project, ranking(client, seed=1), round=1)
    batch = ranking(client, seed=2)
    second = label_studio.publish(project, batch, round=2, remove=False)
    assert second.removed == ()
    assert studio.served() == batch.ids
    assert {each["model_version"] for each in studio.predictions.values()} == {first.version, second.version}
    assert label_studio.publish(project, batch, round=2).removed == (first.version,)


@pytest.mark.parametrize("fault", ["before", "after"])
@pytest.mark.parametrize("change", range(5))
def test_broken_off_anywhere_the_order_is_the_old_or_the_new_one(client, studio, project, change, fault):
    old, new = ranking(client, seed=1), ranking(client, seed=2)
    label_studio.publish(project, old, round=1, chunk=2)  # requests 0 to 3 change something
    studio.broken = {4 + change: fault}
    with pytest.raises(ConnectionAbortedError):
        label_studio.publish(project, new, round=2, chunk=2)
    switched = change > 3 or (change == 3 and fault == "after")
    assert studio.served() == (new.ids if switched else old.ids)
    done = label_studio.publish(project, new, round=2, chunk=2)
    assert studio.served() == new.ids
    assert done.sent == max(0, 6 - 2 * (change + (fault == "after")))
    assert sorted(each["task"] for each in studio.predictions.values()) == [1, 2, 3, 4, 5, 6]


def test_what_a_broken_call_had_under_way_is_not_there_twice(client, studio, project):
    batch = ranking(client)
    done = label_studio.publish(project, batch, round=1)
    studio.handle(
        _importing([{key: each[key] for key in ("task", "result", "score", "model_version")} for each in studio.predictions.values()])
    )
    assert len(studio.predictions) == 12
    assert label_studio.publish(project, batch, round=1) == label_studio.Published(done.version, 6, 0, 0, (), pytest.approx(0, abs=60))
    assert sorted(each["task"] for each in studio.predictions.values()) == [1, 2, 3, 4, 5, 6]


def test_another_ranking_of_the_same_round_replaces_it(client, studio, project):
    first = label_studio.publish(project, ranking(client, seed=1), round=1)
    other = ranking(client, seed=2)
    assert label_studio.publish(project, other, round=1).removed == (first.version,)
    assert studio.served() == other.ids


def test_what_is_labelled_is_not_ranked(client, studio, project):
    studio.annotate(2, "a")
    studio.annotate(5, "b")
    batch = ranking(client)
    done = label_studio.publish(project, batch, round=1)
    assert (done.tasks, done.left_out) == (4, 2)
    assert studio.served() == [task for task in batch.ids if task not in (2, 5)]


def test_nothing_left_to_rank(client, studio, project):
    studio.annotate(2, "a")
    with pytest.raises(ValueError, match="all 1 tasks of the batch are labelled already"):
        label_studio.publish(project, ranking(client, [2]), round=1)


def test_clusters_go_along_one_by_one(client, studio, project):
    embeddings = np.repeat(np.eye(2), 3, axis=0) + np.arange(12).reshape(6, 2) / 1000
    batch = client.select(np.full((6, 3), 1 / 3), embeddings=embeddings, strategy="cluster_margin", count=4, ids=[1, 2, 3, 4, 5, 6], seed=1)
    label_studio.publish(project, batch, round=1)
    assert {each["task"]: each["cluster"] for each in studio.predictions.values()} == dict(
        zip(batch.ids, batch.clusters.tolist(), strict=True)
    )
    label_studio.publish(project, batch, round=2, clusters=False)
    assert {each["cluster"] for each in studio.predictions.values()} == {None}
    assert studio.served() == batch.ids


def test_predictions_that_the_server_drops_are_noticed(client, studio, project):
    studio.allowed = {"a"}
    with pytest.raises(label_studio.LabelStudioError, match=r"took \d of 6 predictions"):
        label_studio.publish(project, ranking(client), round=1, classes=CLASSES)
    assert studio.project["model_version"] == ""


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"round": 0}, "round is 0"),
        ({"round": 1, "chunk": 0}, "chunk is 0"),
        ({"round": 1, "classes": CLASSES, "labels": {}}, "not both"),
        ({"round": 1, "classes": ["a"]}, "classes names only 1"),
        ({"round": 1, "classes": ["a", "b", "z"]}, "kind has no label 'z'; it has a, b, c"),
        ({"round": 1, "labels": {1: ("a", "b")}}, "kind takes one choice; there are 2"),
        ({"round": 1, "classes": CLASSES, "control": "other"}, "no tags Choices, Labels, RectangleLabels called other"),
    ],
)
def test_what_cannot_be_published_is_said(client, project, more, words):
    with pytest.raises(ValueError, match=words):
        label_studio.publish(project, ranking(client), **more)


@pytest.mark.parametrize("tasks", [["1", "2"], [1, 1]])
def test_ids_that_are_no_tasks(client, project, tasks):
    with pytest.raises(ValueError, match="must be numbers of tasks"):
        label_studio.publish(project, ranking(client, tasks), round=1)


def test_a_task_that_is_not_there(client, studio, project):
    with pytest.raises(label_studio.LabelStudioError, match=r'400.*invalid "task" field') as caught:
        label_studio.publish(project, ranking(client, [1, 99]), round=1)
    assert caught.value.status == 400


def test_what_people_did_comes_back(studio, project):
    studio.annotate(1, "a", person=1)
    studio.annotate(1, "a", person=2, lead_time=None)
    studio.annotate(2, "b", person=1)
    studio.annotate(2, "c", person=2)
    studio.annotate(3, "b", person=1, was_cancelled=True)  # a skip keeps what was there
    studio.annotate(4, "c", person=1, was_cancelled=True)
    studio.annotate(4, "a", person=1)  # and thought better of it
    studio.annotate(5, "a", person=2)
    studio.annotate(5, "c", person=3, ground_truth=True, lead_time=20)
    found = label_studio.collect(project)
    assert found.labels == {1: "a", 4: "a", 5: "c"}
    assert found.disputed == (2,)
    assert [each.time for each in found.answers] == sorted(each.time for each in found.answers)
    assert found.skipped == {3: 1}
    assert found.seconds == {1: 3.5, 2: 7.0, 3: 3.5, 4: 3.5, 5: 23.5}
    assert found.cost(3600, [1, 3, 6]) == 7.0
    assert found.cost(36) == pytest.approx(0.41)
    rows = {(row["instance"], row["annotator"]): row for row in found.rows()}
    assert (3, 1) in rows
    assert rows[3, 1]["label"] is None
    assert rows[5, 2]["gold"] == "c"
    assert (5, 3) not in rows
    assert rows[1, 1]["time"] == pytest.approx(1_795_611_481.299746)


def test_answers_are_what_the_annotator_call_takes(client, studio, project):
    for task in range(6, 0, -1):
        studio.annotate(task, "a" if task % 2 else "b", person=1)
        studio.annotate(task, "a" if task % 2 else "b", person=2, was_cancelled=task == 6, lead_time=None if task == 3 else 2.0)
    studio.annotate(1, "c", person=9, ground_truth=True)
    found = label_studio.collect(project)
    said = client.assess_annotations(found.rows(), kind=found.kind, classes=found.classes)
    assert said.instances.abstentions.sum() == 1
    assert [(report.gold_labels, report.gold_right) for report in said.annotators] == [(1, 0), (1, 0)]


def test_several_choices(client):
    config = CONFIG.replace("single", "multiple").replace('<Choice value="c"/>', "")
    studio = FakeLabelStudio(config=config)
    studio.annotate(1, ["b", "a"], person=1)
    studio.annotate(1, ["a"], person=2)
    studio.annotate(2, ["a"], person=1, was_cancelled=True)
    with label_studio.Project("http://studio", 7, LEGACY, transport=studio.transport) as project:
        found = label_studio.collect(project)
    assert [row["label"] for row in found.rows()] == [[1, 1], [1, 0], [None, None]]
    said = client.assess_annotations(found.rows(), kind=found.kind)
    assert said.by_label[0].consensus[0] == 1


def test_pages_do_not_slip_while_people_label(studio, project, monkeypatch):
    monkeypatch.setattr(_project, "PAGE", 2)
    seen = []
    waiting = {"filter": "filter:tasks:is_labeled", "operator": "less", "type": "Number", "value": -1}
    for task in project.tasks(waiting):
        seen.append(task["id"])
        studio.annotate(task["id"], "a")
    assert seen == [1, 2, 3, 4, 5, 6]
    assert len(label_studio.collect(project).answers) == 6


def test_a_personal_token_is_renewed(studio):
    with label_studio.Project("http://studio/", 7, PERSONAL, transport=studio.transport) as project:
        assert project.settings()["id"] == 7
        studio.access = "second"
        assert project.settings()["id"] == 7
        project.settings()
    assert [path for _, path in studio.calls].count("/api/token/refresh/") == 2


@pytest.mark.parametrize("token", ["wrong", "not.the.one"])
def test_a_wrong_token(studio, token):
    with (
        label_studio.Project("http://studio", 7, token, transport=studio.transport) as project,
        pytest.raises(label_studio.LabelStudioError, match="401"),
    ):
        project.settings()


def test_a_server_that_is_none():
    page = httpx.MockTransport(lambda request: httpx.Response(200, text="<html>"))
    with (
        label_studio.Project("http://studio", 7, LEGACY, transport=page) as project,
        pytest.raises(label_studio.LabelStudioError, match="is http://studio"),
    ):
        project.settings()


def test_a_server_that_is_not_there():
    with (
        label_studio.Project("http://127.0.0.1:9", 7, LEGACY) as project,
        pytest.raises(label_studio.LabelStudioError, match=r"GET http://127.0.0.1:9/api/projects/7/ failed"),
    ):
        project.settings()


@pytest.fixture
def command(client, studio, monkeypatch, tmp_path):
    """Run the command on the studio with predictions of all tasks."""
    real = label_studio.Project
    monkeypatch.setattr(label_studio, "Project", lambda *given: real(*given, transport=studio.transport))
    monkeypatch.setenv("LABEL_STUDIO_TOKEN", LEGACY)
    np.savez(tmp_path / "p.npz", ids=np.arange(1, 7), probabilities=np.random.default_rng(5).dirichlet(np.ones(3), 6))

    def run(*more: str) -> int:
        fixed = ["--url", "http://studio", "--project", "7", "--campaign", str(tmp_path / "c.campaign"), "--address", client.address]
        return cli.main(["label-studio", str(tmp_path / "p.npz"), *fixed, "--count", "2", "--seed", "1", *more])

    return run


def test_rounds_by_the_command(command, studio, tmp_path, capsys):
    assert command("--classes", *CLASSES) == 0
    first = studio.served()
    assert len(first) == 2
    assert "round 1: the project serves 2 tasks as 'c round 1 " in capsys.readouterr().out
    studio.annotate(first[0], "a")
    assert command() == 1
    assert f"1 of the 2 tasks of round 1 are open, such as {first[1]}" in capsys.readouterr().err
    studio.annotate(first[1], "b", was_cancelled=True)
    assert command("--hourly-rate", "3600", "--answers", str(tmp_path / "a.csv")) == 0
    told = capsys.readouterr().out
    assert "round 1: 1 labels, 1 skipped, cost 7\n" in told
    assert "INCONCLUSIVE: " in told
    assert not set(studio.served()) & set(first)
    campaign = querist.Campaign(tmp_path / "c.campaign")
    assert campaign.labels == {first[0]: "a"}
    with (tmp_path / "a.csv").open() as file:
        assert [row["label"] for row in csv.DictReader(file)] == ["a", ""]


def test_the_command_leaves_out_what_was_skipped_before(command, studio):
    for task in (1, 2, 3, 4):
        studio.annotate(task, None, was_cancelled=True)
    assert command("--anyway") == 0
    assert sorted(studio.served()) == [5, 6]


def test_a_round_that_was_never_published_is_chosen_again(command, studio, tmp_path, capsys):
    studio.broken = {1: "before"}  # the switch
    assert command() == 1
    studio.broken = {}
    assert querist.Campaign(tmp_path / "c.campaign").pending.round == 1
    assert command() == 0
    assert "was chosen but never published" in capsys.readouterr().err
    assert querist.Campaign(tmp_path / "c.campaign").pending.ids == studio.served()


def test_the_command_stops_when_it_is_advised_to(command, studio, tmp_path, capsys):
    prices = ["--error", "0.01", "--instances", "100000", "--hourly-rate", "3600", "--error-cost", "0.000001", "--predictions", "1"]
    for _ in range(2):
        assert command(*prices) == 0
        if "STOP: " in capsys.readouterr().out:
            break
        for task in studio.served():
            studio.annotate(task, "a")
    assert command(*prices) == 0
    assert "nothing is published" in capsys.readouterr().out
    assert querist.Campaign(tmp_path / "c.campaign").pending is None


def test_the_command_without_a_token(command, monkeypatch, capsys):
    monkeypatch.delenv("LABEL_STUDIO_TOKEN")
    assert command() == 1
    assert "LABEL_STUDIO_TOKEN is not set" in capsys.readouterr().err


def _importing(predictions: list[dict]) -> httpx.Request:
    where = "http://studio/api/projects/7/import/predictions"
    return httpx.Request("POST", where, json=predictions, headers={"Authorization": f"Token {LEGACY}"})

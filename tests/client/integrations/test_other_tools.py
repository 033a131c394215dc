"""What other labelling tools take of a batch: fields, direction, range."""

import json

import numpy as np
import pytest
import querist
from plain_batches import batch_of
from querist.integrations import argilla, cvat, doccano, encord, fiftyone, labelbox, prodigy
from querist.integrations.shapes import Box, Span

IDS = ["c", "a", "b"]
CLASSES = ["cat", "dog"]


@pytest.fixture
def batch() -> querist.Batch:
    return batch_of(IDS, predicted=[1, 0, 1], confidences=[0.5, 0.75, 0.9], clusters=[4, -1, 2])


BOXES = {"a": (Box(10, 20, 30, 40, "cat"),)}
SPANS = {"a": (Span(0, 4, "cat"), Span(5, 6, "dog"))}


def test_argilla(batch):
    fields = {name: {"text": f"text {name}"} for name in IDS}
    made = argilla.records(batch, fields, classes=CLASSES)
    assert [record["id"] for record in made] == IDS
    assert made[0]["suggestions"] == [{"question_name": "label", "agent": "querist", "value": "dog", "score": 0.5}]
    assert made[0]["metadata"] == {"querist_rank": 1, "querist_priority": 1.0, "querist_score": 3.0, "querist_group": 4}
    assert "querist_group" not in made[1]["metadata"]
    by_metadata = sorted(made, key=lambda record: -record["metadata"]["querist_priority"])
    assert [record["id"] for record in by_metadata] == IDS
    kinds = {"integer": int, "float": float}
    assert all(type(value) is kinds[argilla.METADATA[name]] for record in made for name, value in record["metadata"].items())
    (spans,) = argilla.records(batch, fields, question="what", labels=SPANS)[1]["suggestions"]
    assert spans["value"] == [{"start": 0, "end": 4, "label": "cat"}, {"start": 5, "end": 6, "label": "dog"}]
    assert argilla.records(batch, fields, labels={"a": ("cat", "dog")})[1]["suggestions"][0]["value"] == ["cat", "dog"]
    with pytest.raises(ValueError, match="the label of 'a' has boxes"):
        argilla.records(batch, fields, labels=BOXES)


def test_cvat(batch):
    files = {"a": "1.png", "b": "2.png", "c": "3.png"}
    made = cvat.task(batch, "round 1", files, CLASSES, job_size=2)
    assert made["files"] == ["3.png", "1.png", "2.png"]
    assert made["data"]["sorting_method"] == "predefined"
    assert made["spec"] == {"name": "round 1", "labels": [{"name": "cat"}, {"name": "dog"}], "segment_size": 2}
    numbers = {"cat": 11, "dog": 12}
    tags = cvat.labels_of(batch, numbers, classes=CLASSES)["tags"]
    assert [(tag["frame"], tag["label_id"]) for tag in tags] == [(0, 12), (1, 11), (2, 12)]
    (shape,) = cvat.labels_of(batch, numbers, labels=BOXES, sizes={"a": (200, 100)})["shapes"]
    assert (shape["type"], shape["frame"], shape["label_id"], shape["points"]) == ("rectangle", 1, 11, [20, 20, 80, 60])
    with pytest.raises(ValueError, match="sizes lacks 'a'"):
        cvat.labels_of(batch, numbers, labels=BOXES)
    with pytest.raises(ValueError, match="spans of a text"):
        cvat.labels_of(batch, numbers, labels=SPANS)
    with pytest.raises(ValueError, match="the same file"):
        cvat.task(batch, "round 1", dict.fromkeys(IDS, "1.png"), CLASSES)


def test_prodigy(batch):
    examples = {name: {"text": f"text {name}", "meta": {"source": "x"}} for name in IDS}
    made = list(prodigy.stream(batch, examples, classes=CLASSES))
    assert [example["text"] for example in made] == ["text c", "text a", "text b"]
    assert made[0]["label"] == "dog"
    assert made[0]["meta"] == {"source": "x", "score": 3.0, "rank": 1}
    assert examples["c"]["meta"] == {"source": "x"}
    chosen = next(prodigy.stream(batch, examples, classes=CLASSES, options=CLASSES))
    assert chosen["accept"] == ["dog"]
    assert chosen["options"] == [{"id": "cat", "text": "cat"}, {"id": "dog", "text": "dog"}]
    assert list(prodigy.stream(batch, examples, labels=SPANS))[1]["spans"][1] == {"start": 5, "end": 6, "label": "dog"}
    for wrong in (BOXES, {"a": ("cat", "dog")}):
        with pytest.raises(ValueError, match="the label of 'a' is"):
            list(prodigy.stream(batch, examples, labels=wrong))


def test_answers_from_prodigy(batch):
    examples = {name: {"text": name} for name in IDS}
    chosen = [{**example, "_timestamp": 5, "_annotator_id": "ann"} for example in prodigy.stream(batch, examples, options=CLASSES)]
    said = [{**chosen[0], "answer": "accept", "accept": ["cat"]}, {**chosen[1], "answer": "ignore", "accept": ["cat"]}]
    assert prodigy.answers(said) == [
        {"instance": "c", "annotator": "ann", "label": "cat", "time": 5},
        {"instance": "a", "annotator": "ann", "label": None, "time": 5},
    ]
    binary = list(prodigy.stream(batch, examples, classes=CLASSES))
    said = [{**binary[0], "answer": "accept"}, {**binary[1], "answer": "reject"}]
    assert [row["label"] for row in prodigy.answers(said)] == ["dog", None]
    with pytest.raises(ValueError, match="several choices"):
        prodigy.answers([{**chosen[0], "answer": "accept", "accept": CLASSES}])
    with pytest.raises(ValueError, match="no 'querist_id'"):
        prodigy.answers([{"answer": "accept"}])


def test_fiftyone(batch):
    fields = fiftyone.fields(batch)
    assert sorted(IDS, key=fields["querist_priority"].get, reverse=True) == IDS
    assert fields["querist_group"] == {"c": 4, "b": 2}
    assert fiftyone.labels_of(batch, classes=CLASSES)["a"] == {"_cls": "Classification", "label": "cat", "confidence": 0.75}
    (box,) = fiftyone.labels_of(batch, labels=BOXES)["a"]["detections"]
    assert box["bounding_box"] == [0.1, 0.2, 0.3, 0.4]
    several = fiftyone.labels_of(batch, labels={"a": ("cat", "dog")})["a"]
    assert [each["label"] for each in several["classifications"]] == CLASSES
    for wrong in (SPANS, {"a": (Box(1, 1, 1, 1, "cat", 9),)}):
        with pytest.raises(ValueError, match="boxes that are not turned"):
            fiftyone.labels_of(batch, labels=wrong)


def test_encord(batch):
    made = encord.priorities(batch)
    assert list(made) == sorted(IDS, key=made.get, reverse=True) == IDS
    assert all(0 < priority <= 1 for priority in made.values())


def test_labelbox(batch):
    assert labelbox.levels(batch, 2) == [(1, ["c", "a"]), (2, ["b"])]
    assert labelbox.levels(batch, 9) == [(1, ["c"]), (2, ["a"]), (3, ["b"])]
    with pytest.raises(ValueError, match="count is 0"):
        labelbox.levels(batch, 0)


def test_labelbox_takes_a_million_at_a_time(batch, monkeypatch):
    monkeypatch.setattr(labelbox, "MOST_ROWS", 2)
    with pytest.raises(ValueError, match="use 2 levels or more"):
        labelbox.levels(batch, 1)


def test_doccano(batch):
    texts = {name: f"text é {name}" for name in IDS}
    made = [json.loads(line) for line in doccano.lines(batch, texts, classes=CLASSES)]
    assert [(line["querist_id"], line["text"], line["label"]) for line in made] == [
        ("c", "text é c", ["dog"]),
        ("a", "text é a", ["cat"]),
        ("b", "text é b", ["dog"]),
    ]
    scores = doccano.scores(batch)
    assert sorted(IDS, key=scores.get) == IDS
    assert max(scores.values()) < 100
    assert json.loads(doccano.lines(batch, texts, labels=SPANS)[1])["label"] == [[0, 4, "cat"], [5, 6, "dog"]]
    with pytest.raises(ValueError, match="has boxes"):
        doccano.lines(batch, texts, labels=BOXES)


def test_answers_from_doccano():
    exported = [
        '{"id": 31, "text": "t", "label": ["cat"], "Comments": [], "querist_id": "a", "querist_rank": 2}\n',
        '{"id": 32, "text": "u", "label": [], "Comments": [], "querist_id": "b"}\n',
        "\n",
    ]
    assert doccano.answers(exported, "ann") == [
        {"instance": "a", "annotator": "ann", "label": "cat"},
        {"instance": "b", "annotator": "ann", "label": None},
    ]
    assert doccano.answers(exported, "ann", key="id")[0]["instance"] == 31
    with pytest.raises(ValueError, match="line 1 has no 'z'"):
        doccano.answers(exported, "ann", key="z")
    with pytest.raises(ValueError, match=r"the labels \['x', 'y'\]"):
        doccano.answers(['{"querist_id": 1, "label": ["x", "y"]}'], "ann")
    assert doccano.spans(['{"querist_id": 1, "label": [[0, 2, "PER"]]}']) == {1: (Span(0, 2, "PER"),)}


def test_random_draws_begin_with_nothing():
    drawn = batch_of(IDS, predicted=[1, 0, 1], random_draws=[False, True, False])
    assert list(fiftyone.labels_of(drawn, classes=CLASSES)) == ["c", "b"]


def test_pre_annotations_come_before_predictions(client):
    held = {"probabilities": np.eye(2)[[0, 1] * 50] * 0.8 + 0.1, "classes": [0, 1] * 50, "origin": "random"}
    probabilities = [[0.9, 0.1], [0.4, 0.6], [0.2, 0.8]]
    batch = client.select(probabilities, strategy="margin", count=3, ids=IDS, calibration=held, pre_annotation={"top_labels": 1})
    begun = fiftyone.labels_of(batch, classes=CLASSES)
    assert {name: begun[name]["label"] for name in IDS} == {"c": "cat", "a": "dog", "b": "dog"}


def test_labels_that_all_apply(client):
    batch = client.select(
        label_probabilities=[[0.9, 0.8], [0.1, 0.9]],
        strategy="label_entropy",
        count=2,
        ids=["a", "b"],
        pre_annotation={"top_labels": 2},
    )
    texts = {"a": "a", "b": "b"}
    begun = {line["querist_id"]: line["label"] for line in map(json.loads, doccano.lines(batch, texts, classes=CLASSES))}
    assert begun == {"a": ["cat", "dog"], "b": ["dog"]}


@pytest.mark.parametrize(
    ("ids", "more", "words"),
    [(None, {}, "select with ids="), (IDS, {"classes": ["cat"]}, "names only 1"), (IDS, {"classes": CLASSES, "labels": {}}, "not both")],
)
def test_what_cannot_be_mapped_is_said(ids, more, words):
    batch = batch_of(ids, predicted=[1, 0, 1])
    with pytest.raises(ValueError, match=words):
        fiftyone.labels_of(batch, **more)

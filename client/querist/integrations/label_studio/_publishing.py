"""A ranking becomes the order in which a Label Studio project serves its tasks."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from querist.integrations.label_studio._controls import control_of, to_result
from querist.integrations.label_studio._project import LabelStudioError, Project
from querist.integrations.shapes import Label, suggested
from querist.results import Batch

CHUNK = 500
REMOVAL_SECONDS = 1800.0
SAMPLING = "Uncertainty sampling"
LABELLED = {"filter": "filter:tasks:total_annotations", "operator": "greater", "type": "Number", "value": 0}


@dataclass(frozen=True)
class Published:
    """What publishing did.

    Attributes
    ----------
    version : str
        The model version that the project serves by now.
    tasks : int
        How many are ranked.
    sent : int
        How many of these this call sent; the others were there from a call that was broken off.
    left_out : int
        Tasks of the batch that are labelled already.
    removed : tuple of str
        Model versions of rounds before, and of broken calls, whose predictions were removed.
    seconds : float
    """

    version: str
    tasks: int
    sent: int
    left_out: int
    removed: tuple[str, ...]
    seconds: float


def publish(
    project: Project,
    batch: Batch,
    *,
    round: int,  # noqa: A002 - as in Campaign
    classes: Sequence[str] | None = None,
    labels: Mapping[int, Label] | None = None,
    control: str | None = None,
    name: str = "querist",
    clusters: bool = True,
    remove: bool = True,
    chunk: int = CHUNK,
) -> Published:
    """Let a project serve the tasks of a batch in the batch's order.

    Each task gets a prediction under a model version that is this round's own; when all are there, one request switches the project to that
    version, and to "Uncertainty sampling" (which the Community edition obeys, although its page does not offer it). So the whole new order
    holds at once, and wherever this call is broken off, the project serves by the old order or by the new one. Call it again with the same
    batch and round to finish; what was sent is not sent again. Predictions of former rounds under the same `name` are removed in the end;
    those of other models stay.

    Label Studio serves the lowest score first (seen on 1.23.2), so a prediction's score is 1 - priority. Tasks outside of the batch come
    after it, at random. A task that somebody has open already comes first for that person, whatever the order.

    Parameters
    ----------
    project : Project
    batch : Batch
        Its ids are the numbers of tasks: select with ``ids=``.
    round : int
        Counted from 1, as in a campaign.
    classes : sequence of str, optional
        The project's labels in the order of the model's classes. With it each prediction holds the label to begin with (see
        `querist.integrations.shapes.suggested`); without it and `labels`, none.
    labels : mapping of task to label, optional
        Labels to begin with instead: choices, spans or boxes.
    control : str, optional
        Name of the tag that holds labels, if there are several.
    name : str
        What model versions begin with.
    clusters : bool
        Whether the batch's clusters go along, if it has any. Label Studio then serves each person the cluster of which that person did
        least, and within it by our order. They can only be sent one by one, which takes a request for each task.
    remove : bool
        Whether predictions of former rounds are removed in the end. The server removes a round's in one transaction, at 100 a second or
        fewer. On SQLite it saves nothing else meanwhile, and refuses what has waited for 5 s: there, with more than some hundred tasks,
        leave them until nobody labels. They change no order.
    chunk : int
        Predictions in a request.

    Raises
    ------
    ValueError
        If ids are no tasks' numbers, nothing is left to rank, or a label does not fit the project.
    LabelStudioError
        If the server refuses something or cannot be reached. The project then serves by the old order, or, if only the removal failed, by
        the new one.
    """
    began = time.monotonic()
    if round < 1 or chunk < 1:
        raise ValueError(f"round is {round} and chunk is {chunk}; both must be 1 or more")
    if classes is not None and labels is not None:
        raise ValueError("give classes, from which labels are made, or labels; not both")
    done = {task["id"] for task in project.tasks(LABELLED) if task["is_labeled"]}
    ranked = _predictions(project, batch, classes, labels, control, clusters)
    open_ = [prediction for prediction in ranked if prediction["task"] not in done]
    if not open_:
        raise ValueError(f"all {len(ranked)} tasks of the batch are labelled already: there is nothing to rank")
    version = f"{name} round {round} {_digest(open_)}"
    sent = _send(project, open_, version, chunk)
    _settle(project, version, len(open_))
    project.call("PATCH", f"/api/projects/{project.id}/", body={"model_version": version, "sampling": SAMPLING})
    removed = _remove_others(project, version, f"{name} round ") if remove else ()
    _settle(project, version, len(open_))  # what a broken call had under way may have arrived only now
    return Published(version, len(open_), sent, len(ranked) - len(open_), removed, time.monotonic() - began)


def _predictions(
    project: Project,
    batch: Batch,
    classes: Sequence[str] | None,
    labels: Mapping[int, Label] | None,
    control: str | None,
    clusters: bool,
) -> list[dict[str, Any]]:
    """Return a prediction for each instance of the batch, without its version."""
    ids = batch.ids or []
    wrong = [name for name in ids if isinstance(name, bool) or not isinstance(name, int)]
    if wrong or len(set(ids)) != len(batch):
        raise ValueError(
            f"the batch's ids must be numbers of tasks, each once: select with ids=; {f'one is {wrong[0]!r}' if wrong else ids[:3]}"
        )
    begin: list[Label | None] = [None] * len(ids)
    if classes is not None:
        begin = [*suggested(batch, classes)]
    elif labels is not None:
        begin = [labels.get(task) for task in ids]
    results: list[list[dict[str, Any]]] = [[] for _ in ids]
    if any(label is not None for label in begin):
        tag = control_of(project.settings()["label_config"], control)
        results = [[] if label is None else to_result(tag, label) for label in begin]
    groups = [-1] * len(ids) if batch.clusters is None or not clusters else batch.clusters.tolist()
    return [
        {"task": task, "result": result, "score": 1 - priority, **({"cluster": group} if group >= 0 else {})}
        for task, result, priority, group in zip(ids, results, batch.priorities.tolist(), groups, strict=True)
    ]


def _digest(predictions: list[dict[str, Any]]) -> str:
    """Return what tells this content from any other, so that a call that is made again goes on with its own version and with no other."""
    return hashlib.sha256(json.dumps(predictions, sort_keys=True).encode()).hexdigest()[:12]


def _send(project: Project, predictions: list[dict[str, Any]], version: str, chunk: int) -> int:
    """Send what is not there yet; return how many that were."""
    there = _there(project, version) if version in _versions(project) else {}
    missing = [{**each, "model_version": version} for each in predictions if each["task"] not in there]
    plain = [each for each in missing if "cluster" not in each]
    for start in range(0, len(plain), chunk):
        part = plain[start : start + chunk]
        made = project.call("POST", f"/api/projects/{project.id}/import/predictions", body=part)["created"]
        if made != len(part):  # with its default flags the server drops what it finds invalid, and says so only in its own log
            raise LabelStudioError(
                f"Label Studio took {made} of {len(part)} predictions: the others do not fit the labelling configuration"
            )
    for each in missing:
        if "cluster" in each:  # an import loses it
            project.call("POST", "/api/predictions/", body=each)
    return len(missing)


def _settle(project: Project, version: str, expected: int) -> None:
    """Remove what is there twice, because a broken call's last request was still under way when its tasks were sent again."""
    if _versions(project).get(version) == expected:
        return
    there = _there(project, version)
    for numbers in there.values():
        for number in numbers[1:]:
            project.call("DELETE", f"/api/predictions/{number}/")
    if len(there) != expected:
        raise LabelStudioError(f"{len(there)} of {expected} predictions of {version!r} are there: somebody removes them; publish again")


def _versions(project: Project) -> dict[str, int]:
    """Return how many predictions there are of each model version."""
    return dict(project.call("GET", f"/api/projects/{project.id}/model-versions/"))


def _there(project: Project, version: str) -> dict[int, list[int]]:
    """Return the numbers of a version's predictions by task, the oldest first."""
    found: dict[int, list[int]] = {}
    for each in project.call("GET", "/api/predictions/", project=project.id):
        if each["model_version"] == version:
            found.setdefault(each["task"], []).append(each["id"])
    return {task: sorted(numbers) for task, numbers in found.items()}


def _remove_others(project: Project, version: str, prefix: str) -> tuple[str, ...]:
    others = tuple(each for each in _versions(project) if each.startswith(prefix) and each != version)
    for each in others:
        body = {"model_version": each}
        project.call("DELETE", f"/api/projects/{project.id}/model-versions/", body=body, timeout=REMOVAL_SECONDS)
    return others

"""What people answered in a Label Studio project, ready for annotator, cost and stop calls."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from querist.integrations.label_studio._controls import Control, control_of, of_result
from querist.integrations.label_studio._project import Project
from querist.integrations.shapes import Label

COUNTS = ("total_annotations", "cancelled_annotations")


@dataclass(frozen=True)
class Answer:
    """What one person said of one task.

    Attributes
    ----------
    task, annotator : int
        Numbers in Label Studio.
    label : str, tuple or None
        A choice, several choices, spans or boxes; None for a skip, and for a choice that was left empty.
    seconds : float or None
        How long it took (`lead_time`).
    time : float
        When it was given, in seconds since 1970.
    skipped : bool
    gold : bool
        Whether it is marked as ground truth.
    """

    task: int
    annotator: int
    label: Label | None
    seconds: float | None
    time: float
    skipped: bool
    gold: bool


@dataclass(frozen=True, eq=False)
class Collected:
    """All answers of a project.

    Attributes
    ----------
    answers : tuple of Answer
        In the order of time; where a person answered a task twice, the later answer.
    control : Control
        The tag that they belong to.
    """

    answers: tuple[Answer, ...]
    control: Control

    @property
    def classes(self) -> tuple[str, ...]:
        """The project's labels in the order of its configuration."""
        return self.control.labels

    @property
    def kind(self) -> str:
        """What `client.assess_annotations` is told as `kind`."""
        return "sets" if self.control.multiple else "classes"

    def rows(self) -> list[dict[str, Any]]:
        """Return answers as `client.assess_annotations` takes them, with `kind` and `classes`: abstentions have no label.

        Answers that are marked as ground truth are no rows of their own; for single choices they are the column "gold" of what others said
        of the same task. The column "seconds" is there if all answers have them.

        Raises
        ------
        ValueError
            If labels are spans or boxes, which have no consensus there.
        """
        if self.control.kind != "choices":
            raise ValueError(f"{self.control.name} holds {self.control.kind}; answers are assessed for choices only")
        truth = {each.task: each.label for each in self.answers if each.gold}
        others = [each for each in self.answers if not each.gold]
        timed = all(each.seconds is not None for each in others)
        return [
            {
                "instance": each.task,
                "annotator": each.annotator,
                "label": self._assessed(each.label),
                "time": each.time,
                **({"seconds": each.seconds} if timed else {}),
                **({} if self.control.multiple else {"gold": truth.get(each.task)}),
            }
            for each in others
        ]

    @cached_property
    def labels(self) -> dict[int, Label]:
        """The label of each task that has one: the ground truth, else what most people said; none for a task in `disputed`.

        For weighed answers use `client.assess_annotations`.
        """
        return {task: counts[0][0] for task, counts in self._votes.items() if not _tied(counts)}

    @cached_property
    def disputed(self) -> tuple[int, ...]:
        """Tasks on which as many people said one thing as said another."""
        return tuple(task for task, counts in self._votes.items() if _tied(counts))

    @cached_property
    def skipped(self) -> dict[int, int]:
        """How many people skipped each task that nobody labelled."""
        return dict(Counter(each.task for each in self.answers if each.label is None and each.task not in self._votes))

    @cached_property
    def seconds(self) -> dict[int, float]:
        """What each task took, all people together, where that is known; skips count."""
        spent: dict[int, float] = {}
        for each in self.answers:
            if each.seconds is not None:
                spent[each.task] = spent.get(each.task, 0.0) + each.seconds
        return spent

    def cost(self, hourly_rate: float, tasks: Iterable[int] | None = None) -> float:
        """Return what people's time cost, for these tasks or for all, as `Campaign.record` takes it for a batch."""
        wanted = self.seconds if tasks is None else tasks
        return sum(self.seconds.get(task, 0.0) for task in wanted) * hourly_rate / 3600

    @cached_property
    def _votes(self) -> dict[int, list[tuple[Label, int]]]:
        """How often each label was given, the most frequent first; only the ground truth where there is one."""
        truth = {each.task for each in self.answers if each.gold and each.label is not None}
        given: dict[int, Counter[Label]] = {}
        for each in self.answers:
            if each.label is not None and (each.gold or each.task not in truth):
                given.setdefault(each.task, Counter())[each.label] += 1
        return {task: counts.most_common() for task, counts in given.items()}

    def _assessed(self, label: Label | None) -> Any:
        if not self.control.multiple:
            return label
        return [None if label is None else int(name in label) for name in self.control.labels]


def collect(project: Project, *, control: str | None = None) -> Collected:
    """Return what people answered so far. Drafts are no answers.

    Parameters
    ----------
    project : Project
        Tasks come by 500, whatever their number, and while others go on labelling.
    control : str, optional
        Name of the tag that holds labels, if there are several.

    Raises
    ------
    ValueError
        If the project has no such tag.
    LabelStudioError
    """
    tag = control_of(project.settings()["label_config"], control)
    found: dict[int, Answer] = {}
    for name in COUNTS:  # a filter cannot say "either"
        some = {"filter": f"filter:tasks:{name}", "operator": "greater", "type": "Number", "value": 0}
        for task in project.tasks(some, full=True):
            found.update((each["id"], _answer(task["id"], each, tag)) for each in task["annotations"])
    latest: dict[tuple[int, int], Answer] = {}
    for _, each in sorted(found.items(), key=lambda entry: (entry[1].time, entry[0])):
        latest[each.task, each.annotator] = each
    return Collected(tuple(sorted(latest.values(), key=lambda each: each.time)), tag)


def _answer(task: int, annotation: Mapping[str, Any], control: Control) -> Answer:
    """Return an annotation, as the server tells it, as an answer. A skip may carry what was there when it was skipped: no label."""
    skipped = bool(annotation["was_cancelled"])
    label = None if skipped else of_result(control, annotation["result"] or ())
    if label is None and not skipped and control.kind != "choices":
        label = ()  # looked at, and nothing found
    person = annotation["completed_by"]
    return Answer(
        task=task,
        annotator=int(person["id"] if isinstance(person, Mapping) else person),
        label=label,
        seconds=None if annotation.get("lead_time") is None else float(annotation["lead_time"]),
        time=datetime.fromisoformat(str(annotation["created_at"]).replace("Z", "+00:00")).timestamp(),
        skipped=skipped,
        gold=bool(annotation.get("ground_truth")),
    )


def _tied(counts: list[tuple[Label, int]]) -> bool:
    return len(counts) > 1 and counts[0][1] == counts[1][1]

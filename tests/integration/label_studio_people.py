"""Simulated people who take the next task from the real queue, and answer or skip it."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
from querist.integrations.label_studio import Control, to_result


@dataclass
class Person:
    """Says what `sees` gives for a task, None for a skip."""

    http: httpx.Client
    project: int
    control: Control
    sees: Callable[[int], str | None]
    chance: random.Random
    served: list[dict[str, Any]] = field(default_factory=list)
    skipped: set[int] = field(default_factory=set)
    labelled: set[int] = field(default_factory=set)

    def next(self) -> dict[str, Any] | None:
        """Take what the label stream serves; None when there is nothing left."""
        answer = self.http.get(f"/api/projects/{self.project}/next")
        return None if answer.status_code == 404 else answer.raise_for_status().json()

    def work(self) -> int | None:
        """Take the next task, answer it, and return its number."""
        task = self.next()
        if task is None:
            return None
        self.served.append(task)
        label = self.sees(task["id"])
        (self.skipped if label is None else self.labelled).add(task["id"])
        body = {
            "result": [] if label is None else to_result(self.control, label),
            "was_cancelled": label is None,
            "lead_time": round(self.chance.uniform(2, 9), 1),
        }
        self.http.post(f"/api/tasks/{task['id']}/annotations/", json=body).raise_for_status()
        return int(task["id"])


def label_all(people: list[Person], batch: list[int]) -> list[int]:
    """Let people take turns until each task is labelled or skipped by all; return tasks in the order in which they were first served."""
    order: list[int] = []
    wanted = set(batch)
    while True:
        done = set().union(*(person.labelled for person in people))
        ready = [person for person in people if wanted - done - person.skipped]
        if not ready:
            return list(dict.fromkeys(order))
        person = min(ready, key=lambda each: len(each.served))
        task = person.work()
        assert task is not None, "the queue is empty although tasks are open"
        assert task not in done, f"task {task} is labelled and was served again"
        order.append(task)

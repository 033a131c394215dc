"""Publishing is killed (-9) before, after and during each request that changes something; the queue must hold the old order or the new one.

Run as a program it publishes a ranking and kills itself at the place that it is told.
"""

import os
import random
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass

import httpx
import numpy as np
import querist
from label_studio_people import Person
from label_studio_server import LabelStudio
from querist.integrations.label_studio import Project, control_of, publish

CONFIG = '<View><Text name="text" value="$text"/><Choices name="kind" toName="text"><Choice value="a"/><Choice value="b"/></Choices></View>'
TASKS, CHUNK = 9, 3
CHANGES = TASKS // CHUNK + 2  # imports, the switch, the removal of the round before
PLACES = [(when, number) for number in range(CHANGES) for when in ("before", "during", "after")]


@dataclass
class KillsItself(httpx.HTTPTransport):
    """Ends this process at its nth changing request."""

    when: str
    number: int

    def __post_init__(self) -> None:
        super().__init__()
        self._seen = -1

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return super().handle_request(request)
        self._seen += 1
        if self._seen == self.number and self.when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        if self._seen == self.number and self.when == "during":
            threading.Timer(0.02, os.kill, (os.getpid(), signal.SIGKILL)).start()
        answer = super().handle_request(request)
        answer.read()
        if self._seen == self.number:
            os.kill(os.getpid(), signal.SIGKILL)
        return answer


def ranking(client: querist.Client, tasks: list[int], number: int) -> querist.Batch:
    scores = np.random.default_rng(number).permutation(len(tasks)).astype(float)
    return client.select(scores=scores, strategy="caller", rank_all=True, ids=tasks, seed=number)


def served(person: Person, admin: httpx.Client) -> list[int]:
    """Return all tasks in the order in which the queue serves them; what is answered for it is taken back."""
    order = []
    while (task := person.work()) is not None:
        order.append(task)
    everything = {"selectedItems": {"all": True, "excluded": []}}
    admin.post("/api/dm/actions", params={"id": "delete_tasks_annotations", "project": person.project}, json=everything).raise_for_status()
    return order


def switched_after(order: list[int], old: list[int], new: list[int]) -> int | None:
    """Return after how many tasks the queue went from the old order to the new one; None if it mixes them.

    A request that is cut off may be carried out by the server a while later, between two tasks.
    """
    cuts = range(len(order), -1, -1)
    return next((cut for cut in cuts if order == old[:cut] + [task for task in new if task not in old[:cut]]), None)


def try_all(studio: LabelStudio, client: querist.Client) -> dict[str, int]:
    """Kill at each place, and return how often the old and the new order were found."""
    number, tasks = studio.project("Kills", CONFIG, [{"text": f"text {place}"} for place in range(TASKS)])
    found = {"old": 0, "new": 0}
    with Project(studio.url, number, studio.token) as project, studio.http() as admin, studio.sign_up("kills") as http:
        person = Person(http, number, control_of(CONFIG), lambda task: "a", random.Random(1))
        old = ranking(client, tasks, 0)
        publish(project, old, round=1, chunk=CHUNK)
        assert served(person, admin) == old.ids
        for place, (when, change) in enumerate(PLACES):
            new = ranking(client, tasks, place + 1)
            told = [studio.url, str(number), client.address, str(place), ",".join(map(str, tasks)), when, str(change)]
            died = subprocess.run([sys.executable, __file__, *told], check=False, env={**os.environ, "LABEL_STUDIO_TOKEN": studio.token})
            assert died.returncode == -signal.SIGKILL, f"the publisher ended with {died.returncode}"
            order = served(person, admin)
            switch = switched_after(order, old.ids, new.ids)
            assert switch is not None, f"killed {when} change {change}: {order} is neither {old.ids} nor {new.ids}"
            assert when == "during" or switch in (0, TASKS), f"killed {when} change {change}: the order changed while nothing was under way"
            found["old" if switch == TASKS else "new"] += 1
            done = publish(project, new, round=place + 2, chunk=CHUNK)
            assert served(person, admin) == new.ids
            there = project.call("GET", "/api/predictions/", project=number)
            assert sorted(each["task"] for each in there) == tasks, "predictions are there twice, or not at all"
            assert {each["model_version"] for each in there} == {done.version}
            old = new
    return found


def main() -> None:
    url, project, address, place, tasks, when, number = sys.argv[1:]
    transport = KillsItself(when, int(number))
    with querist.connect(address) as client, Project(url, int(project), os.environ["LABEL_STUDIO_TOKEN"], transport=transport) as there:
        batch = ranking(client, [int(task) for task in tasks.split(",")], int(place) + 1)
        publish(there, batch, round=int(place) + 2, chunk=CHUNK)


if __name__ == "__main__":
    main()

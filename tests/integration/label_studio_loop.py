"""Rounds on a real Label Studio: a model, Querist, the queue, simulated people. Prints figures; fails if anything does not hold."""

import base64
import io
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import querist
from label_studio_kills import PLACES, try_all
from label_studio_people import Person, label_all
from label_studio_server import LabelStudio, label_studio
from PIL import Image
from querist.integrations.label_studio import Project, collect, control_of, publish
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

CLASSES = [str(digit) for digit in range(10)]
CONFIG = (
    '<View><Image name="image" value="$image"/><Choices name="digit" toName="image" choice="single">'
    + "".join(f'<Choice value="{name}"/>' for name in CLASSES)
    + "</Choices></View>"
)
HELD_OUT, START, POOL, BATCH, ROUNDS = 400, 40, 500, 24, 3
RATE = 30.0  # EUR an hour
MANY = 3000


def picture(pixels: np.ndarray) -> str:
    buffer = io.BytesIO()
    Image.fromarray((255 - pixels.reshape(8, 8) * 15.9).astype(np.uint8)).resize((64, 64)).save(buffer, "PNG")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()


class Digits:
    """Real images as tasks, what people see in them, and the model that learns from what they say."""

    def __init__(self, studio: LabelStudio) -> None:
        X, y = load_digits(return_X_y=True)
        self.held_out, self.start = (X[:HELD_OUT], y[:HELD_OUT]), (X[HELD_OUT : HELD_OUT + START], y[HELD_OUT : HELD_OUT + START])
        X, y = X[HELD_OUT + START :][:POOL], y[HELD_OUT + START :][:POOL]
        self.number, self.tasks = studio.project("Digits", CONFIG, [{"image": picture(pixels)} for pixels in X])
        self.pixels = dict(zip(self.tasks, X, strict=True))
        self.truth = {task: str(digit) for task, digit in zip(self.tasks, y, strict=True)}

    def seen(self, chance: random.Random, right: float, skips: float):
        def sees(task: int) -> str | None:
            if chance.random() < skips:
                return None
            return self.truth[task] if chance.random() < right else chance.choice(CLASSES)

        return sees

    def fit(self, labels: dict[int, str]) -> tuple[LogisticRegression, float]:
        X = np.concatenate([self.start[0], *([[self.pixels[task] for task in labels]] if labels else [])])
        y = np.concatenate([self.start[1], [int(label) for label in labels.values()]])
        model = LogisticRegression(max_iter=2000).fit(X, y)
        return model, 1 - model.score(*self.held_out)

    def predictions(self, model: LogisticRegression, tasks: list[int]) -> np.ndarray:
        return model.predict_proba(np.array([self.pixels[task] for task in tasks]))


def rounds(digits: Digits, people: list[Person], project: Project, client: querist.Client, directory: Path) -> None:
    prices = querist.Economics(error_cost=0.5, predictions=20_000, currency="EUR")
    campaign = querist.Campaign(directory / "digits.campaign", labelled=START, economics=prices, classes=CLASSES)
    for number in range(1, ROUNDS + 1):
        found = collect(project)
        model, error = digits.fit(found.labels)
        pool = [task["id"] for task in project.tasks() if not task["is_labeled"]]
        batch = campaign.select(
            client,
            digits.predictions(model, pool),
            ids=pool,
            strategy="margin",
            count=BATCH,
            random_share=0.1,
            error=error,
            instances=HELD_OUT,
        )
        done = publish(project, batch, round=number, classes=CLASSES)
        taken = [len(person.served) for person in people]
        assert label_all(people, batch.ids) == batch.ids, "the queue's order is not the ranking"
        served = [task for person, before in zip(people, taken, strict=True) for task in person.served[before:]]
        check_begun(served, batch, done.version)
        found = collect(project)
        check_collected(found, people)
        spent = found.cost(RATE, batch.ids)
        campaign.record({task: found.labels[task] for task in batch.ids if task in found.labels}, cost=spent)
        skips = sum(task in found.skipped for task in batch.ids)
        print(
            f"round {number}: error {error:.3f}, {done.tasks} tasks published in {done.seconds:.1f} s, served in our order: yes, "
            f"{sum(task in found.labels for task in batch.ids)} labels, {skips} skipped by all, EUR {spent:.2f}; {batch.stop.verdict}"
        )
    gold = mark_gold(project, found, digits)
    found = collect(project)
    assessed = client.assess_annotations(found.rows(), kind=found.kind, classes=found.classes)
    assert sum(int(count) for count in assessed.instances.abstentions) == sum(len(person.skipped) for person in people)
    assert sum(report.gold_labels for report in assessed.annotators) == len(gold)
    error = digits.fit(found.labels)[1]
    advice = campaign.advise(client, error=error, instances=HELD_OUT)
    print(f"{assessed.answers} answers assessed, {len(gold)} of them beside ground truth; {advice.verdict}: {advice.sentence}")


def check_begun(served: list[dict], batch: querist.Batch, version: str) -> None:
    """Each task shows the label that the model predicts, and no other; random draws show none."""
    row = {task: place for place, task in enumerate(batch.ids)}
    for task in served:
        (prediction,) = task["predictions"]
        place = row[task["id"]]
        begun = [] if batch.random_draws[place] else [CLASSES[batch.predicted_labels[place]]]
        assert prediction["model_version"] == version
        assert [name for region in prediction["result"] for name in region["value"]["choices"]] == begun


def check_collected(found, people: list[Person]) -> None:
    """What people did is what came back."""
    abstained = sum(each.label is None for each in found.answers)
    assert abstained == sum(len(person.skipped) for person in people), "skips are not abstentions"
    assert len(found.answers) - abstained == sum(len(person.labelled) for person in people)
    assert all(each.seconds is not None and each.seconds > 0 for each in found.answers)


def mark_gold(project: Project, found, digits: Digits) -> list[int]:
    """Say what is true of some tasks, as an expert would."""
    gold = list(found.labels)[:5]
    for task in gold:
        result = [{"from_name": "digit", "to_name": "image", "type": "choices", "value": {"choices": [digits.truth[task]]}}]
        project.call("POST", f"/api/tasks/{task}/annotations/", body={"result": result, "ground_truth": True, "lead_time": 20})
    return gold


def commanded(
    digits: Digits, people: list[Person], project: Project, client: querist.Client, directory: Path, url: str, token: str
) -> None:
    """Two rounds by the command alone, as from a shell."""
    for number in (1, 2):
        found = collect(project)
        model, error = digits.fit(found.labels)
        pool = [task["id"] for task in project.tasks() if not task["is_labeled"]]
        np.savez(directory / "predictions.npz", ids=np.array(pool), probabilities=digits.predictions(model, pool))
        where = ["--url", url, "--project", str(project.id), "--campaign", str(directory / "command.campaign"), "--address", client.address]
        what = ["--count", "8", "--error", f"{error:.4f}", "--instances", str(HELD_OUT), "--hourly-rate", str(RATE), "--anyway"]
        program = [
            sys.executable,
            "-c",
            "import sys; from querist import cli; sys.exit(cli.main())",
            "label-studio",
            str(directory / "predictions.npz"),
        ]
        run = subprocess.run([*program, *where, *what], env={**os.environ, "LABEL_STUDIO_TOKEN": token}, capture_output=True, text=True)
        assert run.returncode == 0, run.stderr
        print("\n".join(f"  $ {line}" for line in run.stdout.splitlines()))
        if number == 1:
            pending = querist.Campaign(directory / "command.campaign").pending
            assert label_all(people, pending.ids) == pending.ids


def in_clusters(studio: LabelStudio, client: querist.Client) -> None:
    """With clusters the server serves the least done cluster first, and by our order within it."""
    config = CONFIG.replace("Image name", "Text name")
    number, tasks = studio.project("Clusters", config, [{"image": f"text {place}"} for place in range(12)])
    rng = np.random.default_rng(3)
    embeddings = np.concatenate([rng.normal(center, 0.1, (4, 2)) for center in (0, 5, 10)])
    with Project(studio.url, number, studio.token) as project, studio.sign_up("clusters") as http:
        plan = querist.Plan("margin", querist.parts.ClusterMargin(rows_per_cluster=4))
        batch = client.select(rng.dirichlet(np.ones(3), 12), embeddings=embeddings, strategy=plan, count=9, ids=tasks, seed=1)
        assert len(set(batch.clusters.tolist())) > 1
        publish(project, batch, round=1)
        person = Person(http, number, control_of(config), lambda task: "1", random.Random(1))
        cluster = dict(zip(batch.ids, batch.clusters.tolist(), strict=True))
        left, done = list(batch.ids), dict.fromkeys(cluster.values(), 0)
        for _ in range(len(batch)):
            expected = min(left, key=lambda task: (done[cluster[task]], batch.ids.index(task)))
            assert person.work() == expected, "clusters are not served in turn"
            left.remove(expected)
            done[cluster[expected]] += 1
    print(f"{len(batch)} tasks of {len(done)} clusters served: the least done cluster first, by our order within it: yes")


def many(studio: LabelStudio, client: querist.Client) -> None:
    """How long many tasks take, and how long somebody who labels meanwhile waits for them."""
    config = CONFIG.replace("Image name", "Text name")
    number, tasks = studio.project("Many", config, [{"image": f"text {place}"} for place in range(MANY)])
    predictions = np.random.default_rng(5).dirichlet(np.ones(10), MANY)
    with Project(studio.url, number, studio.token) as project, studio.sign_up("busy") as http:
        batch = client.select(predictions, strategy="margin", rank_all=True, ids=tasks)
        first = publish(project, batch, round=1, classes=CLASSES)
        again = publish(project, batch, round=1, classes=CLASSES)
        person = Person(http, number, control_of(config), lambda task: "1", random.Random(1))
        with working(person) as waits:
            second = publish(project, batch, round=2, classes=CLASSES, remove=False)
        began = time.monotonic()
        last = publish(project, batch, round=2, classes=CLASSES)
    assert (first.sent, again.sent) == (MANY, 0)
    assert second.sent + second.left_out == MANY
    assert second.removed == ()
    assert set(last.removed) == {first.version, second.version}  # what was labelled since makes another ranking
    print(
        f"{MANY} tasks published in {first.seconds:.1f} s ({first.seconds * 1000 / MANY:.2f} s per 1,000), again in {again.seconds:.1f} s, "
        f"in the next round in {second.seconds:.1f} s; meanwhile somebody labelled {len(waits)} tasks, and waited {np.median(waits):.2f} s "
        f"for one and its answer, at most {max(waits):.2f} s; published anew and two rankings removed in {time.monotonic() - began:.1f} s"
    )
    answer = {"result": [{"from_name": "digit", "to_name": "image", "type": "choices", "value": {"choices": ["1"]}}]}
    number, _ = studio.project("Answered", config, [{"data": {"image": "text"}, "annotations": [answer]} for _ in range(MANY)])
    with Project(studio.url, number, studio.token) as project:
        began = time.monotonic()
        found = collect(project)
        assert len(found.labels) == MANY
        print(f"{MANY} labels collected in {time.monotonic() - began:.1f} s")


@contextmanager
def working(person: Person) -> Iterator[list[float]]:
    """Let a person label, and give the seconds that each task took."""
    waits: list[float] = []
    done = threading.Event()

    def label() -> None:
        while not done.wait(0.2):
            began = time.monotonic()
            assert person.work() is not None
            waits.append(time.monotonic() - began)

    with ThreadPoolExecutor(1) as threads:
        labelling = threads.submit(label)
        try:
            yield waits
        finally:
            done.set()
        labelling.result()


def main() -> None:
    with label_studio() as studio, querist.local() as client, tempfile.TemporaryDirectory() as directory:
        print(f"Label Studio started in {studio.seconds_to_start:.0f} s")
        digits = Digits(studio)
        print(f"{len(digits.tasks)} images of digits are tasks")
        with studio.sign_up("ann") as ann, studio.sign_up("bob") as bob, Project(studio.url, digits.number, studio.token) as project:
            control, chance = control_of(CONFIG), random.Random(11)
            people = [
                Person(ann, digits.number, control, digits.seen(chance, right=0.99, skips=0.15), chance),
                Person(bob, digits.number, control, digits.seen(chance, right=0.9, skips=0.25), chance),
            ]
            rounds(digits, people, project, client, Path(directory))
            commanded(digits, people, project, client, Path(directory), studio.url, studio.token)
        in_clusters(studio, client)
        many(studio, client)
        began = time.monotonic()
        found = try_all(studio, client)
        print(
            f"killed -9 at {len(PLACES)} places: {found['old']} times the old order, {found['new']} times the new, never a mix; each was "
            f"finished by publishing again, no prediction twice ({time.monotonic() - began:.0f} s)"
        )


if __name__ == "__main__":
    main()

"""Label Studio's answers as version 1.23.2 was seen to give them, without a server."""

import json
from itertools import count
from typing import Any

import httpx

CONFIG = (
    '<View><Text name="text" value="$text"/><Choices name="kind" toName="text" choice="single"><Choice value="a"/><Choice value="b"/>'
    '<Choice value="c"/></Choices></View>'
)
PERSONAL = "header.payload.signature"
LEGACY = "0123456789abcdef"


class FakeLabelStudio:
    """One project, number 7. `calls` are the requests that came; an entry of `broken` makes the nth changing request fail."""

    def __init__(self, tasks: int = 6, config: str = CONFIG) -> None:
        self.project = {"id": 7, "label_config": config, "sampling": "Sequential sampling", "model_version": ""}
        self.tasks = {number: self._task(number) for number in range(1, tasks + 1)}
        self.predictions: dict[int, dict[str, Any]] = {}
        self.annotations: list[dict[str, Any]] = []
        self.calls: list[tuple[str, str]] = []
        self.broken: dict[int, str] = {}
        self.allowed = {"a", "b", "c"}
        self.access = "first"
        self._numbers, self._changes = count(1), -1

    @property
    def transport(self) -> httpx.MockTransport:
        return httpx.MockTransport(self.handle)

    def annotate(self, task: int, label: Any, person: int = 1, **more: Any) -> None:
        """Add an annotation in the shape that was recorded from the server."""
        value = {"choices": [label] if isinstance(label, str) else label}
        result = [] if label is None else [{"from_name": "kind", "to_name": "text", "type": "choices", "value": value}]
        number = next(self._numbers)
        base = {"id": number, "task": task, "completed_by": person, "was_cancelled": False, "ground_truth": False, "lead_time": 3.5}
        base |= {"created_at": f"2026-11-25T12:58:{number % 60:02}.299746Z", "result": result, "parent_prediction": None}
        self.annotations.append({**base, **more})
        shown = [each for each in self.annotations if each["task"] == task]
        self.tasks[task]["total_annotations"] = sum(not each["was_cancelled"] for each in shown)
        self.tasks[task]["cancelled_annotations"] = sum(each["was_cancelled"] for each in shown)
        self.tasks[task]["is_labeled"] = self.tasks[task]["total_annotations"] > 0

    def served(self) -> list[int]:
        """Return the tasks in the order of the label stream: those of the current model version, the lowest score first."""
        current = [each for each in self.predictions.values() if each["model_version"] == self.project["model_version"]]
        ranked = sorted(current, key=lambda each: each["score"])
        return [each["task"] for each in ranked if not self.tasks[each["task"]]["is_labeled"]]

    def handle(self, request: httpx.Request) -> httpx.Response:
        self.calls.append((request.method, request.url.path))
        if request.url.path == "/api/token/refresh/":
            ok = json.loads(request.content) == {"refresh": PERSONAL}
            return httpx.Response(200, json={"access": self.access}) if ok else httpx.Response(401, json={"detail": "Token is invalid"})
        if request.headers.get("Authorization") not in (f"Bearer {self.access}", f"Token {LEGACY}"):
            return httpx.Response(401, json={"detail": "Authentication credentials were not provided."})
        body = json.loads(request.content) if request.content else None
        if request.method == "GET":
            return self._answer(request, body)
        self._changes += 1
        fault = self.broken.get(self._changes)
        if fault == "before":
            raise ConnectionAbortedError
        answer = self._answer(request, body)
        if fault == "after":
            raise ConnectionAbortedError
        return answer

    def _answer(self, request: httpx.Request, body: Any) -> httpx.Response:
        routes = {
            ("GET", "/api/projects/7/"): lambda: httpx.Response(200, json=self.project),
            ("PATCH", "/api/projects/7/"): lambda: self._patch(body),
            ("GET", "/api/tasks/"): lambda: self._list(request),
            ("GET", "/api/predictions/"): lambda: httpx.Response(200, json=list(self.predictions.values())),
            ("POST", "/api/predictions/"): lambda: httpx.Response(201, json=self._predict(body, body.get("cluster"))),
            ("POST", "/api/projects/7/import/predictions"): lambda: self._import(body),
            ("GET", "/api/projects/7/model-versions/"): lambda: httpx.Response(200, json=self._versions()),
            ("DELETE", "/api/projects/7/model-versions/"): lambda: self._remove(body["model_version"]),
        }
        route = routes.get((request.method, request.url.path))
        if route is not None:
            return route()
        if request.method == "DELETE" and request.url.path.startswith("/api/predictions/"):
            del self.predictions[int(request.url.path.split("/")[3])]
            return httpx.Response(204)
        return httpx.Response(404, json={"detail": "Not found."})

    def _task(self, number: int) -> dict[str, Any]:
        return {"id": number, "data": {"text": f"text {number}"}, "is_labeled": False, "total_annotations": 0, "cancelled_annotations": 0}

    def _list(self, request: httpx.Request) -> httpx.Response:
        query = json.loads(request.url.params["query"])
        found = list(self.tasks.values())
        for item in query["filters"]["items"]:
            name = item["filter"].rpartition(":")[2]
            found = [task for task in found if task[name] > item["value"]]
        page = sorted(found, key=lambda task: task["id"])[: int(request.url.params["page_size"])]
        if request.url.params.get("fields") == "all":
            page = [
                {**task, "drafts": [], "annotations": [each for each in self.annotations if each["task"] == task["id"]]} for task in page
            ]
        return httpx.Response(200, json={"total_annotations": 0, "total_predictions": 0, "total": len(found), "tasks": page})

    def _patch(self, body: dict[str, Any]) -> httpx.Response:
        if body.get("model_version") not in self._versions():
            errors = {"model_version": ["Model version doesn't exist either as live model or as static predictions."]}
            return httpx.Response(400, json={"status_code": 400, "detail": "Validation error", "validation_errors": errors})
        self.project |= body
        return httpx.Response(200, json=self.project)

    def _import(self, body: list[dict[str, Any]]) -> httpx.Response:
        unknown = [each for each in body if each["task"] not in self.tasks]
        if unknown:
            errors = {"non_field_errors": [f'{unknown[0]} contains invalid "task" field']}
            return httpx.Response(400, json={"status_code": 400, "detail": "Validation error", "validation_errors": errors})
        valid = [
            each for each in body if {name for region in each["result"] for name in region["value"].get("choices", [])} <= self.allowed
        ]
        for each in valid:
            self._predict(each, None)
        return httpx.Response(201, json={"created": len(valid)})

    def _predict(self, body: dict[str, Any], cluster: int | None) -> dict[str, Any]:
        number = next(self._numbers)
        self.predictions[number] = {**body, "id": number, "cluster": cluster, "mislabeling": 0.0, "project": 7}
        return self.predictions[number]

    def _versions(self) -> dict[str, int]:
        names = [each["model_version"] for each in self.predictions.values()]
        return {name: names.count(name) for name in dict.fromkeys(names)}

    def _remove(self, version: str) -> httpx.Response:
        gone = [number for number, each in self.predictions.items() if each["model_version"] == version]
        for number in gone:
            del self.predictions[number]
        if self.project["model_version"] == version:
            self.project["model_version"] = None
        return httpx.Response(200, json={"deleted_predictions": len(gone)})

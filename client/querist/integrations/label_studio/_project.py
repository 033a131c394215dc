"""A project on a Label Studio server, over its REST API."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator
from types import TracebackType
from typing import Any

from querist.errors import QueristError

try:
    import httpx
except ImportError as error:
    raise ImportError("querist.integrations.label_studio needs httpx: pip install 'querist[label-studio]'") from error

PAGE = 500


class LabelStudioError(QueristError):
    """Label Studio refused something, or did not answer.

    Attributes
    ----------
    status : int or None
        The HTTP status, if there was an answer.
    """

    def __init__(self, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class Project:
    """A project, in which this token's user may change things. Use it as a context manager, or call `close`.

    Parameters
    ----------
    url : str
        Where the server is, such as "http://localhost:8080".
    project : int
        The project's number, as in its address.
    token : str
        A personal access token, or a legacy token, from the page "Account & Settings".
    timeout : float
        Seconds for one request; an import of 1,000 predictions took 2 to 4 on a small machine.
    transport : httpx.BaseTransport, optional
        What requests go through, such as a proxy's.
    """

    def __init__(self, url: str, project: int, token: str, *, timeout: float = 120.0, transport: httpx.BaseTransport | None = None) -> None:
        self.id, self._url = int(project), url.rstrip("/")
        auth = _AccessToken(token) if token.count(".") == 2 else _LegacyToken(token)
        self._http = httpx.Client(
            base_url=self._url,
            auth=auth,
            timeout=timeout,
            transport=transport or httpx.HTTPTransport(retries=2),
            follow_redirects=True,
        )

    def __enter__(self) -> Project:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Project {self.id} of {self._url}>"

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def call(self, method: str, path: str, *, body: Any = None, timeout: float | None = None, **query: Any) -> Any:
        """Return the answer to a request as plain values; None if it is empty. `timeout` is for this request alone.

        Raises
        ------
        LabelStudioError
            If the server is not there, refuses the request, or answers with something else than JSON.
        """
        try:
            patience = self._http.timeout if timeout is None else timeout
            answer = self._http.request(method, path, json=body, params=query or None, timeout=patience)
        except httpx.HTTPError as error:
            raise LabelStudioError(f"{method} {self._url}{path} failed: {str(error) or type(error).__name__}") from error
        if answer.is_error:
            raise LabelStudioError(f"Label Studio answered {method} {path} with {_reason(answer)}", status=answer.status_code)
        if not answer.content:
            return None
        try:
            return answer.json()
        except ValueError as error:
            raise LabelStudioError(f"{method} {path} gave no JSON: is {self._url} a Label Studio server?") from error

    def settings(self) -> dict[str, Any]:
        """Return the project as the server tells it."""
        return dict(self.call("GET", f"/api/projects/{self.id}/"))

    def tasks(self, *filters: dict[str, Any], full: bool = False) -> Iterator[dict[str, Any]]:
        """Give the project's tasks by rising number, while others may be adding and labelling.

        Each page asks for what comes after the last one's end: pages that are counted would slip when the number of matches changes.

        Parameters
        ----------
        *filters : dict
            Filters of the Data Manager, all of which a task must pass.
        full : bool
            With annotations and predictions.
        """
        last = 0
        while True:
            items = [*filters, {"filter": "filter:tasks:id", "operator": "greater", "type": "Number", "value": last}]
            query = json.dumps({"filters": {"conjunction": "and", "items": items}, "ordering": ["tasks:id"]})
            extent: dict[str, Any] = {"fields": "all"} if full else {}
            found = self.call("GET", "/api/tasks/", project=self.id, page=1, page_size=PAGE, query=query, resolve_uri="false", **extent)
            yield from found["tasks"]
            if len(found["tasks"]) < PAGE:
                return
            last = found["tasks"][-1]["id"]


class _LegacyToken(httpx.Auth):
    def __init__(self, token: str) -> None:
        self._token = token

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = f"Token {self._token}"
        yield request


class _AccessToken(httpx.Auth):
    """A personal access token gives short-lived ones; a new one is asked for when the last has run out."""

    requires_response_body = True

    def __init__(self, token: str) -> None:
        self._token, self._access = token, ""

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        if self._access:
            request.headers["Authorization"] = f"Bearer {self._access}"
            answer = yield request
            if answer.status_code != httpx.codes.UNAUTHORIZED:
                return
        found = yield httpx.Request("POST", request.url.copy_with(raw_path=b"/api/token/refresh/"), json={"refresh": self._token})
        if found.is_success:
            self._access = str(found.json()["access"])
            request.headers["Authorization"] = f"Bearer {self._access}"
        yield request


def _reason(answer: httpx.Response) -> str:
    try:
        told = answer.json()
        words = told.get("validation_errors") or told.get("detail") or told if isinstance(told, dict) else told
    except ValueError:
        words = answer.text
    return f"{answer.status_code}: {str(words)[:500]}"

"""A real Label Studio on a loopback port, with SQLite in a temporary directory.

The first start makes the tables, which takes ten times as long as the rest; the empty database is kept beside the program for later starts.
"""

import os
import secrets
import shutil
import socket
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

CACHE = Path(__file__).parents[2] / ".cache" / "label-studio"
PROGRAM = CACHE / "bin" / "label-studio"
EMPTY, TOKEN = CACHE / "empty.sqlite3", CACHE / "empty.token"  # the database, and the token of the person who is in it
DATABASE = "label_studio.sqlite3"
STARTS_WITHIN = 1200  # seconds; the first start took 30 to 70 on an idle machine, others 6
QUIET = {
    "COLLECT_ANALYTICS": "false",
    "LATEST_VERSION_CHECK": "false",
    "SENTRY_DSN": "",
    "FRONTEND_SENTRY_DSN": "",
    "FEATURE_FLAGS_OFFLINE": "true",
    "DJANGO_DB": "sqlite",
}


@dataclass(frozen=True)
class LabelStudio:
    url: str
    token: str
    seconds_to_start: float

    def http(self, token: str | None = None) -> httpx.Client:
        return httpx.Client(base_url=self.url, timeout=120, headers={"Authorization": f"Token {token or self.token}"})

    def sign_up(self, name: str) -> httpx.Client:
        """Make a person as the sign-up page does, and return what speaks for that person."""
        with httpx.Client(base_url=self.url, timeout=120) as page:
            page.get("/user/signup/")
            mark = {"csrfmiddlewaretoken": page.cookies["csrftoken"]}
            form = {"email": f"{name}@example.com", "password": secrets.token_hex(8), "allow_newsletters": "false", **mark}
            page.post("/user/signup/", data=form, headers={"Referer": self.url})
            told = page.post("/api/current-user/reset-token/", headers={"X-CSRFToken": page.cookies["csrftoken"], "Referer": self.url})
            return self.http(told.raise_for_status().json()["token"])

    def project(self, title: str, config: str, tasks: list[dict[str, object]]) -> tuple[int, list[int]]:
        """Make a project, and return its number and its tasks'."""
        with self.http() as admin:
            number = admin.post("/api/projects/", json={"title": title, "label_config": config}).raise_for_status().json()["id"]
            for start in range(0, len(tasks), 1000):
                admin.post(f"/api/projects/{number}/import", json=tasks[start : start + 1000]).raise_for_status()
            query = {"project": number, "page_size": len(tasks)}
            return number, sorted(task["id"] for task in admin.get("/api/tasks/", params=query).raise_for_status().json()["tasks"])


@contextmanager
def label_studio() -> Iterator[LabelStudio]:
    if not PROGRAM.exists():
        raise SystemExit(f"{PROGRAM} is not there: make label-studio installs it")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    known = EMPTY.exists() and TOKEN.exists()
    token, began = TOKEN.read_text() if known else secrets.token_hex(20), time.monotonic()
    with tempfile.TemporaryDirectory(prefix="label-studio-") as directory, (Path(directory) / "log").open("wb") as log:
        options = [
            "--no-browser",
            "--internal-host",
            "127.0.0.1",
            "--port",
            str(port),
            "--data-dir",
            directory,
            "--enable-legacy-api-token",
        ]
        user = ["--username", "admin@example.com", "--password", secrets.token_hex(8), "--user-token", token]
        if known:
            shutil.copyfile(EMPTY, Path(directory) / DATABASE)
        environment = {**os.environ, **QUIET, "LABEL_STUDIO_BASE_DATA_DIR": directory}
        process = subprocess.Popen(
            [PROGRAM, "start", *options, *user], env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
        )
        try:
            url = f"http://127.0.0.1:{port}"
            _wait(process, url, Path(directory) / "log")
            if not known:
                _keep(Path(directory) / DATABASE, token)
            yield LabelStudio(url, token, time.monotonic() - began)
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _keep(database: Path, token: str) -> None:
    EMPTY.unlink(missing_ok=True)
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(EMPTY)) as copy:
        source.backup(copy)
    TOKEN.write_text(token)


def _wait(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    until = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < until:
        if process.poll() is not None:
            raise SystemExit(f"Label Studio ended with {process.returncode}:\n{log.read_text(errors='replace')[-3000:]}")
        try:
            if httpx.get(f"{url}/health", timeout=5).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.5)
    raise SystemExit(f"Label Studio did not start within {STARTS_WITHIN} s:\n{log.read_text(errors='replace')[-3000:]}")

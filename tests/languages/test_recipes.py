"""The recipes of the grpcurl page do what the page says."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import onnx_models
import pytest
from languages import EXAMPLES
from serving import serving

PAGE = (EXAMPLES / "grpcurl" / "README.md").read_text()
RECIPES = re.findall(r"```sh\n(.*?)```(?:\n\n```json\n(.*?)```)?", PAGE, re.DOTALL)
ENVIRONMENT = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
CALLS = [
    "Select", "SelectStream", "AdviseStop", "AssessAnnotations", "AssignAnnotators", "UploadModel", "GetModel", "ListModels", "DeleteModel",
    "GetServerInfo", "ListStrategies",
]  # fmt: skip

pytestmark = pytest.mark.skipif(shutil.which("grpcurl", path=ENVIRONMENT["PATH"]) is None, reason="grpcurl is not installed")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("server")) as running:
        yield running


def holds(found, said):
    """Say whether all that is said is found: fields may be more, lists may not."""
    if isinstance(said, dict):
        return isinstance(found, dict) and all(name in found and holds(found[name], said[name]) for name in said)
    if isinstance(said, list):
        return isinstance(found, list) and len(found) == len(said) and all(map(holds, found, said))
    return found == said


def documents(text):
    """Split JSON objects that stand one after the other."""
    decoder, found = json.JSONDecoder(), []
    while text := text.strip():
        document, end = decoder.raw_decode(text)
        found.append(_snake_case(document))
        text = text[end:]
    return found


def _snake_case(value):
    """Spell names as the protos do, whatever the program makes of them."""
    if isinstance(value, dict):
        return {re.sub("[A-Z]", lambda capital: f"_{capital[0].lower()}", name): _snake_case(inner) for name, inner in value.items()}
    return list(map(_snake_case, value)) if isinstance(value, list) else value


@pytest.mark.parametrize(("recipe", "said"), RECIPES, ids=[f"recipe_{number}" for number in range(len(RECIPES))])
def test_the_recipe_works(server, tmp_path, recipe, said):
    (tmp_path / "model.onnx").write_bytes(onnx_models.linear())
    script = "set -euo pipefail\n" + recipe.replace("127.0.0.1:50051", server.address)
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False, timeout=100, cwd=tmp_path, env=ENVIRONMENT)
    assert done.returncode == 0, done.stderr
    if said:
        assert any(holds(document, json.loads(said)) for document in documents(done.stdout)), done.stdout


def test_a_refusal_is_shown(server):
    (recipe,) = (recipe for recipe, _ in RECIPES if recipe.startswith("! "))
    script = recipe.replace("127.0.0.1:50051", server.address)
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False, timeout=100, env=ENVIRONMENT)
    assert "Code: InvalidArgument" in done.stderr
    assert "row 0: a row sums to 1.25" in done.stderr


@pytest.mark.parametrize("call", CALLS)
def test_every_call_has_a_recipe(call):
    assert any(re.search(rf"Service/{call}\b", recipe) for recipe, _ in RECIPES)


def test_the_calls_are_all_calls():
    declared = re.findall(r"^### \w+Service\n(.*?)^### ", (EXAMPLES.parent / "API.md").read_text(), re.DOTALL | re.MULTILINE)
    assert sorted(name for table in declared for name in re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == sorted(CALLS)

"""The check for changes of the contract that break callers does refuse them, and copes with every state of a repository."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BUF = Path(sys.executable).parent / "buf"
GIT = ["git", "-c", "user.name=test", "-c", "user.email=test@localhost", "-c", "commit.gpgsign=false", "-c", "tag.gpgsign=false"]
FIELD = "  repeated double confidences = 5;\n"

pytestmark = [
    pytest.mark.skipif(not BUF.exists(), reason="buf is not installed"),
    pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed"),
]


@pytest.fixture
def project(tmp_path):
    """A directory with the contract and the check, and no history yet."""
    shutil.copytree(ROOT / "protos", tmp_path / "protos", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "tests" / "contract", tmp_path / "tests" / "contract", ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    return tmp_path


def git(project, *command):
    subprocess.run([*GIT, *command], cwd=project, check=True, capture_output=True)


def commit(project):
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--allow-empty", "-m", "a change")


def edit(project, old, new):
    path = project / "protos" / "querist" / "v1" / "selection_service.proto"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


def check(project):
    return subprocess.run(["sh", "tests/contract/breaking.sh", BUF], cwd=project, capture_output=True, text=True, check=False)


def test_without_a_history_there_is_nothing_to_compare_with(project):
    assert check(project).returncode == 0
    git(project, "init", "--quiet")
    commit(project)
    done = check(project)
    assert done.returncode == 0
    assert "no earlier contract" in done.stdout


def test_an_addition_passes_and_a_removal_does_not(project):
    git(project, "init", "--quiet")
    commit(project)
    edit(project, FIELD, FIELD + "  // An addition.\n  repeated double addition = 100;\n")
    commit(project)
    done = check(project)
    assert (done.returncode, "breaks nothing" in done.stdout) == (0, True), done.stderr
    edit(project, FIELD, "  reserved 5;\n")
    commit(project)
    done = check(project)
    assert done.returncode != 0
    assert "confidences" in done.stdout + done.stderr


def test_a_release_counts_however_long_ago_it_was(project):
    git(project, "init", "--quiet")
    commit(project)
    git(project, "tag", "v1.0.0")
    edit(project, FIELD, "  reserved 5;\n")
    for _ in range(3):
        commit(project)
    assert check(project).returncode != 0


def test_a_clone_without_its_history_passes(project, tmp_path_factory):
    git(project, "init", "--quiet")
    for _ in range(3):
        commit(project)
    clone = tmp_path_factory.mktemp("clone")
    git(clone, "clone", "--quiet", "--depth", "1", project.as_uri(), ".")
    assert check(clone).returncode == 0

"""The page on security names tests and commands that exist."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / ".github" / "SECURITY.md").read_text()


def test_every_promise_has_a_test_that_exists():
    rows = re.findall(r"^\| (.*\.) \| (.*) \|$", TEXT, re.MULTILINE)
    assert len(rows) > 20
    for promise, tests in rows:
        named = re.findall(r"`(?:make [a-z-]+|tests/[\w/]+\.py(?:::\w+)?)`", tests)
        assert named, promise
        assert ", ".join(named) == tests, promise


def test_the_tests_that_it_names_exist():
    for path, name in re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", TEXT):
        source = (ROOT / path).read_text()
        assert re.search(rf"^(async )?def {name or 'test_'}", source, re.MULTILINE), f"{path}::{name}"


def test_the_commands_that_it_names_are_targets():
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert set(re.findall(r"`make ([a-z-]+)`", TEXT)) <= set(targets)

"""The settings that are documented are the settings that there are, with their defaults and their own words."""

import json
import re
import shlex
from pathlib import Path

from querist_server import cli
from querist_server.settings import PREFIX, Settings

TEXT = (Path(__file__).resolve().parents[2] / "deploy" / "README.md").read_text()
MADE = {"workers": "CPU quota", "max_memory_bytes": "80 %", "model_directory": "`~/.local/share/querist/models`"}
"""Defaults that depend on the machine, in words."""


def default_of(name: str) -> str:
    if name in MADE:
        return MADE[name]
    value = Settings.model_fields[name].default
    return f"`{json.dumps(value)}`" if isinstance(value, tuple) else str(value)


def test_every_setting_is_documented_with_its_default_and_its_own_words():
    documented = {name: rest for name, *rest in re.findall(rf"^\| `{PREFIX}(\w+)` \| (.*?) \| (.*) \|$", TEXT, re.MULTILINE)}
    assert documented == {name.upper(): [default_of(name), field.description] for name, field in Settings.model_fields.items()}


def test_the_defaults_in_words_are_those_that_are_made(monkeypatch):
    assert {name for name, field in Settings.model_fields.items() if field.default_factory is not None} == MADE.keys()
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    assert Settings().model_directory == Path(MADE["model_directory"].strip("`")).expanduser()


def test_the_commands_are_commands():
    commands = re.findall(r"^querist (.*)$", TEXT, re.MULTILINE)
    assert commands
    for command in commands:
        cli._parser().parse_args(shlex.split(command, comments=True))

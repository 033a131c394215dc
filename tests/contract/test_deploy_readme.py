"""The settings that are documented are the settings that there are."""

import re
from pathlib import Path

from querist_server.settings import PREFIX, Settings

TEXT = (Path(__file__).resolve().parents[2] / "deploy" / "README.md").read_text()


def test_every_setting_is_documented_with_its_own_words():
    documented = dict(re.findall(rf"^\| `{PREFIX}(\w+)` \| .*? \| (.*) \|$", TEXT, re.MULTILINE))
    assert documented == {name.upper(): field.description for name, field in Settings.model_fields.items()}

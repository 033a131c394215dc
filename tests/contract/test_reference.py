"""The reference pages are what the protos and the registry say, and their links lead somewhere."""

import re
from pathlib import Path

import pytest
from querist.v1 import selection_service_pb2
from querist_server.engine.presets import PRESETS
from querist_server.engine.registry import CHOICES, CRITERIA, GUARDS, SCORES, WEIGHTS

CLIENT = Path(__file__).resolve().parents[2] / "client"
PAGES = {name: (CLIENT / name).read_text() for name in ("API.md", "STRATEGIES.md")}


def anchors(text):
    """Return the anchors that GitHub makes of the headings."""
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return [re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings]


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_to_one_place(page):
    for name, text in PAGES.items():
        assert len(set(anchors(text))) == len(anchors(text)), name
    for file, anchor in re.findall(r"\]\((?!http)([^)#]*)#?([^)]*)\)", PAGES[page]):
        target = (CLIENT / file).resolve() if file else CLIENT / page
        assert target.exists(), file
        if anchor:
            assert anchor in anchors(target.read_text()), f"{file}#{anchor}"


def test_every_part_and_preset_is_there():
    headings = set(re.findall(r"^### (.*)$", PAGES["STRATEGIES.md"], re.MULTILINE))
    kinds = {"Score": SCORES, "Choice": CHOICES, "Guard": GUARDS, "Weight": WEIGHTS, "Criterion": CRITERIA}
    assert headings == {f"{kind} {name}" for kind, parts in kinds.items() for name in parts}
    presets = PAGES["STRATEGIES.md"].partition("## Presets")[2].partition("## Scores")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", presets, re.MULTILINE)) == PRESETS.keys()


def test_every_field_is_there():
    section = PAGES["API.md"].partition("### SelectHeader\n")[2].partition("\n### ")[0]
    assert re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE) == [
        field.name for field in selection_service_pb2.SelectHeader.DESCRIPTOR.fields
    ]


def test_tables_have_as_many_cells_as_their_heads():
    for text in PAGES.values():
        for table in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
            assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}) == 1, table[:200]

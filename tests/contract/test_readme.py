"""The README says what happens: its code is run, its output compared, its line of grpcurl called."""

import contextlib
import io
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from serving import serving

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "README.md").read_text()
GRPCURL = shutil.which("grpcurl") or shutil.which("grpcurl", path=str(Path(sys.executable).parent))


def block(language: str, containing: str = "") -> str:
    return next(found for found in re.findall(f"```{language}\n(.*?)```", TEXT, re.DOTALL) if containing in found)


def test_it_is_short():
    assert len(TEXT.splitlines()) < 150


def test_the_python_prints_what_is_shown():
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown):
        exec(compile(block("python"), "README.md", "exec"), {})
    assert shown.getvalue() == block("text")


def test_every_other_block_of_python_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    blocks = re.findall("```python\n(.*?)```", TEXT, re.DOTALL)
    assert len(blocks) == 2
    exec(compile(blocks[1], "README.md", "exec"), {})
    shown = capsys.readouterr().out
    assert re.match(r"\d+ The next 20 labels cost EUR 20; they are expected to save EUR ", shown)
    assert (tmp_path / "digits.html").exists()


@pytest.mark.skipif(GRPCURL is None, reason="grpcurl is not installed")
def test_the_grpcurl_line_works(tmp_path):
    line = block("sh", "grpcurl")
    with serving(tmp_path) as server:
        command = line.replace("127.0.0.1:50051", server.address).replace("grpcurl", str(GRPCURL), 1)
        answer = subprocess.run(command, shell=True, capture_output=True, text=True, check=True, timeout=60).stdout
    assert '"indices": [\n      "1"\n    ]' in answer


def test_links_lead_somewhere():
    for target in re.findall(r"\]\((?!http)([^)]+)\)", TEXT):
        assert (ROOT / target).exists(), target


def test_make_knows_the_commands():
    makefile = (ROOT / "Makefile").read_text()
    for command in re.findall(r"^make (\w+)", TEXT, re.MULTILINE):
        assert re.search(rf"^{command}:", makefile, re.MULTILINE), command

"""Make the committed stubs in ``client/querist/v1`` from the protos, or check that they are fresh.

    python protos/generate.py            write the stubs
    python protos/generate.py --check    compare with what is committed; exit 1 on any difference

Stubs refuse to load on runtimes older than their generator, so the generator is the oldest toolchain that we support. It lives in a virtual
environment of its own under ``.cache``, which this script makes on first use.
"""

from __future__ import annotations

import argparse
import filecmp
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap
import venv
from pathlib import Path

TOOLCHAIN = ("grpcio-tools==1.66.2", "setuptools<80")
ROOT = Path(__file__).resolve().parent.parent
PROTOS = ROOT / "protos"
STUBS = ROOT / "client" / "querist" / "v1"
TOOL_ENVIRONMENT = ROOT / ".cache" / "codegen"
CONTAINERS = ("Plan", "Guard", "Score", "Weight", "Choice", "Criterion")
DECLARING = ("plan.proto", "criteria.proto")
PARTS_HEADER = '''"""The parts of plans, and stop criteria, as dataclasses. Made from the protos by protos/generate.py; do not edit.

A parameter that is None is not sent, and the server's default stands for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
'''


def toolchain_python() -> Path:
    """Return the interpreter of the code generator's environment, made if it is not there."""
    python = TOOL_ENVIRONMENT / "bin" / "python"
    stamp = TOOL_ENVIRONMENT / "installed"
    if not stamp.exists() or stamp.read_text() != " ".join(TOOLCHAIN):
        venv.create(TOOL_ENVIRONMENT, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *TOOLCHAIN], check=True)
        stamp.write_text(" ".join(TOOLCHAIN))
    return python


def generate(target: Path) -> None:
    """Write all stubs into ``target``, an empty directory."""
    sources = sorted(str(path.relative_to(PROTOS)) for path in PROTOS.glob("querist/v1/*.proto"))
    with tempfile.TemporaryDirectory() as scratch:
        outputs = [f"--{kind}_out={scratch}" for kind in ("python", "pyi", "grpc_python")]
        command = [toolchain_python(), "-m", "grpc_tools.protoc", f"-I{PROTOS}", *outputs, *sources]
        subprocess.run(command, check=True)
        for stub in Path(scratch, "querist", "v1").iterdir():
            has_service = not stub.name.endswith("_pb2_grpc.py") or "class " in stub.read_text()
            if has_service:
                shutil.copy(stub, target / stub.name)
    (target / "__init__.py").touch()
    (target / "parts.py").write_text(parts_module("".join((PROTOS / "querist" / "v1" / name).read_text() for name in DECLARING)))


def parts_module(proto: str) -> str:
    """Return a module with a dataclass for each part that the protos declare, documented by its comments."""
    classes = []
    for comment, name, body in re.findall(r"((?:^//.*\n)+)message (\w+) \{(\}|\n(?:.*\n)*?\})", proto, re.MULTILINE):
        if name not in CONTAINERS:
            classes.append(dataclass_source(name, _prose(comment), body))
    return PARTS_HEADER + "".join(classes)


def dataclass_source(name: str, prose: str, body: str) -> str:
    """Return the source of the dataclass of one message."""
    lines = [f"\n\n@dataclass(frozen=True, kw_only=True)\nclass {name}:\n", _docstring(prose, "    ")]
    for comment, optional, kind, field in re.findall(r"((?:^  //.*\n)+)  (optional |repeated |)(\w+) (\w+) = \d+;", body, re.MULTILINE):
        prose = _prose(comment)
        lines += [f"\n    {field}: {_annotation(optional.strip(), kind, 'Default:' in prose)}\n", _docstring(prose, "    ")]
    return "".join(lines)


def _annotation(label: str, kind: str, has_default: bool) -> str:
    scalar = {"double": "float", "int64": "int", "bool": "bool"}.get(kind)
    if scalar is not None:
        return f"{scalar} | None = None"
    if label == "repeated":
        return f"tuple[{kind}, ...]"
    return {"Score": "Any"}.get(kind, "str | None = None" if has_default else "str")  # what is left are enums


def _prose(comment: str) -> str:
    text = " ".join(line.strip().removeprefix("//").strip() for line in comment.splitlines())
    return text.replace("\\", "").replace('"', "'")


def _docstring(prose: str, indent: str) -> str:
    wrapped = textwrap.fill(prose, 136 - len(indent), initial_indent=f'{indent}"""', subsequent_indent=indent, break_long_words=False)
    return f'{wrapped}"""\n' if "\n" not in wrapped else f'{wrapped}\n{indent}"""\n'


def difference(fresh: Path) -> list[str]:
    """Return the names of the stubs that differ from those in ``fresh``, are missing, or should not be there."""
    names = {path.name for folder in (fresh, STUBS) for path in folder.iterdir() if path.is_file()}
    _, different, absent = filecmp.cmpfiles(fresh, STUBS, sorted(names), shallow=False)
    return sorted(different + absent)


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    check = parser.parse_args().check
    with tempfile.TemporaryDirectory() as scratch:
        fresh = Path(scratch)
        generate(fresh)
        if check:
            stale = difference(fresh)
            sys.stderr.writelines(f"stale: client/querist/v1/{name}\n" for name in stale)
            return 1 if stale else 0
        shutil.rmtree(STUBS, ignore_errors=True)
        shutil.copytree(fresh, STUBS)
    return 0


if __name__ == "__main__":
    sys.exit(main())

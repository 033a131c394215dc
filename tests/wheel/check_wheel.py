"""Build the wheel and prove it in environments of its own: what it holds and brings, how fast it imports, that the server starts.

python tests/wheel/check_wheel.py
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import venv
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NEEDED = {"grpcio", "numpy", "protobuf", "querist"}
TOLERATED = {"typing_extensions", "typing-extensions", "pip", "setuptools"}
"""grpcio's own need, and what an environment starts with."""
IMPORT_SECONDS, IMPORT_RATIO = 0.3, 2.0
"""What an import may take; on a slow or busy machine, what its dependencies alone take there, so many times."""
IMPORTS = 9
DEPENDENCIES = "numpy, grpc, google.protobuf.message"
TIMED = "import time; w, c = time.perf_counter(), time.thread_time(); import {}; print(time.perf_counter() - w, time.thread_time() - c)"
SELECT = """
import numpy as np, querist
with querist.local() as q:
    print(q.select(np.random.default_rng(0).dirichlet(np.ones(3), 100), strategy="margin", count=3))
"""


def run(*command: str | Path, cwd: Path = ROOT, check: bool = True) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run([*map(str, command)], cwd=cwd, check=False, capture_output=True, text=True, env=environment)
    if check and done.returncode:
        sys.exit(f"{' '.join(map(str, command))} failed:\n{done.stdout}{done.stderr}")
    return done


def environment(folder: Path, *requirements: str) -> Path:
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    run(python, "-m", "pip", "install", "--quiet", "--upgrade", "pip>=25.1")
    run(python, "-m", "pip", "install", "--quiet", *requirements)
    return python


def require(holds: bool, message: str) -> None:
    print(("ok: " if holds else "FAILED: ") + message, flush=True)
    if not holds:
        sys.exit(1)


def check_contents(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/", 1)[0] for name in names}
    require({top for top in tops if not top.endswith(".dist-info")} == {"querist", "querist_server"}, f"the wheel holds {sorted(tops)}")
    suffixes = {Path(name).suffix or Path(name).name for name in names if ".dist-info/" not in name}
    require(suffixes == {".py", ".pyi", ".typed"}, f"its files are {sorted(suffixes)}")
    listing = ("git", "ls-files", "--cached", "--others", "--exclude-standard", "client/querist", "server/querist_server")
    tracked = [name for name in run(*listing, check=False).stdout.split() if (ROOT / name).exists()]
    expected = {name.split("/", 1)[1] for name in tracked}
    packed = {name for name in names if ".dist-info/" not in name}
    require(not tracked or packed == expected, f"it holds the {len(packed)} files of both packages")


def import_time(python: Path, modules: str, folder: Path) -> tuple[float, float]:
    """Return the wall's and the importing thread's seconds of a fresh process."""
    wall, thread = map(float, run(python, "-c", TIMED.format(modules), cwd=folder).stdout.split())
    return wall, thread


def check_import(python: Path, folder: Path) -> None:
    """Hold the least of several runs, in turn with its dependencies alone, against the limit: neighbours on a machine only add to it.

    It is the importing thread's seconds: on an idle machine they are the wall's, on a busy one they are still ours.
    """
    turns = [[import_time(python, modules, folder) for modules in ("querist", DEPENDENCIES)] for _ in range(IMPORTS)]
    ours, others = (sorted(thread for _, thread in runs) for runs in zip(*turns, strict=True))
    spread = f"least of {IMPORTS}, median {statistics.median(ours):.3f}; its dependencies alone {others[0]:.3f}"
    by_the_wall = f"by the wall {min(first[0] for first, _ in turns):.3f}"
    require(
        ours[0] < max(IMPORT_SECONDS, IMPORT_RATIO * others[0]),
        f"import querist takes {ours[0]:.3f} s ({spread}; {by_the_wall})",
    )


def check_base(python: Path, folder: Path) -> None:
    listed = json.loads(run(python, "-m", "pip", "list", "--format", "json").stdout)
    brought = {package["name"].lower() for package in listed}
    require(NEEDED <= brought <= NEEDED | TOLERATED, f"the base install brings {sorted(brought)}")
    check_import(python, folder)
    querist = python.parent / "querist"
    require("select" in run(querist, "--help", cwd=folder).stdout, "querist --help works")
    for command in ("serve", "demo"):
        extra = {"serve": "server"}.get(command, command)
        said = run(querist, command, cwd=folder, check=False)
        require(said.returncode == 2 and f"querist[{extra}]" in said.stderr, f"querist {command} says {said.stderr.strip()!r}")
    lost = run(python, "-c", SELECT, cwd=folder, check=False)
    last = lost.stderr.strip().splitlines()[-1]
    require("querist[server]" in last, f"querist.local() says {last!r}")


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        run(sys.executable, "-m", "build", "--outdir", folder)  # the wheel is built from the source distribution, so that is complete too
        (wheel,) = folder.glob("*.whl")
        check_contents(wheel)
        check_base(environment(folder / "base", str(wheel)), folder)
        python = environment(folder / "server", f"querist[server] @ file://{wheel}")
        require("Batch of 3 of 100" in run(python, "-c", SELECT, cwd=folder).stdout, "with [server], a private server starts and answers")


if __name__ == "__main__":
    main()

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
ALLOWED = {"grpcio", "protobuf", "numpy", "typing_extensions", "typing-extensions", "querist", "pip", "setuptools"}
"""typing_extensions is grpcio's own need."""
IMPORT_SECONDS = 0.3
IMPORTS = 9
TIMED = "import time; t = time.perf_counter(); import querist; print(time.perf_counter() - t)"
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


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        run(sys.executable, "-m", "build", "--wheel", "--outdir", folder)
        (wheel,) = folder.glob("*.whl")
        tops = {name.split("/", 1)[0] for name in zipfile.ZipFile(wheel).namelist()}
        require({top for top in tops if not top.endswith(".dist-info")} == {"querist", "querist_server"}, f"the wheel holds {sorted(tops)}")

        python = environment(folder / "base", str(wheel))
        listed = json.loads(run(python, "-m", "pip", "list", "--format", "json").stdout)
        brought = {package["name"].lower() for package in listed}
        require(brought <= ALLOWED, f"the base install brings {sorted(brought)}")
        times = [float(run(python, "-c", TIMED, cwd=folder).stdout) for _ in range(IMPORTS)]
        median = statistics.median(times)
        require(median < IMPORT_SECONDS, f"import querist takes {median:.3f} s (median of {IMPORTS}; {min(times):.3f} to {max(times):.3f})")
        querist = python.parent / "querist"
        require("select" in run(querist, "--help", cwd=folder).stdout, "querist --help works")
        served = run(querist, "serve", cwd=folder, check=False)
        require(served.returncode == 2 and "querist[server]" in served.stderr, f"querist serve says {served.stderr.strip()!r}")
        asked = run(querist, "demo", cwd=folder, check=False)
        require(asked.returncode == 2 and "querist[demo]" in asked.stderr, f"querist demo says {asked.stderr.strip()!r}")

        python = environment(folder / "server", f"querist[server] @ file://{wheel}")
        require("Batch of 3 of 100" in run(python, "-c", SELECT, cwd=folder).stdout, "with [server], a private server starts and answers")


if __name__ == "__main__":
    main()

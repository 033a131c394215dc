"""The oldest and the newest that we declare, really installed; and other libraries with stubs beside ours in one process.

python tests/compat/check_versions.py
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

import querist

ROOT = Path(__file__).resolve().parents[2]
OLDEST = ("grpcio==1.66.2", "protobuf==5.27.2", "numpy==1.26.4")
NEWEST = ("grpcio", "protobuf", "numpy")
NEIGHBOURS = ("tritonclient[grpc]", "qdrant-client", "pymilvus")
USE = """
import importlib, pkgutil, sys
import google.protobuf, grpc, numpy as np, querist, querist.v1
for module in pkgutil.iter_modules(querist.v1.__path__):
    importlib.import_module(f"querist.v1.{module.name}")
with querist.connect(sys.argv[1]) as q:
    rows = np.random.default_rng(0).dirichlet(np.ones(3), 200_000).astype("float32")
    print(google.protobuf.__version__, grpc.__version__, np.__version__, q.select(rows, strategy="margin", count=3).indices.tolist())
"""
TOGETHER = """
import sys
import querist, tritonclient.grpc, qdrant_client, pymilvus
from qdrant_client.grpc import points_pb2
from pymilvus.grpc_gen import milvus_pb2
from querist.v1 import plan_pb2
from tritonclient.grpc import service_pb2
for module in (plan_pb2, points_pb2, milvus_pb2, service_pb2):
    name = next(iter(module.DESCRIPTOR.message_types_by_name))
    message = getattr(module, name)()
    assert type(message).FromString(message.SerializeToString()) == message
with querist.connect(sys.argv[1]) as q:
    print(q.info().version, "beside tritonclient, qdrant-client and pymilvus")
"""


def python_with(folder: Path, *requirements: str) -> Path:
    """Return an interpreter with the client and the given requirements."""
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    python = folder / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", "--upgrade", "pip>=25.1"], check=True)
    subprocess.run([python, "-m", "pip", "install", "--quiet", ROOT, *requirements], check=True)
    return python


def declared_floors() -> set[str]:
    text = (ROOT / "pyproject.toml").read_text()
    line = re.search(r"^dependencies = \[(.*)\]", text, re.MULTILINE).group(1)
    return {f"{name}=={floor}" for name, floor in re.findall(r'"(\w+)>=([\d.]+)', line)}


def main() -> int:
    oldest = {requirement.removesuffix(".4") if requirement.startswith("numpy") else requirement for requirement in OLDEST}
    assert declared_floors() == oldest, f"the oldest that are declared are {declared_floors()}"
    with tempfile.TemporaryDirectory() as scratch, querist.local() as q:
        for name, requirements, code in (("oldest", OLDEST, USE), ("newest", NEWEST, USE), ("together", NEIGHBOURS, TOGETHER)):
            python = python_with(Path(scratch) / name, *requirements)
            strict = ["-W", "error"] if code is USE else []
            done = subprocess.run([python, *strict, "-c", code, q.address], capture_output=True, text=True, check=False, cwd=scratch)
            print(f"{name}: {done.stdout.strip() or done.stderr}", flush=True)
            if done.returncode:
                return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

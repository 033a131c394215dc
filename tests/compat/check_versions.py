"""The oldest and the newest that we declare, really installed; and other libraries with stubs beside ours in one process.

    python tests/compat/check_versions.py [OLDEST_PYTHON]

The oldest versions are installed on the given interpreter, else on the python3.10 that is found, else on the one that runs this.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import querist

ROOT = Path(__file__).resolve().parents[2]
OLDEST_PYTHON = "3.10"
NEIGHBOURS = ("tritonclient[grpc]", "qdrant-client", "pymilvus")
STUBS = """
import importlib, pkgutil, sys
import google.protobuf, grpc, numpy as np, querist, querist.v1
for module in pkgutil.iter_modules(querist.v1.__path__):
    importlib.import_module(f"querist.v1.{module.name}")
versions = [sys.version.split()[0], google.protobuf.__version__, grpc.__version__, np.__version__]
"""
CLIENT = (
    STUBS
    + """
import asyncio
rows = np.random.default_rng(0).dirichlet(np.ones(3), 200_000).astype("float32")
options = dict(strategy="power_margin", count=3, seed=5)
async def asynchronous():
    async with querist.aio.connect(sys.argv[1]) as q:
        return (await q.select(rows, **options)).indices.tolist()
with querist.connect(sys.argv[1]) as q:
    assert q.info().version and q.strategies().presets
    streamed = q.select(rows, **options).indices.tolist()
    assert asyncio.run(asynchronous()) == streamed
    unary = q.select(rows[:1000], **options).indices.tolist()
    try:
        q.select(np.array([[0.5, 0.5], [0.9, 0.9]]), **options)
    except querist.errors.InvalidRequestError as error:
        assert (error.reason, error.field, error.row) == ("ROW_NOT_NORMALIZED", "pool.probabilities", 1), vars(error)
    else:
        raise AssertionError("a wrong row passed")
print(*versions, unary, streamed)
"""
)
SERVER = (
    STUBS
    + """
with querist.local() as q:
    print(*versions, q.select(np.random.default_rng(0).dirichlet(np.ones(3), 100_000), strategy="margin", count=3).indices.tolist())
"""
)
TOGETHER = """
import sys
import numpy as np, querist, tritonclient.grpc as triton, qdrant_client, pymilvus
from pymilvus.grpc_gen import common_pb2, milvus_pb2
from qdrant_client.grpc import points_pb2
from querist.v1 import plan_pb2, selection_service_pb2
from tritonclient.grpc import model_config_pb2, service_pb2

messages = [
    querist.Plan(score="bald", choice=querist.parts.Power(beta=2.0), prefilter=9).to_message(),
    selection_service_pb2.SelectRequest(pool={"probabilities": querist.codec.encode(np.eye(3))}),
    service_pb2.ModelInferRequest(model_name="m", inputs=[{"name": "x", "shape": [2, 3]}]),
    points_pb2.SearchPoints(collection_name="c", vector=[0.5, 0.25], limit=3),
    milvus_pb2.InsertRequest(collection_name="c", num_rows=2, base=common_pb2.MsgBase(msgID=7)),
]
for message in messages:
    packed = message.SerializeToString()
    assert packed and type(message).FromString(packed) == message, type(message)
with querist.connect(sys.argv[1]) as q:
    assert q.select(np.full((4, 2), 0.5), strategy="margin", count=1).indices.tolist() == [0]
print("tritonclient, qdrant-client, pymilvus and querist in one process:", *(type(message).DESCRIPTOR.full_name for message in messages))
"""


def interpreters() -> Iterator[str]:
    """Give interpreters on which the oldest may run, the best first; one that is found need not work."""
    yield from sys.argv[1:2]
    found = shutil.which(f"python{OLDEST_PYTHON}")
    if found:
        yield found
    yield sys.executable


def works(python: str) -> bool:
    return subprocess.run([python, "-c", "import venv, ensurepip"], capture_output=True, check=False).returncode == 0


def declared_floors() -> tuple[str, ...]:
    """Return the oldest versions that pyproject.toml declares for the base install."""
    line = re.search(r"^dependencies = \[(.*)\]", (ROOT / "pyproject.toml").read_text(), re.MULTILINE).group(1)
    floors = tuple(f"{name}=={floor}" for name, floor in re.findall(r'"(\w+)>=([\d.]+)', line))
    assert len(floors) == line.count('"') // 2, f"a dependency without a floor: {line}"
    return floors


def server_floors() -> tuple[str, ...]:
    """Return the oldest versions that pyproject.toml declares for the server."""
    block = re.search(r"^server = \[\n(.*?)^\]", (ROOT / "pyproject.toml").read_text(), re.MULTILINE | re.DOTALL).group(1)
    return tuple(f"{name}=={floor}" for name, floor in re.findall(r'"([\w-]+)>=([\d.]+)', block))


def check(name: str, base: str, folder: Path, requirements: tuple[str, ...], code: str, address: str) -> bool:
    """Install in an environment of its own, run the code there, and tell whether it worked."""
    subprocess.run([base, "-m", "venv", folder], check=True)
    python = folder / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", "--upgrade", "pip>=25.1"], check=True)
    subprocess.run([python, "-m", "pip", "install", "--quiet", *requirements], check=True)
    strict = [] if code is TOGETHER else ["-W", "error"]  # the neighbours warn by themselves
    done = subprocess.run([python, *strict, "-c", code, address], capture_output=True, text=True, check=False, cwd=folder)
    print(f"{'ok' if not done.returncode else 'FAILED'}: {name}: {done.stdout.strip() or done.stderr}", flush=True)
    return not done.returncode


def main() -> int:
    oldest = next(filter(works, interpreters()))
    newest = ("--upgrade", "grpcio", "protobuf", "numpy")
    installs = (
        ("oldest client", oldest, (str(ROOT), *declared_floors()), CLIENT),
        ("newest client", sys.executable, (str(ROOT), *newest), CLIENT),
        ("oldest server", oldest, (f"querist[server] @ {ROOT.as_uri()}", *declared_floors(), *server_floors()), SERVER),
        ("neighbours", sys.executable, (str(ROOT), *NEIGHBOURS), TOGETHER),
    )
    with tempfile.TemporaryDirectory() as scratch, querist.local() as q:
        worked = [
            check(name, base, Path(scratch, name.replace(" ", "-")), requirements, code, q.address)
            for name, base, requirements, code in installs
        ]
    return int(not all(worked))


if __name__ == "__main__":
    sys.exit(main())

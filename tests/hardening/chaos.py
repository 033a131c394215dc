"""Faults at random while callers work: every call ends in its right answer or a typed error, and the model store is intact after each.

FAULTS=200 SEED=1 python tests/hardening/chaos.py
"""

import collections
import hashlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import querist
from querist.errors import NotFoundError, QueristError

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from chaos_callers import PATIENCE, Away, Caller, Calls, Tally
from chaos_faults import Faults
from chaos_proxy import Proxy
from chaos_server import FAKE_CLOCKS, Supervisor

CALLERS = 8
BACK_SECONDS = 30.0
"""How long after a fault the server may take until it answers again."""
ENDS = ("kill -9 of the server", "SIGTERM")
"""Faults after which all models are run; after others they are compared with their digests, but one is run only."""
INPUTS = np.zeros((3, 4), np.float32)


def main(faults: int, seed: int) -> int:
    """Run and print; return the program's exit status."""
    draws, tally, away = random.Random(seed), Tally(), Away()
    counts: collections.Counter = collections.Counter()
    with tempfile.TemporaryDirectory(prefix="querist-chaos-") as folder, mounted(Path(folder) / "disk") as disk:
        home = Path(folder)
        models = (disk or home) / "models"
        server = Supervisor(home, models)
        proxy = Proxy(server.address.removeprefix("unix:"))
        began = time.monotonic()
        try:
            with querist.connect(server.address, retries=100, timeout=BACK_SECONDS) as observer:
                answering(observer)
                calls = Calls(observer)
                stop = threading.Event()
                addresses = [server.address, proxy.address] * (CALLERS // 2)
                callers = [Caller(address, calls, tally, away, stop, seed * 100 + number) for number, address in enumerate(addresses)]
                for caller in callers:
                    caller.start()
                kinds = Faults(server, proxy, disk, away, draws)
                for number in range(faults):
                    time.sleep(draws.uniform(0.1, 0.6))
                    name = [*kinds.all][number] if number < len(kinds.all) else kinds.draw()  # each of them once at least
                    counts[name] += 1
                    before = len(tally.violations)
                    kinds.all[name][1]()
                    if not answering(observer):
                        tally.violated(f"the server did not answer within {BACK_SECONDS:g} s")
                    check_store(observer, models, calls, tally, None if name in ENDS else draws)
                    say(f"{time.monotonic() - began:6.1f} s  {number + 1:4}  {name}")
                    for violation in tally.violations[before:]:
                        say(f"        {violation}")
                stop.set()
                for caller in callers:
                    caller.join(60)
                    if caller.is_alive():
                        tally.violated("a caller hangs")
                calm(observer, calls, tally)
        finally:
            proxy.close()
            server.stop()
        report(counts, tally, server.starts, time.monotonic() - began)
        if tally.violations and os.environ.get("KEEP_LOG"):
            Path(os.environ["KEEP_LOG"]).write_bytes((home / "server.log").read_bytes())
    return 1 if tally.violations else 0


def answering(observer: querist.Client) -> bool:
    """Wait until the server answers, and say whether it does."""
    until = time.monotonic() + BACK_SECONDS
    while time.monotonic() < until:
        try:
            observer.info(timeout=2)
        except QueristError:
            time.sleep(0.1)
        else:
            return True
    return False


def check_store(observer: querist.Client, models: Path, calls: Calls, tally: Tally, draws: random.Random | None) -> None:
    """Every model that is listed has its digest and can be run, or one of them that is drawn; callers may delete their own meanwhile."""
    try:
        listed = {model.digest for model in observer.list_models(timeout=PATIENCE)}
        for digest in sorted(listed):
            try:
                content = (models / f"{digest}.onnx").read_bytes()
            except FileNotFoundError:
                content = None
            if content is not None and hashlib.sha256(content).hexdigest() != digest:
                tally.violated(f"the bytes of {digest} are not its own")
        for digest in sorted(listed) if draws is None else draws.sample(sorted(listed), 1):
            try:
                observer.select(models=[digest], model_inputs=INPUTS, strategy="margin", count=1, timeout=PATIENCE)
            except NotFoundError:
                if digest in calls.digests:
                    tally.violated(f"{digest} is listed and cannot be found")
        if not set(calls.digests) <= listed:
            tally.violated("a model that was stored before is listed no more")
    except QueristError as error:
        tally.violated(f"the store could not be looked at: {type(error).__name__} {error}")


def calm(observer: querist.Client, calls: Calls, tally: Tally) -> None:
    """Once all is over, every call is right again."""
    for name, call in calls.pure.items():
        try:
            if call(observer, PATIENCE) != calls.right[name]:
                tally.violated(f"in the end {name} gives another answer")
        except QueristError as error:
            tally.violated(f"in the end {name} fails: {error}")


@contextmanager
def mounted(place: Path) -> Iterator[Path | None]:
    """Mount a small disk of memory, if that is permitted."""
    place.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(place)], capture_output=True, text=True, check=False)
    if made.returncode:
        say(f"no full and no read-only disk: mounting is not permitted here ({made.stderr.strip()})")
        yield None
        return
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def report(faults: collections.Counter, tally: Tally, starts: int, seconds: float) -> None:
    """Print what was done and what came of it."""
    clock = "libfaketime" if FAKE_CLOCKS else "Python"
    say(f"{sum(faults.values())} faults in {seconds:.0f} s, {starts} starts of the server, its clock turned by {clock}")
    for name, count in faults.most_common():
        say(f"  {count:5}  {name}")
    calls: dict[str, collections.Counter] = collections.defaultdict(collections.Counter)
    total: collections.Counter = collections.Counter()
    for (name, outcome), count in tally.outcomes.items():
        calls[name][outcome] += count
        total[outcome] += count
    say(f"{total.total()} calls, the longest {tally.longest:.1f} s")
    for outcome, count in total.most_common():
        say(f"  {count:5}  {outcome}: " + ", ".join(f"{name} {calls[name][outcome]}" for name in sorted(calls) if calls[name][outcome]))
    say(f"{len(tally.violations)} violations")
    for violation in tally.violations[:20]:
        say(f"  {violation}")


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that nothing stays behind
    sys.exit(main(int(os.environ.get("FAULTS", "200")), int(os.environ.get("SEED", "1"))))

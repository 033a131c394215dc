"""64 callers of mixed sizes at twice what the server can do: right answers, no lost reply, memory below the ceiling, health at once.

    python tests/hardening/load.py [--seconds 600] [--callers 64] [--ceiling-mib 768]

Each caller has a token of its own, and asks by a clock of its own, so that the server cannot slow the questions down. What the server
refuses it refuses with a time to come back, which the client keeps; a call that is refused to its deadline counts as refused, not as lost.
"""

import argparse
import multiprocessing
import os
import random
import sys
import tempfile
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import querist
from grpc_health.v1 import health_pb2, health_pb2_grpc

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from calls import Kind, alone, answer_of, kinds
from server_process import ServerProcess

PROCESSES = 4
DEADLINE = 60.0
HEALTH_LIMIT = 0.2


def token_of(caller: int) -> str:
    return f"token-of-caller-{caller:04d}-{'x' * 16}"


def call(client: querist.Client, known: list[Kind], answers: list[Any], place: int) -> str:
    """Make one call, and say how it ended."""
    try:
        result = known[place].make(client)
    except querist.errors.ServerOverloadedError:
        return "refused"
    except querist.errors.DeadlineExceededError:
        return "late"
    except querist.QueristError as error:
        return f"lost: {type(error).__name__} {error.reason}"
    return "right" if answer_of(result) == answers[place] else "wrong"


def caller(number: int, address: str, answers: list[Any], begin: float, end: float, interval: float, results: Any) -> None:
    """Ask at fixed times on average, or at once if behind."""
    chance = random.Random(number)
    known = kinds()
    weights = [kind.weight for kind in known]
    retries: list[float] = []
    told: list[tuple[int, str, float]] = []
    with querist.connect(
        address, token=token_of(number), timeout=DEADLINE, retries=1000, on_retry=lambda *_: retries.append(time.time())
    ) as client:
        planned = begin + chance.random() * interval
        while planned < end:
            time.sleep(max(0.0, planned - time.time()))
            place = chance.choices(range(len(known)), weights)[0]
            started = time.perf_counter()
            told.append((place, call(client, known, answers, place), time.perf_counter() - started))
            planned = max(planned + chance.expovariate(1 / interval), time.time() - 1)
    results.put((told, len(retries)))


def callers(numbers: range, *rest: Any) -> None:
    """Run some of the callers in this process, each on a thread."""
    import threading

    os.nice(10)  # the machine that asks is another one in real life
    threads = [threading.Thread(target=caller, args=(number, *rest)) for number in numbers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def capacity(address: str, answers: list[Any], seconds: float, busy: int) -> float:
    """Return the calls a second that the server answers if a few callers ask as fast as they can."""
    results: Any = multiprocessing.Queue()
    begin = time.time()
    process = multiprocessing.Process(target=callers, args=(range(busy), address, answers, begin, begin + seconds, 1e-6, results))
    process.start()
    told = [results.get() for _ in range(busy)]
    process.join()
    return sum(len(each) for each, _ in told) / (time.time() - begin)


def watch(address: str, server: ServerProcess, end: float) -> tuple[list[float], int]:
    """Ask for health again and again; return how long each answer took, and the most memory."""
    waits, peak = [], 0
    with grpc.insecure_channel(address) as channel:
        health = health_pb2_grpc.HealthStub(channel)
        while time.time() < end:
            started = time.perf_counter()
            health.Check(health_pb2.HealthCheckRequest(), timeout=10)
            waits.append(time.perf_counter() - started)
            peak = max(peak, server.resident)
            time.sleep(0.05)
    return waits, peak


def main() -> int:
    """Run the load, print what happened, and return 1 if anything was not as promised."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--callers", type=int, default=64)
    parser.add_argument("--ceiling-mib", type=int, default=768)
    options = parser.parse_args()
    ceiling = options.ceiling_mib * 2**20
    with tempfile.TemporaryDirectory() as name:
        tokens = Path(name) / "tokens"
        tokens.write_text("".join(f"caller-{number} {token_of(number)}\n" for number in range(options.callers)))
        tokens.chmod(0o600)
        server = ServerProcess(Path(name), max_memory_bytes=ceiling, workers=2, max_waiting=32, token_file=str(tokens))
        with querist.connect(server.address, token=token_of(0)) as client:
            answers = alone(client, kinds())
        able = capacity(server.address, answers, min(20.0, options.seconds / 3), 4)
        interval = options.callers / (2 * able)
        print(f"capacity {able:.0f} calls/s; offered {2 * able:.0f}/s by {options.callers} callers for {options.seconds:g} s", flush=True)
        begin = time.time() + 5
        end = begin + options.seconds
        results: Any = multiprocessing.Queue()
        share = -(-options.callers // PROCESSES)
        processes = [
            multiprocessing.Process(
                target=callers,
                args=(range(first, min(first + share, options.callers)), server.address, answers, begin, end, interval, results),
            )
            for first in range(0, options.callers, share)
        ]
        for process in processes:
            process.start()
        waits, peak = watch(server.address, server, end)
        told = [results.get(timeout=2 * DEADLINE) for _ in range(options.callers)]
        for process in processes:
            process.join()
        status = server.stop()
        return report(told, waits, peak, ceiling, server.defects, status)


def report(told: list[Any], waits: list[float], peak: int, ceiling: int, defects: list[str], status: int) -> int:
    """Print the figures, and return the exit status."""
    outcomes: Counter[str] = Counter()
    seconds: dict[int, list[float]] = defaultdict(list)
    for each, _ in told:
        for place, outcome, took in each:
            outcomes[outcome] += 1
            if outcome == "right":
                seconds[place].append(took)
    by_caller = [sum(outcome == "right" for _, outcome, _ in each) for each, _ in told]
    for place, kind in enumerate(kinds()):
        if seconds[place]:
            took = np.array(seconds[place])
            print(f"  {kind.name:28} {len(took):7d} right, median {np.median(took):7.3f} s, 99 % within {np.quantile(took, 0.99):7.3f} s")
    print(f"outcomes: {dict(outcomes)}; retries after a refusal: {sum(retries for _, retries in told)}")
    print(f"right answers by caller: {min(by_caller)} to {max(by_caller)}, median {int(np.median(by_caller))}")
    print(f"health: {len(waits)} answers, median {1000 * np.median(waits):.1f} ms, longest {1000 * max(waits):.1f} ms")
    print(f"memory: at most {peak / 2**20:.0f} MiB resident of {ceiling / 2**20:.0f}; exit status {status}; defects {len(defects)}")
    fine = set(outcomes) <= {"right", "refused", "late"} and outcomes["right"] and peak < ceiling and max(waits) < HEALTH_LIMIT
    return 0 if fine and not defects and status == 0 else 1


if __name__ == "__main__":
    sys.exit(main())

"""One contestant in a process of its own: loads its library and the data, then runs once for each line on standard input.

It is started with one argument, a JSON object of ``module``, ``task`` and ``arrays`` (files by name), and answers each line by one of JSON.
Runs in the environment of any peer, so it needs numpy alone.
"""

import gc
import importlib
import json
import os
import sys
import time
import traceback
import warnings

import numpy as np


def main() -> int:
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # libraries print
    warnings.simplefilter("ignore")
    given = json.loads(sys.argv[1])
    try:
        mode = "r" if given["task"].get("mapped") else None
        arrays = {name: np.load(path, mmap_mode=mode) for name, path in given["arrays"].items()}
        run = importlib.import_module(f"contestants.{given['module']}").prepare(given["task"], arrays)
    except Exception as error:  # noqa: BLE001 - whatever a library raises
        return _failed(answers, error)
    answers.write(json.dumps({"ready": True}) + "\n")
    for _ in sys.stdin:
        gc.collect()
        try:
            started = time.perf_counter()
            found = run()
            taken = time.perf_counter() - started
        except Exception as error:  # noqa: BLE001 - whatever a library raises
            return _failed(answers, error)
        answers.write(json.dumps({"seconds": taken, **found}) + "\n")
    return 0


def _failed(answers, error: Exception) -> int:
    traceback.print_exc()
    answers.write(json.dumps({"failed": f"{type(error).__name__}: {error}"[:300]}) + "\n")
    return 1


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    sys.exit(code)

"""Uploads, repeats and deletes models until it is killed, and says on standard output what was acknowledged: run by test_store_faults."""

import random
import sys
from pathlib import Path

from querist_server.runners.store import ModelInfo, ModelStore

MOST = 10**8


def say(*words: str) -> None:
    sys.stdout.write(" ".join([*words, ".\n"]))
    sys.stdout.flush()


def main(directory: Path, moments: random.Random) -> None:
    store = ModelStore(directory, MOST, MOST)
    say("ready")
    while True:
        step = moments.random()
        stored = [info.digest for info in store.page("", 100)]
        if len(stored) > 5 or (stored and step < 0.3):
            digest = moments.choice(stored)
            say("deleting", digest)
            store.delete(digest)
            say("deleted", digest)
        elif step < 0.4:
            store = ModelStore(directory, MOST, MOST)
        else:
            with store.upload() as arriving:
                for _ in range(moments.randint(1, 12)):
                    arriving.write(moments.randbytes(2**16))
                info, _ = store.keep(arriving, ModelInfo(arriving.digest, arriving.size, 1.5, (), ()))
            say("kept", info.digest)


if __name__ == "__main__":
    main(Path(sys.argv[1]), random.Random(sys.argv[2]))

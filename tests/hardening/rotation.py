"""Certificates, authorities and tokens renewed under load: not one call may fail, and every answer must be the right one.

A server process with mutual TLS, tokens and an allow-list; callers that never stop, with unary calls and streams; and an operator who
renews, in turn, the server's certificate, the callers' certificates, the tokens, and the authority itself, always with an overlap.
"""

import argparse
import itertools
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import querist

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from authority import Authority, Pair, put

NAME = "spiffe://example.org/trainer"
SERVER_NAMES = ("localhost", "127.0.0.1")
OVERLAP_SECONDS = 0.5


class Operator:
    """Renews what there is to renew."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._authority = Authority()
        self._tokens = itertools.count()
        self._token = self._new_token()
        put(directory / "ca.pem", self._authority.pem)
        self._server = Pair(directory, "server", self._authority, *SERVER_NAMES)
        self._caller = Pair(directory, "caller", self._authority, NAME)
        put(directory / "tokens", f"trainer {self._token}\n")
        put(directory / "token", self._token)
        self.done: dict[str, int] = dict.fromkeys(("server's certificate", "callers' certificate", "tokens", "authority"), 0)

    def renew(self, what: str) -> None:
        {
            "server's certificate": lambda: self._server.renew(self._authority, *SERVER_NAMES),
            "callers' certificate": lambda: self._caller.renew(self._authority, NAME),
            "tokens": self._renew_token,
            "authority": self._renew_authority,
        }[what]()
        self.done[what] += 1

    def _new_token(self) -> str:
        return f"token-{next(self._tokens)}-{os.urandom(8).hex()}"

    def _renew_token(self) -> None:
        old, self._token = self._token, self._new_token()
        put(self._directory / "tokens", f"trainer {old}\ntrainer {self._token}\n")
        put(self._directory / "token", self._token)
        time.sleep(OVERLAP_SECONDS)  # calls that began with the old one get there
        put(self._directory / "tokens", f"trainer {self._token}\n")

    def _renew_authority(self) -> None:
        old, self._authority = self._authority, Authority()
        put(self._directory / "ca.pem", old.pem + self._authority.pem)
        time.sleep(OVERLAP_SECONDS)
        self._server.renew(self._authority, *SERVER_NAMES)
        self._caller.renew(self._authority, NAME)
        time.sleep(OVERLAP_SECONDS)
        put(self._directory / "ca.pem", self._authority.pem)


class Callers:
    """Call without a pause, each with a client of its own, and compare."""

    def __init__(self, address: str, directory: Path, count: int) -> None:
        files = (directory / "ca.pem", directory / "caller.pem", directory / "caller.key")
        self._options = {"tls": querist.Tls(*files), "token_file": directory / "token", "timeout": 60.0}
        self._address = address
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self.calls, self.retries, self.failures = {"unary": 0, "stream": 0}, 0, []
        self._pools = [np.random.default_rng(number).dirichlet(np.ones(5), 2000) for number in range(4)]
        with self._client() as client:
            self._right = [client.select(pool, strategy="margin", count=20).indices.tolist() for pool in self._pools]
        for pool, right in zip(self._pools, self._right, strict=True):
            ordered = np.sort(pool, axis=1)
            assert right == np.argsort(ordered[:, -1] - ordered[:, -2], kind="stable")[:20].tolist(), "the reference itself is wrong"
        self._threads = [threading.Thread(target=self._call, args=(number,)) for number in range(count)]
        for thread in self._threads:
            thread.start()

    def finish(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _client(self) -> querist.Client:
        return querist.connect(self._address, on_retry=self._note_retry, **self._options)

    def _note_retry(self, *_: object) -> None:
        with self._lock:
            self.retries += 1

    def _call(self, number: int) -> None:
        kind = "stream" if number % 2 else "unary"
        which = number // 2 % len(self._pools)
        pool = self._pools[which]
        with self._client() as client:
            while not self._stop.is_set():
                try:
                    rows = self._slowly(pool) if kind == "stream" else pool
                    problem = (
                        "" if client.select(rows, strategy="margin", count=20).indices.tolist() == self._right[which] else "wrong answer"
                    )
                except Exception as error:  # noqa: BLE001 - whatever it is, it is a failure
                    problem = repr(error)
                with self._lock:
                    self.calls[kind] += 1
                    if problem:
                        self.failures.append(f"{kind}: {problem}")

    def _slowly(self, pool: np.ndarray):
        for part in np.array_split(pool, 8):  # so that streams are under way while things are renewed; such a call cannot be repeated
            yield part
            self._stop.wait(0.05)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--callers", type=int, default=16)
    parser.add_argument("--least", type=int, default=20, help="rotations that there must be")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        operator = Operator(directory)
        process, address = start(directory)
        try:
            callers = Callers(address, directory, options.callers)
            began = time.monotonic()
            for what in itertools.cycle(operator.done):
                if time.monotonic() - began > options.seconds and sum(operator.done.values()) >= options.least:
                    break
                operator.renew(what)
                time.sleep(1)
            callers.finish()
            seconds = time.monotonic() - began
        finally:
            process.terminate()
            process.wait(60)
            log = (directory / "log").read_text()
    renewed = log.count("certificates renewed")
    print(f"callers {options.callers}, seconds {seconds:.0f}")
    print(f"calls {sum(callers.calls.values())}: unary {callers.calls['unary']}, streams {callers.calls['stream']}")
    print(f"rotations {sum(operator.done.values())}: " + ", ".join(f"{what} {count}" for what, count in operator.done.items()))
    print(f"versions of certificates that the server took in: {renewed}; files it could not use: {log.count('not renewed')}")
    print(f"attempts that the client made again: {callers.retries}")
    print(f"failures {len(callers.failures)}")
    for failure in callers.failures[:20]:
        print(f"  {failure}")
    return 1 if callers.failures or not renewed or process.returncode else 0


def start(directory: Path) -> tuple[subprocess.Popen, str]:
    """Start the server and return it with its address."""
    command = [sys.executable, "-m", "querist_server", "serve", "--address", "127.0.0.1:0", "--model-directory", str(directory / "models")]
    command += ["--tls-certificate", str(directory / "server.pem"), "--tls-private-key", str(directory / "server.key")]
    command += ["--tls-client-ca", str(directory / "ca.pem"), "--token-file", str(directory / "tokens")]
    environment = {**os.environ, "QUERIST_ALLOWED_IDENTITIES": f'["{NAME}"]', "QUERIST_MAX_CONNECTION_AGE_SECONDS": "10"}
    log = directory / "log"
    with log.open("w") as file:
        process = subprocess.Popen(command, stderr=file, env=environment)
    while "message=serving" not in log.read_text():
        if process.poll() is not None:
            raise SystemExit(f"the server did not start: {log.read_text()}")
        time.sleep(0.1)
    return process, log.read_text().partition("addresses=")[2].split()[0]


if __name__ == "__main__":
    raise SystemExit(main())

"""What goes wrong: each fault begins, lasts, and is over when it returns."""

import errno
import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from chaos_callers import Away
from chaos_proxy import Proxy
from chaos_server import Supervisor


class Faults:
    """All faults, by name.

    Parameters
    ----------
    server : Supervisor
    proxy : Proxy
        Through which half of the callers come.
    disk : Path or None
        Where the file system with the models is mounted; None if mounting is not permitted, and there are fewer faults then.
    away : Away
        Is told when the model directory goes.
    draws : random.Random
    """

    def __init__(self, server: Supervisor, proxy: Proxy, disk: Path | None, away: Away, draws: random.Random) -> None:
        self._server, self._proxy, self._disk, self._away, self._draws = server, proxy, disk, away, draws
        self.all: dict[str, tuple[int, Callable[[], None]]] = {
            "kill -9 of the server": (6, self._kill),
            "SIGTERM": (3, self._terminate),
            "SIGSTOP for a second": (2, self._stand_still),
            "kill -9 of a model process": (6, self._kill_model_worker),
            "connections reset": (4, self._reset),
            "connections stalled": (2, self._stall),
            "few file descriptors": (3, self._few_files),
            "wall clock jumps": (3, self._jump),
            "model directory gone": (3, self._no_directory),
        }
        if disk is not None:
            self.all |= {"disk full": (3, self._full_disk), "disk read-only": (3, self._read_only_disk)}

    def draw(self) -> str:
        """Return the name of the next fault."""
        return self._draws.choices([*self.all], [weight for weight, _ in self.all.values()])[0]

    def _kill(self) -> None:
        self._server.signal(signal.SIGKILL)

    def _terminate(self) -> None:
        self._server.signal(signal.SIGTERM)

    def _stand_still(self) -> None:
        self._server.signal(signal.SIGSTOP)
        time.sleep(1)
        self._server.signal(signal.SIGCONT)

    def _kill_model_worker(self) -> None:
        workers = self._server.model_workers()
        if workers:
            with suppress(ProcessLookupError):
                os.kill(self._draws.choice(workers), signal.SIGKILL)

    def _reset(self) -> None:
        self._proxy.reset()

    def _stall(self) -> None:
        self._proxy.stall()
        time.sleep(self._draws.uniform(0.5, 2))
        self._proxy.flow()

    def _few_files(self) -> None:
        with suppress(ProcessLookupError, FileNotFoundError):
            self._server.limit_files(self._draws.randint(0, 3))
            time.sleep(1)
            self._server.limit_files(-1)

    def _jump(self) -> None:
        self._server.turn_clock(self._draws.choice([-1, 1]) * self._draws.choice([5, 3600, 86_400 * 400]))

    def _no_directory(self) -> None:
        models = self._server.models
        aside = models.with_name("aside")
        self._away.begin()
        models.rename(aside)
        time.sleep(self._draws.uniform(0.2, 0.8))
        for _ in range(100):
            if models.exists():  # an upload has made it anew
                late = models.with_name("late")
                models.rename(late)
                for path in [*late.glob("*.onnx"), *late.glob("*.json")]:
                    path.replace(aside / path.name)
                shutil.rmtree(late)
            try:
                aside.rename(models)
                break
            except OSError as error:
                if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                    raise
        self._away.end()

    def _full_disk(self) -> None:
        ballast = Path(str(self._disk)) / "ballast"
        with suppress(OSError), ballast.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(2**16))
        time.sleep(self._draws.uniform(0.3, 1))
        ballast.unlink()

    def _read_only_disk(self) -> None:
        self._remount("ro")
        time.sleep(self._draws.uniform(0.3, 1))
        self._remount("rw")

    def _remount(self, how: str) -> None:
        """Mount the disk another way, as soon as no file is open for writing."""
        for _ in range(300):
            if subprocess.run(["mount", "-o", f"remount,{how}", str(self._disk)], capture_output=True, check=False).returncode == 0:
                return
            time.sleep(0.005)

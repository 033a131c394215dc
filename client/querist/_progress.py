"""Who is told how far a selection is."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any

from querist.results import Progress

Listener = Callable[[Progress], None]


class Telling(AbstractContextManager[Listener]):
    """Turns `progress=` into a listener: a callable as it is, True into a bar, anything false into nothing.

    Raises
    ------
    ImportError
        If a bar is asked for and tqdm is not installed.
    """

    def __init__(self, progress: bool | Listener | None) -> None:
        self._listener: Listener = progress if callable(progress) else self._ignore
        self._bar: Any = None
        if progress is True:
            try:
                from tqdm.auto import tqdm
            except ImportError as error:
                raise ImportError("progress=True needs tqdm: pip install 'querist[progress]'") from error
            self._bar = tqdm(unit="row", unit_scale=True)
            self._listener = self._draw

    def __enter__(self) -> Listener:
        return self._listener

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._bar is not None:
            self._bar.close()

    @staticmethod
    def _ignore(progress: Progress) -> None:
        pass

    def _draw(self, progress: Progress) -> None:
        self._bar.total = progress.rows_total
        worked = f" {progress.work_done / progress.work_total:.0%}" if progress.work_total else ""
        self._bar.set_description(progress.stage.lower() + worked)
        self._bar.update(progress.rows_scored - self._bar.n)

"""How much one score has to do: estimated before it begins, refused if it is too much, and counted while it goes on."""

from __future__ import annotations

from collections.abc import Callable

from querist_server.engine.errors import LimitError


class Work:
    """The work of a score that looks at all candidates together.

    Read from another thread while it is counted: both numbers only grow.

    Parameters
    ----------
    most_cells : float
        The most elementary steps that a score may take.
    most_bytes : int
        The most memory that it may hold beside the rows.
    reserve : callable
        Told how many bytes that is; raises if there are not so many.
    """

    def __init__(
        self, most_cells: float = float("inf"), most_bytes: int = 2**63, reserve: Callable[[float], None] = lambda _: None
    ) -> None:
        self._most_cells, self._most_bytes, self._reserve = most_cells, most_bytes, reserve
        self.total = 0.0
        """Elementary steps in all, as estimated; 0 until a score begins."""
        self.done = 0.0
        """Elementary steps that are done."""

    def begin(self, cells: float, advice: str) -> None:
        """Say how many steps will be taken, and count them from here on.

        Raises
        ------
        LimitError
            If that is more than allowed; it gives the advice.
        """
        self.allow(cells, advice)
        self.total = cells

    def allow(self, cells: float, advice: str) -> None:
        """Refuse steps that will be taken besides, as `begin` does, without counting them."""
        if cells > self._most_cells:
            message = f"the score would take {cells:.3g} steps; this server's max_score_cells is {self._most_cells:.3g}. {advice}"
            raise LimitError(message, limit="max_score_cells", allowed=self._most_cells, field="plan.score")

    def advance(self, cells: float) -> None:
        """Count steps that are done."""
        self.done += cells

    def hold(self, size: float, what: str) -> None:
        """Say how many bytes are about to be held.

        Raises
        ------
        LimitError
            If that is more than allowed.
        """
        if size > self._most_bytes:
            message = f"{what} would take {size:.3g} bytes; this server's max_kept_bytes is {self._most_bytes}"
            raise LimitError(message, limit="max_kept_bytes", allowed=self._most_bytes, field="plan.score")
        self._reserve(size)

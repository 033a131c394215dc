"""The page that Prometheus reads. Imported only if there is to be one: most servers are private ones, which nobody scrapes."""

from __future__ import annotations

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, ProcessCollector, disable_created_metrics
from prometheus_client.exposition import choose_encoder

from querist_server.http_page import HttpPage
from querist_server.service.metering import Metering
from querist_server.vitals import Vitals

PATH = "/metrics"


class Exposition:
    """Metrics of one server, and their page.

    Parameters
    ----------
    methods : mapping of str to str
        Short names of the methods that are told apart, by their full names.
    """

    def __init__(self, methods: Mapping[str, str]) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # they double the number of series, and say when each was first counted
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self.metering = Metering(self._registry, methods)
        self._page = HttpPage(PATH, self.page)
        self._vitals: Vitals | None = None
        self.address = ""

    async def start(self, address: str, vitals: Vitals) -> None:
        """Listen.

        Raises
        ------
        ListenError
            If the address is in use.
        """
        self._registry.register(vitals)
        self._vitals = vitals
        self.address = await self._page.start(address)

    def tell(self, *, serving: bool) -> None:
        """Say whether new calls are taken."""
        if self._vitals is not None:
            self._vitals.serving = serving

    async def stop(self) -> None:
        """Listen no more."""
        await self._page.stop()

    def page(self, accepted: str) -> tuple[bytes, str]:
        """Return all metrics in a form that the caller accepts, and the name of the form."""
        encode, content_type = choose_encoder(accepted)
        return encode(self._registry), content_type

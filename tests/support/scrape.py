"""What Prometheus reads, as numbers."""

import urllib.request
from typing import Any

from prometheus_client.parser import text_string_to_metric_families


class Page:
    """One scrape."""

    def __init__(self, address: str) -> None:
        with urllib.request.urlopen(f"http://{address}/metrics", timeout=10) as answer:
            self.text = answer.read().decode()
        self.families = {family.name: family for family in text_string_to_metric_families(self.text)}
        self.values = {
            (sample.name, frozenset(sample.labels.items())): sample.value for family in self.families.values() for sample in family.samples
        }

    def __call__(self, name: str, **labels: str) -> float:
        """Return a value; 0 if there is none."""
        return self.values.get((name, frozenset(labels.items())), 0.0)

    def labels(self, name: str) -> list[dict[str, Any]]:
        """Return the labels of all values of a name."""
        return [dict(labels) for found, labels in self.values if found == name]

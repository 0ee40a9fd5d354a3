"""What a Prometheus server would read out of `/metrics`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import httpx
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families


@dataclass(frozen=True)
class Scrape:
    """The metrics of one moment."""

    families: tuple[Metric, ...]

    def value(self, sample: str, **labels: str) -> float:
        """The sum of the samples of that name that have these labels."""
        return sum(
            found.value
            for family in self.families
            for found in family.samples
            if found.name == sample and labels.items() <= found.labels.items()
        )

    def labels(self) -> Iterator[tuple[str, str, str]]:
        """(sample, label, value) of everything."""
        for family in self.families:
            for sample in family.samples:
                for label, value in sample.labels.items():
                    yield sample.name, label, value

    @property
    def names(self) -> set[str]:
        return {family.name for family in self.families}


def parse(text: str) -> Scrape:
    return Scrape(tuple(text_string_to_metric_families(text)))


async def scrape(client: httpx.AsyncClient) -> Scrape:
    answer = await client.get("/metrics")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    return parse(answer.text)

"""What Prometheus is told, in its text format."""

from collections.abc import Iterator

from prometheus_client import CONTENT_TYPE_LATEST as CONTENT_TYPE
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric

from registry.queries.queries import Queries
from registry.queries.shapes import AreaCount

__all__ = ["CONTENT_TYPE", "exposition"]

AREA_GAUGES = {
    "inside": "People inside now",
    "people": "Distinct people today",
    "entries": "Entries at its own gates today",
    "exits": "Exits at its own gates today",
    "refused": "Refusals at its own gates today",
    "missing": "Entries known missing from its kiosks",
    "silent": "Kiosks from which entries may be missing",
    "kiosks": "Kiosks at its gates",
}


class _Numbers:
    """Collects the numbers at each request."""

    def __init__(self, queries: Queries) -> None:
        self._queries = queries

    def collect(self) -> Iterator[Metric]:
        queries = self._queries
        headcount = queries.headcount()
        health = queries.health()
        with queries.snapshot() as log_state:
            registered = queries.registered(log_state)
        yield from _of_areas(headcount.areas)
        heard = GaugeMetricFamily(
            "jianmen_kiosk_troubles", "Troubles of a kiosk: 0 for a healthy one", labels=["gate"]
        )
        for kiosk in queries.kiosks().kiosks:
            if kiosk.gate is not None and "cut_off" not in kiosk.troubles:
                heard.add_metric([kiosk.gate], len(kiosk.troubles))
        yield heard
        yield GaugeMetricFamily(
            "jianmen_registered", "People registered whose badge is good", value=registered
        )
        yield GaugeMetricFamily(
            "jianmen_log_entries", "Log entries known to the registry", value=health.entries
        )
        yield GaugeMetricFamily(
            "jianmen_clock_synchronised", "1: the registry's clock is", value=int(health.synced)
        )


def _of_areas(areas: list[AreaCount]) -> Iterator[Metric]:
    for name, summary in AREA_GAUGES.items():
        gauge = GaugeMetricFamily(f"jianmen_area_{name}", summary, labels=["venue", "area"])
        for area in areas:
            gauge.add_metric([area.venue, area.id], getattr(area, name))
        yield gauge


def exposition(queries: Queries) -> bytes:
    """All numbers, as of now."""
    numbers = CollectorRegistry(auto_describe=False)
    numbers.register(_Numbers(queries))
    return generate_latest(numbers)

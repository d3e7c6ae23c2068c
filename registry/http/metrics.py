"""Numbers for Prometheus (https://prometheus.io/docs/instrumenting/exposition_formats/) at /metrics. No number of them
names a person; an API token with the role of a viewer may read them."""

from collections.abc import Iterator

from flask import Blueprint, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric

from registry.accounts.authorization import Guard
from registry.http.operations import problem
from registry.queries.queries import Queries
from registry.queries.shapes import AreaCount

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


def metrics(queries: Queries, guard: Guard) -> Blueprint:
    """The page for Prometheus."""
    pages = Blueprint("metrics", __name__)
    numbers = CollectorRegistry(auto_describe=False)
    numbers.register(_Numbers(queries))

    @pages.get("/metrics")
    def all_metrics() -> Response:
        refusal = guard.refusal("viewer", changes=False)
        if refusal is not None:
            return problem(*refusal)
        return Response(generate_latest(numbers), content_type=CONTENT_TYPE_LATEST)

    return pages

"""Numbers for Prometheus (https://prometheus.io/docs/instrumenting/exposition_formats/) at /metrics. No number of them
names a person; an API token with the role of a viewer may read them."""

from flask import Blueprint, Response

from registry.accounts.authorization import Guard
from registry.http.operations import problem
from registry.queries.queries import Queries


def metrics(queries: Queries, guard: Guard) -> Blueprint:
    """The page for Prometheus."""
    pages = Blueprint("metrics", __name__)

    @pages.get("/metrics")
    def all_metrics() -> Response:
        refusal = guard.refusal("viewer", changes=False)
        if refusal is not None:
            return problem(*refusal)
        # Here, since commands have the same application and never need Prometheus's library.
        from registry.http.metric_numbers import CONTENT_TYPE, exposition

        return Response(exposition(queries), content_type=CONTENT_TYPE)

    return pages

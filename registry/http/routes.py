"""All routes of the public interface, in the order of its OpenAPI document."""

from dataclasses import dataclass
from importlib.metadata import version

import msgspec
from flask import Response

from registry.accounts.authorization import Guard
from registry.accounts.password_check import PasswordCheck
from registry.accounts.trail import Trail
from registry.badges.making import KIND as BADGES
from registry.badges.making import BadgeMaker
from registry.exports.making import ATTEMPTS, ATTENDANCE, Exports
from registry.http.openapi import document
from registry.http.operations import Interface
from registry.http.resources import (
    access,
    attendance,
    badges,
    event,
    jobs,
    keys,
    kiosks,
    lists,
    registrants,
    reports,
    webhooks,
)
from registry.http.resources.lists import KIND as IMPORT
from registry.http.streams import Streams
from registry.jobs.runner import Jobs
from registry.queries.queries import Queries
from registry.queries.shapes import Access
from registry.webhooks import Hooks

JSON = "application/json"
_JOBS: dict[str, Access] = {
    BADGES: "desk",
    ATTENDANCE: "desk",
    ATTEMPTS: "admin",
    IMPORT: "admin",
}
"""The role that a kind of job needs."""


@dataclass(frozen=True)
class Services:
    """What the routes need. `pin` is the SHA-256 of the TLS certificate and `kiosk_url` the address (None: as the
    request came) in enrolment codes."""

    queries: Queries
    guard: Guard
    passwords: PasswordCheck
    trail: Trail
    streams: Streams
    hooks: Hooks
    jobs: Jobs
    badges: BadgeMaker
    pin: str | None
    kiosk_url: str | None


def add_routes(api: Interface, services: Services) -> None:
    """Add every route. Their order is that of the paths in the document."""
    queries, guard = services.queries, services.guard
    reports.add_counts(api, queries, services.streams)
    kiosks.add_kiosk_reads(api, queries)
    reports.add_health(api, queries)
    attendance.add_attendance(api, queries)
    reports.add_conflicts(api, queries, guard)
    registrants.add_registrant_reads(api, queries)
    access.add_token_list(api, queries, guard)
    _add_document(api)
    event.add_event(api, queries)
    registrants.add_registrant_changes(api, queries, guard)
    keys.add_keys(api, queries, services.jobs)
    kiosks.add_network_codes(api)
    kiosks.add_kiosk_changes(api, queries, services.pin, services.kiosk_url)
    reports.add_report_changes(api, queries, guard)
    event.add_purge(api, queries, services.jobs)
    access.add_token_changes(api, queries, guard)
    webhooks.add_webhooks(api, queries, services.hooks)
    access.add_accounts(api, queries, guard, services.passwords, services.trail)
    jobs.add_jobs(api, services.jobs, guard, _JOBS)
    lists.add_lists(api, queries, services.jobs, services.trail)
    badges.add_test_badges(api, queries.service)
    badges.add_badges(api, services.jobs, services.badges, guard)
    exports = Exports(queries)
    attendance.add_attendance_jobs(api, queries, services.jobs, exports)
    reports.add_export_jobs(api, services.jobs, exports)


def _add_document(api: Interface) -> None:
    @api.get("/openapi.json", "This document", access=None, answer=JSON)
    def openapi() -> Response:
        described = document(api.operations, version("jianmen"))
        return Response(msgspec.json.encode(described), mimetype=JSON)

"""The public interface's changes: what admins do under /api/v1. Each is an entry of the registry's log, or a value
of its own."""

from flask import request

from access.log.entry import EntryRef
from registry.accounts.authorization import Guard
from registry.http import people
from registry.http import requests as bodies
from registry.http.operations import Interface
from registry.http.qr import drawn
from registry.http.resources.keys import add_keys
from registry.queries import admin_shapes
from registry.queries import shapes as answers
from registry.queries.queries import Queries
from registry.queries.registrants import badge_of
from registry.roster.model import IssuedBadge
from registry.storage.errors import UnknownError
from sync.wire.enrolment_code import EnrolmentCode
from web.addresses import reach_of

DONE = answers.Done()


def add_deeds(
    api: Interface, queries: Queries, guard: Guard, pin: str | None, kiosk_url: str | None
) -> None:
    """Give the interface its changes. `pin` is the SHA-256 of the TLS certificate and `kiosk_url` the address (None: as
    the request came), which an enrolment code tells."""
    _add_people(api, queries)
    _add_badges(api, queries)
    add_keys(api, queries)
    _add_kiosks(api, queries, pin, kiosk_url)
    _add_reports(api, queries, guard)


def _add_people(api: Interface, queries: Queries) -> None:
    @api.post(
        "/registrants",
        "Register a person, and issue their badge",
        access="desk",
        body=bodies.NewPerson,
        answer=answers.Issued,
    )
    def register(body: bodies.NewPerson) -> answers.Issued:
        return _issued(people.register(queries, body))

    @api.post(
        "/registrants/<code>",
        "Change what a person is called and may do; the badge in their hand stays good",
        access="desk",
        body=bodies.ChangedPerson,
        answer=answers.Registrant,
    )
    def amend(body: bodies.ChangedPerson, code: str) -> answers.Registrant:
        return people.amend(queries, body, code)


def _add_badges(api: Interface, queries: Queries) -> None:
    @api.post(
        "/registrants/<code>/revoke",
        "A badge, or one issue of it, is no longer good",
        access="desk",
        body=bodies.Revoke,
        answer=answers.Done,
    )
    def revoke(body: bodies.Revoke, code: str) -> answers.Done:
        queries.service.revoke(badge_of(code), body.issue, body.why)
        return DONE

    @api.post(
        "/registrants/<code>/unrevoke",
        "A new badge for a person whose badge was revoked; the old one stays revoked",
        access="desk",
        answer=answers.Issued,
    )
    def unrevoke(code: str) -> answers.Issued:
        return _issued(queries.service.unrevoke(badge_of(code)))

    @api.post(
        "/registrants/<code>/reissue",
        "A new print of a badge; it retires the ones before",
        access="desk",
        answer=answers.Issued,
    )
    def reissue(code: str) -> answers.Issued:
        return _issued(queries.service.reissue(badge_of(code)))

    @api.post(
        "/registrants/<code>/erase",
        "Forget a person; the badge stays as good as it was",
        access="admin",
        answer=answers.Done,
    )
    def erase(code: str) -> answers.Done:
        queries.service.erase(badge_of(code))
        return DONE


def _issued(badge: IssuedBadge) -> answers.Issued:
    return answers.Issued(code=badge.code, issue=badge.issue, form=badge.form, text=badge.text)


def _add_kiosks(api: Interface, queries: Queries, pin: str | None, kiosk_url: str | None) -> None:
    @api.post(
        "/kiosks/code",
        "A one-time code with which a kiosk is enrolled, and the QR code to show to it",
        access="admin",
        body=bodies.NewCode,
        answer=answers.Code,
    )
    def enrol_code(body: bodies.NewCode) -> answers.Code:
        code = queries.service.enrol_code(body.gate, body.minutes)
        url = body.url or kiosk_url or request.url_root.rstrip("/")
        text = EnrolmentCode(queries.service.identity.fingerprint, code, url, pin).text()
        return answers.Code(
            code=code,
            gate=body.gate,
            expires=queries.time(queries.now_ms() + body.minutes * 60_000),
            text=text,
            qr=drawn(text, "m"),
            warning=unreachable(url),
        )

    @api.post(
        "/kiosks/<device>/gate",
        "Put a kiosk at a gate, or (null) take it away from one",
        access="admin",
        body=bodies.Assign,
        answer=answers.Done,
    )
    def assign(body: bodies.Assign, device: str) -> answers.Done:
        queries.service.assign(device, body.gate)
        return DONE

    @api.post(
        "/kiosks/<device>/cut-off",
        "Believe nothing more that a kiosk says",
        access="admin",
        body=bodies.CutOff,
        answer=answers.Done,
    )
    def cut_off(body: bodies.CutOff, device: str) -> answers.Done:
        queries.service.cut_off(device, body.believed)
        return DONE

    @api.post(
        "/kiosks/<device>/seats",
        "Give a kiosk seats of an area that a wiped one took with it",
        access="admin",
        body=bodies.FreeSeats,
        answer=answers.Done,
    )
    def free_seats(body: bodies.FreeSeats, device: str) -> answers.Done:
        queries.service.free_seats(device, body.area, body.seats)
        return DONE


def unreachable(url: str) -> str:
    """Why no kiosk on another machine can reach an address; empty: one may."""
    if reach_of(url) != "this_machine":
        return ""
    return (
        f"No kiosk on another machine can reach {url}. Set public_url in the registry's settings, or serve with"
        " --host 0.0.0.0 and --tls."
    )


def _add_reports(api: Interface, queries: Queries, guard: Guard) -> None:
    @api.post(
        "/conflicts",
        "Answer a line of the partition report",
        access="admin",
        body=bodies.NewRuling,
        answer=answers.Done,
    )
    def rule(body: bodies.NewRuling) -> answers.Done:
        named = EntryRef(body.entry.log, body.entry.seq, bytes.fromhex(body.entry.digest))
        lines = [
            line
            for line in queries.conflict_lines()
            if line.kind == body.kind and line.entry == named
        ]
        if not lines:
            raise UnknownError("This line is no longer in the report. Load it again.")
        visitor = guard.visitor()
        queries.service.rule(lines[0], body.answer, visitor.name if visitor else "")
        queries.forget_conflicts()
        return DONE

    @api.post(
        "/days/close",
        "End an event day, and say who has not told everything of it",
        access="admin",
        body=bodies.CloseDay,
        answer=answers.Closed,
    )
    def close_day(body: bodies.CloseDay) -> answers.Closed:
        return queries.close_day(body.day)

    @api.post(
        "/purge",
        "Erase all persons, once the retention days are over",
        access="admin",
        body=bodies.Purge,
        answer=admin_shapes.Purged,
    )
    def purge(body: bodies.Purge) -> admin_shapes.Purged:
        persons = queries.service.purge(early=body.early)
        return admin_shapes.Purged(persons=persons, silent=queries.headcount().silent)

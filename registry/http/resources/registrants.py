"""Registrants under /api/v1: search them, register and change them, revoke and reissue their badges, erase them."""

from collections.abc import Callable

from flask import Response, request

from registry.accounts.authorization import Guard
from registry.http import people
from registry.http import requests as bodies
from registry.http.operations import Interface, Parameter, problem, trace
from registry.queries import registrants
from registry.queries import shapes as answers
from registry.queries.queries import Queries
from registry.queries.registrants import PersonHistory, badge_of
from registry.roster.model import IssuedBadge
from registry.storage.errors import ChangedError, UnstorableError

DONE = answers.Done()


def add_registrant_reads(api: Interface, queries: Queries) -> None:
    """Add the routes that read registrants."""

    @api.get(
        "/registrants",
        "People, a page at a time",
        access="desk",
        answer=answers.Registrants,
        query=(
            Parameter(
                "q",
                "name in any script, pinyin, initials, Hong Kong spelling; company, ref or badge code."
                " The best come first. Left out: everybody, in order of their refs",
            ),
            Parameter("cursor", "the next of the page before, instead of an offset"),
            Parameter("offset", "how many to leave out in front", "integer"),
            Parameter(
                "limit",
                f"how many to return, 1 to {registrants.MOST}; more returns {registrants.MOST}, and says so."
                f" {registrants.PAGE} where left out",
                "count",
            ),
        ),
    )
    def registrants_page() -> answers.Registrants | Response:
        offset = request.args.get("offset", 0, int)
        limit = request.args.get("limit", registrants.PAGE, int)
        cursor = request.args.get("cursor")
        if cursor is not None and "offset" in request.args:
            return problem(400, "cursor and offset are both given; it should be one of them.")
        query = request.args.get("q", "")
        if "\0" in query:
            raise UnstorableError
        try:
            return registrants.search(queries, query, limit, offset=offset, cursor=cursor)
        except ValueError as error:
            return problem(400, f"{error}.")

    @api.get(
        "/registrants/<code>", "The person of a badge", access="desk", answer=answers.Registrant
    )
    def registrant(code: str) -> answers.Registrant:
        return registrants.one(queries, code)

    @api.get(
        "/registrants/<code>/history",
        "What was made for a person, and what they did at the doors",
        access="desk",
        answer=PersonHistory,
    )
    def registrant_history(code: str) -> PersonHistory:
        return registrants.history(queries, code)


def add_registrant_changes(api: Interface, queries: Queries, guard: Guard) -> None:
    """Add the routes that register and change people. Each change is an entry of the registry's log."""

    def roster() -> people.RosterChanges:
        return queries.service if guard.is_admin else queries.service.desk

    @api.post(
        "/registrants",
        "Register a person, and issue their badge",
        access="desk",
        body=bodies.NewPerson,
        answer=answers.Issued,
    )
    def register(body: bodies.NewPerson) -> answers.Issued:
        issued = _issued(people.register(roster(), body))
        trace(code=issued.code, ticket=body.ticket)
        return issued

    @api.post(
        "/registrants/<code>",
        "Change what a person is called and may do; the badge in their hand stays good",
        access="desk",
        body=bodies.ChangedPerson,
        answer=answers.Registrant,
    )
    def amend(body: bodies.ChangedPerson, code: str) -> answers.Registrant:
        return people.amend(queries, roster(), body, code)

    _add_badge_changes(api, queries, roster)
    _add_erasure(api, queries)


def _add_badge_changes(
    api: Interface, queries: Queries, roster: Callable[[], people.RosterChanges]
) -> None:
    @api.post(
        "/registrants/<code>/revoke",
        "A badge, or one issue of it, is no longer good",
        access="desk",
        body=bodies.Revoke,
        answer=answers.Done,
    )
    def revoke(body: bodies.Revoke, code: str) -> answers.Done:
        roster().revoke(badge_of(code), body.issue, body.why, body.newest)
        return DONE

    @api.post(
        "/registrants/<code>/unrevoke",
        "A new badge for a person whose badge was revoked; the old one stays revoked",
        access="desk",
        answer=answers.Issued,
    )
    def unrevoke(code: str) -> answers.Issued:
        return _issued(roster().unrevoke(badge_of(code)))

    @api.post(
        "/registrants/<code>/reissue",
        "A new print of a badge; it retires the ones before",
        access="desk",
        body=bodies.Reissue,
        answer=answers.Issued,
    )
    def reissue(body: bodies.Reissue, code: str) -> answers.Issued:
        badge = badge_of(code)
        with queries.service.snapshot() as known:
            revoked = known.history(badge).all_revoked()
        person = queries.service.people.by_badge(badge)
        if revoked and person is not None:
            raise ChangedError(
                ["revoked"],
                f"The badge of {person.ref!r} is revoked, and so would be every new print of it. Let this person in"
                " again: that gives them another badge.",
            )
        return _issued(roster().reissue(badge, body.newest))


def _add_erasure(api: Interface, queries: Queries) -> None:
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

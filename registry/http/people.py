"""Registers and changes people one by one, as the help desk does."""

import msgspec

from access.text import canonical, half_width
from registry.http import requests as bodies
from registry.http.operations import leave_no_trace, trace
from registry.queries import registrants
from registry.queries import shapes as answers
from registry.queries.queries import Queries
from registry.roster.desk import DeskRoster
from registry.roster.model import NAMELESS, REFLESS, IssuedBadge, Person
from registry.service import RegistryService
from registry.storage.errors import ChangedError, refused

TRIES = 5
"""Others may change the same person between the look and the change."""

RosterChanges = RegistryService | DeskRoster
"""The roster for whoever asks: all of it for an admin."""


def register(roster: RosterChanges, body: bodies.NewPerson) -> IssuedBadge:
    """Register a person, under a number of the registry where none is given. Raises RegistrationError,
    ForbiddenError."""
    values = msgspec.structs.asdict(body)
    values["name"] = canonical(body.name)
    values["organisation"] = canonical(body.organisation)
    if not values["name"]:
        raise refused(body.ref or "", NAMELESS)
    values["ref"] = "" if body.ref is None else half_width(body.ref)
    if body.ref is not None and not values["ref"].strip():
        raise refused("", REFLESS)
    return roster.register(Person(**values))


def amend(
    queries: Queries, roster: RosterChanges, body: bodies.ChangedPerson, code: str
) -> answers.Registrant:
    """Change a person. Raises UnknownError, RegistrationError, ChangedError, ForbiddenError."""
    for left in reversed(range(TRIES)):
        state = queries.service.roster_state(registrants.badge_of(code))
        now = registrants.one(queries, code)
        if body.version is not msgspec.UNSET:
            meanwhile = registrants.changed_since(now, body.version)
            if meanwhile:
                raise ChangedError(meanwhile)
        person = _changed(queries, body, now)
        try:
            roster.amend(person, state)
        except ChangedError:  # between the look and the change
            if not left:
                raise
        else:
            _trace_changes(now, person)
            return registrants.one(queries, code)
    raise AssertionError("the last try changes the person or raises")


def _trace_changes(before: answers.Registrant, person: Person) -> None:
    """The trail names the fields, and says no more of them: what they were may be somebody's name."""
    values = msgspec.to_builtins(before) | {"venues": set(before.venues), "days": set(before.days)}
    values |= {"sessions": set(before.sessions)}
    now = msgspec.structs.asdict(person)
    now |= {name: set(now[name]) for name in ("venues", "days", "sessions")}
    fields = [name for name in registrants.EDITABLE if values[name] != now[name]]
    if not fields:
        leave_no_trace()
        return
    trace(fields=", ".join(fields))
    if before.ticket != person.ticket:
        trace(ticket=f"{before.ticket} → {person.ticket}")


def _changed(queries: Queries, body: bodies.ChangedPerson, now: answers.Registrant) -> Person:
    """The person with what the request changes. Raises RegistrationError."""
    event = queries.programme.event
    values = {
        "ref": now.ref,
        "ticket": now.ticket,
        "venues": tuple(now.venues),
        "days": tuple(now.days),
        "sessions": tuple(now.sessions),
        "name": now.name,
        "organisation": now.organisation,
        "language": now.language,
        "extra": now.extra,
    }
    changed = {
        name: value
        for name, value in msgspec.structs.asdict(body).items()
        if value is not msgspec.UNSET and name != "version"
    }
    for name in ("name", "organisation"):
        if name in changed:
            changed[name] = canonical(changed[name])
    if changed.get("name") == "":
        raise refused(now.ref, NAMELESS)
    if "venues" in changed and changed["venues"] is None:
        changed["venues"] = tuple(venue.id for venue in event.venues)
    if "days" in changed and changed["days"] is None:
        changed["days"] = tuple(event.days)
    return Person(**(values | changed))

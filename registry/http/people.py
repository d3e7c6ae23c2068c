"""Registers and changes people one by one, as the help desk does."""

import msgspec

from access.text import canonical, half_width
from registry.http import requests as bodies
from registry.queries import registrants
from registry.queries import shapes as answers
from registry.queries.queries import Queries
from registry.roster.model import NAMELESS, IssuedBadge, Person
from registry.roster.repository import WALK_UP
from registry.storage.errors import ChangedError, RegistrationError, refused

TRIES = 5
"""Several desks may give the same number at the same instant; all but one take the next."""


def register(queries: Queries, body: bodies.NewPerson) -> IssuedBadge:
    """Register a person, under a number of the registry where none is given. Raises RegistrationError."""
    values = msgspec.structs.asdict(body)
    values["name"] = canonical(body.name)
    values["organisation"] = canonical(body.organisation)
    if not values["name"]:
        raise refused(body.ref or "", NAMELESS)
    if body.ref is not None:
        return queries.service.register(Person(**(values | {"ref": half_width(body.ref)})))
    people = queries.service.people
    for left in reversed(range(TRIES)):
        number = people.walk_ups() + 1
        while people.refs_taken([ref := f"{WALK_UP}{number:04}"]):
            number += 1
        try:
            return queries.service.register(Person(**(values | {"ref": ref})))
        except RegistrationError:
            if not left or not people.refs_taken([ref]):
                raise
    raise AssertionError("the last try gives a badge or raises")


def amend(queries: Queries, body: bodies.ChangedPerson, code: str) -> answers.Registrant:
    """Change a person. Raises UnknownError, RegistrationError, ChangedError."""
    for left in reversed(range(TRIES)):
        state = queries.service.roster_state(registrants.badge_of(code))
        now = registrants.one(queries, code)
        if body.version is not msgspec.UNSET:
            meanwhile = registrants.changed_since(now, body.version)
            if meanwhile:
                raise ChangedError(meanwhile)
        try:
            queries.service.amend(_changed(queries, body, now), state)
        except ChangedError:  # between the look and the change
            if not left:
                raise
        else:
            return registrants.one(queries, code)
    raise AssertionError("the last try changes the person or raises")


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

"""Checks across the parts of an event definition, beyond the shape of each part."""

import zoneinfo
from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from access.event.definition import (
    MAX_DAYS,
    MAX_SESSIONS,
    MAX_TICKETS,
    MAX_VENUES,
    MINUTE_MS,
    Area,
    Event,
    Session,
)
from config.document import Document, Location
from config.errors import instead, shown

LONGEST_SESSION_MIN = 24 * 60
"""A longer session is a slip in a date: a session belongs to one day of the event."""

_RESERVED_GATE = "registry"
"""What a rehearsal calls the registry, where it names gates too."""


def check(event: Event, document: Document) -> None:
    """Note in `document` every inconsistency of the event read from it.

    Parts that could not be read are stand-ins (an empty id, the year 1970) and are passed over:
    their own mistake is noted already.
    """
    _sizes(event, document)
    _ids(event, document)
    _references(event, document)
    _area_tree(event, document)
    for index, gate in enumerate(event.gates):
        if gate.mode == "print" and gate.direction != "in":
            wrong = f'is "{gate.direction}" at a gate that prints badges'
            right = "nobody goes in or out there: leave it out"
            document.mistake(Location("gate", index, "direction"), wrong, right)
    for index, session in enumerate(event.sessions):
        location = Location("session", index)
        if session.starts_ms and session.ends_ms:
            _session_times(session, location, document)
        if session.starts_ms and event.timezone and event.days:
            _session_day(session, location, event, document)


def _sizes(event: Event, document: Document) -> None:
    sizes = {
        "venue": (len(event.venues), MAX_VENUES),
        "ticket": (len(event.tickets), MAX_TICKETS),
        "session": (len(event.sessions), MAX_SESSIONS),
    }
    for section, (count, most) in sizes.items():
        if count > most:
            right = f"an event has at most {most} of [[{section}]]"
            document.mistake(Location(section, most), f"is one of {count}", right)
    if len(event.days) > MAX_DAYS:
        wrong = f"has {len(event.days)} days"
        document.mistake(Location("event", None, "days"), wrong, f"an event has at most {MAX_DAYS}")
    for section in ("venue", "gate", "ticket"):
        if not document.values.get(section):
            document.mistake(Location(section), "is missing", f"write at least one [[{section}]]")


def _ids(event: Event, document: Document) -> None:
    venues = [(venue.id, Location("venue", n, "id")) for n, venue in enumerate(event.venues)]
    areas = [(area.id, Location("area", n, "id")) for n, area in enumerate(event.areas)]
    gates = [(gate.id, Location("gate", n, "id")) for n, gate in enumerate(event.gates)]
    tickets = [(ticket.id, Location("ticket", n, "id")) for n, ticket in enumerate(event.tickets)]
    sessions = [(one.id, Location("session", n, "id")) for n, one in enumerate(event.sessions)]
    for named in (venues + areas, gates, tickets, sessions):
        taken: dict[str, Location] = {}
        for name, location in named:
            if name and name in taken:
                right = f"should be an id of its own, {_share(location.section)}"
                document.mistake(location, f"is taken{_by(taken[name], document)}", right)
            taken.setdefault(name, location)
    for name, location in gates:
        if name == _RESERVED_GATE:
            document.mistake(location, "is what the registry itself is called", "name it otherwise")


def _share(section: str) -> str:
    if section in ("venue", "area"):
        return "among venues and areas together"
    return f"among the {section}s"


def _by(location: Location, document: Document) -> str:
    line = document.lines.get(location)
    return f" by the {location.section} in line {line}" if line else f" by a {location.section}"


def _references(event: Event, document: Document) -> None:
    venues = {venue.id for venue in event.venues}
    areas = venues | {area.id for area in event.areas}
    for index, area in enumerate(event.areas):
        _known(area.venue, venues, Location("area", index, "venue"), "venue", document)
    for index, gate in enumerate(event.gates):
        _known(gate.area, areas, Location("gate", index, "area"), "area or venue", document)
    for index, ticket in enumerate(event.tickets):
        for area_id in ticket.areas:
            location = Location("ticket", index, "areas")
            _known(area_id, areas | {"*"}, location, "area or venue", document)
    for index, session in enumerate(event.sessions):
        _known(session.area, areas, Location("session", index, "area"), "area or venue", document)


def _known(
    name: str, known: Collection[str], location: Location, kind: str, document: Document
) -> None:
    if name and name not in known:
        choices = sorted(filter(None, known))
        document.mistake(location, f"{shown(name)} is no {kind}", instead(name, choices))


def _area_tree(event: Event, document: Document) -> None:
    """Note areas whose parents do not lead, within one venue, up to that venue."""
    venues = {venue.id for venue in event.venues}
    areas = {area.id: area for area in event.areas}
    for index, area in enumerate(event.areas):
        location = Location("area", index, "parent")
        if area.venue not in venues or not area.id:
            continue
        inside = [area.venue, *(one.id for one in event.areas if one.venue == area.venue)]
        if area.parent not in inside:
            elsewhere = area.parent in venues or area.parent in areas
            wrong = "is in another venue" if elsewhere else "is no area"
            choices = [name for name in inside if name not in ("", area.id)]
            document.mistake(
                location, f"{shown(area.parent)} {wrong}", instead(area.parent, choices)
            )
        elif area.id in (circle := _circle(area, areas)) and area.id == min(circle):
            way = " in ".join(map(shown, [area.id, *circle]))
            right = f"should lead up to the venue {shown(area.venue)}"
            document.mistake(location, f"goes round in a circle, {way}", right)


def _circle(area: Area, areas: dict[str, Area]) -> list[str]:
    """The areas above `area`, nearest first, up to the venue or to where they repeat."""
    above: list[str] = []
    parent = area.parent
    while parent in areas and parent not in above:
        above.append(parent)
        parent = areas[parent].parent
    return above


def _session_times(session: Session, location: Location, document: Document) -> None:
    length_min = (session.ends_ms - session.starts_ms) / MINUTE_MS
    if length_min <= 0:
        document.mistake(location._replace(key="ends"), "is not after starts", "should be later")
    elif length_min > LONGEST_SESSION_MIN:
        wrong = f"is {length_min / 60:.0f} hours after starts"
        right = "a session is at most 24 hours long: check both dates"
        document.mistake(location._replace(key="ends"), wrong, right)
    elif session.closing_min > length_min:
        wrong = f"is {session.closing_min}, and the session is {length_min:g} minutes long"
        document.mistake(location._replace(key="closing_min"), wrong, "should be less")
    elif session.doors_close_ms <= session.doors_open_ms:
        wrong = f"is {session.closing_min}, so that the doors never open"
        right = "should be less, or early_min more than 0"
        document.mistake(location._replace(key="closing_min"), wrong, right)


def _session_day(session: Session, location: Location, event: Event, document: Document) -> None:
    zone = zoneinfo.ZoneInfo(event.timezone)
    starts = datetime.fromtimestamp(session.starts_ms / 1000, UTC).astimezone(zone)
    day = (starts.replace(tzinfo=None) - timedelta(minutes=event.day_ends_min)).date().isoformat()
    if day not in event.days:
        wrong = f"is on {day}, no day of the event"
        right = f"should be on one of {', '.join(event.days)}"
        document.mistake(location._replace(key="starts"), wrong, right)

"""Who is registered for the demo: people with tickets, venues and bookings, the same ones for the same seed."""

from random import Random

from access.event.definition import Event
from jianmen.demo.names import invent_name
from registry.roster.model import Form, Person

VENUE_SHARES = (0.5, 0.25, 0.25)
"""Of the venues in the order of the event file."""

TICKET_SHARES = {"delegate": 0.83, "speaker": 0.05, "media": 0.06, "online": 0.06}

SIGNED_SHARE = 0.06
"""Most badges were printed before the event, in the plain form."""

BOOKED_SHARE = 0.4
"""Of a venue's delegates, those who have booked the seminars there."""


def invent_people(event: Event, count: int, random: Random) -> list[Person]:
    """`count` registrants."""
    return [invent_person(event, f"R{number:05}", random) for number in range(1, count + 1)]


def invent_person(event: Event, ref: str, random: Random, form: Form | None = None) -> Person:
    """Somebody with a ticket for one venue and perhaps its seminars; speakers may go anywhere."""
    name, organisation, language = invent_name(random)
    ticket = random.choices([*TICKET_SHARES], [*TICKET_SHARES.values()])[0]
    venues = [venue.id for venue in event.venues]
    venue = random.choices(venues, VENUE_SHARES[: len(venues)])[0]
    books = ticket == "delegate" and random.random() < BOOKED_SHARE
    return Person(
        ref=ref,
        ticket=ticket,
        venues=None if ticket == "speaker" else (venue,),
        sessions=sessions_at(event, venue) if books else (),
        name=name,
        organisation=organisation,
        language=language,
        form=form or ("signed" if random.random() < SIGNED_SHARE else "plain"),
    )


def staff_person() -> Person:
    """The one who stands at the seminar door."""
    return Person(ref="STAFF", ticket="staff", name="门口 小姐", language="zh-Hans")


def sessions_at(event: Event, venue: str) -> tuple[str, ...]:
    """The sessions in the rooms of a venue."""
    rooms = {area.id for area in event.areas if area.venue == venue}
    return tuple(session.id for session in event.sessions if session.area in rooms)

"""What the staff screen shows of an answer and of a person, besides the name: as JSON, in every language."""

from datetime import datetime
from typing import Any

from access.event.definition import Names, Role
from access.event.programme import Programme
from access.rules.overrides import override
from config.languages import languages
from kiosk.door.door import Answer, Door
from kiosk.screen.attendee_screen import answer_screen
from kiosk.screen.name_on_card import Person
from kiosk.screen.phrases import area_name, named
from kiosk.screen.sentences import session_called_off

Named = dict[str, str]
"""A name in every language, none missing."""


def in_all(names: Names) -> Named:
    """A name of the event in every language."""
    return {language: named(names, language) for language in languages()}


def area_in_all_languages(programme: Programme, area: str) -> Named:
    """The name of a venue or an area in every language."""
    return {language: area_name(programme, area, language) for language in languages()}


def about(door: Door, badge: bytes | None) -> dict[str, Any]:
    """`ticket` (None: not on the roster), `booked` sessions, and where the person is `inside` (None: outside), with
    `since` in the event's time."""
    if not badge:
        return {"ticket": None, "booked": [], "inside": None, "since": None}
    programme, history = door.programme, door.history(badge)
    newest = history.newest()
    ticket = programme.ticket(newest.claims.ticket) if newest is not None else None
    bits = newest.claims.sessions if newest is not None else 0
    area = history.whereabouts(door.now().at_ms).location
    moves = history.moves
    return {
        "ticket": in_all(ticket.name) if ticket is not None else None,
        "booked": [
            in_all(session.name)
            for session in programme.sessions.values()
            if bits >> programme.session_bit[session.id] & 1
        ],
        "inside": area_in_all_languages(programme, area) if area in programme.area_tree else None,
        "since": _hour(programme, moves[-1].order.at_ms) if area is not None and moves else None,
    }


def answer_json(answer: Answer, programme: Programme) -> dict[str, Any]:
    """An answer as JSON, with the texts that were shown to the person, in each language; which session is `cancelled`,
    where doors are shut for that (None: not)."""
    cancelled = session_called_off(answer, programme)
    screens = {
        language: answer_screen(answer, programme, Person("", language), (language,))
        for language in languages()
    }
    return {
        "verdict": answer.decision.verdict,
        "reason": answer.decision.reason,
        "opens": answer.decision.opens,
        "cancelled": in_all(cancelled.name) if cancelled is not None else None,
        "receipt": answer.receipt,
        "says": {
            language: [screen.wordings[0].headline, *screen.wordings[0].lines]
            for language, screen in screens.items()
        },
    }


def may_let_in(door: Door, answer: Answer, roles: frozenset[Role]) -> bool:
    """Whether staff with these roles may let in whoever got this answer."""
    decision = answer.decision
    return not decision.opens and door.gate.lets_in and override(decision, roles, None).opens


def _hour(programme: Programme, at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, programme.zone).strftime("%H:%M")

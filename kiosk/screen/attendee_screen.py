"""What stands on the attendee screen: made from an answer of the door, or from the state it is in.

A screen is plain data in the languages to be shown; the page only lays it out. A name is on it only in masked form,
and only where the badge itself opened its name card.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal

import msgspec
from babel.dates import format_date
from babel.lists import format_list

from access.event.definition import LANGUAGES, Direction, Gate, Language, Names, Verdict
from access.event.programme import Programme
from access.log.receipt import gate_code
from access.rules.decide import Decision
from hardware.ports.signals import Light
from kiosk.door.door import Answer
from kiosk.door.readiness import Cause
from kiosk.screen.name_on_card import Person
from web.texts import LOCALES, catalogue, text

Shape = Literal["badge", "tick", "arrow", "hand", "cross", "wrench", "clock", "exit"]
Tone = Literal["idle", "admit", "flagged", "ask", "refuse", "fault", "info", "fire"]

Notice = Literal[
    "idle_in", "idle_out", "starting", "not_enrolled", "not_ready", "out_of_order", "camera_lost",
    "no_camera", "show_one", "hold_still", "come_closer", "further_away",
    "hold_straight", "too_dark", "turn_from_light", "brighter_phone", "fire", "failed", "no_contact",
    "staff_card", "spare",
]  # fmt: skip
"""A state of the door itself; its texts are `notice.…` and `notice_lines.…` of the catalogue."""


class Say(msgspec.Struct, frozen=True):
    """One language's part of a screen."""

    language: Language
    headline: str
    lines: tuple[str, ...] = ()


class Screen(msgspec.Struct, frozen=True, kw_only=True):
    """A whole screen. `shape` says with a form what `tone` says with a colour; `cause` is for whoever mends a door."""

    state: Literal["notice", "answer"]
    tone: Tone
    shape: Shape
    say: tuple[Say, ...]
    title: tuple[Say, ...] = ()
    receipt: str = ""
    staffed: bool = False
    cause: str = ""


TONES: dict[Verdict, Tone] = {
    "admit": "admit",
    "admit_flagged": "flagged",
    "ask_staff": "ask",
    "refuse": "refuse",
}
SHAPES: dict[Tone, Shape] = {
    "admit": "tick",
    "flagged": "arrow",
    "ask": "hand",
    "refuse": "cross",
    "info": "clock",
}
LIGHTS: dict[Tone, Light] = {
    "admit": Light.ADMIT,
    "flagged": Light.FLAGGED,
    "ask": Light.ASK,
    "refuse": Light.REFUSE,
}

_NOTICE_LOOKS: dict[Notice, tuple[Tone, Shape]] = {
    "idle_in": ("idle", "badge"),
    "idle_out": ("idle", "badge"),
    "starting": ("info", "clock"),
    "not_enrolled": ("fault", "wrench"),
    "not_ready": ("fault", "wrench"),
    "out_of_order": ("fault", "wrench"),
    "camera_lost": ("fault", "wrench"),
    "no_camera": ("idle", "badge"),
    "show_one": ("info", "hand"),
    "hold_still": ("info", "badge"),
    "come_closer": ("info", "badge"),
    "further_away": ("info", "badge"),
    "hold_straight": ("info", "badge"),
    "too_dark": ("info", "badge"),
    "turn_from_light": ("info", "badge"),
    "brighter_phone": ("info", "badge"),
    "fire": ("fire", "exit"),
    "failed": ("fault", "wrench"),
    "no_contact": ("fault", "wrench"),
    "staff_card": ("info", "badge"),
    "spare": ("fault", "wrench"),
}


def languages(first: Language) -> tuple[Language, ...]:
    """All three, the kiosk's own first."""
    return (first, *(language for language in LANGUAGES if language != first))


def named(names: Names, language: Language) -> str:
    """A name of the event in a language, or in English where it has none in that one."""
    return names.get(language) or names["en"]


def place_name(programme: Programme, place: str, language: Language) -> str:
    """The name of a venue or an area."""
    known = programme.venues.get(place) or programme.areas[place]
    return named(known.name, language)


def title(programme: Programme, gate: Gate, order: Sequence[Language]) -> tuple[Say, ...]:
    """The event, and below it the place that the gate leads to and the gate's code."""
    code = gate_code(programme, gate.id)
    venue = programme.venue_of(gate.area)
    said = []
    for language in order:
        places = [place_name(programme, venue, language)]
        if gate.area != venue:
            places.append(place_name(programme, gate.area, language))
        where = " · ".join([*places, code])
        said.append(Say(language, named(programme.event.name, language), (where,)))
    return tuple(said)


def notice(
    what: Notice,
    order: Sequence[Language],
    *,
    head: tuple[Say, ...] = (),
    staffed: bool = False,
    cause: Cause | None = None,
) -> Screen:
    """A state of the door itself, in all languages; its cause in the kiosk's own."""
    tone, shape = _NOTICE_LOOKS[what]
    say = tuple(
        Say(
            language,
            text(f"notice.{what}", language),
            tuple(catalogue(language).get(f"notice_lines.{what}", "").splitlines()),
        )
        for language in order
    )
    return Screen(
        state="notice",
        tone=tone,
        shape=shape,
        say=say,
        title=head,
        staffed=staffed,
        cause=text(f"cause.{cause}", order[0]) if cause is not None else "",
    )


def answer_screen(
    answer: Answer, programme: Programme, person: Person | None, order: Sequence[Language]
) -> Screen:
    """What the person who held up a badge is told: in their own language where it is known, else in all."""
    gate = programme.gates[answer.presented.gate]
    tone = tone_of(answer.decision)
    if answer.repeat and answer.decision.opens and not answer.opens:
        tone = "info"  # the first answer again, and nobody may take it for leave to pass
    spoken = (person.language,) if person is not None else tuple(order)
    name = person.masked if person is not None and answer.decision.opens else ""
    say = tuple(_say(answer, programme, gate, language, name) for language in spoken)
    return Screen(
        state="answer",
        tone=tone,
        shape=SHAPES[tone],
        say=say,
        title=title(programme, gate, spoken),
        receipt=answer.receipt,
        staffed=gate.mode == "staffed",
    )


def tone_of(decision: Decision) -> Tone:
    """The look of an answer, on the screen and in the lights."""
    return TONES[decision.verdict]


def _say(answer: Answer, programme: Programme, gate: Gate, language: Language, name: str) -> Say:
    decision = answer.decision
    lines: list[str] = []
    if decision.opens:
        headline = _opening(decision, answer.presented.direction, language, name)
    elif decision.verdict == "ask_staff":
        headline = text("attendee.one_moment", language)
        staffed = gate.mode == "staffed"
        lines.append(text(f"attendee.next.{'staff_comes' if staffed else 'help_desk'}", language))
    else:
        # A badge that is good at no venue at all is told so without naming any.
        nowhere = decision.reason == "wrong_venue" and not decision.next.venues
        headline = text(
            f"attendee.refused.{'not_entitled' if nowhere else decision.reason}",
            language,
            venues=_places(programme, decision.next.venues, language),
            here=place_name(programme, programme.venue_of(gate.area), language),
            area=place_name(programme, gate.area, language),
        )
    if added := catalogue(language).get(f"attendee.added.{decision.reason}"):
        lines.insert(0, added)
    if decision.verdict == "refuse":
        lines += _ahead(decision, programme, gate, answer.moment.at_ms, language)
    if answer.repeat:
        lines.append(text("attendee.added.repeat", language))
    return Say(language, headline, tuple(lines))


def _opening(decision: Decision, direction: Direction, language: Language, name: str) -> str:
    if direction == "out":
        return text("attendee.goodbye", language)
    back = decision.reason == "reentry"
    if name:
        key = "attendee.welcome_back_name" if back else "attendee.welcome_name"
        return text(key, language, name=name)
    return text("attendee.welcome_back" if back else "attendee.welcome", language)


def _ahead(
    decision: Decision, programme: Programme, gate: Gate, now_ms: int, language: Language
) -> list[str]:
    """Where and when instead."""
    hint = decision.next
    lines = []
    if hint.venues and decision.reason != "wrong_venue":
        venues = _places(programme, hint.venues, language)
        lines.append(text("attendee.next.venues", language, venues=venues))
    if hint.days:
        days = [day_name(day, language) for day in hint.days]
        listed = format_list(days, locale=LOCALES[language])
        lines.append(text("attendee.next.days", language, days=listed))
    session = programme.sessions.get(hint.session or "")
    if session is not None and hint.area is not None and hint.at_ms is not None:
        lines.append(named(session.name, language))
        lines.append(
            text(
                "attendee.next.session_at",
                language,
                area=_whole_place(programme, hint.area, gate, language),
                time=time_name(programme, hint.at_ms, now_ms, language),
            )
        )
    if hint.standby_ms is not None:
        when = time_name(programme, hint.standby_ms, now_ms, language)
        lines.append(text("attendee.next.standby", language, time=when))
    if hint.gates:
        codes = [gate_code(programme, other) for other, _ in hint.gates]
        listed = format_list(codes, locale=LOCALES[language], style="or")
        lines.append(text("attendee.next.gates", language, gates=listed))
    elif hint.help_desk and decision.reason != "online_only":
        here = "staff_here" if gate.mode == "staffed" else "help_desk"
        lines.append(text(f"attendee.next.{here}", language))
    return lines


def _places(programme: Programme, places: Sequence[str], language: Language) -> str:
    names = [place_name(programme, place, language) for place in places]
    return format_list(names, locale=LOCALES[language], style="or") if names else ""


def _whole_place(programme: Programme, place: str, gate: Gate, language: Language) -> str:
    """An area, with its city where it is another one than this gate's."""
    venue = programme.venue_of(place)
    name = place_name(programme, place, language)
    if venue in (place, programme.venue_of(gate.area)):
        return name
    return f"{place_name(programme, venue, language)} · {name}"


def day_name(day: str, language: Language) -> str:
    """An ISO date as people say it, with the day of the week."""
    pattern = "EEEE d MMMM" if language == "en" else "M月d日 EEEE"
    return format_date(date.fromisoformat(day), pattern, locale=LOCALES[language])


def time_name(programme: Programme, at_ms: int, now_ms: int, language: Language) -> str:
    """An instant in the event's zone: the hour, and the day if it is not today."""
    hour = datetime.fromtimestamp(at_ms / 1000, programme.zone).strftime("%H:%M")
    day = programme.day_of(at_ms)
    if day == programme.day_of(now_ms):
        return hour
    return f"{day_name(programme.day_name(day), language)} {hour}"

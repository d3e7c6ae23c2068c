"""What stands on the attendee screen: made from an answer of the door, or from the state it is in.

A screen is plain data in the languages to be shown; the page only lays it out. A name is on it only in masked form,
and only where the badge itself opened its name card. Where the reader's language is not known the headlines stand in
all languages, and what no language is needed for (a time, a room, the help desk) once, as facts.
"""

from collections.abc import Sequence
from typing import Literal

import msgspec

from access.event.definition import Arrow, Gate, Language, Verdict
from access.event.programme import Programme
from access.log.receipt import gate_code
from access.rules.decide import Decision
from hardware.ports.signals import Light
from kiosk.door.door import Answer
from kiosk.door.readiness import Cause
from kiosk.screen import sentences
from kiosk.screen.name_on_card import Person
from kiosk.screen.phrases import area_name, named
from kiosk.screen.sentences import Wording
from web.texts import catalogue, text

__all__ = [
    "LIGHTS",
    "Notice",
    "Screen",
    "Wording",
    "answer_screen",
    "area_name",
    "notice",
    "title",
    "tone_of",
]  # fmt: skip

Shape = Literal[
    "badge", "tick", "ticked", "arrow", "desk", "cross", "wrench", "clock", "exit", "one", "still", "nearer", "further",
    "straight", "dark", "glare", "phone", "printer",
]  # fmt: skip
Tone = Literal["idle", "admit", "flagged", "ask", "refuse", "fault", "info", "fire"]

Notice = Literal[
    "idle_in", "idle_out", "starting", "not_enrolled", "not_ready", "out_of_order", "camera_lost",
    "no_camera", "show_one", "hold_still", "come_closer", "further_away",
    "hold_straight", "too_dark", "turn_from_light", "brighter_phone", "fire", "failed", "no_contact",
    "staff_card", "spare", "idle_print", "printer_down",
    "no_network", "other_code", "network_code", "joining", "wifi_joined", "wifi_wrong_password", "wifi_not_found",
    "wifi_no_adapter", "wifi_no_manager", "wifi_failed", "wifi_unsupported", "wifi_damaged",
    "enrolling", "enrolled", "enrol_unreachable", "enrol_refused", "enrol_failed", "enrol_unanswered",
]  # fmt: skip
"""A state of the door itself; its texts are `notice.…` and `notice_lines.…` of the catalogue."""

EnrolmentOutcome = Literal["enrolled", "enrol_unreachable", "enrol_refused", "enrol_failed"]
"""What came of an enrolment code that the door has read."""


Action = Literal["print", "cancel", "came_out", "did_not"]
"""What somebody before a kiosk that prints may answer."""


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """Something asked of the person before the screen: its number in this run of the door, and the answers offered,
    each with its words by language; the first is the one expected."""

    number: int
    answers: tuple[tuple[Action, dict[Language, str]], ...]


class Screen(msgspec.Struct, frozen=True, kw_only=True):
    """All that a screen shows. `shape` repeats by a form what `tone` tells by a colour; `cause` is for whoever repairs
    the door.

    `wordings` (`say` in JSON) are shown at first. `each` is the same answer in full in every language, for people who
    ask for theirs; a notice is complete in `wordings`. `facts` can be read in any language; `arrow` points to the help
    desk. `out`: it answers somebody who leaves. `preview`: the page may show what the camera sees. `question`:
    answered by touching the screen.
    """

    state: Literal["notice", "answer"]
    tone: Tone
    shape: Shape
    wordings: tuple[Wording, ...] = msgspec.field(name="say")
    title: tuple[Wording, ...] = ()
    gate: str = ""
    each: tuple[Wording, ...] = ()
    facts: tuple[str, ...] = ()
    arrow: Arrow | None = None
    out: bool = False
    receipt: str = ""
    staffed: bool = False
    cause: str = ""
    preview: bool = False
    question: Question | None = None


TONES: dict[Verdict, Tone] = {
    "admit": "admit",
    "admit_flagged": "flagged",
    "ask_staff": "ask",
    "refuse": "refuse",
}
SHAPES: dict[Tone, Shape] = {
    "admit": "tick",
    "flagged": "arrow",
    "ask": "desk",
    "refuse": "cross",
    "info": "ticked",
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
    "show_one": ("info", "one"),
    "hold_still": ("info", "still"),
    "come_closer": ("info", "nearer"),
    "further_away": ("info", "further"),
    "hold_straight": ("info", "straight"),
    "too_dark": ("info", "dark"),
    "turn_from_light": ("info", "glare"),
    "brighter_phone": ("info", "phone"),
    "fire": ("fire", "exit"),
    "failed": ("fault", "wrench"),
    "no_contact": ("fault", "wrench"),
    "staff_card": ("info", "badge"),
    "spare": ("fault", "wrench"),
    "idle_print": ("idle", "badge"),
    "printer_down": ("fault", "printer"),
    "no_network": ("fault", "wrench"),
    "other_code": ("info", "badge"),
    "network_code": ("info", "badge"),
    "joining": ("info", "clock"),
    "wifi_joined": ("info", "ticked"),
    "wifi_wrong_password": ("fault", "wrench"),
    "wifi_not_found": ("fault", "wrench"),
    "wifi_no_adapter": ("fault", "wrench"),
    "wifi_no_manager": ("fault", "wrench"),
    "wifi_failed": ("fault", "wrench"),
    "wifi_unsupported": ("fault", "wrench"),
    "wifi_damaged": ("fault", "wrench"),
    "enrolling": ("info", "clock"),
    "enrolled": ("info", "ticked"),
    "enrol_unreachable": ("fault", "wrench"),
    "enrol_refused": ("fault", "wrench"),
    "enrol_failed": ("fault", "wrench"),
    "enrol_unanswered": ("fault", "wrench"),
}


_PREVIEWED: frozenset[Notice] = frozenset({
    "idle_in", "idle_out", "show_one", "hold_still", "come_closer", "further_away", "hold_straight", "too_dark",
    "turn_from_light", "brighter_phone", "idle_print", "not_enrolled", "no_network", "other_code", "network_code",
})  # fmt: skip
"""While these stand, somebody may be aiming a code at the camera."""


def title(programme: Programme, gate: Gate, order: Sequence[Language]) -> tuple[Wording, ...]:
    """The event's name, and below it the venue or area that the gate leads to."""
    venue = programme.venue_of(gate.area)
    titles = []
    for language in order:
        where = area_name(programme, venue, language)
        if gate.area != venue:
            area = area_name(programme, gate.area, language)
            where = text("attendee.place", language, city=where, area=area)
        titles.append(Wording(language, named(programme.event.name, language), (where,)))
    return tuple(titles)


def notice(
    what: Notice,
    order: Sequence[Language],
    *,
    head: tuple[Wording, ...] = (),
    gate: str = "",
    staffed: bool = False,
    cause: Cause | None = None,
) -> Screen:
    """A state of the door itself, in all languages; its cause in the kiosk's own. `gate` is the code of the gate."""
    tone, shape = _NOTICE_LOOKS[what]
    wordings = tuple(
        Wording(
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
        wordings=wordings,
        title=head,
        gate=gate,
        staffed=staffed,
        cause=text(f"cause.{cause}", order[0]) if cause is not None else "",
        preview=what in _PREVIEWED,
    )


def answer_screen(
    answer: Answer,
    programme: Programme,
    person: Person | None,
    order: Sequence[Language],
    booked: frozenset[str] = frozenset(),
) -> Screen:
    """The screen for the person who presented a badge: in their own language where it is known, else in all.

    `booked` are the ids of the sessions that they have booked.
    """
    gate = programme.gates[answer.presented.gate]
    tone = tone_of(answer.decision)
    if answer.repeat and answer.decision.opens and not answer.opens:
        tone = "info"  # the first answer again, and nobody may take it for leave to pass
    name = person.masked if person is not None and answer.decision.opens else ""
    context = sentences.AnswerContext(answer, programme, gate, name, booked, again=tone == "info")
    each = tuple(sentences.wording(context, language) for language in order)
    spoken: tuple[Wording, ...]
    if person is not None:
        spoken = (
            next(
                (one for one in each if one.language == person.language),
                sentences.wording(context, person.language),
            ),
        )
    else:
        spoken = tuple(
            each if len(order) == 1 else (Wording(one.language, one.headline) for one in each)
        )
    return Screen(
        state="answer",
        tone=tone,
        shape=SHAPES[tone],
        wordings=spoken,
        title=title(programme, gate, [one.language for one in spoken]),
        gate=gate_code(programme, gate.id),
        each=each,
        facts=sentences.facts(context, order) if len(spoken) > 1 else (),
        arrow=gate.help_arrow if sentences.sends_to_help_desk(context) else None,
        out=answer.presented.direction == "out",
        receipt=answer.receipt,
        staffed=gate.mode == "staffed",
    )


def tone_of(decision: Decision) -> Tone:
    """The look of an answer, on the screen and in the lights."""
    return TONES[decision.verdict]

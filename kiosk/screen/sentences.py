"""The texts of an answer: what to do, where and when, in one language; and as facts for any language."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import msgspec

from access.event.definition import Gate, Language, Names, Session
from access.event.programme import Programme
from access.log.receipt import gate_code
from access.rules.decide import Next
from access.rules.session_times import cancelled_session
from kiosk.door.door import Answer
from kiosk.screen.phrases import (
    area_name,
    day_name,
    full_area_name,
    hour_name,
    in_two_scripts,
    named,
    one_of,
    other_day,
    short_day_name,
    time_name,
    two_scripts,
    whole,
)
from web.texts import catalogue, text

SHUT = ("no_session", "too_late", "too_early")
"""Reasons of doors that are shut at this time, which a session that was cancelled may be why of."""

ONE_LINE = 24
"""Characters of a name that can be asked to stand on one line."""


class Wording(msgspec.Struct, frozen=True):
    """One language's part of a screen. What stands between the marks of an isolate is not to be broken. `spoken`: the
    phrases of it that may be said aloud, what to do and where to go, never a name."""

    language: Language
    headline: str
    lines: tuple[str, ...] = ()
    name: str = ""
    spoken: tuple[str, ...] = ()


@dataclass(frozen=True)
class AnswerContext:
    """An answer, and whom it is for. `again`: the badge was let in a moment ago, and nothing opens now."""

    answer: Answer
    programme: Programme
    gate: Gate
    name: str = field(repr=False)
    booked: frozenset[str] = frozenset()
    again: bool = False

    @property
    def now_ms(self) -> int:
        return self.answer.moment.at_ms

    @property
    def hint(self) -> Next:
        return self.answer.decision.next

    @cached_property
    def ahead(self) -> list[Session]:
        """Today's sessions behind this gate that have not ended, cancelled ones too, in order."""
        programme, now_ms = self.programme, self.now_ms
        today = programme.day_of(now_ms)
        return sorted(
            (
                session
                for session in programme.sessions.values()
                if session.doors_close_ms > now_ms
                and programme.within(session.area, self.gate.area)
                and programme.day_of(session.starts_ms) == today
            ),
            key=lambda session: session.starts_ms,
        )

    @property
    def cancelled(self) -> Session | None:
        return session_called_off(self.answer, self.programme, self.booked)

    @property
    def at_help_desk(self) -> bool:
        """Whether help is at the help desk: nobody stands beside this gate."""
        return self.gate.mode == "self"


def session_called_off(
    answer: Answer, programme: Programme, booked: frozenset[str] = frozenset()
) -> Session | None:
    """The cancelled session that somebody came for, where that is why the doors are shut; None: it is not."""
    if answer.decision.reason not in SHUT:
        return None
    area = programme.gates[answer.presented.gate].area
    return cancelled_session(programme, area, booked, answer.moment.at_ms)


def wording(context: AnswerContext, language: Language) -> Wording:
    """The whole answer in a language."""
    written = _written(context, language)
    spoken = (written.headline, *_where_to(context, language))
    return msgspec.structs.replace(written, spoken=spoken)


def _where_to(context: AnswerContext, language: Language) -> list[str]:
    """Where they go, in a few words."""
    decision = context.answer.decision
    if context.again or context.answer.presented.direction == "out":
        return []
    if decision.opens:
        session = _next_session(context)
        return [] if session is None else [_session_line(context, session, language)]
    return [] if decision.verdict == "ask_staff" else _help(context, language)


def _written(context: AnswerContext, language: Language) -> Wording:
    decision = context.answer.decision
    if context.again:
        out = context.answer.presented.direction == "out"
        headline = text("attendee.repeat_out" if out else "attendee.repeat_in", language)
        walk_on, shut = text("attendee.walk_on", language), text("attendee.gate_shut", language)
        return Wording(language, headline, (walk_on, shut), whole(context.name))
    if decision.opens:
        return _opening(context, language)
    if decision.verdict == "ask_staff":
        headline = text(
            "attendee.ask.desk" if context.at_help_desk else "attendee.ask.staff", language
        )
        lines = [_refusal(context, language)]
        if context.at_help_desk:
            lines += _where_the_help_desk_is(context, language) or [
                text("attendee.ask.desk_can", language)
            ]
        return Wording(language, headline, tuple(lines))
    lines = [
        *_added(context, language),
        *_called_off_lines(context, language),
        *_instead(context, language),
        *_help(context, language),
    ]
    return Wording(language, _refusal(context, language), tuple(lines))


def facts(context: AnswerContext, order: Sequence[Language]) -> tuple[str, ...]:
    """What of the answer needs no language: days, times, rooms, gates, the help desk."""
    return tuple(dict.fromkeys(whole(fact) for fact in _facts(context, order) if fact))


def sends_to_help_desk(context: AnswerContext) -> bool:
    """Whether the answer sends somebody to the help desk."""
    return not context.answer.decision.opens and context.at_help_desk


def _opening(context: AnswerContext, language: Language) -> Wording:
    decision = context.answer.decision
    if context.answer.presented.direction == "out":
        return Wording(language, text("attendee.checked_out", language), (), whole(context.name))
    back = decision.reason == "reentry"
    headline = text("attendee.go_in_back" if back else "attendee.go_in", language)
    lines = [*_added(context, language), *_onward(context, language)]
    return Wording(language, headline, tuple(lines), whole(context.name))


def _added(context: AnswerContext, language: Language) -> list[str]:
    """Lines that explain the reason itself."""
    reason = context.answer.decision.reason
    found = catalogue(language).get(f"attendee.added.{reason}")
    return [found.format(here=whole(_here(context, language)))] if found else []


def _called_off_lines(context: AnswerContext, language: Language) -> Iterator[str]:
    """Which session is cancelled: its name alone where the headline shows it."""
    session = context.cancelled
    if session is None:
        return
    name = _kept(session.name, language)
    if context.answer.decision.reason == "too_early":
        yield text("attendee.cancelled_one", language, session=name)
    else:
        yield name


def _refusal(context: AnswerContext, language: Language) -> str:
    decision = context.answer.decision
    if context.cancelled is not None and decision.reason in ("no_session", "too_late"):
        return text("attendee.cancelled", language)
    venues = context.hint.venues
    # For a badge that is valid at no venue at all none is named.
    nowhere = decision.reason == "wrong_venue" and not venues
    return text(
        f"attendee.refused.{'not_entitled' if nowhere else decision.reason}",
        language,
        venues=one_of(
            (area_name(context.programme, venue, language) for venue in venues), language
        ),
        here=whole(_here(context, language)),
        area=whole(area_name(context.programme, context.gate.area, language)),
    )


def _here(context: AnswerContext, language: Language) -> str:
    return area_name(context.programme, context.programme.venue_of(context.gate.area), language)


def _instead(context: AnswerContext, language: Language) -> Iterator[str]:
    """Where and when instead, one idea a line."""
    hint, programme, decision = context.hint, context.programme, context.answer.decision
    if hint.venues and decision.reason != "wrong_venue":
        names = (area_name(programme, venue, language) for venue in hint.venues)
        yield text("attendee.next.venues", language, venues=one_of(names, language))
    if hint.days:
        *first, last = (day_name(day, language) for day in hint.days)
        # The mark between two days stays with the first of them.
        days = "".join(whole(day + text("format.and", language)) for day in first) + whole(last)
        yield text("attendee.next.days", language, days=days)
    session = programme.sessions.get(hint.session or "")
    if session is not None:
        yield _kept(session.name, language)
        if hint.area is not None:
            yield whole(full_area_name(programme, hint.area, context.gate, language))
    if hint.at_ms is not None:
        when = time_name(programme, hint.at_ms, context.now_ms, language)
        yield text("attendee.next.doors_open", language, time=when)
    if hint.standby_ms is not None:
        when = time_name(programme, hint.standby_ms, context.now_ms, language)
        yield text("attendee.next.standby", language, time=when)
    if hint.gates:
        codes = one_of((gate_code(programme, other) for other, _ in hint.gates), language)
        yield text("attendee.next.gates", language, gates=codes)


def _help(context: AnswerContext, language: Language) -> list[str]:
    """Who helps, and where they are."""
    if not context.at_help_desk:
        return [text("attendee.next.staff_here", language)]
    return _where_the_help_desk_is(context, language) or [text("attendee.next.help_desk", language)]


def _where_the_help_desk_is(context: AnswerContext, language: Language) -> list[str]:
    where = context.programme.venues[context.programme.venue_of(context.gate.area)].help
    if where is None:
        return []
    return [text("attendee.next.help_desk_at", language, where=_kept(where, language))]


# Where somebody goes who was let in.


def _onward(context: AnswerContext, language: Language) -> list[str]:
    lost = [
        text("attendee.cancelled_one", language, session=_kept(session.name, language))
        for session in context.ahead
        if session.cancelled and session.id in context.booked
    ]
    session = _next_session(context)
    if session is None:
        return lost
    return [*lost, _session_line(context, session, language), _kept(session.name, language)]


def _session_line(context: AnswerContext, session: Session, language: Language) -> str:
    """Where and when it begins."""
    area = area_name(context.programme, session.area, language)
    when = whole(hour_name(context.programme, session.starts_ms))
    booked = session.id in context.booked and session.area != context.gate.area
    key = "attendee.onward.booked" if booked else "attendee.onward.open"
    return text(key, language, area=whole(area), time=when)


def _kept(names: Names, language: Language) -> str:
    """A name on one line, unless it is as long as a sentence."""
    name = named(names, language)
    return whole(name) if len(name) <= ONE_LINE else name


def _next_session(context: AnswerContext) -> Session | None:
    """The session that they come for: the one that this gate let them into, else of those of today at this venue that
    have not ended the next one that they have booked, else the next that needs no booking."""
    programme, decision = context.programme, context.answer.decision
    if decision.session is not None:
        return programme.sessions.get(decision.session)
    ahead = [session for session in context.ahead if not session.cancelled]
    mine = [session for session in ahead if session.id in context.booked]
    open_to_all = [session for session in ahead if session.booking == "open"]
    return next(iter(mine or open_to_all), None)


# Facts.


def _facts(context: AnswerContext, order: Sequence[Language]) -> Iterator[str]:
    if context.again:
        yield from two_scripts(_in_all("walk_on", order), order)
        return
    if context.answer.decision.opens:
        if context.answer.decision.reason == "standby":
            yield in_two_scripts(_in_all("standby", order), order)
        session = None if context.answer.presented.direction == "out" else _next_session(context)
        if session is not None:
            yield from _session_facts(context, session, session.starts_ms, order)
        return
    hint, programme = context.hint, context.programme
    if context.answer.decision.reason != "wrong_venue":
        for venue in hint.venues:
            yield in_two_scripts(programme.venues[venue].name, order)
    for day in hint.days:
        yield _day_fact(day, order)
    session = programme.sessions.get(hint.session or "")
    if session is not None and hint.at_ms is not None:
        yield from _session_facts(context, session, hint.at_ms, order)
    elif hint.at_ms is not None:
        yield hour_name(programme, hint.at_ms)
    if hint.standby_ms is not None:
        yield f"{hour_name(programme, hint.standby_ms)} +"
    for gate, _ in hint.gates:
        yield f"→ {gate_code(programme, gate)}"
    yield from _help_facts(context, order)


def _help_facts(context: AnswerContext, order: Sequence[Language]) -> Iterator[str]:
    """Who helps with a refusal; where they are, if no arrow shows it."""
    if not context.at_help_desk and context.answer.decision.verdict == "ask_staff":
        return  # the headline says it
    who = "help_desk" if context.at_help_desk else "our_staff"
    yield in_two_scripts(_in_all(who, order), order)
    where = context.programme.venues[context.programme.venue_of(context.gate.area)].help
    if context.at_help_desk and where is not None and context.gate.help_arrow is None:
        yield in_two_scripts(where, order)


def _in_all(key: str, order: Sequence[Language]) -> Names:
    return {language: text(f"attendee.{key}", language) for language in order}


def _session_facts(
    context: AnswerContext, session: Session, at_ms: int, order: Sequence[Language]
) -> Iterator[str]:
    day = other_day(context.programme, at_ms, context.now_ms)
    if day is not None:
        yield _day_fact(day, order)
    yield hour_name(context.programme, at_ms)
    venue = context.programme.venue_of(session.area)
    if venue != context.programme.venue_of(context.gate.area):
        yield in_two_scripts(context.programme.venues[venue].name, order)
    if session.area != venue:
        yield in_two_scripts(context.programme.areas[session.area].name, order)


def _day_fact(day: str, order: Sequence[Language]) -> str:
    names = {language: short_day_name(day, language) for language in order}
    return in_two_scripts(names, order)

"""Why the rule book answered as it did: its rules in order, each with the facts it looked at.

`explain` walks the same table as `access.rules.decide`, so the two cannot diverge: a rule decides here if and only if
it decides there. What follows the table (an exit that opens all the same, the conditions) are steps without a number.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from access.event.definition import Session
from access.event.programme import CALENDAR_MS, Programme
from access.log.entry import Span
from access.rules.decide import (
    RULES,
    Case,
    Condition,
    Decision,
    Facts,
    Presented,
    Rule,
    conditions_of,
    opened_for_exit,
    qualify,
)
from access.rules.phrases import Phrase, phrase
from access.rules.session_times import booked, may_attend


@dataclass(frozen=True, slots=True)
class Step:
    """One rule and what it made of the case. `rule` is its number in the table (None: after the table), `phrase` why,
    with the facts it looked at, and `answer` what stands after this step (None: nothing yet)."""

    rule: int | None
    name: str
    spoke: bool
    phrase: Phrase
    answer: Decision | None = None

    @property
    def why(self) -> str:
        """The phrase as a short English sentence."""
        return self.phrase.english()


def explain(presented: Presented, facts: Facts, programme: Programme, at: Span) -> list[Step]:
    """The steps of a decision, up to the rule that spoke, then what qualified its answer. The answer of the last step
    is that of `decide`, and so are the errors raised."""
    case = Case(presented, facts, programme, at)
    rules = iter(RULES)
    steps = [_ask(case, *next(rules))]
    while (answer := steps[-1].answer) is None:
        steps.append(_ask(case, *next(rules)))
    return [*steps, *_afterwards(case, answer)]


def _ask(case: Case, number: int, rule: Rule) -> Step:
    answer = rule(case)
    name = rule.__name__
    if answer is not None and (number, answer.rule) == (5, 7):  # rule 7 speaks before rule 5
        number, name = 7, "revoked"
    return Step(number, name, answer is not None, _WHY[name](case), answer)


def _afterwards(case: Case, ruled: Decision) -> Iterator[Step]:
    if case.presented.direction == "out":
        opened = opened_for_exit(ruled)
        if opened != ruled:
            yield Step(None, "exit_opens", spoke=True, phrase=phrase("exit_opens"), answer=opened)
        return
    answer = qualify(case, ruled)
    for condition in conditions_of(case) if ruled.opens else ():
        policy = getattr(case.programme.policy, condition)
        names = answer.reason == condition
        why = phrase(
            "condition.changes" if names else "condition.stays",
            condition=_condition(case, condition),
            name=condition,
            policy=policy,
            verdict=answer.verdict,
        )
        yield Step(None, condition, names, why, answer)


def _condition(case: Case, condition: Condition) -> Phrase:
    if condition != "roster_stale":
        return phrase(f"condition.{condition}")
    minutes = (case.facts.roster_age_ms or 0) // 60_000
    limit = case.programme.policy.roster_stale_min
    return phrase("condition.roster_stale", minutes=minutes, limit=limit)


# Why each rule did or did not speak. These are asked only of rules that were reached, so what a rule may take for
# granted they may too.


def _not_a_badge(case: Case) -> Phrase:
    form = case.presented.form
    return phrase("form.none") if form is None else phrase(f"form.{form}")


def _other_event(case: Case) -> Phrase:
    if case.presented.form != "signed":
        return phrase("event.unnamed")
    return phrase("event.other" if case.presented.other_event else "event.this")


def _forged(case: Case) -> Phrase:
    kind = "signature" if case.presented.form == "signed" else "secret"
    match case.presented.proof:
        case "vouched":
            return phrase("proof.vouched")
        case None:
            return phrase(f"{kind}.unproven")
        case proof:
            return phrase(f"{kind}.{proof}")


def _unknown(case: Case) -> Phrase:
    policy = case.programme.policy.unknown
    if case.presented.form == "signed" and case.presented.proof is None:
        return phrase("roster.unproven", policy=policy)
    if case.facts.listed is not None:
        return phrase("roster.listed", issue=case.presented.issue or 0)
    if case.presented.form == "signed":
        return phrase("roster.own_claims")
    if case.needs_seat:
        return phrase("roster.unlisted_seat", policy=policy, seats=_seats(case))
    return phrase("roster.unlisted", policy=policy)


def _exits(case: Case) -> Phrase:
    if case.presented.direction == "in":
        return phrase("way.in")
    return phrase("way.out_inside" if case.inside else "way.out_not_inside")


def _revoked(case: Case) -> Phrase:
    return phrase("revoked.yes" if case.facts.revoked else "revoked.no")


def _superseded(case: Case) -> Phrase:
    issue, newest = case.presented.issue or 0, case.facts.newest_issue
    if newest > issue:
        return phrase("issue.higher", issue=issue, newest=newest)
    return phrase("issue.newest", issue=issue)


def _online_only(case: Case) -> Phrase:
    ticket = case.ticket
    if ticket is None:
        return phrase("ticket.none", number=case.sure_claims.ticket)
    return phrase("ticket.on_site" if ticket.on_site else "ticket.online", ticket=ticket.id)


def _wrong_venue(case: Case) -> Phrase:
    venue = case.programme.venue_of(case.gate.area)
    valid = _named(case.programme.venue_bit, case.sure_claims.venues)
    return phrase("venue.valid" if valid else "venue.nowhere", venue=venue, venues=valid)


def _wrong_day(case: Case) -> Phrase:
    day = case.programme.day_name(case.programme.day_of(case.at.lo))
    valid = _named(case.programme.day_bit, case.sure_claims.days)
    return phrase("day.valid" if valid else "day.never", day=_when(case, day), days=valid)


def _not_entitled(case: Case) -> Phrase:
    area = case.gate.area
    if case.programme.admits(case.sure_claims.ticket, area):
        return phrase("area.open", area=area)
    areas = case.ticket.areas if case.ticket is not None else ()
    return phrase("area.closed" if areas else "area.none", area=area, areas=areas)


def _session_doors(case: Case) -> Phrase:
    area = case.gate.area
    reason = case.timing.reason
    if reason in ("too_early", "too_late"):
        return phrase(f"doors.{reason}", area=area, now=_when(case, _local(case, case.at.lo)))
    if reason == "no_session":
        return phrase("doors.no_session", area=area)
    if case.timing.session is None:
        return phrase("doors.all_day", area=area)
    session = case.programme.sessions[case.timing.session]
    opens, closes = _local(case, session.doors_open_ms), _local(case, session.doors_close_ms)
    return phrase("doors.open", session=session.id, opens=opens, closes=closes)


def _not_booked(case: Case) -> Phrase:
    if case.timing.session is None:
        return phrase("booking.no_session")
    session = case.programme.sessions[case.timing.session]
    return phrase(
        f"booking.{_booking(case, session)}", session=session.id, **_standby(case, session)
    )


def _booking(case: Case, session: Session) -> str:
    if session.booking == "open":
        return "open"
    if booked(case.programme, case.sure_claims, session):
        return "booked"
    if may_attend(case.programme, case.sure_claims, session):
        return "exempt"
    if case.opening is not None:
        return "standby_now"
    return "no_standby" if session.standby_ms is None else "standby_later"


def _standby(case: Case, session: Session) -> dict[str, str]:
    return {} if session.standby_ms is None else {"standby": _local(case, session.standby_ms)}


def _already_inside(case: Case) -> Phrase:
    area, location = case.gate.area, case.facts.location
    if case.inside:
        where = phrase("inside.yes", area=area, place=location or "", reentry=case.gate.reentry)
    else:
        where = phrase("inside.no", area=area)
    if case.opening is not None and case.opening.standby:
        return phrase("inside.standby", where=where, seats=_seats(case))
    return where


def _seats(case: Case) -> Phrase:
    if case.facts.seats is None:
        return phrase("seats.no_capacity", area=case.gate.area)
    if case.exempt:
        return phrase("seats.exempt")
    if case.facts.holds_seat:
        return phrase("seats.has_one")
    return phrase("seats.left", seats=max(case.facts.seats, 0))


def _ok(_case: Case) -> Phrase:
    return phrase("nothing_against")


_WHY: Mapping[str, Callable[[Case], Phrase]] = {
    "not_a_badge": _not_a_badge,
    "other_event": _other_event,
    "forged": _forged,
    "unknown": _unknown,
    "exits": _exits,
    "revoked": _revoked,
    "superseded": _superseded,
    "online_only": _online_only,
    "wrong_venue": _wrong_venue,
    "wrong_day": _wrong_day,
    "not_entitled": _not_entitled,
    "session_doors": _session_doors,
    "not_booked": _not_booked,
    "already_inside": _already_inside,
    "full": _seats,
    "ok": _ok,
}


def _named(bits: Mapping[str, int], claimed: int) -> tuple[str, ...]:
    return tuple(name for name, bit in bits.items() if claimed >> bit & 1)


def _when(case: Case, first: str) -> str | Phrase:
    """A time as the clock knows it: what it is at the earliest, and that it may be later."""
    return first if case.at.exact else phrase("when.later", time=first)


def _local(case: Case, at_ms: int) -> str:
    """An instant in the event's zone, to the second."""
    earliest_ms, latest_ms = CALENDAR_MS
    at_ms = min(max(at_ms, earliest_ms), latest_ms)
    local = datetime.fromtimestamp(at_ms / 1000, case.programme.zone)
    return local.strftime("%Y-%m-%d %H:%M:%S")

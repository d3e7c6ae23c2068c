"""Why the rule book answered as it did: its rules in order, each with the facts it looked at.

`explain` walks the same table as `access.rules.decide`, so the two cannot diverge: a rule decides here if and only if
it decides there. What follows the table (an exit that opens all the same, the conditions) are steps without a number.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

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
from access.rules.session_times import booked, may_attend

Data = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Step:
    """One rule and what it made of the case. `rule` is its number in the table (None: after the table), `why` a short
    English sentence, `data` the facts it looked at, and `answer` what stands after this step (None: nothing yet)."""

    rule: int | None
    name: str
    spoke: bool
    why: str
    data: Data = field(default_factory=dict)
    answer: Decision | None = None


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
    why, data = _WHY[name](case)
    return Step(number, name, answer is not None, why, data, answer)


def _afterwards(case: Case, ruled: Decision) -> Iterator[Step]:
    if case.presented.direction == "out":
        opened = opened_for_exit(ruled)
        if opened != ruled:
            yield Step(None, "exit_opens", spoke=True, why="nobody is ever kept in", answer=opened)
        return
    answer = qualify(case, ruled)
    for condition in conditions_of(case) if ruled.opens else ():
        policy = getattr(case.programme.policy, condition)
        names = answer.reason == condition
        effect = f"is now {answer.verdict}" if names else "stays as it is"
        why = f"{_condition(case, condition)}; policy {condition} = {policy}: the answer {effect}"
        yield Step(None, condition, names, why, {"policy": policy}, answer)


def _condition(case: Case, condition: Condition) -> str:
    if condition == "unlisted":
        return "the badge is genuine, and not on the roster held here"
    if condition == "clock_unsure":
        return "the clock is not sure enough for the time rules"
    minutes = (case.facts.roster_age_ms or 0) // 60_000
    limit = case.programme.policy.roster_stale_min
    return f"the newest word of the registry is {minutes} minutes old, more than {limit}"


# Why each rule did or did not speak. These are asked only of rules that were reached, so what a rule may take for
# granted they may too.


def _not_a_badge(case: Case) -> tuple[str, Data]:
    form = case.presented.form
    if form is None:
        return "the text is neither a badge of ours nor an imported code", {"form": None}
    return f"it has the form of a {form} badge", {"form": form}


def _other_event(case: Case) -> tuple[str, Data]:
    if case.presented.form != "signed":
        return "only signed badges name their event", {}
    if case.presented.other_event:
        return "the badge names another event", {}
    return "the badge names this event", {}


def _forged(case: Case) -> tuple[str, Data]:
    signed = case.presented.form == "signed"
    why = {
        "proven": "a key of this event signed it" if signed else "its secret is the roster's",
        "failed": "no key of this event signed it" if signed else "its secret is not the roster's",
        "vouched": "staff vouches for it",
        None: "this door has not heard of the key that it names"
        if signed
        else "the roster has nothing to prove it by",
    }[case.presented.proof]
    return why, {"proof": case.presented.proof}


def _unknown(case: Case) -> tuple[str, Data]:
    data = {"issue": case.presented.issue, "policy": case.programme.policy.unknown}
    if case.presented.form == "signed" and case.presented.proof is None:
        return (
            f"nobody here can tell whether it is genuine; policy unknown = {data['policy']}",
            data,
        )
    if case.facts.listed is not None:
        return f"the roster lists issue {case.presented.issue} of this badge", data
    if case.presented.form == "signed":
        return "the roster does not list it, but it carries its own claims", data
    why = f"the roster does not list it; policy unknown = {data['policy']}"
    return f"{why}, and {_seats(case)}" if case.needs_seat else why, data


def _exits(case: Case) -> tuple[str, Data]:
    data = {"direction": case.presented.direction, "place": case.facts.location}
    if case.presented.direction == "in":
        return "this is the way in", data
    where = "inside" if case.inside else "not inside"
    return f"this is the way out, which opens; presence had the person {where}", data


def _revoked(case: Case) -> tuple[str, Data]:
    verb = "is" if case.facts.revoked else "is not"
    return f"the badge {verb} revoked", {"revoked": case.facts.revoked}


def _superseded(case: Case) -> tuple[str, Data]:
    issue, newest = case.presented.issue, case.facts.newest_issue
    data = {"issue": issue, "newest": newest}
    if newest > (issue or 0):
        return f"issue {newest} is known, and this is issue {issue}", data
    return f"no issue above {issue} is known", data


def _online_only(case: Case) -> tuple[str, Data]:
    ticket = case.ticket
    if ticket is None:
        number = case.sure_claims.ticket
        return f"the event has no ticket type of number {number}", {"ticket": number}
    where = "people on site" if ticket.on_site else "the live broadcast"
    return f"ticket type {ticket.id} is for {where}", {"ticket": ticket.id}


def _wrong_venue(case: Case) -> tuple[str, Data]:
    venue = case.programme.venue_of(case.gate.area)
    valid = _named(case.programme.venue_bit, case.sure_claims.venues)
    return f"valid at {_listed(valid)}; the gate is at {venue}", {"venue": venue, "valid": valid}


def _wrong_day(case: Case) -> tuple[str, Data]:
    today = case.programme.day_name(case.programme.day_of(case.at.lo))
    valid = _named(case.programme.day_bit, case.sure_claims.days)
    return f"valid on {_listed(valid)}; the day is {_when(case, today)}", {
        "today": today,
        "valid": valid,
    }


def _not_entitled(case: Case) -> tuple[str, Data]:
    area = case.gate.area
    areas = case.ticket.areas if case.ticket is not None else ()
    admits = "admits to" if case.programme.admits(case.sure_claims.ticket, area) else "does not"
    data = {"area": area, "areas": areas}
    if admits == "does not":
        return f"the ticket admits to {_listed(areas)}, which does not reach {area}", data
    return f"the ticket admits to {area}", data


def _session_doors(case: Case) -> tuple[str, Data]:
    area = case.gate.area
    now = _when(case, _local(case, case.at.lo))
    data = {"area": area, "session": case.timing.session}
    match case.timing.reason:
        case "too_early":
            return f"at {now} no doors in {area} are open yet", data
        case "too_late":
            return f"at {now} the day's last doors in {area} have closed", data
        case "no_session":
            return f"{area} has no session on this day", data
    if case.timing.session is None:
        return f"{area} has no sessions, so it is open all day", data
    session = case.programme.sessions[case.timing.session]
    opens, closes = _local(case, session.doors_open_ms), _local(case, session.doors_close_ms)
    return f"the doors of {session.id} are open from {opens} until {closes}", data


def _not_booked(case: Case) -> tuple[str, Data]:
    data: dict[str, object] = {"session": case.timing.session}
    if case.timing.session is None:
        return "there is no session to book", data
    session = case.programme.sessions[case.timing.session]
    has = booked(case.programme, case.sure_claims, session)
    data |= {"booking": session.booking, "booked": has}
    if session.booking == "open":
        return f"{session.id} needs no booking", data
    if has:
        return f"the badge has booked {session.id}", data
    if may_attend(case.programme, case.sure_claims, session):
        return f"the ticket needs no booking for {session.id}", data
    if case.opening is not None:
        return f"the badge has not booked {session.id}, which takes standby now", data
    if session.standby_ms is None:
        return f"the badge has not booked {session.id}, which takes no standby", data
    standby = _local(case, session.standby_ms)
    return f"the badge has not booked {session.id}, which takes standby from {standby}", data


def _already_inside(case: Case) -> tuple[str, Data]:
    location, area, reentry = case.facts.location, case.gate.area, case.gate.reentry
    data = {"place": location, "area": area, "reentry": reentry}
    standby = case.opening is not None and case.opening.standby
    if case.inside:
        why = f"presence has the person in {location}; re-entry at this gate is {reentry}"
    else:
        why = f"presence has the person outside {area}"
    if standby:
        why += f"; standby needs a seat, and {_seats(case)}"
    return why, data


def _full(case: Case) -> tuple[str, Data]:
    return _seats(case), {"seats": case.facts.seats, "holds_seat": case.facts.holds_seat}


def _seats(case: Case) -> str:
    if case.facts.seats is None:
        return f"{case.gate.area} has no capacity set"
    if case.exempt:
        return "the ticket type needs no seat"
    if case.facts.holds_seat:
        return "the person holds a seat of this gate already"
    return f"this gate has {max(case.facts.seats, 0)} seats left"


def _ok(_case: Case) -> tuple[str, Data]:
    return "nothing stands against it", {}


_WHY: Mapping[str, Callable[[Case], tuple[str, Data]]] = {
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
    "full": _full,
    "ok": _ok,
}


def _named(bits: Mapping[str, int], claimed: int) -> tuple[str, ...]:
    return tuple(name for name, bit in bits.items() if claimed >> bit & 1)


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names) or "nothing"


def _when(case: Case, first: str) -> str:
    """A time as the clock knows it: what it is at the earliest, and that it may be later."""
    return first if case.at.exact else f"{first} or later"


def _local(case: Case, at_ms: int) -> str:
    """An instant in the event's zone, to the second."""
    earliest_ms, latest_ms = CALENDAR_MS
    at_ms = min(max(at_ms, earliest_ms), latest_ms)
    local = datetime.fromtimestamp(at_ms / 1000, case.programme.zone)
    return local.strftime("%Y-%m-%d %H:%M:%S")

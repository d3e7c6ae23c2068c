"""Explanations: the rules in the order of the decision, each with its facts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from access.badge.credential import Claims
from access.event.definition import VERDICTS
from access.event.programme import Programme
from access.log.entry import Span
from access.rules.decide import RULES, Decision, Facts, Presented, decide
from access.rules.explain import Step, explain
from access.rules.phrases import phrase

ROOM = "chengdu-room-a-1"


def steps(
    programme: Programme,
    at: int | Span,
    gate: str = ROOM,
    claims: Claims | None = None,
    facts: dict[str, Any] | None = None,
    **more: Any,
) -> list[Step]:
    presented = Presented(
        gate, **({"direction": "in", "form": "plain", "issue": 1, "proof": "proven"} | more)
    )
    known = Facts(**({"listed": claims, "newest_issue": 1} | (facts or {})))
    span = at if isinstance(at, Span) else Span(at, at)
    return explain(presented, known, programme, span)


@pytest.fixture
def open_doors(instant: Callable[[str], int]) -> int:
    return instant("2020-11-17T14:00:00+08:00")


def test_a_let_in_is_explained_by_every_rule_that_did_not_stand_against_it(
    example: Programme, build: Any, open_doors: int
) -> None:
    delegate = build.claims(example, "delegate", ["industrialisation"])
    explained = steps(example, open_doors, claims=delegate, facts={"seats": 7})
    assert [(step.rule, step.name) for step in explained] == [(n, r.__name__) for n, r in RULES]
    assert [step.spoke for step in explained] == [False] * 15 + [True]
    assert [step.why for step in explained] == [
        "it has the form of a plain badge",
        "only signed badges name their event",
        "its secret is the roster's",
        "the roster lists issue 1 of this badge",
        "this is the way in",
        "the badge is not revoked",
        "no issue above 1 is known",
        "ticket type delegate is for people on site",
        "valid at chengdu, meishan, mianyang; the gate is at chengdu",
        "valid on 2020-11-17, 2020-11-18; the day is 2020-11-17",
        "the ticket admits to chengdu-room-a",
        "the doors of industrialisation are open from 2020-11-17 13:40:00 until 2020-11-17 16:00:00",
        "the badge has booked industrialisation",
        "presence has the person outside chengdu-room-a",
        "this gate has 7 seats left",
        "nothing stands against it",
    ]


# The text of each rule that decides: (case, rule, text).
SPOKEN: list[tuple[dict[str, Any], int, str]] = [
    ({"form": None}, 2, "the text is neither a badge of ours nor an imported code"),
    ({"form": "signed", "other_event": True}, 3, "the badge names another event"),
    ({"proof": "failed"}, 4, "its secret is not the roster's"),
    ({"form": "signed", "proof": "failed"}, 4, "no key of this event signed it"),
    (
        {"listed": None, "proof": None},
        5,
        "the roster does not list it; policy unknown = ask_staff",
    ),
    (
        {"listed": None, "proof": None, "seats": 0},
        5,
        "the roster does not list it; policy unknown = ask_staff, and this gate has 0 seats left",
    ),
    (
        {"direction": "out"},
        6,
        "this is the way out, which opens; presence had the person not inside",
    ),
    (
        {"direction": "out", "location": "chengdu-room-a"},
        6,
        "this is the way out, which opens; presence had the person inside",
    ),
    ({"revoked": True}, 7, "the badge is revoked"),
    ({"newest_issue": 3}, 8, "issue 3 is known, and this is issue 1"),
    ({"ticket": "online"}, 9, "ticket type online is for the live broadcast"),
    ({"venues": ["meishan"]}, 10, "valid at meishan; the gate is at chengdu"),
    ({"days": []}, 11, "valid on nothing; the day is 2020-11-17"),
    (
        {"ticket": "media"},
        12,
        ("the ticket admits to chengdu, chengdu-hall, meishan, mianyang, which does not reach "
        "chengdu-room-a"),
    ),
    ({"at": "13:00"}, 13, "at 2020-11-17 13:00:00 no doors in chengdu-room-a are open yet"),
    ({"at": "16:00"}, 13, "at 2020-11-17 16:00:00 the day's last doors in chengdu-room-a have closed"),
    (
        {"sessions": []},
        14,
        "the badge has not booked industrialisation, which takes standby from 2020-11-17 14:10:00",
    ),
    (
        {"location": "chengdu-room-a"},
        15,
        "presence has the person in chengdu-room-a; re-entry at this gate is exit_first",
    ),
    (
        {"sessions": [], "at": "14:10", "seats": 0},
        15,
        ("presence has the person outside chengdu-room-a; standby needs a seat, and this gate has "
        "0 seats left"),
    ),
    ({"seats": -2}, 16, "this gate has 0 seats left"),
]  # fmt: skip


@pytest.mark.parametrize(("case", "rule", "why"), SPOKEN)
def test_a_rule_that_spoke_says_why(
    example: Programme,
    build: Any,
    instant: Callable[[str], int],
    case: dict[str, Any],
    rule: int,
    why: str,
) -> None:
    case = dict(case)
    at = instant(f"2020-11-17T{case.pop('at', '14:00')}:00+08:00")
    claims = build.claims(
        example,
        case.pop("ticket", "delegate"),
        case.pop("sessions", ["industrialisation"]),
        case.pop("venues", None),
        case.pop("days", None),
    )
    known = {name: case.pop(name) for name in list(case) if name in Facts.__struct_fields__}
    explained = steps(example, at, claims=claims, facts=known, **case)
    spoke = next(step for step in explained if step.spoke)
    assert (spoke.rule, spoke.why) == (rule, why)
    assert [step.rule for step in explained if step.rule] == [n for n, _ in RULES if n <= rule]


def why(explained: list[Step], name: str) -> str:
    return next(step.why for step in explained if step.name == name)


def test_what_a_rule_looked_at_stands_beside_its_text(
    example: Programme, build: Any, open_doors: int
) -> None:
    delegate = build.claims(example, "delegate", venues=["meishan"])
    step = steps(example, open_doors, claims=delegate)[-1]
    assert step.phrase == phrase("venue.valid", venue="chengdu", venues=("meishan",))
    assert step.answer is not None
    assert step.answer.next.venues == ("meishan",)


def test_rules_that_were_satisfied_in_other_ways_say_so(
    example: Programme, build: Any, instant: Callable[[str], int], open_doors: int
) -> None:
    delegate = build.claims(example, "delegate")
    hall = instant("2020-11-17T09:00:00+08:00")
    vouched = steps(example, hall, "chengdu-hall-1", delegate, proof="vouched")
    assert why(vouched, "forged") == "staff vouches for it"
    assert why(vouched, "not_booked") == "opening needs no booking"
    assert why(vouched, "full") == "chengdu-hall has no capacity set"
    foyer = steps(example, hall, "chengdu-main-1", delegate)
    assert why(foyer, "session_doors") == "chengdu has no sessions, so it is open all day"
    assert why(foyer, "not_booked") == "there is no session to book"
    crew = build.claims(example, "staff", ["industrialisation"])
    assert why(steps(example, open_doors, claims=crew, facts={"seats": 0}), "full") == (
        "the ticket type needs no seat"
    )
    seated = {"seats": 0, "holds_seat": True}
    booked = build.claims(example, "delegate", ["industrialisation"])
    assert why(steps(example, open_doors, claims=booked, facts=seated), "full") == (
        "the person holds a seat of this gate already"
    )
    exempt = tuple(replace(one, booking_exempt=True) for one in example.event.tickets)
    anywhere = Programme(replace(example.event, tickets=exempt))
    assert why(steps(anywhere, open_doors, claims=delegate), "not_booked") == (
        "the ticket needs no booking for industrialisation"
    )
    standby = steps(example, open_doors + 600_000, claims=delegate, facts={"seats": 1})
    assert why(standby, "not_booked") == (
        "the badge has not booked industrialisation, which takes standby now"
    )
    never = instant("2020-11-18T14:00:00+08:00")
    assert why(steps(example, never, claims=delegate), "not_booked") == (
        "the badge has not booked supply-chain, which takes no standby"
    )
    lost = steps(example, open_doors, claims=Claims(99, 255, 0, 255))
    assert why(lost, "online_only") == "the event has no ticket type of number 99"
    assert why(lost, "not_entitled") == (
        "the ticket admits to nothing, which does not reach chengdu-room-a"
    )
    nowhere = build.claims(example, "delegate", days=["2020-11-18"])
    other_day = instant("2020-11-18T10:00:00+08:00")
    assert why(steps(example, other_day, "chengdu-room-b-1", nowhere), "session_doors") == (
        "chengdu-room-b has no session on this day"
    )


def test_a_signed_badge_of_an_unknown_key_is_explained(
    example: Programme, build: Any, open_doors: int
) -> None:
    claims = build.claims(example, "delegate", ["industrialisation"])
    explained = explain(
        Presented(ROOM, "in", "signed", b"badge", 1, None, claims),
        Facts(),
        example,
        Span(open_doors, open_doors),
    )
    assert why(explained, "forged") == "this door has not heard of the key that it names"
    assert why(explained, "unknown") == (
        "nobody here can tell whether it is genuine; policy unknown = ask_staff"
    )


def test_an_unlisted_badge_and_an_unsure_clock_are_steps_after_the_table(
    example: Programme, build: Any, open_doors: int
) -> None:
    claims = build.claims(example, "delegate", ["industrialisation"])
    explained = explain(
        Presented(ROOM, "in", "signed", b"badge", 1, "proven", claims),
        Facts(roster_age_ms=300 * 60_000),
        example,
        Span(open_doors - 3_600_000, open_doors),
    )
    assert why(explained, "forged") == "a key of this event signed it"
    assert why(explained, "other_event") == "the badge names this event"
    assert why(explained, "unknown") == "the roster does not list it, but it carries its own claims"
    assert why(explained, "wrong_day").endswith("the day is 2020-11-17 or later")
    assert [(s.rule, s.name, s.spoke, s.why) for s in explained[-3:]] == [
        (
            None, "unlisted", True,
            ("the badge is genuine, and not on the roster held here; policy unlisted = "
            "admit_flagged: the answer is now admit_flagged"),
        ),
        (
            None, "clock_unsure", False,
            ("the clock is not sure enough for the time rules; policy clock_unsure = "
            "admit_flagged: the answer stays as it is"),
        ),
        (
            None, "roster_stale", False,
            ("the newest word of the registry is 300 minutes old, more than 240; policy "
            "roster_stale = admit: the answer stays as it is"),
        ),
    ]  # fmt: skip


def test_an_exit_that_opens_all_the_same_is_a_step_after_the_table(
    example: Programme, open_doors: int
) -> None:
    explained = steps(example, open_doors, direction="out", form=None)
    assert [(step.rule, step.name, step.why) for step in explained] == [
        (2, "not_a_badge", "the text is neither a badge of ours nor an imported code"),
        (None, "exit_opens", "nobody is ever kept in"),
    ]
    assert explained[-1].answer == Decision("admit_flagged", "not_a_badge", 2)


def test_a_time_out_of_the_calendar_is_shown_as_the_nearest_in_it(
    example: Programme, build: Any
) -> None:
    delegate = build.claims(example, "delegate")
    explained = steps(example, 2**53, claims=delegate)
    assert explained[-1].name == "wrong_day"


cases = st.builds(
    Presented,
    st.sampled_from(["chengdu-main-1", "chengdu-exit", "chengdu-hall-1", ROOM]),
    st.sampled_from(["in", "in", "in", "out"]),
    st.sampled_from(["plain", "plain", "signed", "foreign", None]),
    badge=st.just(b"badge"),
    issue=st.sampled_from([1, 2]),
    proof=st.sampled_from(["proven", "proven", "vouched", "failed", None]),
    claims=st.just(Claims(0, 255, 2, 255)),
    other_event=st.sampled_from([False, False, True]),
)
facts = st.builds(
    Facts,
    listed=st.none()
    | st.builds(
        Claims, st.integers(0, 6), st.sampled_from([7, 7, 6]), st.integers(0, 63), st.just(3)
    ),
    newest_issue=st.sampled_from([0, 1, 2]),
    revoked=st.sampled_from([False, False, True]),
    location=st.sampled_from([None, "chengdu", "chengdu-room-a", "meishan"]),
    seats=st.none() | st.integers(-1, 2),
    holds_seat=st.booleans(),
    roster_age_ms=st.none() | st.sampled_from([0, 10**9]),
)
FIRST_MS = 1_605_556_800_000 - 3_600_000


@given(
    cases,
    facts,
    st.integers(0, 50 * 60),
    st.integers(0, 600),
    st.fixed_dictionaries(
        {name: st.sampled_from(VERDICTS) for name in ("unknown", "unlisted", "clock_unsure")}
    ),
)
def test_the_steps_end_in_the_very_decision_of_the_rule_book(
    example: Programme,
    build: Any,
    presented: Presented,
    known: Facts,
    minute: int,
    length: int,
    policy: dict[str, Any],
) -> None:
    programme = build.with_policy(example, **policy)
    lo = FIRST_MS + minute * 60_000
    span = Span(lo, lo + length * 60_000)
    explained = explain(presented, known, programme, span)
    assert explained[-1].answer == decide(presented, known, programme, span)
    table = [step for step in explained if step.rule is not None]
    assert [step.spoke for step in table] == [False] * (len(table) - 1) + [True]
    assert [step.rule for step in table] == [number for number, _ in RULES[: len(table)]]
    assert all(step.why and step.name for step in explained)


def test_a_revoked_badge_with_another_issue_number_is_explained_by_the_rule_that_speaks(
    fair: Any,
) -> None:
    known = {"revoked": True, "all_revoked": True, "listed": False, "proof": None}
    last = explain(*fair.case(issue=63, **known))[-1]
    assert (last.rule, last.name, last.spoke) == (7, "revoked", True)
    assert last.why == "the badge is revoked"

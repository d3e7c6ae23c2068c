"""What people read at a door: where to go, when, and in their own language."""

from __future__ import annotations

from pathlib import Path

import pytest

from access.event.definition import LANGUAGES
from access.event.programme import Programme
from access.log.entry import EntryRef, Span
from access.rules.decide import Decision, Next, Presented
from access.state.facts import Moment
from config.event_file import load
from kiosk.door.door import Answer
from kiosk.screen.attendee_screen import Say, answer_screen, languages, notice
from kiosk.screen.name_on_card import Person

PROGRAMME = Programme(load(Path("config/events/smarthk.toml")))
MAY_BREAK = "\u200b"
NOW = PROGRAMME.sessions["opening"].starts_ms
SEMINAR = PROGRAMME.sessions["industrialisation"]


def answer(decision: Decision, gate: str = "chengdu-main-1", *, way="in", repeat=False) -> Answer:
    return Answer(
        decision,
        Presented(gate, way, "plain", b"badge", 1, "proven"),
        EntryRef("a" * 24, 1, bytes(32)),
        "C1-4F2K",
        Moment(Span(NOW, NOW), NOW, sure=True),
        decision.opens and not repeat,
        repeat,
    )


def told(decision: Decision, gate: str = "chengdu-main-1", language="en", **more) -> Say:
    screen = answer_screen(
        answer(decision, gate, **more), PROGRAMME, Person("", language), LANGUAGES
    )
    return screen.say[0]


def refusal(reason, **hint) -> Decision:
    return Decision("refuse", reason, 1, next=Next(**hint))


@pytest.mark.parametrize(
    ("language", "headline"),
    [
        ("en", "This badge is for Meishan or Mianyang, not Chengdu"),
        ("zh-Hant", "這張入場證適用於眉山或綿陽會場，不是成都"),
        ("zh-Hans", "这张入场证适用于眉山或绵阳会场，不是成都"),
    ],
)
def test_a_badge_of_another_city_is_told_which(language, headline):
    decision = refusal("wrong_venue", venues=("meishan", "mianyang"))

    said = told(decision, language=language).headline
    assert said.replace(MAY_BREAK, "") == headline


def test_a_badge_that_is_good_nowhere_names_no_city():
    assert (
        told(refusal("wrong_venue", help_desk=True)).headline
        == "Your badge does not include Chengdu"
    )


def test_the_wrong_day_names_the_right_one_with_its_weekday():
    decision = refusal("wrong_day", days=("2020-11-18",))

    assert told(decision).lines == ("It is valid on Wednesday 18 November",)
    assert told(decision, language="zh-Hans").lines == ("有效日期：11月18日 星期三",)


def test_too_early_says_what_where_and_when_in_the_events_own_time():
    decision = refusal(
        "too_early", session=SEMINAR.id, area=SEMINAR.area, at_ms=SEMINAR.doors_open_ms
    )

    assert told(decision, "chengdu-room-a-1").lines == (
        "Technology Industrialisation",
        "Room A, doors open 13:40",
    )


def test_another_day_and_another_city_are_named_with_the_session():
    session = PROGRAMME.sessions["5g"]
    decision = refusal("not_booked", session="5g", area=session.area, at_ms=session.doors_open_ms)

    assert told(decision, "chengdu-room-a-1").lines[1] == (
        "Mianyang · Seminar Room, doors open Wednesday 18 November 09:10"
    )


def test_without_a_booking_people_learn_when_free_seats_are_given_out():
    decision = refusal("not_booked", standby_ms=SEMINAR.standby_ms)

    assert told(decision, "chengdu-room-a-1").lines == ("Free seats are given out from 14:10",)


def test_a_full_room_names_the_door_that_has_seats_left():
    decision = refusal("full", gates=(("chengdu-room-b-2", 2),), help_desk=True)
    said = told(decision, "chengdu-room-b-1")

    assert said.headline == "Room B is full"
    assert said.lines == ("Seats are left at door C7",)


@pytest.mark.parametrize(
    ("gate", "line"),
    [
        ("chengdu-main-1", "Please go to the help desk"),
        ("chengdu-room-a-1", "Our staff here will help you"),
    ],
)
def test_asking_staff_means_those_who_are_there(gate, line):
    said = told(Decision("ask_staff", "unknown", 5, next=Next(help_desk=True)), gate)

    assert (said.headline, said.lines) == ("One moment, please", (line,))


def test_somebody_whose_language_is_not_known_is_told_in_all_three():
    screen = answer_screen(
        answer(Decision("admit", "ok", 17)), PROGRAMME, None, languages("zh-Hant")
    )

    assert [say.language for say in screen.say] == ["zh-Hant", "en", "zh-Hans"]
    assert [say.headline for say in screen.say] == ["歡迎", "Welcome", "欢迎"]


def test_somebody_who_leaves_is_seen_off():
    said = told(Decision("admit", "ok", 6), "chengdu-exit", way="out")

    assert said.headline == "See you again"


def test_no_refusal_greets_by_name():
    screen = answer_screen(
        answer(refusal("revoked", help_desk=True)), PROGRAMME, Person("J. Smith", "en"), LANGUAGES
    )

    assert "Smith" not in str(screen)


def test_every_verdict_has_a_shape_of_its_own():
    verdicts = ("admit", "admit_flagged", "ask_staff", "refuse")
    screens = [
        answer_screen(answer(Decision(v, "unknown", 5)), PROGRAMME, None, LANGUAGES)
        for v in verdicts
    ]

    assert len({screen.shape for screen in screens}) == 4
    assert "wrench" not in {screen.shape for screen in screens}
    assert notice("out_of_order", LANGUAGES).shape == "wrench"


def test_a_badge_passed_back_does_not_show_the_next_person_a_green_screen():
    again = answer(Decision("admit", "ok", 17), repeat=True)
    screen = answer_screen(again, PROGRAMME, None, LANGUAGES)

    assert (screen.tone, screen.shape) == ("info", "clock")
    assert screen.receipt == again.receipt

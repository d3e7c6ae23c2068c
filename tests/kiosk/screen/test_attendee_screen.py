"""What people read at a door: where to go, when, and in their own language."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest
from msgspec.structs import replace

from access.event.programme import Programme
from access.log.entry import EntryRef, Span
from access.rules.decide import Decision, Next, Presented, Reason
from access.state.facts import Moment
from config.event_file import load
from config.languages import languages
from kiosk.door.door import Answer
from kiosk.screen.attendee_screen import Wording, answer_screen, notice
from kiosk.screen.name_on_card import Person
from kiosk.screen.phrases import own_first

PROGRAMME = Programme(load(Path("config/events/smarthk.toml")))
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


def plain(text: str) -> str:
    """A text without the marks that say where it may break and where not."""
    return re.sub("[\u200b\u2068\u2069]", "", text)


def wording_of(
    decision: Decision, gate: str = "chengdu-main-1", language="en", name="", booked=(), **more
) -> Wording:
    """What somebody with a card in that language reads."""
    screen = answer_screen(
        answer(decision, gate, **more),
        PROGRAMME,
        Person(name, language),
        languages(),
        frozenset(booked),
    )
    (wording,) = screen.wordings
    return Wording(
        wording.language,
        plain(wording.headline),
        tuple(map(plain, wording.lines)),
        plain(wording.name),
    )


def refusal(reason, **hint) -> Decision:
    return Decision("refuse", reason, 1, next=Next(**hint))


DESK = {
    "en": "Help desk: Main entrance, on the left",
    "zh-Hant": "服務台：正門左側",
    "zh-Hans": "服务台：正门左侧",
}


@pytest.mark.parametrize(
    ("language", "headline", "here"),
    [
        ("en", "Your venue is Meishan or Mianyang", "This is Chengdu"),
        ("zh-Hant", "您的會場是眉山或綿陽", "這裏是成都會場"),
        ("zh-Hans", "您的会场是眉山或绵阳", "这里是成都会场"),
    ],
)
def test_a_badge_of_another_city_is_told_which_and_where_the_help_desk_is(language, headline, here):
    wording = wording_of(refusal("wrong_venue", venues=("meishan", "mianyang")), language=language)

    assert (wording.headline, wording.lines) == (headline, (here, DESK[language]))


def test_a_badge_that_is_good_nowhere_names_no_city():
    assert wording_of(refusal("wrong_venue")).headline == "Your badge does not include Chengdu"


def test_the_wrong_day_names_the_right_ones_with_their_weekdays():
    decision = refusal("wrong_day", days=("2020-11-17", "2020-11-18"))

    assert wording_of(decision).lines[0] == "Valid on Tuesday 17 November, Wednesday 18 November"
    assert (
        wording_of(decision, language="zh-Hans").lines[0]
        == "有效日期：11月17日（周二）、11月18日（周三）"
    )
    assert (
        wording_of(decision, language="zh-Hant").lines[0]
        == "有效日期：11月17日（星期二）、11月18日（星期三）"
    )


def test_too_early_says_what_where_and_when_in_the_events_own_time():
    decision = refusal(
        "too_early", session=SEMINAR.id, area=SEMINAR.area, at_ms=SEMINAR.doors_open_ms
    )

    assert wording_of(decision, "chengdu-room-a-1").lines == (
        "Technology Industrialisation",
        "Room A",
        "Doors open 13:40",
        "Please speak to our staff here",
    )


def test_another_day_and_another_city_are_named_with_the_session():
    session = PROGRAMME.sessions["5g"]
    decision = refusal("not_booked", session="5g", area=session.area, at_ms=session.doors_open_ms)

    assert wording_of(decision, "chengdu-room-a-1").lines[1:3] == (
        "Mianyang · Seminar Room",
        "Doors open Wednesday 18 November 09:10",
    )


def test_without_a_booking_people_learn_when_free_seats_are_given_out():
    decision = refusal("not_booked", standby_ms=SEMINAR.standby_ms)

    assert (
        wording_of(decision, "chengdu-room-a-1").lines[0] == "Free seats are given out from 14:10"
    )


def test_a_full_room_names_the_door_that_has_seats_left():
    wording = wording_of(refusal("full", gates=(("chengdu-room-b-2", 2),)), "chengdu-room-b-1")

    assert wording.headline == "Room B is full"
    assert wording.lines[0] == "Seats at door C7"


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize(
    "reason",
    sorted(
        set(get_args(Reason)) - {"ok", "repeat", "not_inside", "standby", "reentry", "overridden"}
    ),
)
def test_every_refusal_ends_with_who_helps(reason, language):
    beside = {
        "en": "Please speak to our staff here",
        "zh-Hant": "請與這裏的職員聯絡",
        "zh-Hans": "请联系这里的工作人员",
    }
    assert wording_of(refusal(reason), language=language).lines[-1] == DESK[language]
    assert wording_of(refusal(reason), "chengdu-room-a-1", language).lines[-1] == beside[language]


def test_a_venue_that_does_not_say_where_its_help_desk_is_still_sends_people_there():
    venues = tuple(replace(v, help=None) for v in PROGRAMME.event.venues)
    bare = Programme(replace(PROGRAMME.event, venues=venues))
    screen = answer_screen(answer(refusal("revoked")), bare, Person("", "en"), languages())

    assert screen.wordings[0].lines[-1] == "Please go to the help desk"


def test_the_way_to_the_help_desk_is_shown_where_somebody_is_sent_there():
    sent = answer_screen(answer(refusal("revoked")), PROGRAMME, None, languages())
    let_in = answer_screen(answer(Decision("admit", "ok", 17)), PROGRAMME, None, languages())

    assert (sent.arrow, let_in.arrow) == ("left", None)


def test_a_self_service_door_does_not_ask_anybody_to_wait_for_staff():
    wording = wording_of(Decision("ask_staff", "unknown", 5, next=Next(help_desk=True)))

    assert wording.headline == "Please go to the help desk"
    assert wording.lines == ("We cannot find your registration here yet", DESK["en"])


def test_a_staffed_door_asks_to_wait_for_those_who_are_there():
    wording = wording_of(
        Decision("ask_staff", "unknown", 5, next=Next(help_desk=True)), "chengdu-room-a-1"
    )

    assert wording.headline == "Our staff will help you here"
    assert wording.lines == ("We cannot find your registration here yet",)


def test_whoever_is_let_in_is_told_to_go_in_and_what_is_on():
    wording = wording_of(Decision("admit", "ok", 17), language="zh-Hans", name="郭**")

    assert (wording.headline, wording.name) == ("请进", "郭**")
    assert wording.lines[0] == "主会场 09:30"


def test_a_booked_seminar_comes_before_what_is_open_to_all():
    wording = wording_of(Decision("admit", "ok", 17), booked=[SEMINAR.id])

    assert wording.lines == ("Your booking: Room A, 14:00", "Technology Industrialisation")


def test_somebody_whose_language_is_not_known_is_told_in_all_three_and_the_facts_once():
    decision = refusal(
        "too_early", session=SEMINAR.id, area=SEMINAR.area, at_ms=SEMINAR.doors_open_ms
    )
    screen = answer_screen(answer(decision), PROGRAMME, None, own_first("zh-Hant"))

    assert [wordings.language for wordings in screen.wordings] == ["zh-Hant", "en", "zh-Hans"]
    assert [wordings.headline for wordings in screen.wordings] == [
        "尚未開放入場",
        "The doors are not open yet",
        "还没到入场时间",
    ]
    assert [wordings.lines for wordings in screen.wordings] == [(), (), ()]
    assert [plain(fact) for fact in screen.facts] == ["13:40", "A 廳 Room A", "服務台 Help desk"]


@pytest.mark.parametrize(
    ("gate", "more", "facts"),
    [
        ("chengdu-room-a-1", {}, ["工作人员 Our staff"]),
        ("chengdu-room-a-1", {"gates": (("chengdu-room-b-2", 2),)}, ["→ C7", "工作人员 Our staff"]),
        ("chengdu-main-1", {}, ["服务台 Help desk"]),
        ("no-arrow", {}, ["服务台 Help desk", "正门左侧 Main entrance, on the left"]),
    ],
)
def test_whoever_is_refused_in_no_known_language_sees_who_helps_and_where_they_are(
    gate, more, facts
):
    """An arrow shows the way to the help desk; without one the words do."""
    programme = PROGRAMME
    if gate == "no-arrow":
        gates = [replace(one, help_arrow=None) for one in PROGRAMME.event.gates]
        programme = Programme(replace(PROGRAMME.event, gates=tuple(gates)))
        gate = "chengdu-main-1"
    given = answer(refusal("already_inside", **more), gate)
    screen = answer_screen(given, programme, None, own_first("zh-Hans"))

    assert [plain(fact) for fact in screen.facts] == facts


def test_the_same_answer_is_there_in_full_in_each_language():
    screen = answer_screen(answer(refusal("revoked")), PROGRAMME, Person("", "en"), languages())

    assert [wordings.language for wordings in screen.wordings] == ["en"]
    assert {wordings.language: plain(wordings.lines[-1]) for wordings in screen.each} == DESK


@pytest.mark.parametrize(
    ("language", "headline"), [("en", "Checked out. Goodbye"), ("zh-Hans", "已登记离场，慢走")]
)
def test_whoever_leaves_reads_that_it_was_recorded(language, headline):
    wording = wording_of(Decision("admit", "ok", 6), "chengdu-exit", language, way="out")

    assert wording.headline == headline


def test_no_refusal_greets_by_name():
    screen = answer_screen(
        answer(refusal("revoked", help_desk=True)), PROGRAMME, Person("J. Smith", "en"), languages()
    )

    assert "Smith" not in str(screen)


def test_every_verdict_has_a_shape_of_its_own():
    verdicts = ("admit", "admit_flagged", "ask_staff", "refuse")
    screens = [
        answer_screen(answer(Decision(v, "unknown", 5)), PROGRAMME, None, languages())
        for v in verdicts
    ]

    assert len({screen.shape for screen in screens}) == 4
    assert "wrench" not in {screen.shape for screen in screens}
    assert notice("out_of_order", languages()).shape == "wrench"


def test_a_badge_passed_back_does_not_show_the_next_person_a_green_screen():
    again = answer(Decision("admit", "ok", 17), repeat=True)
    screen = answer_screen(again, PROGRAMME, None, languages())

    assert (screen.tone, screen.shape) == ("info", "ticked")
    assert screen.receipt == again.receipt


def test_the_second_scan_reassures():
    wording = wording_of(Decision("admit", "ok", 17), repeat=True)

    assert wording.headline == "Already checked in just now"
    assert wording.lines == ("Please walk on", "If the gate is shut, ask our staff")
    nobody = answer_screen(
        answer(Decision("admit", "ok", 17), repeat=True), PROGRAMME, None, languages()
    )
    assert [plain(fact) for fact in nobody.facts] == ["請往前走", "Please walk on"]


def cancelled(*sessions: str) -> Programme:
    """The event with these sessions cancelled."""
    event = PROGRAMME.event
    changed = tuple(
        replace(one, cancelled=True) if one.id in sessions else one for one in event.sessions
    )
    return Programme(replace(event, sessions=changed))


def read_at(
    decision: Decision, programme: Programme, at_ms: int, gate: str, language="en", booked=()
) -> Wording:
    """What stands on the screen of a gate at an instant."""
    moment = Moment(Span(at_ms, at_ms), at_ms, sure=True)
    given = replace(answer(decision, gate), moment=moment)
    screen = answer_screen(given, programme, Person("", language), languages(), frozenset(booked))
    (said,) = screen.wordings
    return Wording(said.language, plain(said.headline), tuple(map(plain, said.lines)))


@pytest.mark.parametrize(
    ("language", "headline", "name"),
    [
        ("en", "This session is cancelled", "Technology Industrialisation"),
        ("zh-Hant", "本場次已取消", None),
        ("zh-Hans", "本场次已取消", None),
    ],
)
@pytest.mark.parametrize("reason", ["no_session", "too_late"])
def test_who_comes_for_a_cancelled_session_is_told_that_it_is_cancelled(
    language, headline, name, reason
):
    programme = cancelled(SEMINAR.id)
    said = read_at(refusal(reason), programme, SEMINAR.starts_ms, "chengdu-room-a-1", language)
    assert said.headline == headline
    assert said.lines[0] == (name or SEMINAR.name[language])


def test_a_session_cancelled_before_another_is_named_beside_when_doors_open():
    programme = cancelled(SEMINAR.id)
    said = read_at(refusal("too_early"), programme, SEMINAR.starts_ms, "chengdu-room-a-1")
    assert "Cancelled: Technology Industrialisation" in said.lines


def test_a_room_where_nothing_is_cancelled_any_more_says_so_as_before():
    programme = cancelled(SEMINAR.id)
    over = read_at(refusal("no_session"), programme, SEMINAR.ends_ms + 1, "chengdu-room-a-1")
    other = read_at(refusal("no_session"), programme, SEMINAR.starts_ms, "chengdu-main-1")
    assert over.headline == other.headline == "Nothing is held here today"


def test_nobody_is_sent_on_to_a_cancelled_session():
    admitted = Decision("admit", "ok", 17)
    before = SEMINAR.doors_open_ms
    way = read_at(admitted, PROGRAMME, before, "chengdu-main-1", booked=[SEMINAR.id])
    assert "Technology Industrialisation" in way.lines
    said = read_at(admitted, cancelled(SEMINAR.id), before, "chengdu-main-1", booked=[SEMINAR.id])
    assert "Technology Industrialisation" not in said.lines
    assert said.lines[0] == "Cancelled: Technology Industrialisation"
    other = read_at(admitted, cancelled(SEMINAR.id), before, "chengdu-main-1")
    assert not any("Cancelled" in line for line in other.lines)

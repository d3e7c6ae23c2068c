"""A kiosk that prints badges: what its screen says, what its journal says, and what comes out on paper."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from access.log.entry import EntryRef, Printed
from kiosk.door.door import NotReadyError
from kiosk.door.staff_actions import StaffError
from kiosk.pages.opening.report import report
from kiosk.printing.badge_check import Ordered
from kiosk.printing.drawing import LettersMissingError

ASK = "Is this you?"
PRINTING = "Printing your badge"
DONE = "Take your badge"
DOUBT = "Did your badge come out?"
ALREADY = "Your badge was printed already"
NOT_PRINTED = "Your badge was not printed"
Desk = Any
MakeDesk = Callable[..., Any]


def chan(desk: Desk, **more: Any) -> Any:
    """Somebody registers; the kiosk has heard of it."""
    person = desk.world.register("Chan Tai Man", "zh-Hant", **more)
    desk.world.deliver()
    desk.stand.feed.catch_up()
    return person


def printed(desk: Desk, person: Any) -> None:
    """They get their badge."""
    assert desk.shows(person.text) == ASK
    desk.touch("print")
    desk.until_shown(DONE)


def test_a_kiosk_at_rest_says_what_it_is_for(desk: Desk) -> None:
    assert desk.headline == "Print your badge here"


def test_somebody_sees_their_masked_name_says_yes_and_gets_their_badge(desk: Desk) -> None:
    person = chan(desk)
    assert desk.shows(person.text) == ASK
    [shown] = desk.stand.screen_feed.screen.wordings
    assert (shown.language, shown.name) == ("zh-Hant", "\u2068T. Chan\u2069")
    assert desk.badges == 0
    desk.touch("print")
    desk.until_shown(DONE)
    assert desk.badges == 1
    assert desk.outcomes == ["sent", "printed"]
    [card] = desk.drawn
    assert (card.qr_text, card.form, card.language) == (person.text, "plain", "zh-Hant")
    assert (card.texts["name"], card.texts["organisation"]) == ("Chan Tai Man", "Organisation")


def test_nobody_goes_in_or_out_by_a_kiosk_that_prints(desk: Desk) -> None:
    person = chan(desk)
    printed(desk, person)
    assert desk.world.written("scan") == []
    door = desk.stand.door
    assert door.history(person.badge).whereabouts(door.now().at_ms).location is None


def test_a_door_that_prints_answers_nobody_by_other_ways_either(desk: Desk) -> None:
    person = chan(desk)
    for ask in (desk.stand.door.present, desk.stand.door.present_by_hand):
        with pytest.raises(NotReadyError, match="prints badges"):
            ask(person.text if ask == desk.stand.door.present else person.badge, "in")
    assert desk.world.written("scan") == []


def test_the_doors_open_check_asks_for_the_printer_and_for_no_test_badges(desk: Desk) -> None:
    found = report(desk.stand.loop)
    assert (found["checks"]["printer"], found["test_badges"]) == ("good", {})


def test_no_name_is_written_anywhere(desk: Desk) -> None:
    printed(desk, chan(desk))
    files = [desk.world.data / "journal.db", *desk.world.data.glob("journal.db-*")]
    assert all("Chan" not in file.read_bytes().decode("latin-1") for file in files)
    assert all("Chan" not in path.name for path in desk.paper.iterdir())


def test_somebody_else_says_no_and_nothing_is_printed(desk: Desk) -> None:
    person = chan(desk)
    desk.shows(person.text)
    desk.touch("cancel")
    assert desk.headline == "Print your badge here"
    assert (desk.badges, desk.outcomes) == (0, [])


def test_an_answer_to_an_earlier_question_does_nothing(desk: Desk) -> None:
    first, second = chan(desk), chan(desk)
    desk.shows(first.text)
    question = desk.stand.screen_feed.screen.question
    desk.shows(second.text)
    desk.stand.loop.answer(question.number, "print")
    assert (desk.headline, desk.drawn) == (ASK, [])


def test_a_badge_is_printed_by_itself_once(desk: Desk) -> None:
    person = chan(desk)
    printed(desk, person)
    assert desk.shows(person.text) == ALREADY
    assert desk.stand.screen_feed.screen.question is None
    assert desk.badges == 1


def test_a_new_issue_is_printed_although_the_old_one_was(desk: Desk) -> None:
    person = chan(desk)
    printed(desk, person)
    printed(desk, chan(desk, badge=person.badge, issue=2))
    assert desk.shows(person.text) == "A newer badge was issued to you"
    assert desk.badges == 2


def test_what_another_kiosk_printed_counts_here(desk: Desk) -> None:
    person = chan(desk)
    ref = EntryRef("f" * 24, 7, b"\x07" * 32)
    sent = Printed(gate="desk", badge=person.badge, issue=1, outcome="sent", attempt=None)
    desk.world.registry_writes(("printed", sent))  # any log will do
    desk.world.deliver()
    desk.stand.feed.catch_up()
    assert ref.seq == 7
    assert desk.shows(person.text) == "Your badge may be printed already"
    assert desk.drawn == []


@pytest.mark.parametrize(
    ("made", "headline"),
    [
        (lambda world: "a menu", "This code is not a badge"),
        (lambda world: world.plain().text, "We cannot find your registration here yet"),
        (lambda world: world.register("Ann", venues=0b010).text, "Your venue is Meishan"),
        (
            lambda world: world.register("Ann", ticket="online").text,
            "You are registered for the live broadcast",
        ),
        (lambda world: world.register().text, "We cannot print this badge here"),
        (lambda world: world.walk_up().text, "We cannot print this badge here"),
    ],
)
def test_a_code_without_a_badge_to_print_is_told_why(
    desk: Desk, made: Callable[[Any], str], headline: str
) -> None:
    text = made(desk.world)
    desk.world.deliver()
    desk.stand.feed.catch_up()
    assert desk.shows(text).replace("\u2068", "").replace("\u2069", "") == headline
    assert desk.stand.screen_feed.screen.question is None


def test_a_revoked_badge_is_not_printed(desk: Desk) -> None:
    person = chan(desk)
    desk.world.revoke(person)
    desk.world.deliver()
    desk.stand.feed.catch_up()
    assert desk.shows(person.text) == "This badge is no longer valid"


# The printer.


def test_the_kiosk_is_out_of_order_with_its_printer_and_comes_back_with_it(
    make_desk: MakeDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kiosk.printing.runner.LOOK_S", 0.05)
    desk = make_desk(fault="cover_open")
    assert desk.headline == "No badges here just now"
    person = chan(desk)
    assert desk.shows(person.text) == "No badges here just now"
    assert desk.stand.loop.presenter.printer == "printer_cover_open"
    assert desk.station.condition == ("cover_open", 0)
    desk.fault()
    desk.until_shown("Print your badge here")
    printed(desk, person)


def test_paper_out_in_the_middle_is_said_and_the_badge_comes_out_once(desk: Desk) -> None:
    person = chan(desk)
    desk.shows(person.text)
    desk.fault("paper_out")
    desk.stand.loop.presenter.printer = None
    desk.touch("print")
    desk.until_shown(NOT_PRINTED)  # it is looked at before it is given anything
    assert desk.outcomes == []
    desk.fault()
    desk.stand.until(lambda: desk.stand.loop.presenter.printer is None)
    printed(desk, person)
    assert desk.badges == 1


class RunsOut:
    """Hands on the paper: it runs out as soon as the printer has the badge."""

    def __init__(self, desk: Desk, words: str = "paper_out") -> None:
        self._submit = desk.printer.submit
        self._desk, self._words = desk, words

    def __call__(self, job: str, document: bytes) -> Any:
        taken = self._submit(job, document)
        self._desk.fault(self._words)
        return taken


def test_a_printer_that_runs_out_of_paper_is_said_and_goes_on_when_it_has_some(
    desk: Desk,
) -> None:
    person = chan(desk)
    desk.printer.submit = RunsOut(desk)
    desk.shows(person.text)
    desk.touch("print")
    desk.until_shown("The printer needs a hand")
    [shown] = desk.stand.screen_feed.screen.wordings
    assert "打印機缺紙" in shown.lines
    assert desk.station.condition == ("paper_out", 0)
    desk.stand.show("somebody else's code")  # not their turn yet
    desk.taken()
    assert desk.headline == "The printer needs a hand"
    desk.fault()
    desk.until_shown(DONE)
    assert (desk.badges, desk.outcomes) == (1, ["sent", "printed"])


def test_a_badge_that_does_not_come_out_in_time_is_called_off_and_a_person_asked(
    make_desk: MakeDesk,
) -> None:
    desk = make_desk(follow_s=0.2)
    person = chan(desk)
    desk.printer.submit = RunsOut(desk)
    desk.shows(person.text)
    desk.touch("print")
    desk.until_shown(DOUBT)
    assert desk.outcomes == ["sent", "unknown"]
    del desk.printer.submit
    desk.fault()
    desk.touch("did_not")
    assert desk.outcomes == ["sent", "unknown", "not_printed"]
    desk.stand.until(lambda: desk.station.condition == ("ok", 0))
    printed(desk, person)
    assert desk.badges == 1


def test_whoever_has_their_badge_says_so_and_gets_no_other(make_desk: MakeDesk) -> None:
    desk = make_desk(follow_s=0.2)
    person = chan(desk)
    desk.printer.submit = RunsOut(desk)
    desk.shows(person.text)
    desk.touch("print")
    desk.until_shown(DOUBT)
    assert desk.station.condition[1] == 1
    desk.restart()
    assert desk.station.condition[1] == 1
    desk.shows(person.text)
    desk.touch("came_out")
    assert desk.headline == DONE
    assert desk.shows(person.text) == ALREADY
    assert desk.outcomes == ["sent", "unknown", "printed"]
    assert desk.station.condition[1] == 0
    desk.restart()
    assert desk.station.condition[1] == 0


def test_a_refused_badge_is_not_printed_and_may_be_tried_again(desk: Desk) -> None:
    person = chan(desk)
    desk.printer.submit = lambda job, document: "refused"
    desk.shows(person.text)
    desk.touch("print")
    desk.until_shown(NOT_PRINTED)
    assert desk.outcomes == ["sent", "not_printed"]
    del desk.printer.submit
    printed(desk, person)


# Starts in between.


@pytest.mark.parametrize("lost_jobs", [False, True])
def test_a_start_in_the_middle_of_a_print_neither_loses_nor_doubles_the_badge(
    desk: Desk, *, lost_jobs: bool
) -> None:
    person = chan(desk)
    desk.printer.submit = RunsOut(desk)
    desk.shows(person.text)
    desk.touch("print")
    desk.until_shown("The printer needs a hand")
    desk.kill()
    assert desk.outcomes == ["sent"]
    if lost_jobs:
        desk.printer.restart()
    desk.fault()
    del desk.printer.submit
    desk.start()
    desk.stand.until(lambda: len(desk.outcomes) == 2)
    assert desk.outcomes == ["sent", "unknown" if lost_jobs else "printed"]
    assert desk.shows(person.text) == (DOUBT if lost_jobs else ALREADY)
    assert desk.badges == (0 if lost_jobs else 1)


def test_a_start_between_the_entry_and_the_printer_asks_and_does_not_print_by_itself(
    desk: Desk,
) -> None:
    person = chan(desk)

    def killed(job: str, document: bytes) -> Any:
        desk.runner._stop.set()  # the power goes before the printer has heard a word
        return "unsure"

    desk.printer.submit = killed
    desk.shows(person.text)
    desk.touch("print")
    desk.stand.until(lambda: desk.outcomes == ["sent"])
    desk.kill()
    del desk.printer.submit
    desk.start()
    desk.stand.until(lambda: len(desk.outcomes) == 2)
    assert desk.outcomes == ["sent", "unknown"]
    assert desk.shows(person.text) == DOUBT
    desk.touch("did_not")
    printed(desk, person)
    assert desk.badges == 1


def test_jobs_that_were_given_up_are_called_off_before_the_next_badge(desk: Desk) -> None:
    person = chan(desk)
    desk.printer.submit("jianmen-of-yesterday", b"%PDF-1.4\n")
    printed(desk, person)
    assert desk.badges == 1


# Staff.


def test_a_name_with_a_letter_that_no_font_has_is_left_to_the_staff(desk: Desk) -> None:
    def lacks(*_: object) -> bytes:
        raise LettersMissingError

    person = chan(desk)
    desk.runner._draw = lacks
    desk.shows(person.text)
    desk.touch("print")
    desk.until_shown("We cannot write your name here")
    [shown] = desk.station
    assert (shown.state, desk.badges, desk.outcomes) == ("no_letters", 0, [])


def test_staff_print_again_with_a_reason(desk: Desk) -> None:
    person = chan(desk)
    staff = desk.world.register("Staff", ticket="staff")
    desk.world.deliver()
    desk.stand.feed.catch_up()
    printed(desk, person)
    desk.shows(person.text)
    [shown] = desk.station
    assert (shown.masked, shown.state) == ("T. Chan", "printed")
    desk.station.print_by_staff(Ordered(shown.text, None), "damaged", staff.text)
    desk.until_shown(DONE)
    assert desk.badges == 2
    again = desk.world.written("printed")[-1]
    assert (again.staff, again.why, again.outcome) == (staff.badge, "damaged", "printed")


def test_a_card_without_a_role_prints_nothing(desk: Desk) -> None:
    person = chan(desk)
    printed(desk, person)
    [shown] = desk.station
    with pytest.raises(StaffError, match="not_staff"):
        desk.station.print_by_staff(Ordered(shown.text, None), "lost", person.text)
    with pytest.raises(StaffError, match="gone"):
        desk.station.shown(0)
    assert desk.badges == 1


def test_the_check_before_the_doors_open_has_the_printer_and_no_test_badges(desk: Desk) -> None:
    found = report(desk.stand.loop)
    assert found["checks"]["printer"] == "good"
    assert found["test_badges"] == {}

    desk.fault("paper_out")
    desk.stand.until(lambda: report(desk.stand.loop)["checks"]["printer"] == "bad")

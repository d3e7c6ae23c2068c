"""A kiosk that is not enrolled: what its screen says, and what becomes of the codes that are held up."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from hardware.ports.door_contacts import now_ms
from hardware.ports.events import CameraState, Reading
from hardware.system.errand import Errand
from kiosk.runtime import setting_up
from kiosk.runtime.inputs import Inputs
from kiosk.runtime.setting_up import ANSWERED_S, SHOWN_S, Errands, SettingUp
from kiosk.screen.attendee_screen import Screen, notice
from kiosk.screen.screen_feed import ScreenFeed

WIFI = "WIFI:T:WPA;S:venue;P:long enough;;"
ENROL = "JME1:0123456789ABCDEF:code:https://registry.example"
ORDER = ("en", "zh-Hant", "zh-Hans")


@dataclass
class Bench:
    """A kiosk that waits, stepped by the test, on a clock of the test's own."""

    folder: Path
    connected: bool = True
    now: float = 1000.0
    handed_on: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        network, enrol = self.folder / "network", self.folder / "data"
        network.mkdir()
        enrol.mkdir()
        self.root, self.carrier = Errand(network, "network"), Errand(enrol, "enrolment")
        asks = Errand(enrol, "enrolment")

        def hand_on(text: str) -> None:
            self.handed_on.append(text)
            asks.ask(text)

        self.inputs = Inputs({})
        self.screen_feed = ScreenFeed(notice("starting", ORDER))
        self.waiting = SettingUp(
            Errands(Errand(network, "network"), asks, hand_on, lambda text: text[:4] == "JME1"),
            self.inputs,
            self.screen_feed,
            ORDER,
            lambda: self.connected,
            lambda: self.now,
        )

    def step(self) -> Screen:
        self.waiting.step()
        return self.screen_feed.screen

    def show(self, text: str) -> Screen:
        self.inputs.put("camera", Reading(text, text.encode(), "test", 1.0, now_ms()))
        return self.step()


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setattr(setting_up, "STEP_S", 0.0)
    return Bench(tmp_path)


def says(screen: Screen) -> str:
    return screen.wordings[0].headline


def test_it_says_what_to_do_next_in_three_languages(bench: Bench) -> None:
    bench.connected = False
    without = bench.step()
    bench.connected = True
    within = bench.step()

    assert says(without) == "This kiosk has no network yet"
    assert any("Wi-Fi code" in line for line in without.wordings[0].lines)
    assert says(within) == "This kiosk is not set up yet"
    assert any("dashboard" in line for line in within.wordings[0].lines)
    assert [wording.language for wording in within.wordings] == list(ORDER)
    assert without.preview, "somebody is to aim a code at the camera"
    assert within.preview


def test_a_networks_code_is_handed_on_and_the_outcome_shown_for_as_long_as_it_takes_to_read(
    bench: Bench,
) -> None:
    bench.connected = False
    assert says(bench.show(WIFI)) == "Joining the network"
    assert bench.root.take() == WIFI
    assert bench.handed_on == []

    bench.root.say("wrong_password")
    assert says(bench.step()) == "The network's password is wrong"
    bench.now += SHOWN_S + 1
    assert says(bench.step()) == "This kiosk has no network yet"


def test_once_it_has_joined_it_asks_for_the_enrolment(bench: Bench) -> None:
    bench.connected = False
    bench.show(WIFI)
    bench.root.say("joined")
    bench.connected = True

    assert says(bench.step()) == "On the network"
    bench.now += SHOWN_S + 1
    assert says(bench.step()) == "This kiosk is not set up yet"


@pytest.mark.parametrize("outcome", [*setting_up.JOINED, "a word of a later version"])
def test_every_outcome_has_its_words(bench: Bench, outcome: str) -> None:
    bench.show(WIFI)
    bench.root.say(outcome)

    assert says(bench.step()) not in ("Joining the network", "This kiosk is not set up yet")


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("enrolled", "This kiosk is set up"),
        ("enrol_unreachable", "The registry cannot be reached"),
        ("enrol_refused", "This code is no longer good"),
        ("enrol_failed", "This kiosk could not be set up"),
        ("a word of a later version", "This kiosk could not be set up"),
    ],
)
def test_an_enrolment_code_goes_to_the_carrier_and_its_word_to_the_screen(
    bench: Bench, word: str, said: str
) -> None:
    assert says(bench.show(ENROL)) == "Setting up this kiosk"
    assert bench.handed_on == [ENROL]
    assert bench.carrier.take() == ENROL
    assert bench.root.take() is None

    bench.carrier.say(word)
    assert says(bench.step()) == said


def test_a_code_still_held_up_after_its_answer_is_not_tried_again(bench: Bench) -> None:
    bench.show(ENROL)
    bench.carrier.say("enrol_unreachable")
    bench.step()
    for _ in range(5):
        bench.now += 1
        bench.show(ENROL)
    assert len(bench.handed_on) == 1

    bench.now += setting_up.AGAIN_S + 1
    bench.show(ENROL)
    assert len(bench.handed_on) == 2


def test_while_one_code_is_tried_others_wait_their_turn(bench: Bench) -> None:
    bench.show(WIFI)

    assert says(bench.show(ENROL)) == "Joining the network"
    assert bench.handed_on == []


def test_a_badge_or_any_other_code_is_said_not_to_help(bench: Bench) -> None:
    assert says(bench.show("J" + "A" * 28)) == "This code does not set up a kiosk"
    assert bench.root.take() is None
    assert bench.handed_on == []


def test_where_nobody_joins_networks_a_cable_is_asked_for(bench: Bench) -> None:
    (bench.folder / "network").rmdir()

    assert says(bench.show(WIFI)) == "This kiosk cannot join a Wi-Fi by itself"


def test_a_code_that_nobody_took_does_not_lie_there_for_ever(bench: Bench) -> None:
    bench.show(WIFI)
    bench.now += ANSWERED_S + 1

    assert says(bench.step()) == "This kiosk cannot join a Wi-Fi by itself"
    assert list((bench.folder / "network").iterdir()) == []


def test_a_camera_that_sees_nothing_is_said_beside_what_to_do(bench: Bench) -> None:
    bench.inputs.put("camera", CameraState(working=False, why="unplugged"))
    assert bench.step().cause == "Check the camera's cable"

    bench.inputs.put("camera", CameraState(working=True, why=""))
    assert bench.step().cause == ""

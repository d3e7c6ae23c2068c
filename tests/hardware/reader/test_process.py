from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from hardware.ports.camera import Frame
from hardware.ports.decoder import Code, Corners, Sight, every_code
from hardware.ports.events import MAX_TEXT, Hint, Preview, Reading, ShowOne
from hardware.reader.hints import hint_for
from hardware.reader.messages import Hinted, Message
from hardware.reader.process import FAILURES_IN_A_ROW, ReaderLoop

Gray = NDArray[np.uint8]
CORNERS: Corners = ((100, 100), (300, 100), (300, 300), (100, 300))
BESIDE: Corners = ((500, 100), (700, 100), (700, 300), (500, 300))


def code(text: str, corners: Corners = CORNERS) -> Code:
    return Code(text, text.encode(), "test", corners, 1.0)


class Scripted:
    """A decoder that returns the sight set by the test."""

    name = "scripted"

    def __init__(self) -> None:
        self.sight = Sight()

    def decode(self, gray: Gray) -> Sight:
        return self.sight


class Raising:
    """A decoder that fails on dark pictures."""

    name = "raising"

    def decode(self, gray: Gray) -> Sight:
        if gray.mean() < 50:
            raise ValueError("mode 13")
        return Sight((code("J1"),))


class Bench:
    """A reader loop with its decoder in our hands."""

    def __init__(self) -> None:
        self.decoder = Scripted()
        self.events: list[Message] = []
        self.loop = ReaderLoop(self.decoder, every_code, self.events.append)
        self.ms = 0

    def see(self, sight: Sight, *, for_ms: int = 0) -> list[Message]:
        """Show the same picture for a while at 25 frames a second; return the events sent meanwhile."""
        self.events.clear()
        self.decoder.sight = sight
        until = self.ms + for_ms
        while True:
            self.loop.step(Frame(np.full((480, 800), 120, np.uint8), self.ms))
            self.ms += 40
            if self.ms >= until:
                return list(self.events)


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_a_code_that_stays_in_view_is_told_again_but_only_five_times_a_second(
    bench: Bench,
) -> None:
    events = bench.see(Sight((code("J1"),)), for_ms=1000)

    assert {type(message) for message in events} == {Reading}
    assert len(events) == 5


def frames(loop: ReaderLoop, brightness: int, how_many: int, start_ms: int) -> None:
    for n in range(how_many):
        loop.step(Frame(np.full((480, 800), brightness, np.uint8), start_ms + 40 * n))


def test_pictures_on_which_a_decoder_fails_are_left_out_and_said_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    events: list[Message] = []
    loop = ReaderLoop(Raising(), every_code, events.append)

    frames(loop, 10, FAILURES_IN_A_ROW - 1, 0)
    assert events == []
    assert [record.levelname for record in caplog.records] == ["ERROR"]

    frames(loop, 200, 1, 4000)
    assert [type(message) for message in events] == [Reading]
    frames(loop, 10, FAILURES_IN_A_ROW - 1, 8000)


def test_a_decoder_that_fails_on_everything_ends_the_process() -> None:
    loop = ReaderLoop(Raising(), every_code, lambda _: None)

    with pytest.raises(ValueError, match="mode 13"):
        frames(loop, 10, FAILURES_IN_A_ROW, 0)


def test_another_code_is_told_at_once(bench: Bench) -> None:
    bench.see(Sight((code("J1"),)))

    (reading,) = bench.see(Sight((code("J2"),)))

    assert isinstance(reading, Reading)
    assert reading.text == "J2"


def test_two_badges_side_by_side_are_told_as_such_and_neither_is_read(bench: Bench) -> None:
    events = bench.see(Sight((code("J1"), code("J2", BESIDE))), for_ms=400)

    assert [type(message) for message in events] == [ShowOne]


def test_of_two_badges_neither_is_read_when_the_other_blurs_for_a_moment(bench: Bench) -> None:
    both, one = Sight((code("J1"), code("J2", BESIDE))), Sight((code("J1"),))
    bench.see(both)

    assert bench.see(one, for_ms=400) == []
    assert [type(message) for message in bench.see(one, for_ms=300)] == [Reading]


def test_an_unreadable_code_gives_a_hint_now_and_then(bench: Bench) -> None:
    events = bench.see(Sight((), (CORNERS,)), for_ms=1000)

    assert events == [Hinted(Hint.HOLD_STILL)] * 2


def test_a_code_just_read_that_blurs_as_it_leaves_gives_no_hint(bench: Bench) -> None:
    bench.see(Sight((code("J1"),)))

    assert bench.see(Sight((), (CORNERS,)), for_ms=200) == []


def test_a_small_unreadable_code_should_come_closer_and_a_large_one_be_held_still() -> None:
    gray = np.full((480, 800), 120, np.uint8)
    assert hint_for(gray, ((80, 80), (140, 80), (140, 140), (80, 140))) is Hint.COME_CLOSER
    assert hint_for(gray, CORNERS) is Hint.HOLD_STILL


def test_nothing_in_view_is_nothing_told(bench: Bench) -> None:
    assert bench.see(Sight(), for_ms=1000) == []


def test_more_text_than_a_badge_code_can_hold_is_cut(bench: Bench) -> None:
    (reading,) = bench.see(Sight((code("7" * 7089),)))

    assert isinstance(reading, Reading)
    assert (len(reading.text), len(reading.raw)) == (MAX_TEXT, MAX_TEXT)


def test_a_badge_held_without_the_least_movement_is_reported_as_long_as_it_is_there(
    bench: Bench,
) -> None:
    events = bench.see(Sight((code("J1"),)), for_ms=10_000)

    assert len(events) == 50


def test_many_different_codes_are_all_told(bench: Bench) -> None:
    events = [
        message for number in range(500) for message in bench.see(Sight((code(f"J{number}"),)))
    ]

    assert len(events) == 500


def test_an_answer_does_not_wait_for_the_picture_on_the_screen(bench: Bench) -> None:
    bench.loop.previews.ask()

    events = bench.see(Sight((code("J1"),)))

    assert [type(message) for message in events] == [Reading, Preview]

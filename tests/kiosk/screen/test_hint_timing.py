"""Help with a code that cannot be read: not at once, one cause at a time, and the commonest one."""

from __future__ import annotations

from hardware.ports.events import Hint
from kiosk.screen.hint_timing import HintTiming

DARK, STILL, NEAR = Hint.TOO_DARK, Hint.HOLD_STILL, Hint.COME_CLOSER


def shown(causes: list[tuple[float, Hint]]) -> list[Hint | None]:
    timing = HintTiming()
    return [timing.seen(hint, at) for at, hint in causes]


def test_help_comes_after_two_seconds_of_seeing_what_cannot_be_read():
    every_half = [(n / 2, NEAR) for n in range(7)]

    assert shown(every_half) == [None] * 4 + [NEAR] * 3


def test_of_two_causes_that_take_turns_the_commoner_one_is_shown():
    causes = [DARK, STILL, DARK, DARK, STILL]

    assert shown([(n / 2, cause) for n, cause in enumerate(causes)])[-1] is DARK


def test_a_hint_stands_long_enough_to_be_followed_and_then_gives_way():
    causes = [DARK] * 5 + [STILL] * 6
    found = shown([(n / 2, cause) for n, cause in enumerate(causes)])

    assert found[4:9] == [DARK] * 5
    assert found[-1] is STILL


def test_the_next_person_is_not_helped_for_what_the_last_one_did():
    assert shown([(0, DARK), (1, DARK), (2, DARK), (4, NEAR), (5, NEAR)])[-2:] == [None, None]


def test_a_code_that_was_read_ends_it():
    timing = HintTiming()
    for n in range(5):
        timing.seen(DARK, n / 2)
    timing.forget()

    assert timing.seen(DARK, 2.5) is None

"""From how far a screen is read, and how high its letters are then."""

from __future__ import annotations

import pytest

from jianmen.cli.kiosk.findings import screen_finding
from kiosk.screen.viewing import Viewing, viewing


@pytest.mark.parametrize(("inches", "metres"), [(7.0, 0.6), (10.1, 1.0), (21.5, 2.0)])
def test_without_a_distance_people_stand_as_before_a_screen_of_that_size(
    inches: float, metres: float
) -> None:
    found = viewing(inches, None)
    assert found is not None
    assert found.metres == metres


def test_letters_grow_with_the_distance() -> None:
    assert viewing(None, 2.0) is None
    near, far = viewing(21.5, 1.0), viewing(21.5, 2.0)
    assert near is not None
    assert far is not None
    assert (near.letter_mm, far.letter_mm) == (5.0, 10.0)
    assert far.headline_mm > far.letter_mm
    assert near.farthest_m == far.farthest_m >= 1.9


@pytest.mark.parametrize(("metres", "state"), [(0.6, "good"), (2.0, "note")])
def test_the_doctor_says_whether_a_screen_is_read_from_too_far(metres: float, state: str) -> None:
    found = screen_finding(Viewing(7.0, metres))
    assert found.state == state
    assert ("a screen of 22 inches can" in found.says) == (state == "note")

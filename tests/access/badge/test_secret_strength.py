"""What can be found by trying is called weak, and what cannot is let be."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access.badge.credential import Plain, plain_text
from access.badge.secret_strength import is_strong, pin_problem, plain_pin, strength_bits


@pytest.mark.parametrize(
    ("code", "bits"),
    [
        ("", 0),
        ("--- ---", 0),
        ("1234567890", 33),
        ("TICKET-000123", 62),
        ("deadbeef", 32),
        ("abcdefgh", 37),
        ("AbCdEfGh", 45),
        ("a1b2c3d4e5f6g7h8", 82),
        ("550e8400-e29b-41d4-a716-446655440000", 128),
        ("二〇二〇", 0),
    ],
)
def test_a_foreign_codes_strength_is_its_alphabet_and_length(code: str, bits: int) -> None:
    assert strength_bits(code) == bits
    assert is_strong(code) == (bits >= 80)


def test_a_code_of_ours_is_strong() -> None:
    assert is_strong(plain_text(Plain(b"badge", 1, b"eleven byte")))


@pytest.mark.parametrize(
    ("pin", "problem"),
    [
        ("", "too_short"),
        ("1234567", "too_short"),
        ("246810", "too_short"),
        ("00000000", "common"),
        ("12345678", "common"),
        ("89012345", "common"),
        ("98765432", "common"),
        ("97531975", "common"),
        ("12121212", "common"),
        ("12341234", "common"),
        ("11223344", "common"),
        ("20772077", "common"),
        ("45677654", "common"),
        ("77147258", "common"),
        ("14725836", "common"),
        ("52013145", "common"),
        ("19871123", "date"),
        ("23111987", "date"),
        ("11231987", "date"),
        ("20201117", "date"),
        ("720201117", "date"),
        ("19871399", None),
        ("20190230", None),
        ("60221407", None),
        ("６０２２１４０７", None),
        ("password", "too_short"),
        ("Passw0rd2024!", "common"),
        ("qwertyuiop12", "common"),
        ("我爱你我爱你我爱你", "common"),
        ("correct horse", None),
        ("茶壶上的蓝山", None),
        ("x" * 101, "too_long"),
        ("aaaaaaaaaaaa", "common"),
    ],
)
def test_pins_that_are_tried_first_are_refused(pin: str, problem: str | None) -> None:
    assert pin_problem(pin) == problem


def test_nearly_every_pin_that_is_drawn_is_good() -> None:
    drawn = random.Random(7)
    pins = [f"{drawn.randrange(10**8):08}" for _ in range(2000)]
    assert sum(pin_problem(pin) is None for pin in pins) > 1950


@given(st.text())
def test_a_pin_is_the_same_however_wide_it_is_typed(text: str) -> None:
    assert plain_pin(plain_pin(text)) == plain_pin(text)
    assert pin_problem(text) == pin_problem(f" {text}  ")

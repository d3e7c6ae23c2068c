"""A key card is read back from its QR code and from what people type of it, and from nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access.badge import credential, crockford
from access.badge.key_card import (
    KeyCard,
    human_key,
    is_genuine,
    key_card_text,
    key_card_verifier,
    read_human_key,
    read_key_card,
)

cards = st.builds(KeyCard, st.binary(min_size=5, max_size=5), st.binary(min_size=10, max_size=10))
CARD = KeyCard(b"badge", b"ten bytes!")


@given(cards)
def test_a_key_card_is_read_back(card: KeyCard) -> None:
    text = key_card_text(card)
    assert read_key_card(text) == card
    assert len(text) == 29
    assert credential.read(text) is None


@given(cards)
def test_it_is_read_back_however_it_is_typed(card: KeyCard) -> None:
    typed = human_key(card)
    assert read_human_key(typed) == card
    assert read_human_key(typed.lower().replace("-", " ")) == card
    assert read_human_key(typed.replace("0", "O").replace("1", "l")) == card


@given(cards, st.integers(0, 24), st.sampled_from("0123456789ABCDEFGHJKMNPQRSTVWXYZ"))
def test_a_mistyped_character_gives_no_card_that_is_genuine(
    card: KeyCard, at: int, other: str
) -> None:
    typed = human_key(card).replace("-", "")
    wrong = typed[:at] + other + typed[at + 1 :]
    found = read_human_key(wrong)
    assert found is None or is_genuine(found, key_card_verifier(card)) == (found == card)


@given(st.text())
def test_no_text_makes_reading_fail(text: str) -> None:
    read_key_card(text)
    read_human_key(text)


@pytest.mark.parametrize(
    "text",
    ["", "JMK1:", key_card_text(CARD)[:-1], key_card_text(CARD) + "0", key_card_text(CARD).lower(),
     key_card_text(CARD) + "\n", key_card_text(CARD)[:-1] + "U"],
)  # fmt: skip
def test_anything_else_is_no_key_card(text: str) -> None:
    assert read_key_card(text) is None


def test_a_typed_code_with_a_letter_that_no_card_has_is_none_whatever_its_check_character() -> None:
    for check in crockford.ALPHABET:
        assert read_human_key("U" * 24 + check) is None


def test_only_the_card_itself_is_genuine() -> None:
    verifier = key_card_verifier(CARD)
    assert is_genuine(CARD, verifier)
    assert not is_genuine(KeyCard(b"other", CARD.secret), verifier)
    assert not is_genuine(KeyCard(CARD.badge, b"ten other!"), verifier)
    assert not is_genuine(CARD, b"")
    assert CARD.secret not in verifier


def test_a_card_of_other_sizes_cannot_be() -> None:
    with pytest.raises(ValueError, match="5 and 10 bytes"):
        KeyCard(b"badge", b"short")


def test_a_secret_shows_in_no_trace() -> None:
    assert "ten bytes" not in repr(CARD)

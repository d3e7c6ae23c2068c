"""Name cards: who can read them, and whom a search finds."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from access.badge import name_card as cards
from access.badge.name_card import Card, CardContent

ID = bytes.fromhex("0123456789")
SECRET = b"eleven byte"
DESK_KEY = bytes(range(32))
NONCES = (b"n" * 12, b"m" * 12)
ZHANG = CardContent("张伟", "四川大学", "zh-Hans", ("zhangwei", "zw", "張偉"))
CHAN = CardContent("陳大文", "HKSTP", "zh-Hant", ("chendawen", "cdw", "陈大文", "Chan Tai Man"))
OBRIEN = CardContent("Siobhán O'Brien-Müller", "", "en")


def sealed(content: CardContent = ZHANG, secret: bytes | None = SECRET) -> Card:
    return cards.seal(content, secret, DESK_KEY, ID, 3, NONCES)


contents = st.builds(
    CardContent,
    st.text(),
    st.text(),
    st.sampled_from(["en", "zh-Hant", "zh-Hans"]),
    st.lists(st.text(), max_size=8).map(tuple),
)


@given(contents)
def test_the_badge_and_the_desk_read_what_was_sealed(content: CardContent) -> None:
    card = sealed(content)
    assert cards.open_with_secret(card, SECRET) == content
    assert cards.open_with_desk(card, DESK_KEY) == content


def test_another_secret_or_desk_key_reads_nothing() -> None:
    card = sealed()
    assert cards.open_with_secret(card, SECRET + b"!") is None
    assert cards.open_with_desk(card, bytes(32)) is None
    assert cards.open_with_secret(card, DESK_KEY) is None


@pytest.mark.parametrize("changes", [{"badge": bytes(5)}, {"issue": 4}, {"issue": -1}])
def test_a_card_moved_to_another_badge_or_issue_reads_nothing(changes: dict[str, object]) -> None:
    card = msgspec.structs.replace(sealed(), **changes)
    assert cards.open_with_secret(card, SECRET) is None
    assert cards.open_with_desk(card, DESK_KEY) is None


@given(st.integers(0, 12 + 256 + 16 - 1), st.integers(0, 7))
def test_a_card_altered_in_one_bit_reads_nothing(byte: int, bit: int) -> None:
    altered = bytearray(sealed().sealed_desk)
    altered[byte] ^= 1 << bit
    card = msgspec.structs.replace(
        sealed(), sealed_badge=bytes(altered), sealed_desk=bytes(altered)
    )
    assert cards.open_with_secret(card, SECRET) is None
    assert cards.open_with_desk(card, DESK_KEY) is None


@given(st.binary(max_size=60))
def test_rubbish_in_place_of_a_card_reads_nothing(rubbish: bytes) -> None:
    card = Card(ID, 3, rubbish, rubbish)
    assert cards.open_with_secret(card, SECRET) is None
    assert cards.open_with_desk(card, DESK_KEY) is None


def test_content_that_cannot_be_read_is_nothing_rather_than_a_failure() -> None:
    class Odd(msgspec.Struct, array_like=True):
        code: str

    card = cards.seal(Odd("only this"), SECRET, DESK_KEY, ID, 3, NONCES)
    assert cards.open_with_desk(card, DESK_KEY) is None


def test_a_badge_whose_code_can_be_guessed_opens_no_card() -> None:
    card = sealed(secret=None)
    assert card.sealed_badge is None
    assert cards.open_with_secret(card, SECRET) is None
    assert cards.open_with_desk(card, DESK_KEY) == ZHANG


def test_cards_of_short_and_long_names_are_equally_long_and_show_neither() -> None:
    assert len(sealed(ZHANG).sealed_desk) == len(sealed(OBRIEN).sealed_desk) == 12 + 256 + 16
    assert ZHANG.name.encode() not in msgspec.msgpack.encode(sealed())
    assert len(sealed(CardContent("x" * 300, "", "en")).sealed_desk) == 12 + 512 + 16


def test_a_card_travels_and_keeps_its_hash() -> None:
    card = sealed()
    arrived = msgspec.msgpack.decode(msgspec.msgpack.encode(card), type=Card)
    assert arrived == card
    assert cards.card_hash(arrived) == cards.card_hash(card)
    assert len(cards.card_hash(card)) == 32
    assert cards.card_hash(card) != cards.card_hash(sealed(CHAN))


def test_keys_and_nonces_of_another_length_are_refused() -> None:
    with pytest.raises(ValueError, match="a desk key has 32 bytes, not 16"):
        cards.seal(ZHANG, SECRET, bytes(16), ID, 3, NONCES)
    with pytest.raises(ValueError, match="a nonce has 12 bytes"):
        cards.seal(ZHANG, SECRET, DESK_KEY, ID, 3, (bytes(12), bytes(8)))


def test_a_name_does_not_show_when_a_card_is_printed_to_a_log() -> None:
    assert "张" not in repr(ZHANG)
    assert "张" not in f"{[ZHANG]}"


def test_the_badges_own_code_is_under_the_desks_seal_alone() -> None:
    card = sealed(msgspec.structs.replace(ZHANG, code="JAEAQ"))
    from_badge, from_desk = (
        cards.open_with_secret(card, SECRET),
        cards.open_with_desk(card, DESK_KEY),
    )
    assert from_badge == ZHANG
    assert from_desk is not None
    assert from_desk.code == "JAEAQ"


def test_a_card_of_an_earlier_release_has_no_code() -> None:
    assert msgspec.msgpack.decode(
        msgspec.msgpack.encode(["张伟", "四川大学", "zh-Hans", []]), type=CardContent
    ) == CardContent("张伟", "四川大学", "zh-Hans")


@given(st.text(max_size=120))
def test_a_spelling_is_read_with_the_card_and_the_desk_key(name: str) -> None:
    spelling = cards.seal_spelling(name, sealed(), DESK_KEY, b"o" * 12)
    assert cards.open_spelling(spelling, sealed(), DESK_KEY) == name
    assert len(spelling) < 1024


def test_without_the_card_nobody_reads_a_spelling() -> None:
    """The desk key and the entry of the log are not enough: an erased person's name stays erased."""
    spelling = cards.seal_spelling("张玮", sealed(), DESK_KEY, b"o" * 12)
    again = cards.seal(ZHANG, SECRET, DESK_KEY, ID, 3, (b"n" * 12, b"p" * 12))
    assert cards.open_spelling(spelling, again, DESK_KEY) is None
    assert cards.open_spelling(spelling, sealed(), bytes(32)) is None
    assert cards.open_spelling(spelling[:-1] + b"?", sealed(), DESK_KEY) is None
    assert cards.open_spelling(spelling[:20], sealed(), DESK_KEY) is None
    for changes in ({"badge": bytes(5)}, {"issue": 4}, {"issue": -1}):
        moved = msgspec.structs.replace(sealed(), **changes)
        assert cards.open_spelling(spelling, moved, DESK_KEY) is None

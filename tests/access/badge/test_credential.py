"""The two printed forms, their proof, and the human code."""

import base64
import hashlib
import hmac

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import example, given
from hypothesis import strategies as st

from access.badge import base45
from access.badge import credential as badge
from access.badge.credential import Claims, Plain, Signed

EVENT = "smarthk-2020"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER_KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
PUBLIC = KEY.public_key().public_bytes_raw()
OTHER_PUBLIC = OTHER_KEY.public_key().public_bytes_raw()
ID = bytes.fromhex("0123456789")
PLAIN = Plain(badge=ID, issue=1, secret=bytes(range(11)))
CLAIMS = Claims(ticket=2, venues=0b101, sessions=0b1_0000_0010, days=0b11)
SIGNED = badge.sign(KEY, 7, EVENT, ID, 3, CLAIMS)

ids = st.binary(min_size=5, max_size=5)
issues = st.integers(1, 63)
byte = st.integers(0, 255)
claims = st.builds(Claims, st.integers(0, 254), byte, st.integers(0, 65535), byte)


def plain_of(data: bytes) -> str:
    return "J" + base64.b32encode(data).decode().rstrip("=")


def signed_of(data: bytes) -> str:
    return "JM1:" + base45.encode(data) + "."


# The plain form


@given(ids, issues, st.binary(min_size=11, max_size=11))
def test_a_plain_badge_is_read_as_it_was_printed(
    identity: bytes, issue: int, secret: bytes
) -> None:
    plain = Plain(identity, issue, secret)
    assert badge.read(badge.plain_text(plain)) == plain


def test_a_plain_badge_is_j_and_28_characters_of_version_issue_id_and_secret() -> None:
    text = badge.plain_text(PLAIN)
    assert text == "JAEASGRLHREAACAQDAQCQMBYIBEFA"
    assert base64.b32decode(text[1:] + "====") == b"\x01" + ID + bytes(range(11))


@pytest.mark.parametrize("first", [0, 64, 65, 128, 129, 193, 255])
def test_an_issue_of_0_and_another_version_are_no_plain_badge(first: int) -> None:
    assert badge.read(plain_of(bytes([first]) + ID + bytes(11))) is None


def test_only_one_spelling_of_a_plain_badge_is_one() -> None:
    text = badge.plain_text(PLAIN)
    assert text.endswith("A")
    assert all(badge.read(text[:-1] + last) is None for last in "BCDEFGHIJKLMNOP")


@pytest.mark.parametrize(
    "text",
    [
        badge.plain_text(PLAIN).lower(),
        badge.plain_text(PLAIN) + " ",
        " " + badge.plain_text(PLAIN),
        badge.plain_text(PLAIN) + "\n",
        badge.plain_text(PLAIN)[:-1],
        badge.plain_text(PLAIN) + "A",
        "K" + badge.plain_text(PLAIN)[1:],
        badge.plain_text(PLAIN)[:-3] + "018",
        badge.plain_text(PLAIN).replace("A", "А"),
        badge.plain_text(PLAIN) + "====",
    ],
)
def test_text_is_taken_as_read_and_never_trimmed_or_folded(text: str) -> None:
    assert badge.read(text) is None


@pytest.mark.parametrize(
    "plain",
    [
        Plain(ID[:4], 1, bytes(11)),
        Plain(ID, 0, bytes(11)),
        Plain(ID, 64, bytes(11)),
        Plain(ID, 1, bytes(12)),
        badge.foreign("TICKET-000001"),
    ],
)
def test_a_plain_badge_that_does_not_fit_is_not_printed(plain: Plain) -> None:
    with pytest.raises(ValueError, match=r"plain badge|badge id|issue number"):
        badge.plain_text(plain)


# The signed form


@given(ids, issues, byte, claims)
def test_a_signed_badge_is_read_as_it_was_signed(
    identity: bytes, issue: int, key: int, claims: Claims
) -> None:
    signed = badge.sign(KEY, key, EVENT, identity, issue, claims)
    text = badge.signed_text(signed)
    assert len(text) == 122
    assert badge.read(text) == signed
    assert (signed.badge, signed.issue, signed.key, signed.claims) == (identity, issue, key, claims)


def test_a_signed_badge_is_key_tag_id_issue_ticket_and_bits_in_that_order() -> None:
    tag = hashlib.sha256(b"smarthk-2020").digest()[:2]
    assert badge.event_tag(EVENT) == tag
    assert SIGNED.tag == tag
    assert SIGNED.signed == b"\x07" + tag + ID + b"\x03" + b"\x02" + b"\x05" + b"\x01\x02" + b"\x03"
    assert SIGNED.secret == SIGNED.signature == KEY.sign(SIGNED.signed)


@pytest.mark.parametrize("issue", [0, 64, 255])
def test_an_issue_outside_1_to_63_is_no_signed_badge(issue: int) -> None:
    data = bytearray(SIGNED.signed + SIGNED.signature)
    data[8] = issue
    assert badge.read(signed_of(bytes(data))) is None


@pytest.mark.parametrize(
    "text",
    [
        badge.signed_text(SIGNED)[:-1],
        badge.signed_text(SIGNED)[:-1] + ":",
        badge.signed_text(SIGNED) + "\n",
        badge.signed_text(SIGNED).lower(),
        "JM2:" + badge.signed_text(SIGNED)[4:],
        "JM1:" + ":::" + badge.signed_text(SIGNED)[7:],
        signed_of((SIGNED.signed + SIGNED.signature)[:-1]),
        signed_of(SIGNED.signed + SIGNED.signature + b"\x00"),
    ],
)
def test_text_that_is_not_quite_a_signed_badge_is_none(text: str) -> None:
    assert badge.read(text) is None


def test_a_signed_badge_that_begins_with_a_blank_is_read() -> None:
    key = next(n for n in range(45) if (n << 8 | badge.event_tag(EVENT)[0]) % 45 == 36)
    signed = badge.sign(KEY, key, EVENT, ID, 1, CLAIMS)
    assert badge.signed_text(signed).startswith("JM1: ")
    assert badge.read(badge.signed_text(signed)) == signed


@pytest.mark.parametrize(
    ("key", "identity", "issue", "asked"),
    [
        (256, ID, 1, CLAIMS),
        (-1, ID, 1, CLAIMS),
        (0, ID[:4], 1, CLAIMS),
        (0, ID, 0, CLAIMS),
        (0, ID, 64, CLAIMS),
        (0, ID, 1, Claims(255, 0, 0, 0)),
        (0, ID, 1, Claims(-1, 0, 0, 0)),
        (0, ID, 1, Claims(0, 256, 0, 0)),
        (0, ID, 1, Claims(0, 0, 65536, 0)),
        (0, ID, 1, Claims(0, 0, 0, 256)),
    ],
)
def test_a_signed_badge_that_does_not_fit_is_not_signed(
    key: int, identity: bytes, issue: int, asked: Claims
) -> None:
    with pytest.raises(ValueError, match=r"fit a signed|badge id|issue number|ticket number"):
        badge.sign(KEY, key, EVENT, identity, issue, asked)


def test_a_signed_badge_with_parts_of_another_length_is_not_printed() -> None:
    short = msgspec.structs.replace(SIGNED, signature=bytes(63))
    with pytest.raises(ValueError, match="not 14 and 63"):
        badge.signed_text(short)


def test_the_claims_are_in_the_signed_bytes_alone() -> None:
    assert badge.claims_in(SIGNED.signed) == CLAIMS
    with pytest.raises(ValueError, match="is 14 bytes, not 13"):
        badge.claims_in(SIGNED.signed[:-1])


# Proof


def test_a_signed_badge_is_genuine_under_the_key_it_names() -> None:
    assert badge.genuine(SIGNED, {7: PUBLIC})
    assert badge.genuine(SIGNED, {1: OTHER_PUBLIC, 7: PUBLIC})


def test_a_signed_badge_is_genuine_under_any_key_of_the_event() -> None:
    assert badge.genuine(SIGNED, {1: PUBLIC})
    assert badge.genuine(SIGNED, {7: OTHER_PUBLIC, 8: PUBLIC})


def test_a_badge_that_nobody_of_the_event_signed_is_not_genuine() -> None:
    assert not badge.genuine(SIGNED, {7: OTHER_PUBLIC})
    assert not badge.genuine(SIGNED, {})


def test_a_bad_key_in_the_event_is_passed_over() -> None:
    assert badge.genuine(SIGNED, {7: b"", 8: bytes(31), 9: b"\xff" * 32, 10: PUBLIC})
    assert not badge.genuine(SIGNED, {7: b"no key", 8: b"\xff" * 32})


@given(st.integers(0, 78 * 8 - 1))
def test_one_flipped_bit_is_never_a_genuine_badge(bit: int) -> None:
    data = bytearray(SIGNED.signed + SIGNED.signature)
    data[bit // 8] ^= 1 << bit % 8
    read = badge.read(signed_of(bytes(data)))
    assert read is None or (isinstance(read, Signed) and not badge.genuine(read, {7: PUBLIC}))


def test_a_secret_proves_itself_and_no_other() -> None:
    known = badge.verifier(PLAIN.secret)
    assert len(known) == 32
    assert badge.proves(PLAIN.secret, known)
    assert not badge.proves(bytes(11), known)
    assert not badge.proves(PLAIN.secret, known[:-1])
    assert not badge.proves(known, known)


def test_a_verifier_is_the_hash_of_the_secrets_verify_key() -> None:
    extracted = hmac.digest(bytes(32), PLAIN.secret, "sha256")
    expanded = hmac.digest(extracted, b"verify\x01", "sha256")
    assert badge.verifier(PLAIN.secret) == hashlib.sha256(expanded).digest()


RFC_5869 = [
    (
        bytes.fromhex("0b" * 22),
        bytes(range(13)),
        bytes(range(0xF0, 0xFA)),
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
    ),
    (
        bytes(range(0x50)),
        bytes(range(0x60, 0xB0)),
        bytes(range(0xB0, 0x100)),
        (
            "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41"
            "c65e590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87"
        ),
    ),
    (
        bytes.fromhex("0b" * 22),
        None,
        b"",
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
    ),
]


@pytest.mark.parametrize(("secret", "salt", "info", "expected"), RFC_5869)
def test_keys_are_derived_as_the_examples_of_rfc_5869(
    secret: bytes, salt: bytes | None, info: bytes, expected: str
) -> None:
    assert badge.derive(secret, info, len(expected) // 2, salt).hex() == expected


def test_each_issue_person_and_master_key_has_its_own_secret() -> None:
    secrets = {
        badge.plain_secret(master, salt, identity, issue)
        for master in (bytes(32), b"\x01" * 32)
        for salt in (bytes(16), b"\x01" * 16)
        for identity in (bytes(5), ID)
        for issue in (1, 2)
    }
    assert len(secrets) == 16
    assert {len(secret) for secret in secrets} == {11}
    assert badge.plain_secret(bytes(32), bytes(16), ID, 1) in secrets


def test_a_secret_does_not_show_when_a_badge_is_printed_to_a_log() -> None:
    assert PLAIN.secret.hex() not in repr(PLAIN)
    assert repr(PLAIN.secret) not in repr(PLAIN)
    assert repr(SIGNED.signature) not in repr(SIGNED)


# Any text at all


@given(st.text())
@example("J" + "7" * 28)
@example("JM1:" + ":" * 117 + ".")
@example("J" * 4_000)
@example("\ud800")
@example("")
def test_no_text_makes_reading_fail(text: str) -> None:
    read = badge.read(text)
    assert read is None or text in (
        badge.plain_text(read) if isinstance(read, Plain) else badge.signed_text(read)
    )
    assert len(badge.foreign(text).badge) == 5


@given(st.text(alphabet="ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", min_size=28, max_size=28))
def test_a_text_of_the_plain_shape_is_one_badge_or_none(text: str) -> None:
    read = badge.read("J" + text)
    assert read is None or (isinstance(read, Plain) and badge.plain_text(read) == "J" + text)


@given(st.text(alphabet=base45.ALPHABET, min_size=117, max_size=117))
def test_a_text_of_the_signed_shape_is_one_badge_or_none(text: str) -> None:
    read = badge.read(f"JM1:{text}.")
    assert read is None or (isinstance(read, Signed) and badge.signed_text(read) == f"JM1:{text}.")


# Codes of other systems


def test_a_foreign_code_is_a_badge_whose_secret_is_the_code() -> None:
    code = "https://tickets.example/票/42"
    imported = badge.foreign(code)
    assert imported.badge == hashlib.sha256(b"JMX" + code.encode()).digest()[:5]
    assert (imported.issue, imported.secret) == (1, code.encode())
    assert badge.proves(imported.secret, badge.verifier(code.encode()))


def test_even_an_empty_foreign_code_can_be_proved() -> None:
    assert badge.proves(badge.foreign("").secret, badge.verifier(b""))


# The human code


@given(ids)
def test_a_human_code_is_read_back_however_it_is_typed(identity: bytes) -> None:
    code = badge.human_code(identity)
    letters = code.replace("-", "")
    full_width = "".join(chr(ord(character) + 0xFEE0) for character in letters)
    sloppy = letters.replace("0", "O").replace("1", "l")
    for typed in (code, letters, code.lower(), f" {code} ", full_width, sloppy, " ".join(letters)):
        assert badge.read_human_code(typed) == identity


@given(ids, st.integers(0, 8), st.sampled_from("0123456789ABCDEFGHJKMNPQRSTVWXYZ*~$=U"))
def test_one_wrong_character_is_noticed(identity: bytes, index: int, wrong: str) -> None:
    code = badge.human_code(identity).replace("-", "")
    typed = code[:index] + wrong + code[index + 1 :]
    assert badge.read_human_code(typed) == (identity if typed == code else None)


@given(ids, st.integers(0, 6))
def test_two_characters_in_the_wrong_order_are_noticed(identity: bytes, index: int) -> None:
    code = badge.human_code(identity).replace("-", "")
    typed = code[:index] + code[index + 1] + code[index] + code[index + 2 :]
    assert badge.read_human_code(typed) == (identity if typed == code else None)


@given(st.text())
@example("ABCD-EFGH")
@example("ABCD-EFGH-AA")
@example("UUUUUUUU0")
def test_no_typing_makes_reading_a_human_code_fail(typed: str) -> None:
    identity = badge.read_human_code(typed)
    assert identity is None or len(identity) == 5


def test_the_human_code_is_crockfords_with_his_check_character() -> None:
    assert badge.human_code(bytes(5)) == "0000-0000-0"
    assert badge.human_code((1234).to_bytes(5, "big")) == "0000-016J-D"
    assert badge.human_code(b"\xff" * 5) == "ZZZZ-ZZZZ-F"


def test_an_id_of_another_length_has_no_human_code() -> None:
    with pytest.raises(ValueError, match="5 bytes, not 4"):
        badge.human_code(bytes(4))


def test_a_code_without_its_check_character_is_read_and_anything_else_is_not() -> None:
    code = badge.human_code(b"\x01\x02\x03\x04\x05")
    unchecked = code.rpartition("-")[0]
    assert badge.read_unchecked_code(unchecked.lower()) == b"\x01\x02\x03\x04\x05"
    for typed in (code, unchecked[:-1], "ABCD-EFGU", ""):
        assert badge.read_unchecked_code(typed) is None

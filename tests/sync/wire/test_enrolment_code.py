"""The enrolment code: what is written is what is read, and nothing else is taken for one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.wire.enrolment_code import EnrolmentCode, EnrolmentCodeError, is_enrolment_code

HEX = "0123456789abcdef"
URLS = st.builds(
    "{}://{}:{}".format,
    st.sampled_from(["http", "https"]),
    st.from_regex(r"[a-z0-9][a-z0-9.-]{0,40}", fullmatch=True),
    st.integers(1, 65535),
)
CODES = st.builds(
    EnrolmentCode,
    registry=st.text(HEX, min_size=16, max_size=16),
    code=st.from_regex(r"[A-Z0-9]{1,64}", fullmatch=True),
    url=URLS,
    pin=st.none() | st.text(HEX, min_size=64, max_size=64),
)


@given(CODES)
def test_what_is_shown_reads_back_the_same(code: EnrolmentCode) -> None:
    assert is_enrolment_code(code.text())
    assert EnrolmentCode.parse(code.text()) == code


def test_the_text_is_fixed() -> None:
    code = EnrolmentCode("0123456789abcdef", "AB2CD3EF", "https://registry.example:8743")
    pinned = EnrolmentCode(code.registry, code.code, code.url, "ab" * 32)

    assert code.text() == "JME1:0123456789ABCDEF:AB2CD3EF:https://registry.example:8743"
    assert pinned.text() == code.text() + "#" + "ab" * 32


def test_blanks_around_it_a_slash_and_capitals_do_not_matter() -> None:
    text = "JME1:0123456789ABCDEF:AB2CD3EF:https://registry.example:8743"
    plain = EnrolmentCode("0123456789abcdef", "AB2CD3EF", "https://registry.example:8743")
    pin = "AB" * 32

    assert EnrolmentCode.parse(text) == plain
    assert EnrolmentCode.parse(f" {text}/\n") == plain
    assert EnrolmentCode.parse(f"{text}#{pin}").pin == pin.lower()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "JME1:",
        "J" + "A" * 28,
        "JME1:0123:AB:http://x",
        "JME1:0123456789ABCDEF:AB2CD3EF:ftp://x",
    ],
)
def test_any_other_text_is_no_enrolment_code(text: str) -> None:
    with pytest.raises(EnrolmentCodeError, match="JME1:"):
        EnrolmentCode.parse(text)

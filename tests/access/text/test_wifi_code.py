"""Codes by which networks are joined: as phones write them, and there and back."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access.text.wifi_code import Fault, WifiCode, WifiCodeError, is_wifi_code

PRINTABLE = st.characters(min_codepoint=0x20, max_codepoint=0x7E)
ANY = st.characters(exclude_categories=["Cc", "Cs"])

names = st.text(ANY, min_size=1, max_size=32).filter(lambda name: len(name.encode()) <= 32)
codes = st.one_of(
    st.builds(
        WifiCode, names, st.text(PRINTABLE, min_size=8, max_size=63), st.just("wpa"), st.booleans()
    ),
    st.builds(WifiCode, names, st.text(ANY, min_size=1, max_size=30), st.just("sae")),
    st.builds(WifiCode, names, st.just(""), st.just("open"), st.booleans()),
)


@given(codes)
def test_a_code_that_is_written_is_read_as_it_was(code: WifiCode) -> None:
    assert WifiCode.parse(code.text()) == code


@given(st.text())
def test_whatever_is_held_up_is_a_network_or_a_named_fault(text: str) -> None:
    for shown in (text, f"WIFI:{text}"):
        with contextlib.suppress(WifiCodeError):
            code = WifiCode.parse(shown)
            assert WifiCode.parse(code.text()) == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("WIFI:T:WPA;S:venue;P:long enough;;", WifiCode("venue", "long enough")),
        ("WIFI:S:venue;P:long enough;T:WPA;;", WifiCode("venue", "long enough")),
        ("WIFI:T:WPA2;S:venue;P:long enough;H:false;;", WifiCode("venue", "long enough")),
        (
            "WIFI:T:WPA;S:venue;P:long enough;H:true;",
            WifiCode("venue", "long enough", hidden=True),
        ),
        ("WIFI:S:venue;P:long enough;;", WifiCode("venue", "long enough")),
        ("WIFI:T:SAE;S:venue;P:short;;", WifiCode("venue", "short", "sae")),
        ("WIFI:T:WPA;R:1;S:venue;P:long enough;;", WifiCode("venue", "long enough", "sae")),
        ("WIFI:T:nopass;S:场馆;P:;;", WifiCode("场馆", security="open")),
        ("WIFI:S:venue;;", WifiCode("venue", security="open")),
        (r"WIFI:T:WPA;S:a\;b\\;P:\"quo\:ted\,;;", WifiCode("a;b\\", '"quo:ted,')),
        ('WIFI:T:WPA;S:"ABCD";P:"1234567890";;', WifiCode("ABCD", "1234567890")),
        ("WIFI:T:WPA;S:http://venue;P:long:enough;;", WifiCode("http://venue", "long:enough")),
        ("wifi:t:wpa;s:venue;p:long enough;;", WifiCode("venue", "long enough")),
    ],
)
def test_codes_as_phones_and_routers_write_them(text: str, code: WifiCode) -> None:
    assert is_wifi_code(text)
    assert WifiCode.parse(text) == code


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("WIFI:T:WPA;P:long enough;;", "no_name"),
        (f"WIFI:T:nopass;S:{'场' * 11};;", "no_name"),
        ("WIFI:T:WPA;S:venue;P:short;;", "password"),
        ("WIFI:T:WPA;S:venue;;", "password"),
        ("WIFI:T:WPA;S:venue;P:密码密码密码密码;;", "password"),
        ("WIFI:T:SAE;S:venue;P:line\nbreak;;", "password"),
        ("WIFI:T:WEP;S:venue;P:12345;;", "unsupported"),
        ("WIFI:T:WPA2-EAP;S:venue;E:PEAP;I:me;P:long enough;;", "unsupported"),
        ("WIFI:T:WPA;S:venue;P:ends in a backslash\\;", "damaged"),
        ("WIFI:no fields at all", "damaged"),
        ("https://example.org/", "damaged"),
    ],
)
def test_a_code_by_which_no_network_can_be_joined_says_why(text: str, fault: Fault) -> None:
    with pytest.raises(WifiCodeError) as refused:
        WifiCode.parse(text)

    assert refused.value.fault == fault


def test_a_name_that_could_be_a_number_is_written_in_quotation_marks() -> None:
    assert WifiCode("c0ffee", "long enough").text() == 'WIFI:T:WPA;S:"c0ffee";P:long enough;;'


def test_a_password_is_not_in_what_a_message_may_show_of_a_code() -> None:
    code = WifiCode("venue", "long enough")

    assert "long enough" not in repr(code)
    assert "long enough" not in str(WifiCodeError("password"))

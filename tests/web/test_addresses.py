"""Every spelling of this machine's address is known for what it is."""

from __future__ import annotations

import pytest

from web.addresses import is_address, reach_of


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.9.9.9",
        "2130706433",
        "0x7f000001",
        "0x7F.1",
        "017700000001",
        "0177.0.0.1",
        "127.1",
        "0",
        "0.0.0.0",
        "0.1.2.3",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "１２７.０.０.１",
        "127。0。0。1",
        "%31%32%37.0.0.1",
        "localhost",
        "LOCALHOST.",
        "hooks.localhost",
        "ip6-localhost",
    ],
)
def test_this_machine_in_every_spelling(host: str) -> None:
    assert reach_of(f"http://user:pass@{host}:8080/hook") == "this_machine"


@pytest.mark.parametrize(
    ("host", "reach"),
    [
        ("169.254.169.254", "own_link"),
        ("2852039166", "own_link"),
        ("[fe80::1%25eth0]", "own_link"),
        ("[::ffff:169.254.0.1]", "own_link"),
        ("192.0.2.7", "elsewhere"),
        ("10.0.0.1", "elsewhere"),
        ("3221225985", "elsewhere"),
        ("[2001:db8::1]", "elsewhere"),
        ("localhost.example", "elsewhere"),
        ("example.org", "elsewhere"),
        ("4294967296", "elsewhere"),
        ("", "elsewhere"),
    ],
)
def test_other_machines(host: str, reach: str) -> None:
    assert reach_of(f"https://{host}/") == reach


@pytest.mark.parametrize("url", ["http://[::1", "http://:80/", "http://h:0/", "http://h:65536/"])
def test_what_is_no_url_is_no_address(url: str) -> None:
    assert not is_address(url)
    assert reach_of(url) == "elsewhere"


def test_a_url_with_a_host_is_an_address() -> None:
    assert is_address("https://user@[2001:db8::1]:8443/hook?x=1")

"""Neighbours: the kiosks of a venue as the registry's log names them; a hint is an address to try first."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access.event.programme import Programme
from access.log.entry import Kiosk
from config.event_file import load
from sync.transport.discovery import Peer, lan_host, peers_of

PROGRAMME = Programme(load(Path("config/events/smarthk.toml")))
OWN, OTHER, SPARE, FAR = (character * 16 for character in "abcd")
CERTIFICATE = "0" * 64


def kiosk(device: str, gate: str | None, **more: object) -> Kiosk:
    known = {"address": f"10.0.0.{ord(device[0])}:7443", "certificate": CERTIFICATE}
    return Kiosk(device=device, public=bytes(32), gate=gate, **{**known, **more})  # type: ignore[arg-type]


def venue(*more: Kiosk) -> dict[str, Kiosk]:
    named = (
        kiosk(OWN, "chengdu-main-1"),
        kiosk(OTHER, "chengdu-main-2"),
        kiosk(SPARE, None),
        kiosk(FAR, "meishan-main-1"),
        *more,
    )
    return {one.device: one for one in named}


def test_neighbours_are_the_venues_other_kiosks_and_spare_ones() -> None:
    found = peers_of(OWN, venue(), PROGRAMME, {})
    assert [peer.device for peer in found] == [OTHER, SPARE]
    assert found[0] == Peer(OTHER, "chengdu-main-2", ("10.0.0.98:7443",), CERTIFICATE)


def test_before_anything_is_known_of_the_venue_everybody_may_be_a_neighbour() -> None:
    assert [peer.device for peer in peers_of(OWN, venue(), None, {})] == [OTHER, SPARE, FAR]
    unplaced = {**venue(), OWN: kiosk(OWN, None)}
    assert [peer.device for peer in peers_of(OWN, unplaced, PROGRAMME, {})] == [OTHER, SPARE, FAR]


@pytest.mark.parametrize("more", [{"cut_off": True}, {"certificate": ""}, {"address": ""}])
def test_who_is_cut_off_or_cannot_be_addressed_is_none(more: dict[str, object]) -> None:
    kiosks = {**venue(), OTHER: kiosk(OTHER, "chengdu-main-2", **more)}
    assert OTHER not in [peer.device for peer in peers_of(OWN, kiosks, PROGRAMME, {})]


def test_a_hint_is_tried_first_and_the_log_s_address_after_it() -> None:
    (other, _) = peers_of(OWN, venue(), PROGRAMME, {OTHER: "192.168.7.7:7443"})
    assert other.addresses == ("192.168.7.7:7443", "10.0.0.98:7443")
    (same, _) = peers_of(OWN, venue(), PROGRAMME, {OTHER: "10.0.0.98:7443"})
    assert same.addresses == ("10.0.0.98:7443",)


def test_a_hint_finds_a_kiosk_that_has_not_said_where_it_is_and_no_stranger() -> None:
    kiosks = {**venue(), OTHER: kiosk(OTHER, "chengdu-main-2", address="")}
    hints = {OTHER: "192.168.7.7:7443", "e" * 16: "192.168.7.8:7443"}
    found = peers_of(OWN, kiosks, PROGRAMME, hints)
    assert [peer.device for peer in found] == [OTHER, SPARE]
    assert found[0].addresses == ("192.168.7.7:7443",)


@given(
    st.dictionaries(
        st.sampled_from([character * 16 for character in "abcdef"]), st.text(max_size=30)
    )
)
def test_whatever_is_hinted_nobody_but_the_log_s_kiosks_is_asked(hints: dict[str, str]) -> None:
    found = peers_of(OWN, venue(), PROGRAMME, hints)
    assert {peer.device for peer in found} == {OTHER, SPARE}
    assert all(peer.certificate == CERTIFICATE for peer in found)


def test_the_address_on_the_lan_is_none_of_loopback() -> None:
    host = lan_host()
    assert host is None or not host.startswith(("127.", "169.254."))

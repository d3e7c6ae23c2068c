"""A bundle on a stick: the same merge as over any link, and nothing taken of one that is not whole."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from access.log.entry import Kiosk
from jianmen.testing.log_writer import LogWriter
from sync.exchange.bundle_file import BundleError, export, take_in
from sync.wire.enrolment_certificate import certificate_for

Node = Any


@pytest.fixture
def bundle(kiosk: Node, new_log: Callable[..., LogWriter], tmp_path: Path) -> Path:
    """What a kiosk with a forked log of its own wrote on a stick."""
    log = new_log(kiosk.identity).grow(400)
    for one in (log, log.branch_after(7).grow(9, "clone")):
        kiosk.take(one.batch())
    kiosk.work(700)
    kiosk.publish()
    export(kiosk.replica, kiosk.identity, tmp_path / "stick.jianmen", 1)
    return tmp_path / "stick.jianmen"


def test_everything_a_kiosk_has_travels_on_a_stick(
    bundle: Path, kiosk: Node, neighbour: Node
) -> None:
    before = neighbour.everything()
    brought = take_in(neighbour.replica, bundle)

    assert brought.rejected == {}
    assert brought.device == kiosk.device
    assert brought.entries == len(kiosk.everything() - before)
    assert kiosk.everything() <= neighbour.everything()
    assert kiosk.replica.vector().items() <= neighbour.replica.vector().items()


def test_a_stick_that_is_read_twice_brings_nothing_new(bundle: Path, neighbour: Node) -> None:
    take_in(neighbour.replica, bundle)

    assert take_in(neighbour.replica, bundle).entries == 0


def test_an_export_leaves_no_half_file(bundle: Path) -> None:
    assert [file.name for file in bundle.parent.iterdir() if file.is_file()] == [bundle.name]


@pytest.mark.parametrize("cut", [0, 5, 17, 40, 5000, -70, -1])
def test_of_a_bundle_that_was_cut_short_nothing_is_taken(
    bundle: Path, neighbour: Node, cut: int
) -> None:
    before = neighbour.everything()
    bundle.write_bytes(bundle.read_bytes()[:cut])

    with pytest.raises(BundleError, match="bundle"):
        take_in(neighbour.replica, bundle)
    assert neighbour.everything() == before


@pytest.mark.parametrize("offset", [3, 25, 60, 5000, 50_000, -10])
def test_of_a_bundle_that_was_altered_nothing_is_taken(
    bundle: Path, neighbour: Node, offset: int
) -> None:
    before = neighbour.everything()
    raw = bytearray(bundle.read_bytes())
    raw[offset] ^= 1
    bundle.write_bytes(raw)

    with pytest.raises(BundleError):
        take_in(neighbour.replica, bundle)
    assert neighbour.everything() == before


def test_a_new_kiosk_that_nobody_has_heard_of_brings_its_logs_on_a_stick(
    make_node: Callable[[int], Node], registry: Node, neighbour: Node, tmp_path: Path
) -> None:
    newcomer = make_node(9)
    newcomer.work(3)
    newcomer.publish()
    known = Kiosk(device=newcomer.device, public=newcomer.identity.public, gate="gate-9")
    warrant = certificate_for(known, registry.identity)
    export(newcomer.replica, newcomer.identity, tmp_path / "stick", 1, warrant)

    brought = take_in(neighbour.replica, tmp_path / "stick")
    assert (brought.device, brought.entries, brought.rejected) == (newcomer.device, 4, {})
    assert neighbour.replica.introduced() == [known]


def test_a_bundle_with_anothers_warrant_is_refused(
    make_node: Callable[[int], Node], registry: Node, neighbour: Node, tmp_path: Path
) -> None:
    thief = make_node(9)
    thief.publish()
    stolen = Kiosk(device=neighbour.device, public=neighbour.identity.public, gate="gate-9")
    warrant = certificate_for(stolen, registry.identity)
    export(thief.replica, thief.identity, tmp_path / "stick", 1, warrant)

    with pytest.raises(BundleError, match="another device's"):
        take_in(neighbour.replica, tmp_path / "stick")


def test_a_bundle_of_a_stranger_is_refused(
    make_node: Callable[[int], Node], neighbour: Node, tmp_path: Path
) -> None:
    stranger = make_node(9)
    stranger.publish()
    export(stranger.replica, stranger.identity, tmp_path / "stick", 1)

    with pytest.raises(BundleError, match=f"{stranger.device}, which is not enrolled"):
        take_in(neighbour.replica, tmp_path / "stick")

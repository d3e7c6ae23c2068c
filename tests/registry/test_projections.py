"""The counts that a registry saves for its next start: used where they stand for the same entries, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from access.event.definition import Event
from access.state.headcount import Headcount, SavedCounts
from registry.projections import saved_counts
from registry.roster.model import IssuedBadge
from registry.service import RegistryService

NewKiosk = Callable[[str], Any]

pytestmark = pytest.mark.sqlite_alone  # a folder with a file


@pytest.fixture
def service(
    new_service: Callable[..., RegistryService], event: Event, tmp_path: Path
) -> RegistryService:
    service = new_service(tmp_path)
    service.init(event)
    return service


@pytest.fixture
def again(
    new_service: Callable[..., RegistryService], service: RegistryService, tmp_path: Path
) -> Callable[[], RegistryService]:
    """Closes the registry and starts another one over its folder."""

    def start() -> RegistryService:
        service.ledger.close()
        return new_service(tmp_path)

    return start


def test_a_start_goes_on_from_the_saved_counts(
    service: RegistryService,
    new_kiosk: NewKiosk,
    delegates: list[IssuedBadge],
    clock: Any,
    again: Callable[[], RegistryService],
    tmp_path: Path,
) -> None:
    kiosk = new_kiosk("chengdu-main-1")
    kiosk.show(delegates[0].text)
    kiosk.exchange()
    service.headcount(clock.now_ms)
    service.keep_counts(at_once=True)
    kiosk.show(delegates[2].text)  # after that
    kiosk.exchange()
    before = service.headcount(clock.now_ms)
    assert before["chengdu"].inside == 2

    saved = saved_counts.read(tmp_path)
    assert saved is not None
    assert saved.entry_id < service.ledger.newest()
    assert again().headcount(clock.now_ms) == before


def test_they_are_saved_only_if_something_has_arrived(
    service: RegistryService, clock: Any, tmp_path: Path
) -> None:
    service.keep_counts()
    assert saved_counts.read(tmp_path) is None  # nothing was counted yet
    service.headcount(clock.now_ms)
    service.keep_counts()
    assert saved_counts.read(tmp_path) is None  # little has arrived
    service.keep_counts(at_once=True)
    (tmp_path / saved_counts.FILE).unlink()
    service.keep_counts(at_once=True)
    assert saved_counts.read(tmp_path) is None


def wrong_byte(folder: Path) -> None:
    file = folder / saved_counts.FILE
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data)


def cut_short(folder: Path) -> None:
    file = folder / saved_counts.FILE
    file.write_bytes(file.read_bytes()[:40])


def of_other_entries(folder: Path) -> None:
    saved = saved_counts.read(folder)
    assert saved is not None
    saved_counts.write(folder, saved.entry_id, bytes(32), SavedCounts(*nothing(saved)))


def of_an_entry_that_is_not_there(folder: Path) -> None:
    saved = saved_counts.read(folder)
    assert saved is not None
    saved_counts.write(folder, 10_000, saved.sequence, SavedCounts(*nothing(saved)))


def of_wrong_shares(folder: Path) -> None:
    saved = saved_counts.read(folder)
    assert saved is not None
    badges = [badge for badge, _ in saved.counts.shares]
    shares = [share for _, share in saved.counts.shares]
    turned = list(zip(badges, shares[1:] + shares[:1], strict=True))
    counts = SavedCounts(saved.counts.day, saved.counts.asked_ms, turned)
    saved_counts.write(folder, saved.entry_id, saved.sequence, counts)


def nothing(saved: saved_counts.Saved) -> tuple[int, int, list[Any]]:
    return saved.counts.day, saved.counts.asked_ms, []


@pytest.mark.parametrize(
    "harm",
    [wrong_byte, cut_short, of_other_entries, of_an_entry_that_is_not_there, of_wrong_shares],
)
def test_in_doubt_they_count_for_nothing(
    service: RegistryService,
    new_kiosk: NewKiosk,
    delegates: list[IssuedBadge],
    clock: Any,
    again: Callable[[], RegistryService],
    tmp_path: Path,
    harm: Callable[[Path], None],
) -> None:
    one, other = new_kiosk("chengdu-main-1"), new_kiosk("meishan-main-1")
    one.show(delegates[0].text)
    other.show(delegates[1].text)
    one.exchange()
    other.exchange()
    before = service.headcount(clock.now_ms)
    service.keep_counts(at_once=True)
    harm(tmp_path)
    assert again().headcount(clock.now_ms) == before


def test_what_is_restored_counts_on_like_what_was_folded(
    service: RegistryService, new_kiosk: NewKiosk, delegates: list[IssuedBadge], clock: Any
) -> None:
    kiosk = new_kiosk("chengdu-main-1")
    kiosk.show(delegates[0].text)
    kiosk.exchange()
    with service.snapshot() as known:
        folded, restored = Headcount(known), Headcount(known)
        folded.areas(clock.now_ms)
        saved = folded.saved()
        assert saved is not None
        assert restored.restore(saved)
    kiosk.show(delegates[0].text, "out")
    kiosk.show(delegates[2].text)
    kiosk.exchange()
    service.refresh()
    for at_ms in (clock.now_ms, clock.now_ms + 3_600_000, clock.now_ms + 86_400_000):
        assert restored.areas(at_ms) == folded.areas(at_ms)

"""The counts that a registry saves for its next start: used where they stand for the same entries, and nowhere else."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from access.event.definition import Event
from access.state.headcount import Headcount
from registry.projections import folds, saved_counts
from registry.queries.queries import Queries
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
    assert saved.entries.entry_id < service.ledger.newest()
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


def changed(folder: Path, **changes: Any) -> None:
    """Write the file again with other contents."""
    saved = saved_counts.read(folder)
    assert saved is not None
    saved_counts.write(folder, msgspec.structs.replace(saved, **changes))


def with_other_ends(folder: Path, **changes: Any) -> None:
    saved = saved_counts.read(folder)
    assert saved is not None
    changed(folder, entries=msgspec.structs.replace(saved.entries, **changes))


def of_other_entries(folder: Path) -> None:
    saved = saved_counts.read(folder)
    assert saved is not None
    log = min(saved.entries.ends)
    other = {**saved.entries.ends, log: (saved.entries.ends[log][0], bytes(32))}
    with_other_ends(folder, ends=other)


def of_fewer_entries(folder: Path) -> None:
    saved = saved_counts.read(folder)
    assert saved is not None
    with_other_ends(folder, count=saved.entries.count - 1)


def of_an_entry_that_is_not_there(folder: Path) -> None:
    with_other_ends(folder, entry_id=10_000)


def of_another_fork(folder: Path) -> None:
    saved = saved_counts.read(folder)
    assert saved is not None
    log = min(saved.entries.ends)
    with_other_ends(folder, forked={log: bytes(32)})


def of_another_version(folder: Path) -> None:
    changed(folder, version=saved_counts.VERSION + 1)


def of_another_shape(folder: Path) -> None:
    raw = msgspec.msgpack.encode([saved_counts.VERSION])
    (folder / saved_counts.FILE).write_bytes(hashlib.sha256(raw).digest() + raw)


def with_shares(folder: Path, turn: int, keep: int | None = None) -> None:
    saved = saved_counts.read(folder)
    assert saved is not None
    badges = [badge for badge, _ in saved.counts.shares]
    shares = [share for _, share in saved.counts.shares]
    turned = list(zip(badges, shares[turn:] + shares[:turn], strict=True))[:keep]
    changed(folder, counts=msgspec.structs.replace(saved.counts, shares=turned))


def of_wrong_shares(folder: Path) -> None:
    with_shares(folder, 1)


def of_fewer_shares(folder: Path) -> None:
    with_shares(folder, 0, 1)


@pytest.mark.parametrize(
    "harm",
    [
        wrong_byte,
        cut_short,
        of_other_entries,
        of_fewer_entries,
        of_an_entry_that_is_not_there,
        of_another_fork,
        of_another_version,
        of_another_shape,
        of_wrong_shares,
        of_fewer_shares,
    ],
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


def test_a_count_does_not_wait_for_all_that_has_arrived_and_says_so(
    service: RegistryService,
    new_kiosk: NewKiosk,
    delegates: list[IssuedBadge],
    clock: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kiosk = new_kiosk("chengdu-main-1")
    queries = Queries(service, clock)
    assert queries.counted().news == service.ledger.database.news.number
    monkeypatch.setattr(folds, "AT_ONCE", 1)
    for direction in ("in", "out", "in", "out", "in"):
        kiosk.show(delegates[0].text, direction)
        kiosk.show(delegates[2].text, direction)
    kiosk.exchange()
    news = service.ledger.database.news.number
    asked = 0
    while queries.counted().news != news:
        asked += 1
        assert asked < 100
        clock.wait(1000)
    assert asked > 1
    [chengdu] = [area for area in queries.headcount().areas if area.id == "chengdu"]
    assert chengdu.inside == 2
    assert service.headcount(clock.now_ms)["chengdu"].inside == 2


def test_whoever_asks_for_everything_gets_it_however_much_it_is(
    service: RegistryService,
    new_kiosk: NewKiosk,
    delegates: list[IssuedBadge],
    clock: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(folds, "AT_ONCE", 1)
    kiosk = new_kiosk("chengdu-main-1")
    for badge in (delegates[0], delegates[2]):
        kiosk.show(badge.text)
    kiosk.exchange()
    assert service.headcount(clock.now_ms)["chengdu"].inside == 2

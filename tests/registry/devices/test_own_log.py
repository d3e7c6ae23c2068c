"""The registry's own log has no gaps, never goes back in time, and never writes a number twice after a restore."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import pytest

from access.event.definition import Event
from access.log.chain import follow, vouched
from access.log.entry import GENESIS, Boot, decode
from access.log.log_entry import LogEntry
from registry.roster.model import Person
from registry.service import RegistryService
from registry.storage.database import FILE
from registry.storage.ledger import Ledger
from registry.storage.rollback_mark import FILE as LANDMARK
from sync.store.log_store import BEGINNING


class Waits(Protocol):
    """The clock of the tests."""

    def wait(self, ms: int) -> None: ...


def own_logs(ledger: Ledger) -> list[str]:
    """The registry's own logs in order of their first entries' arrival."""
    logs = [entry.log for _, entry in ledger.since(0, 10_000) if ledger.is_registry(entry.log)]
    return list(dict.fromkeys(logs))


def entries(ledger: Ledger, log: str) -> list[LogEntry]:
    return [entry for _, entry in ledger.since(0, 10_000) if entry.log == log]


def write_entries(service: RegistryService, times: int = 1) -> None:
    """Make the registry write something."""
    for _ in range(times):
        service.close_day("2020-11-17")


def test_a_log_begins_with_boot_the_event_and_its_key(service: RegistryService) -> None:
    (log,) = own_logs(service.ledger)

    assert [entry.kind for entry in entries(service.ledger, log)] == ["boot", "event", "key"]
    boot = entries(service.ledger, log)[0].body
    assert isinstance(boot, Boot)
    assert boot.previous is None
    assert boot.device == service.identity.fingerprint == log[:16]


def test_entries_are_chained_and_vouched_for(service: RegistryService) -> None:
    write_entries(service, 5)
    (log,) = own_logs(service.ledger)
    rows = service.ledger.rows(log, 1, 99)
    head = service.ledger.latest_head(service.identity.fingerprint)

    _, digests = follow(1, GENESIS, [row.raw for row in rows])
    assert len(digests) == 8
    assert head is not None
    assert (head.seq, head.digest) == (8, digests[-1])
    assert vouched(head, service.identity.public)


def test_the_clock_of_the_log_never_goes_back(service: RegistryService, clock: Waits) -> None:
    write_entries(service)
    clock.wait(-3_600_000)
    write_entries(service)
    (log,) = own_logs(service.ledger)

    walls = [decode(row.raw).wall_ms for row in service.ledger.rows(log, 1, 99)]
    assert walls == sorted(walls)


def test_a_long_log_can_be_passed_on_in_pieces(service: RegistryService) -> None:
    service.register_many([Person(ref=f"r{n}", ticket="delegate") for n in range(700)])
    write_entries(service, 5)
    (log,) = own_logs(service.ledger)

    sizes = []
    at = BEGINNING
    while (batch := service.ledger.batch(log, at)) is not None:
        sizes.append(len(batch.raws))
        at = (batch.head.seq, batch.head.digest)
    assert sum(sizes) == at[0] == 708
    assert max(sizes) <= 512
    assert [head.seq for head in service.ledger.heads(log, 0, 99)] == [256, 512, 708]


def test_a_restart_goes_on_in_the_same_log(
    new_service: Callable[..., RegistryService], event: Event, tmp_path: Path
) -> None:
    first = new_service(tmp_path)
    first.init(event)
    first.ledger.close()
    again = new_service(tmp_path)
    write_entries(again)

    assert len(own_logs(again.ledger)) == 1
    assert again.event == event


@pytest.fixture
def grown(
    new_service: Callable[..., RegistryService], event: Event, tmp_path: Path
) -> tuple[Path, Path]:
    """(the folder of a registry that was closed, a backup of its database from before its last five entries)."""
    folder, backup = tmp_path / "now", tmp_path / "backup"
    folder.mkdir()
    backup.mkdir()
    service = new_service(folder)
    service.init(event)
    write_entries(service)
    service.ledger.close()
    shutil.copy(folder / FILE, backup / FILE)
    service = new_service(folder)
    write_entries(service, 5)
    service.ledger.close()
    return folder, backup


def test_a_database_restored_from_a_backup_opens_a_new_epoch(
    new_service: Callable[..., RegistryService], grown: tuple[Path, Path]
) -> None:
    folder, backup = grown
    shutil.copy(backup / FILE, folder / FILE)
    service = new_service(folder)
    write_entries(service)

    old, new = own_logs(service.ledger)
    boot = entries(service.ledger, new)[0].body
    assert isinstance(boot, Boot)
    assert boot.previous == (old, 4, entries(service.ledger, old)[-1].digest)
    assert "older than entry 9" in boot.why
    assert [entry.seq for entry in entries(service.ledger, new)] == [1, 2]
    write_entries(service)
    assert len(own_logs(service.ledger)) == 2


def test_a_restored_registry_takes_its_lost_entries_back_like_any_others(
    new_service: Callable[..., RegistryService], grown: tuple[Path, Path], tmp_path: Path
) -> None:
    folder, backup = grown
    kiosk = new_service(folder)
    (old,) = own_logs(kiosk.ledger)
    lost = kiosk.ledger.batch(old, kiosk.ledger.tips(old)[0])
    assert lost is None
    shutil.copy(backup / FILE, tmp_path / FILE)
    restored = new_service(tmp_path)
    write_entries(restored)

    ((start, _),) = kiosk.ledger.stretches(old, restored.ledger.tips(old)) or []
    batch = kiosk.ledger.batch(old, start)
    assert batch is not None
    with restored.ledger.transaction():
        assert restored.ledger.take(batch) == 5
    assert restored.ledger.tips(old) == kiosk.ledger.tips(old)


def test_a_database_moved_to_another_machine_opens_a_new_epoch(
    new_service: Callable[..., RegistryService], grown: tuple[Path, Path]
) -> None:
    folder, _ = grown
    (folder / LANDMARK).unlink()
    service = new_service(folder)
    write_entries(service)

    assert len(own_logs(service.ledger)) == 2


def test_another_database_in_the_folder_opens_a_new_epoch(
    new_service: Callable[..., RegistryService],
    event: Event,
    grown: tuple[Path, Path],
    tmp_path: Path,
) -> None:
    folder, _ = grown
    (tmp_path / "other").mkdir()
    other = new_service(tmp_path / "other")
    other.init(event)
    other.ledger.close()
    shutil.copy(tmp_path / "other" / FILE, folder / FILE)
    service = new_service(folder)
    write_entries(service)

    assert len(own_logs(service.ledger)) == 2


def test_a_landmark_that_cannot_be_read_opens_a_new_epoch(
    new_service: Callable[..., RegistryService], grown: tuple[Path, Path]
) -> None:
    folder, _ = grown
    (folder / LANDMARK).write_bytes(b"\x00" * 40)
    service = new_service(folder)
    write_entries(service)

    assert len(own_logs(service.ledger)) == 2


def test_what_was_undone_leaves_no_mark(
    new_service: Callable[..., RegistryService], event: Event, tmp_path: Path
) -> None:
    service = new_service(tmp_path)
    service.init(event)

    def fail() -> None:
        with service.ledger.transaction():
            write_entries(service)
            raise RuntimeError("undone")

    with pytest.raises(RuntimeError):
        fail()
    write_entries(service)
    assert len(own_logs(service.ledger)) == 1
    assert [entry.seq for entry in entries(service.ledger, own_logs(service.ledger)[0])] == [
        1,
        2,
        3,
        4,
    ]


def test_an_operator_can_open_an_epoch(service: RegistryService) -> None:
    service.open_epoch("moved to the new hall")
    write_entries(service)

    _, new = own_logs(service.ledger)
    assert [entry.kind for entry in entries(service.ledger, new)] == ["boot", "close"]

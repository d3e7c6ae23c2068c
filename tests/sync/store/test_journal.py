"""The journal: what `append` returned from is on the card, once, and everybody who reads sees whole entries."""

from __future__ import annotations

import resource
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from access.log.chain import HEAD_EVERY, follow, vouched
from access.log.clock_reading import ClockReading
from access.log.entry import GENESIS, Alarm, Boot, Recount, Revoked, decode
from sync.store.journal import Journal, JournalReader
from sync.wire.device_key import DeviceKey

DEVICE = DeviceKey.from_seed(b"\x05" * 32)
ALARM = Alarm(what="door_forced", detail="")


def reading(at: int = 0) -> ClockReading:
    return ClockReading(1000 + at, 1_795_000_000_000 + at, True)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


@pytest.fixture
def open_journal(path: Path) -> Iterator[Callable[[], Journal]]:
    """Opens the journal as a start of the door does."""
    opened: list[Journal] = []

    def open_one() -> Journal:
        journal = Journal(path, DEVICE)
        opened.append(journal)
        return journal

    yield open_one
    for journal in opened:
        journal.close()


@pytest.fixture
def journal(open_journal: Callable[[], Journal]) -> Journal:
    journal = open_journal()
    journal.begin(reading(), "kernel-boot", "first start", {"jianmen": "1"}, "gate")
    return journal


def test_an_entry_is_in_the_file_when_append_returns(path: Path, journal: Journal) -> None:
    entry = journal.append("alarm", ALARM, reading(5))

    with closing(JournalReader.at(path)) as reader:
        assert list(reader.everything())[-1] == entry
    assert (journal.seq, journal.digest) == (entry.seq, entry.digest) == (2, entry.digest)
    assert (entry.mono_ms, entry.wall_ms, entry.kind) == (1005, 1_795_000_000_005, "alarm")


def test_an_entry_outlives_a_kill_right_after_append(path: Path) -> None:
    story = f"""
import os, signal
from pathlib import Path
from access.log.entry import Alarm
from sync.wire.device_key import DeviceKey
from access.log.clock_reading import ClockReading
from sync.store.journal import Journal
journal = Journal(Path({str(path)!r}), DeviceKey.from_seed(b"\\x05" * 32))
journal.begin(ClockReading(1, 1, True), "", "", {{}}, None)
for n in range(100):
    print(journal.append("alarm", Alarm(what="x", detail=str(n)), ClockReading(1, 1, True)).seq, flush=True)
    if n == 41:
        os.kill(os.getpid(), signal.SIGKILL)
"""
    done = subprocess.run(
        [sys.executable, "-c", story], capture_output=True, text=True, timeout=60, cwd=Path.cwd()
    )

    assert done.returncode == -signal.SIGKILL
    acknowledged = [int(line) for line in done.stdout.split()]
    with closing(Journal(path, DEVICE)) as again:
        assert [entry.seq for entry in again.everything()] == [1, *acknowledged]


def test_the_file_is_written_so_that_a_power_cut_loses_nothing(journal: Journal) -> None:
    ask = journal._db.execute
    assert ask("PRAGMA journal_mode").fetchone() == ("wal",)
    assert ask("PRAGMA synchronous").fetchone() == (2,)


def test_a_log_is_a_chain_from_its_first_entry(journal: Journal) -> None:
    journal.extend([("alarm", ALARM)] * 5, reading())

    raws = [raw for _, raw in journal.raws(journal.log, 0, 99)]
    _, digests = follow(1, GENESIS, raws)
    assert digests[-1] == journal.digest
    assert journal.tips() == {journal.log: (6, journal.digest)}
    assert journal.digest_at(journal.log, 3) == digests[2]
    assert journal.digest_at(journal.log, 7) is None


def test_every_start_opens_a_new_log_that_names_the_one_before(
    open_journal: Callable[[], Journal],
) -> None:
    logs = []
    for start in range(3):
        journal = open_journal()
        boot = journal.begin(reading(), f"boot {start}", "power", {}, None).body
        assert isinstance(boot, Boot)
        assert boot.previous == (logs[-1] if logs else None)
        assert boot.device == DEVICE.fingerprint
        journal.extend([("alarm", ALARM)] * start, reading())
        logs.append((journal.log, journal.seq, journal.digest))
        journal.close()

    reader = open_journal()
    assert reader.logs() == [log for log, _, _ in logs]
    assert len(set(reader.logs())) == 3
    assert all(log.startswith(DEVICE.fingerprint) and len(log) == 24 for log in reader.logs())


def test_a_restored_old_card_never_uses_a_number_again(
    path: Path, open_journal: Callable[[], Journal]
) -> None:
    journal = open_journal()
    journal.begin(reading(), "", "", {}, None)
    journal.append("alarm", ALARM, reading())
    journal.close()
    image = path.read_bytes()
    journal = open_journal()
    journal.begin(reading(), "", "", {}, None)
    lost = journal.log
    journal.close()

    path.write_bytes(image)
    journal = open_journal()
    boot = journal.begin(reading(), "", "", {}, None).body
    assert isinstance(boot, Boot)
    assert boot.previous is not None
    assert boot.previous[0] == journal.logs()[0]
    assert journal.log not in {lost, boot.previous[0]}


def test_a_head_is_kept_every_so_many_entries_and_signed(journal: Journal) -> None:
    for _ in range(3):
        journal.extend([("alarm", ALARM)] * 250, reading())

    heads = journal.heads(journal.log)
    assert [head.seq for head in heads] == [HEAD_EVERY, 2 * HEAD_EVERY]
    for head in heads:
        assert head.digest == journal.digest_at(journal.log, head.seq)
        assert vouched(head, DEVICE.public)


def test_others_read_while_the_door_writes(path: Path, journal: Journal) -> None:
    with closing(JournalReader.at(path)) as reader:
        for expected in range(2, 60):
            journal.append("alarm", ALARM, reading())
            assert reader.tips()[journal.log].seq == expected


def test_a_reader_in_the_middle_of_reading_does_not_hold_up_the_door(
    path: Path, journal: Journal
) -> None:
    journal.extend([("alarm", ALARM)] * 50, reading())
    with closing(JournalReader.at(path)) as reader:
        reading_on = reader.everything()
        next(reading_on)
        for _ in range(20):
            journal.append("alarm", ALARM, reading())
        assert sum(1 for _ in reading_on) == 50
    assert journal.seq == 71


def test_a_reader_can_change_nothing(path: Path, journal: Journal) -> None:
    with (
        closing(JournalReader.at(path)) as reader,
        pytest.raises(sqlite3.OperationalError, match="readonly"),
    ):
        reader._db.execute("DELETE FROM entry")


def test_where_there_is_no_journal_yet_a_reader_makes_none(tmp_path: Path) -> None:
    with pytest.raises(sqlite3.OperationalError):
        JournalReader.at(tmp_path / "journal.db")
    assert list(tmp_path.iterdir()) == []


def test_a_full_card_writes_nothing_and_the_door_goes_on_when_there_is_space(
    journal: Journal,
) -> None:
    pages = journal._db.execute("PRAGMA page_count").fetchone()[0]
    journal._db.execute(f"PRAGMA max_page_count={pages + 2}")
    written = 0
    with suppress(sqlite3.OperationalError):
        for _ in range(1000):
            journal.append("alarm", Alarm(what="x", detail="y" * 400), reading())
            written += 1

    stood = (1 + written, journal.digest)
    assert 0 < written < 1000
    assert journal.seq == stood[0]
    assert journal.tips()[journal.log] == stood
    with pytest.raises(sqlite3.OperationalError, match="full"):
        journal.extend([("alarm", Alarm(what="x", detail="y" * 400))] * 50, reading(), inbox=9)
    assert journal.tips()[journal.log] == stood
    assert journal.inbox_read() == 0

    journal._db.execute(f"PRAGMA max_page_count={pages + 1000}")
    assert journal.append("alarm", ALARM, reading()).seq == stood[0] + 1
    follow(1, GENESIS, [raw for _, raw in journal.raws(journal.log, 0, 9999)])


def test_a_write_that_fails_at_the_very_commit_leaves_the_door_able_to_go_on(
    path: Path, journal: Journal
) -> None:
    """The write-ahead log cannot grow any more: the error comes with the commit, not with the entry."""
    stood = (journal.seq, journal.digest)
    wal = path.with_name("journal.db-wal").stat().st_size
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (wal, limits[1]))
    try:
        with pytest.raises(sqlite3.Error):
            journal.append("alarm", ALARM, reading())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    assert (journal.seq, journal.digest) == stood
    assert journal.append("alarm", ALARM, reading()).seq == stood[0] + 1
    assert journal.tips()[journal.log].seq == stood[0] + 1


def test_a_start_that_fails_leaves_no_trace_and_can_be_tried_again(journal: Journal) -> None:
    stood = (journal.log, journal.seq, journal.digest)
    pages = journal._db.execute("PRAGMA page_count").fetchone()[0]
    journal._db.execute(f"PRAGMA max_page_count={pages}")
    with pytest.raises(sqlite3.OperationalError, match="full"):
        journal.begin(reading(), "", "x" * 60_000, {}, None)
    assert (journal.log, journal.seq, journal.digest) == stood
    assert journal.logs() == [stood[0]]

    journal._db.execute(f"PRAGMA max_page_count={pages + 1000}")
    boot = journal.begin(reading(), "", "again", {}, None).body
    assert isinstance(boot, Boot)
    assert boot.previous == stood
    assert journal.logs() == [stood[0], journal.log]


def test_how_far_the_inbox_was_read_is_kept_with_what_came_of_it(
    path: Path, journal: Journal
) -> None:
    assert journal.inbox_read() == 0

    journal.extend([("alarm", ALARM)] * 2, reading(), inbox=7)
    journal.extend([], reading(), inbox=8)

    with closing(JournalReader.at(path)) as reader:
        assert reader.inbox_read() == 8
        assert reader.tips()[journal.log].seq == 3


def test_of_several_entries_all_are_written_or_none(journal: Journal) -> None:
    def bodies() -> Iterator[tuple[str, Alarm]]:
        yield "alarm", ALARM
        raise RuntimeError("a fault in the door")

    with pytest.raises(RuntimeError):
        journal.extend(bodies(), reading(), inbox=3)
    assert journal.seq == journal.tips()[journal.log].seq == 1
    assert journal.inbox_read() == 0


def test_entries_about_a_badge_are_found_by_it(journal: Journal) -> None:
    journal.append("revoke", Revoked(badge=b"BADGE", issue=None, why="lost"), reading())
    journal.append("recount", Recount(area="hall", inside=3, staff=None, why=""), reading())

    assert [entry.kind for entry in journal.about(b"BADGE")] == ["revoke"]
    assert list(journal.about(b"OTHER")) == []


def test_entries_about_a_badge_are_found_after_a_start_whoever_made_the_file(
    path: Path, journal: Journal, open_journal: Callable[[], Journal]
) -> None:
    """Earlier versions had an index of badges in the file."""
    journal.append("revoke", Revoked(badge=b"BADGE", issue=None, why="lost"), reading())
    journal.close()
    with closing(sqlite3.connect(path, isolation_level=None)) as earlier:
        earlier.execute("CREATE INDEX entry_badge ON entry (badge) WHERE badge IS NOT NULL")
        earlier.execute("DELETE FROM _sqlite_migrations WHERE name = 'badges_in_memory'")

    again = open_journal()
    assert [entry.kind for entry in again.about(b"BADGE")] == ["revoke"]
    again.begin(reading(9), "kernel-boot", "power", {}, "gate")
    again.append("revoke", Revoked(badge=b"BADGE", issue=1, why="lost again"), reading(10))
    assert [entry.body.issue for entry in again.about(b"BADGE")] == [None, 1]  # type: ignore[union-attr]


def test_an_entry_wears_the_card_little(path: Path, journal: Journal) -> None:
    """By what each commit adds to the write-ahead log: twice as much with pages of 4096 bytes and an index by badge."""
    wal = path.with_name("journal.db-wal")
    before = wal.stat().st_size
    for number in range(200):
        badge = number.to_bytes(5, "big")
        journal.append("revoke", Revoked(badge=badge, issue=None, why="x" * 120), reading(number))
    assert (wal.stat().st_size - before) / 200 < 4700


def test_entries_are_read_on_from_any_number(journal: Journal) -> None:
    journal.extend([("alarm", ALARM)] * 9, reading())

    seqs = [decode(raw).seq for _, raw in journal.raws(journal.log, 4, 3)]
    assert seqs == [5, 6, 7]
    assert journal.raws(journal.log, 10, 3) == []
    assert journal.length(journal.log) == 10
    assert journal.length("no log") == 0


def test_a_second_writer_waits_and_does_not_come_in_between(path: Path, journal: Journal) -> None:
    """One writer for each file is the law; where somebody breaks it the file still holds."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        journal._db.execute("PRAGMA busy_timeout=1")
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            journal.append("alarm", ALARM, reading())
        other.execute("ROLLBACK")
    assert journal.append("alarm", ALARM, reading()).seq == 2

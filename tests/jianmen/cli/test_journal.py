"""Reading and checking a kiosk's log, offline."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from access.log.clock_reading import ClockReading
from access.log.entry import Clock, Scan
from jianmen.cli.main import main
from jianmen.testing.log_writer import admission
from sync.store.journal import Journal
from sync.wire.device_key import DeviceKey

BADGE = bytes.fromhex("0102030405")


def scan(number: int) -> Scan:
    return admission("front", bytes([1, 2, 3, 4, number]))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A kiosk's data folder: two boots, five entries each."""
    journal = Journal(tmp_path / "journal.db", DeviceKey.at(tmp_path / "device.key"))
    with closing(journal):
        for boot in range(2):
            journal.begin(
                ClockReading(0, 1_600_000_000_000, True), f"boot {boot}", "power", {}, "front"
            )
            journal.append(
                "clock",
                Clock(source="kernel", trusted_ms=1_600_000_001_000, mono_ms=1_000, error_ms=0),
                _reading(1),
            )
            for number in range(3):
                journal.append("scan", scan(number), _reading(2 + number))
    return tmp_path


@pytest.fixture
def long(tmp_path: Path) -> Path:
    """A kiosk's data folder with a log long enough to have a head."""
    journal = Journal(tmp_path / "journal.db", DeviceKey.at(tmp_path / "device.key"))
    with closing(journal):
        journal.begin(_reading(0), "boot", "power", {}, "front")
        journal.extend([("scan", scan(number % 200)) for number in range(300)], _reading(1))
    return tmp_path


def _reading(seconds: int) -> ClockReading:
    return ClockReading(seconds * 1000, 1_600_000_000_000 + seconds * 1000, True)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["journal", *(str(one) for one in arguments)])


def change(data: Path, statement: str) -> None:
    with closing(sqlite3.connect(data / "journal.db")) as database:
        database.execute(statement)
        database.commit()


def test_the_entries_are_printed_oldest_first(data: Path) -> None:
    result = run("show", data)
    lines = result.stdout.splitlines()
    assert result.exit_code == 0
    assert len(lines) == 10
    assert "boot       gate=front why=power" not in lines[2]
    assert lines[2].endswith(
        "2020-09-13 12:26:42Z  scan       badge=0102030400 gate=front direction=in"
        " verdict=admit reason=ok"
    )
    assert [int(line.split()[1]) for line in lines] == [1, 2, 3, 4, 5] * 2


def test_only_the_last_ones_can_be_asked_for(data: Path) -> None:
    assert (
        run("show", data, "--last", 3).stdout.splitlines()
        == (run("show", data).stdout.splitlines()[-3:])
    )
    assert run("show", data, "--last", 0).exit_code == 2


def test_the_file_itself_can_be_named(data: Path) -> None:
    assert run("show", data / "journal.db").stdout == run("show", data).stdout


def test_json_lines_hold_everything_but_the_chain_of_hashes_of_names(data: Path) -> None:
    entries = [json.loads(line) for line in run("show", data, "--json").stdout.splitlines()]
    assert len(entries) == 10
    last = entries[-1]
    assert (last["seq"], last["kind"], last["mono_ms"]) == (5, "scan", 4_000)
    assert last["body"]["badge"] == "0102030402"
    assert last["body"]["verdict"] == "admit"
    assert len(last["hash"]) == 64
    assert entries[5]["body"]["previous"] == [entries[4]["log"], 5, entries[4]["hash"]]


def test_a_clock_that_says_a_time_no_calendar_has_is_shown_as_it_is(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.db", DeviceKey.at(tmp_path / "device.key"))
    with closing(journal):
        journal.begin(ClockReading(0, 2**53, False), "boot", "power", {}, None)
    assert f"{2**53} ms" in run("show", tmp_path).stdout


def test_a_sound_journal_is_verified(long: Path) -> None:
    result = run("verify", long)
    assert result.exit_code == 0
    assert "301 entries, 1 head: every entry follows the one before it" in result.stdout
    (line,) = run("verify", long, "--json").stdout.splitlines()
    checked = json.loads(line)
    assert (checked["entries"], checked["heads"], checked["wrong"]) == (301, 1, [])
    assert checked["heads_checked"] is True


def test_without_the_key_the_heads_are_said_to_be_unchecked(long: Path) -> None:
    (long / "device.key").unlink()
    result = run("verify", long)
    assert result.exit_code == 0
    assert "1 head (not checked)" in result.stdout
    (long / "device.key").write_bytes(b"short")
    result = run("verify", long)
    assert "a device key has 32 bytes, this file has 5" in result.stderr


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("UPDATE entry SET raw = x'00' WHERE seq = 3", "entry 3: not a log entry"),
        (
            "UPDATE entry SET raw = raw || x'00' WHERE seq = 3",
            "the file cannot be read after entry 0",
        ),
        ("UPDATE entry SET digest = zeroblob(32) WHERE seq = 3", "entry 3: its bytes have another"),
        ("DELETE FROM entry WHERE seq = 3", "entry 3: it says that it is number 4"),
        (
            "UPDATE entry SET raw = (SELECT raw FROM entry AS one WHERE one.seq = 4) WHERE seq = 3",
            "entry 3: it says that it is number 4",
        ),
        ("DELETE FROM entry WHERE seq > 2", "the head at 256"),
        ("UPDATE head SET signature = zeroblob(64)", "the head at 256 is not signed by this kiosk"),
    ],
)
def test_what_was_altered_is_named_by_its_number(long: Path, statement: str, message: str) -> None:
    change(long, statement)
    result = run("verify", long)
    assert result.exit_code == 1
    assert message in result.stdout


def test_a_log_that_lost_its_end_is_told_by_the_next_one(data: Path) -> None:
    change(
        data,
        "DELETE FROM entry WHERE seq > 3 AND log = (SELECT log FROM log ORDER BY place LIMIT 1)",
    )
    result = run("verify", data)
    assert result.exit_code == 1
    assert "ended at 5, and here at 3" in result.stdout.splitlines()[1]


def test_a_log_that_is_gone_is_told_by_the_next_one(data: Path) -> None:
    change(data, "DELETE FROM log WHERE place = (SELECT min(place) FROM log)")
    result = run("verify", data)
    assert result.exit_code == 1
    assert "is not here" in result.stdout


def test_what_can_be_read_of_a_damaged_journal_is_shown(data: Path) -> None:
    change(data, "UPDATE entry SET raw = x'00' WHERE seq = 4")
    result = run("show", data)
    assert result.exit_code == 1
    assert len(result.stdout.splitlines()) == 3
    assert "journal verify" in result.stderr


@pytest.mark.parametrize("command", ["show", "verify"])
def test_what_is_no_journal_is_refused_kindly(tmp_path: Path, command: str) -> None:
    result = run(command, tmp_path)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "there is no such file; name a kiosk's data folder" in result.stderr
    (tmp_path / "journal.db").write_bytes(b"not a database at all" * 100)
    result = run(command, tmp_path)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "not a journal that can be read" in result.stderr
    (tmp_path / "journal.db").write_bytes(b"")
    assert run(command, tmp_path).exit_code == 2

"""The commands of the registry that people and scripts rely on are there."""

from __future__ import annotations

import io
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner
from python_calamine import CalamineWorkbook

from jianmen.cli.registry.client import read_clock
from jianmen.cli.registry.commands import registry
from registry.roster.model import Person
from registry.service import RegistryService
from registry.storage.backup import LAST_BACKUP, last_backup
from registry.storage.ledger import Ledger
from sync.wire.device_key import DeviceKey
from sync.wire.messages import Enrol

EVENT = Path(__file__).parents[2] / "scenarios" / "smarthk.toml"

COMMANDS = (
    "attendance", "backup", "badges", "close", "conflicts", "doctor", "enrol", "event", "export", "headcount", "import",
    "init", "purge", "restore", "revoke", "serve", "unrevoke",
)  # fmt: skip


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_its_help(name: str) -> None:
    answer = CliRunner().invoke(registry, [name, "--help"])
    assert answer.exit_code == 0, answer.output
    assert "Usage:" in answer.output


def run(*args: object) -> str:
    """What a command of the registry prints. The doctor ends with 1 where something is to be done."""
    answer = CliRunner().invoke(registry, [str(arg) for arg in args], catch_exceptions=False)
    assert answer.exit_code in ((0, 1) if args[0] == "doctor" else (0,)), answer.output
    return answer.stdout


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The data folder of an event that has begun."""
    password = tmp_path / "password"
    password.write_text("a password of mine\n")
    run("init", EVENT, "--data", tmp_path / "data", "--password-file", password)
    return tmp_path / "data"


def test_a_backup_is_restored_and_the_doctor_looks_at_it(data: Path, tmp_path: Path) -> None:
    there, file = tmp_path / "there", tmp_path / "backup"
    run("backup", file, "--data", data)
    run("restore", file, "--data", there)
    found = [json.loads(line) for line in run("doctor", "--data", there, "--json").splitlines()]
    states = {one["check"]: one["state"] for one in found}
    assert states["server"] == "note"
    assert states["log"] == states["kiosks"] == "good"
    assert {"disk", "clock"} <= states.keys()


def test_the_doctor_says_how_old_the_last_backup_is(data: Path, tmp_path: Path) -> None:
    def state() -> tuple[str, str]:
        found = [json.loads(line) for line in run("doctor", "--data", data, "--json").splitlines()]
        [backup] = [one for one in found if one["check"] == "backup"]
        return backup["state"], backup["says"]

    assert state() == ("note", "none yet: jianmen registry backup FILE")
    run("backup", tmp_path / "copy", "--data", data)
    assert state()[0] == "good"
    assert str(tmp_path / "copy") in state()[1]
    last = last_backup(data)
    assert last is not None
    for hours, age in ((25, "25 h old"), (24 * 5, "5 days old")):
        older = msgspec.structs.replace(last, at_ms=last.at_ms - hours * 3_600_000)
        (data / LAST_BACKUP).write_bytes(msgspec.json.encode(older))
        assert state()[0] == "mend"
        assert age in state()[1]


def test_the_doctor_names_what_a_killed_backup_has_left(data: Path) -> None:
    left = data / "copy.jianmen.part"
    left.write_bytes(b"names and keys")
    assert f"mend  backup: {left} was left by a backup that was killed" in run(
        "doctor", "--data", data
    )


def test_the_doctor_names_a_package_of_ours_that_python_does_not_find_first(
    data: Path, tmp_path: Path
) -> None:
    """One that this command does not need: the next one fails at it."""
    stranger = tmp_path / "strangers" / "bench"
    stranger.mkdir(parents=True)
    (stranger / "__init__.py").touch()
    start = "from jianmen.cli.main import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", start, "registry", "doctor", "--data", data],
        env={**os.environ, "PYTHONPATH": f"{stranger.parent}:{Path(__file__).parents[3]}"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 1
    assert f"mend  packages: package bench: Python finds {stranger}" in done.stdout


def test_one_person_and_no_kiosk_are_counted_in_plain_english(data: Path, tmp_path: Path) -> None:
    people = tmp_path / "people.csv"
    people.write_text(
        "ref,name,organisation,language,ticket,venues,days,sessions\nA1,Ann,Org,en,delegate,chengdu,,\n"
    )
    found = run("import", people, "--check", "--data", data)
    assert found.startswith("people.csv: 1 person: 1 new, 0 changed, 0 the same\n")
    assert "good  kiosks: none is enrolled\n" in run("doctor", "--data", data)


def test_whoever_of_the_staff_is_let_in_again_is_said_to_need_a_new_key_card(data: Path) -> None:
    ledger = Ledger(None, data)
    service = RegistryService(ledger, read_clock())
    for ref, ticket in (("S1", "staff"), ("D1", "delegate")):
        service.register(Person(ref=ref, ticket=ticket, name="Ann"))
        service.revoke(service.person(ref).badge)
    ledger.close()
    said = {}
    for ref in ("S1", "D1"):
        answer = CliRunner().invoke(registry, ["unrevoke", ref, "--data", str(data)])
        assert answer.exit_code == 0, answer.output
        said[ref] = answer.stderr
    command = f"jianmen registry staff card S1 --data {data}"
    assert said["S1"].endswith(f"it opens nothing any more; make a new one with: {command}\n")
    assert "key card" not in said["D1"]


def test_a_silent_kiosk_is_named_itself_where_another_serves_its_gate(data: Path) -> None:
    ledger = Ledger(None, data)
    service = RegistryService(ledger, read_clock())
    for name in ("tablet 1", "tablet 2"):
        code = service.enrol_code("chengdu-main-1")
        assert not service.enrol(Enrol(DeviceKey.new().public, code, b"nonce", name)).refused
    ledger.close()
    printed = run("headcount", "--data", data)
    assert "not heard from: kiosk tablet 1" in printed
    assert "chengdu-main-1 is served by kiosk tablet 2" in printed
    assert "cut it off" in printed


def test_the_command_that_a_check_gives_does_exactly_that(data: Path, tmp_path: Path) -> None:
    """With the options as they were given, ready for a shell."""
    people = tmp_path / "my list.csv"
    options = ("--data", data, "--map", "note=职务", "--fill", "language=en")
    for note, more in (("CEO", ()), ("CTO", ("--update", "--revoke-missing"))):
        people.write_text(f"ref,name,ticket,职务\nA1,Ann,delegate,{note}\n")
        found = run("import", people, "--check", *more, *options)
        command = found.splitlines()[-1].removeprefix("To do exactly this: jianmen registry ")
        run(*shlex.split(command))
    assert "--revoke-missing" in command
    assert "Nothing to do" in run("import", people, "--check", *options)
    people.write_text("ref,name,ticket,职务\nB2,Bob,delegate,CEO\n")
    found = run("import", people, "--check", "--revoke-missing", *options)
    assert "1 registered and not in this list; their badges will be revoked\n  A1 Ann\n" in found


def test_a_strict_check_refuses_what_a_strict_import_refuses(data: Path, tmp_path: Path) -> None:
    people = tmp_path / "list.csv"
    people.write_text("ref,name,ticket,venues\nA1,Ann,delegate,chengdu\nA2,Bob,delegate,\n")
    for more in ((), ("--check",)):
        asked = ["import", people, "--strict", "--data", data, *more]
        answer = CliRunner().invoke(registry, [str(arg) for arg in asked])
        assert answer.exit_code == 2
        assert "Nothing was changed" in answer.stderr
    assert "with --strict warnings are mistakes" in answer.stderr


def test_totals_of_attendance_are_written_where_they_were_asked_for(
    data: Path, tmp_path: Path
) -> None:
    out = tmp_path / "totals.csv"
    assert run("attendance", "--out", out, "--data", data).startswith("registered 0 ")
    lines = out.read_text(encoding="utf-8-sig").splitlines()
    assert lines[0].startswith('"session, or venue and day",phase,expected,came,missing')
    assert any(line.startswith("chengdu 20") for line in lines)
    assert any(line.startswith("opening,over,") for line in lines)

    book = tmp_path / "totals.xlsx"
    run("attendance", "--out", book, "--language", "zh-Hans", "--data", data)
    workbook = CalamineWorkbook.from_filelike(io.BytesIO(book.read_bytes()))
    assert workbook.sheet_names == ["1 出席情况"]
    rows = workbook.get_sheet_by_index(0).to_python()
    assert (rows[0][1], rows[1][:2]) == ("状态", ["成都 2020-11-17", "已结束"])
    words = [cell for row in rows for cell in row if isinstance(cell, str)]
    assert [word for word in words if word.isascii() and word] == []

    files = [tmp_path / "plain.json", tmp_path / "asked.json"]
    run("attendance", "--out", files[0], "--data", data)
    run("attendance", "--out", files[1], "--language", "zh-Hans", "--data", data)
    first, second = (json.loads(file.read_bytes()) | {"as_of": ""} for file in files)
    assert first == second


def test_a_day_that_is_not_over_is_ended_only_when_that_is_confirmed(tmp_path: Path) -> None:
    event, password = tmp_path / "event.toml", tmp_path / "password"
    event.write_text(EVENT.read_text(encoding="utf-8").replace("2020-11-", "2090-11-"), "utf-8")
    password.write_text("a password of mine\n")
    run("init", event, "--data", tmp_path / "data", "--password-file", password)
    close = ["close", "2090-11-17", "--data", str(tmp_path / "data")]
    refused = CliRunner().invoke(registry, close)
    assert refused.exit_code == 1
    assert "2090-11-17 has not begun; nothing was changed" in refused.stderr
    assert run(*close, "--yes") == "2090-11-17 is closed\n"
    close[1] = "2090-11-30"
    assert 'it should be "2090-11-17"' in CliRunner().invoke(registry, close).stderr


def test_a_badge_that_was_revoked_before_is_not_revoked_again(data: Path, tmp_path: Path) -> None:
    people = tmp_path / "people.csv"
    people.write_text("ref,name,ticket\nA/1,Ann,delegate\n")
    run("import", people, "--data", data)
    assert run("revoke", "A/1#1", "--data", data).endswith(": print 1 revoked\n")
    assert run("revoke", "A/1#1", "--data", data).endswith(": print 1 was revoked already\n")
    missing = CliRunner().invoke(registry, ["revoke", "A/1#7", "--data", str(data)])
    assert "has no print 7" in missing.stderr
    assert run("revoke", "A/1", "--data", data).endswith(": revoked\n")
    assert run("revoke", "A/1", "--data", data).endswith(": was revoked already\n")


def test_a_venue_that_is_not_there_is_answered_with_those_that_are(
    data: Path, tmp_path: Path
) -> None:
    unknown = ["test-badges", str(tmp_path / "t.pdf"), "--venue", "nope", "--data", str(data)]
    assert 'should be "chengdu"' in CliRunner().invoke(registry, unknown).stderr

"""The carrier's commands: what they print, and with which exit code."""

from __future__ import annotations

import json
import time
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from jianmen.cli.sync import sync
from sync.carrier.peer_worker import PeerState
from sync.enrolment.record import Enrolment
from sync.store.replica import Replica
from sync.store.sqlite import Steps, open_writer
from sync.wire.device_key import DeviceKey

REGISTRY = DeviceKey.from_seed(b"\x01" * 32)
NOBODY = "https://127.0.0.1:9"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(sync, [str(one) for one in arguments])


@pytest.fixture
def enrolled(tmp_path: Path) -> Path:
    """The data folder of a kiosk whose registry is not there."""
    Enrolment(
        registry_url=NOBODY,
        registry_public=REGISTRY.public,
        registry=REGISTRY.fingerprint,
        event="forum",
        certificate_pin="0" * 64,
    ).save(tmp_path)
    return tmp_path


def report(data: Path, **states: PeerState) -> None:
    with closing(Replica(data / "replica.db", REGISTRY.public, REGISTRY.fingerprint)) as replica:
        for name, state in states.items():
            replica.set_target(name, asdict(state))


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def test_status_before_the_carrier_ever_ran_says_so(tmp_path: Path) -> None:
    answer = run("status", "--data", tmp_path)
    assert answer.exit_code == 1
    assert "the carrier has not run here yet" in answer.stderr


def test_status_before_anybody_was_asked_says_so(tmp_path: Path) -> None:
    report(tmp_path)
    answer = run("status", "--data", tmp_path)
    assert answer.exit_code == 1
    assert "the carrier has asked nobody yet" in answer.stderr


def test_status_shows_how_far_a_first_sync_has_come(tmp_path: Path) -> None:
    far = PeerState(NOBODY, last_contact_ms=now_ms(), held=300, behind=100, ahead=0)
    report(tmp_path, registry=far)

    answer = run("status", "--data", tmp_path)
    assert answer.exit_code == 0
    assert answer.stdout.splitlines() == [
        "registry: in touch",
        "  300 of 400 entries are here (75%), 100 to come",
    ]
    (line,) = run("status", "--data", tmp_path, "--json").stdout.splitlines()
    shown = json.loads(line)
    assert (shown["target"], shown["held"], shown["behind"]) == ("registry", 300, 100)
    assert (shown["cards"], shown["cards_to_come"]) == (0, 0)


@pytest.mark.parametrize(
    ("failing", "message"),
    [
        (PeerState(NOBODY, last_contact_ms=1, failures=2, why="no answer"), "no answer (2 tries"),
        (PeerState(NOBODY, last_contact_ms=now_ms() - 600_000), "is the carrier running?"),
    ],
)
def test_status_of_a_target_out_of_touch_is_a_negative_answer(
    tmp_path: Path, failing: PeerState, message: str
) -> None:
    report(tmp_path, registry=PeerState(NOBODY, last_contact_ms=now_ms()), gate=failing)
    answer = run("status", "--data", tmp_path)
    assert answer.exit_code == 1
    assert message in answer.stdout


def test_asking_once_says_who_could_not_be_reached(enrolled: Path) -> None:
    answer = run("once", "--data", enrolled)
    assert answer.exit_code == 1
    assert (
        answer.stdout == f"registry: {NOBODY}: cannot be reached (1 try; never in touch so far)\n"
    )


def test_a_replica_of_a_newer_version_is_refused_and_left_as_it_is(enrolled: Path) -> None:
    later = Steps("replica")
    later(name="better_tables")(lambda db: db.execute("CREATE TABLE better (entry BLOB)"))
    path = enrolled / "replica.db"
    open_writer(path, later).close()
    held = path.read_bytes()

    answer = run("once", "--data", enrolled)
    assert answer.exit_code == 2
    assert "replica.db was written by a newer version" in answer.stderr
    assert path.read_bytes() == held


def test_a_kiosk_that_is_not_enrolled_has_nobody_to_ask(tmp_path: Path) -> None:
    answer = run("once", "--data", tmp_path)
    assert answer.exit_code == 2
    assert "not enrolled yet" in answer.stderr
    assert not (tmp_path / "replica.db").exists()


def test_a_bundle_that_is_not_there_is_named(enrolled: Path, tmp_path: Path) -> None:
    done = run("import", tmp_path / "stick", "--data", enrolled)
    assert done.exit_code == 2
    assert done.stderr == f"{tmp_path / 'stick'}: cannot be read: No such file or directory\n"


def test_of_a_registry_that_has_no_event_yet_there_is_nothing_to_export(tmp_path: Path) -> None:
    answer = run("export", tmp_path / "stick", "--registry", tmp_path)

    assert answer.exit_code == 2
    assert "jianmen registry init" in answer.stderr
    assert not (tmp_path / "stick").exists()

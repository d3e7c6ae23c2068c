"""The door's commands: what they print, and with which exit code."""

from __future__ import annotations

import errno
import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner, Result
from flask import Flask

from access.log.clock_reading import ClockReading
from access.log.entry import GateGiven
from config.event_file import load
from hardware.cameras.badge_scene import draw_badge_scene
from hardware.files.picture_file import write_whole
from hardware.system.errand import Errand
from jianmen.cli.kiosk.commands import kiosk
from jianmen.cli.kiosk.options import device_named
from jianmen.cli.sync import sync
from jianmen.testing.processes import Programs
from jianmen.testing.waiting import PATIENCE_S, until
from kiosk.pages.serving import PageServer
from registry.accounts.throttle import Throttle
from registry.accounts.trail import Trail
from registry.devices.reported_vectors import ReportedVectors
from registry.http.device_api import device_interface
from registry.service import RegistryService
from registry.storage.ledger import Ledger
from sync.enrolment.record import Enrolment
from sync.store.data_folder import DataFolder
from sync.store.journal import Journal
from sync.store.sqlite import Steps, open_writer
from sync.wire.device_key import DeviceKey
from sync.wire.enrolment_code import EnrolmentCode

EVENT = Path("config/events/smarthk.toml")
COMMANDS = ("run", "enrol", "status", "doctor", "opening", "headcount")
NOW = ClockReading(1_000, 1_795_000_000_000, True)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(kiosk, [str(one) for one in arguments])


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command):
    answer = run(command, "--help")
    assert answer.exit_code == 0
    assert "--data" in answer.output


@pytest.mark.parametrize("command", COMMANDS)
def test_a_folder_that_cannot_be_written_is_named(command):
    answer = run(command, "--data", "/proc/nothing")
    assert answer.exit_code == 2
    assert "/proc/nothing" in answer.stderr


def test_whoever_joins_networks_says_what_came_of_it_and_keeps_nothing(tmp_path):
    errand = Errand(tmp_path, "network")
    assert "--folder" in run("network", "--help").output
    assert "no code" in run("network", "--folder", tmp_path).stderr

    errand.ask("WIFI:T:WEP;S:venue;P:12345;;")
    answer = run("network", "--folder", tmp_path)

    assert (answer.exit_code, answer.output) == (1, "unsupported\n")
    assert errand.answer() == "unsupported"
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_camera_is_told_the_right_ones(tmp_path):
    answer = run("run", "--data", tmp_path, "--camera", "webcam:0")
    assert answer.exit_code == 2
    assert '"simulated"' in answer.stderr


@pytest.mark.parametrize(
    ("text", "means"),
    [
        (None, (None, None)),
        ("0", ("usb", "0")),
        ("usb:/dev/v4l/by-id/camera", ("usb", "/dev/v4l/by-id/camera")),
        ("simulated:/run/spool", ("simulated", "/run/spool")),
        ("pi", ("pi", None)),
        ("none", ("", None)),
    ],
)
def test_a_camera_is_named_in_a_word(text, means):
    assert device_named(text) == means


def test_status_without_a_door_says_so(tmp_path):
    answer = run("status", "--data", tmp_path, "--port", 9)
    assert answer.exit_code == 1
    assert "is it running?" in answer.stderr


def test_the_doctor_finds_what_must_be_mended(tmp_path):
    answer = run("doctor", "--data", tmp_path, "--camera", "none", "--json")
    found = {one["check"]: one["state"] for one in map(json.loads, answer.stdout.splitlines())}

    assert answer.exit_code == 1
    assert found["enrolment"] == "mend"
    assert found["disk"] == "good"
    assert found["camera"] == "note"


def test_the_doctor_sees_a_camera_that_is_not_there(tmp_path, monkeypatch):
    monkeypatch.setattr("jianmen.cli.kiosk.findings.CAMERA_S", 2.0)
    answer = run("doctor", "--data", tmp_path, "--camera", f"simulated:{tmp_path}/none")
    assert "mend  camera" in answer.stdout


def test_headcount_needs_an_enrolled_kiosk(tmp_path):
    answer = run("headcount", "--data", tmp_path)
    assert answer.exit_code == 2
    assert "not enrolled" in answer.stderr


@pytest.fixture
def service(tmp_path):
    """A registry that answers at an address."""
    ledger = Ledger("sqlite://", None, lambda: NOW.wall_ms)
    service = RegistryService(ledger, lambda: NOW)
    service.init(load(EVENT))
    app = Flask(__name__)
    throttle = Throttle(service.ledger, lambda: NOW.wall_ms)
    trail = Trail(service.ledger, lambda: NOW.wall_ms)
    devices = device_interface(
        service, lambda: NOW, ReportedVectors(service.ledger), throttle, trail, trust_clock=True
    )
    app.wsgi_app = devices.in_front_of(app.wsgi_app)
    server = PageServer(app, "127.0.0.1", 0)
    server.start()
    yield service, server.url.rstrip("/")
    server.close()
    ledger.close()


def test_a_kiosk_enrols_with_a_code_of_the_registry_once(tmp_path, service):
    registry, url = service
    code = registry.enrol_code("chengdu-main-1")
    text = f"JME1:{registry.identity.fingerprint.upper()}:{code}:{url}"
    data = tmp_path / "kiosk"

    answer = run("enrol", text, "--data", data, "--json")
    assert answer.exit_code == 0, answer.output
    assert json.loads(answer.stdout)["gate"] == "chengdu-main-1"
    assert Enrolment.load(data).registry == registry.identity.fingerprint

    again = run("enrol", text, "--data", tmp_path / "another")
    assert again.exit_code == 1
    assert "code" in again.stderr


def test_the_doctor_knows_a_gate_that_a_supervisor_has_just_given(tmp_path, service):
    registry, url = service
    code = registry.enrol_code(None)
    text = f"JME1:{registry.identity.fingerprint.upper()}:{code}:{url}"
    assert run("enrol", text, "--data", tmp_path).exit_code == 0
    assert CliRunner().invoke(sync, ["once", "--data", str(tmp_path)]).exit_code == 0

    def gate():
        answer = run("doctor", "--data", tmp_path, "--camera", "none", "--json")
        found = {one["check"]: one for one in map(json.loads, answer.stdout.splitlines())}
        return found["gate"]["state"], found["gate"]["says"]

    state, message = gate()
    assert state == "mend"
    assert "let a supervisor give it one" in message
    journal = Journal(tmp_path / "journal.db", DeviceKey.at(tmp_path / "device.key"))
    journal.begin(NOW, "boot", "first start", {}, None)
    journal.append("gate", GateGiven(gate="chengdu-main-1", staff=b"STAFF"), NOW)
    journal.close()
    assert gate() == ("good", "chengdu-main-1")


@pytest.fixture
def enrolled(tmp_path, service, monkeypatch):
    """The data folder of a kiosk whose door may be run in this process."""
    monkeypatch.setattr("jianmen.cli.kiosk.run.stop_on_signals", lambda _: None)
    registry, url = service
    code = registry.enrol_code("chengdu-main-1")
    text = f"JME1:{registry.identity.fingerprint.upper()}:{code}:{url}"
    assert run("enrol", text, "--data", tmp_path / "kiosk").exit_code == 0
    return tmp_path / "kiosk"


def run_door(data) -> Result:
    return run("run", "--data", data, "--camera", "none", "--port", 0)


def test_a_journal_of_a_newer_version_ends_the_door_and_is_left_as_it_is(enrolled):
    later = Steps("journal")
    later(name="better_tables")(lambda db: db.execute("CREATE TABLE better (entry BLOB)"))
    open_writer(enrolled / "journal.db", later).close()
    before = (enrolled / "journal.db").read_bytes()

    answer = run_door(enrolled)
    assert answer.exit_code == 2
    assert "journal.db was written by a newer version" in answer.stderr
    assert (enrolled / "journal.db").read_bytes() == before


def test_a_file_that_the_door_may_not_touch_is_named(enrolled, monkeypatch):
    def not_ours(path, _identity):
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr("sync.store.journal_recovery.open_journal", not_ours)
    answer = run_door(enrolled)
    assert answer.exit_code == 2
    assert f"{enrolled}/journal.db: Permission denied" in answer.stderr


def test_a_damaged_device_key_is_named_with_what_to_do(enrolled):
    (enrolled / "device.key").write_bytes(b"half a key")
    answer = run_door(enrolled)
    assert answer.exit_code == 2
    assert "a device key has 32 bytes, this file has 10: put it back" in answer.stderr


def test_a_code_held_to_the_camera_of_a_waiting_door_makes_a_kiosk_without_a_keyboard(
    tmp_path, service
):
    """Door and carrier as their services start them, and nobody who types."""
    registry, url = service
    data, spool = tmp_path / "kiosk", tmp_path / "spool"
    spool.mkdir()
    programs = Programs(tmp_path / "logs")
    try:
        door = ("kiosk", "run", "--data", str(data), "--camera", f"simulated:{spool}")
        page = programs.jianmen("door", *door, "--port", "0").next_line().split()[-1]
        programs.jianmen("carrier", "sync", "run", "--wait", "--data", str(data))

        def status():
            return requests.get(f"{page}status.json", timeout=20).json()

        code = registry.enrol_code("chengdu-main-1")
        text = EnrolmentCode(registry.identity.fingerprint, code, url).text()
        write_whole(spool / "1.png", draw_badge_scene(text, seed=1))
        until(lambda: status()["state"] == "working", "the door to open")
        programs.check()
    finally:
        programs.stop(PATIENCE_S)

    enrolment = Enrolment.load(data)
    assert (enrolment.gate, enrolment.registry) == (
        "chengdu-main-1",
        registry.identity.fingerprint,
    )
    assert not list(data.glob("enrolment.a*")), "the code lies nowhere"


def test_no_code_before_the_camera_is_an_error_with_words(tmp_path):
    answer = run("enrol", "--data", tmp_path, "--camera", "none")
    assert answer.exit_code == 1
    assert "no camera" in answer.stderr


def test_a_door_runs_answers_and_stops_on_request(tmp_path):
    command = [sys.executable, "-m", "jianmen.cli.kiosk.commands", "run", "--data", str(tmp_path)]
    with subprocess.Popen(
        [*command, "--camera", "none", "--port", "0"], stdout=subprocess.PIPE, text=True
    ) as door:
        assert door.stdout is not None
        url = door.stdout.readline().split()[-1]
        found = requests.get(f"{url}status.json", timeout=20).json()
        second = run("run", "--data", tmp_path, "--camera", "none")
        door.send_signal(signal.SIGTERM)
        assert door.wait(30) == 0

    assert found["says"] in ("正在启动", "本机尚未设置", "本机尚未联网")
    assert second.exit_code == 2
    assert "another door is running" in second.stderr


def test_a_kiosk_enrolled_with_a_new_key_brings_what_it_wrote_with_the_old_one(tmp_path, service):
    registry, url = service

    def enrolled(*options: str) -> str:
        code = EnrolmentCode(
            registry.identity.fingerprint, registry.enrol_code("chengdu-main-1"), url
        )
        answer = run("enrol", code.text(), "--data", tmp_path, "--json", *options)
        assert answer.exit_code == 0, answer.output
        return str(json.loads(answer.stdout)["device"])

    first = enrolled()
    journal = Journal(DataFolder(tmp_path).journal, DeviceKey.at(DataFolder(tmp_path).device_key))
    journal.begin(NOW, "boot", "first start", {}, "chengdu-main-1")
    log = journal.log
    journal.close()
    second = enrolled("--new-key")

    assert first != second
    assert DeviceKey.at(DataFolder(tmp_path).device_key).fingerprint == second
    (retired,) = DataFolder(tmp_path).retired_keys
    assert DeviceKey.at(retired).fingerprint == first
    assert CliRunner().invoke(sync, ["once", "--data", str(tmp_path)]).exit_code == 0
    assert registry.ledger.tips(log)

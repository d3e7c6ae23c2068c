"""What `jianmen kiosk doctor` looks at, one check after the other."""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Literal

from access.log.log_entry import LogEntry
from access.state.event_state import EventState
from config.settings import KioskSettings
from hardware.ports.events import CameraState, ScannerState
from hardware.ports.scanner import ScannerSettings
from hardware.reader.factory import open_scanner
from hardware.signals.kernel_pins import REMEDY, outputs_stay
from hardware.system.clock import SystemClock
from hardware.system.errors import HardwareError
from hardware.system.version import BUILT_MS, WAL_RESET_FIXED
from jianmen.cli.options import Finding, counted
from jianmen.own_packages import clashes
from kiosk.runtime.camera import open_reader
from kiosk.runtime.parts import signal_settings
from kiosk.runtime.run_lock import AlreadyRunningError, RunningMark
from kiosk.screen.speech import PROGRAM, is_installed
from kiosk.screen.viewing import METRES_PER_INCH, Viewing, viewing
from sync.enrolment.record import Enrolment, prepare
from sync.store.data_folder import DataFolder
from sync.store.journal import JournalReader
from sync.store.replica import ReplicaReader
from sync.wire.device_key import DeviceKey

LEAST_FREE = 200_000_000
"""Bytes: some ten times what all logs of an event of 26,000 people take."""

CAMERA_S = 20.0
SCANNER_S = 3.0

OLD_MIN = 10
"""If the registry was last heard longer ago than this, something is wrong while there is a network."""


def findings(settings: KioskSettings) -> Iterator[Finding]:
    """All checks, in the order in which a person would make them. Where there is a data folder, it can be written."""
    for clash in clashes():
        yield Finding("packages", "mend", str(clash))
    folder = next(one for one in (settings.data, *settings.data.absolute().parents) if one.exists())
    free = shutil.disk_usage(folder).free
    yield Finding(
        "disk",
        "good" if free >= LEAST_FREE else "mend",
        f"{free // 1_000_000} MB free on {folder}",
    )
    yield _sqlite()
    yield _clock()
    enrolment: Enrolment | None = None
    try:
        enrolment = Enrolment.load(settings.data)
        yield Finding("enrolment", "good", f"{enrolment.event}, at {enrolment.registry_url}")
    except FileNotFoundError:
        where = "" if settings.data.exists() else f" (there is no folder {settings.data})"
        remedy = "hold a code of the dashboard to its camera, or run `jianmen kiosk enrol TEXT`"
        yield Finding("enrolment", "mend", f"not enrolled{where}: {remedy}")
    except (ValueError, OSError) as error:
        yield Finding("enrolment", "mend", str(error))
    yield _journal(settings)
    if enrolment is not None:
        yield from _replica(settings, enrolment)
    yield _signals(settings)
    if settings.pages.speech:
        yield _speech()
    running = door_runs(settings)
    if running:
        yield Finding("door", "note", "running; camera and scanner are its own: see `kiosk status`")
        return
    yield _camera(settings)
    yield _scanner(settings)
    screen = viewing(settings.screen.inches, settings.screen.metres)
    if screen is not None:
        yield screen_finding(screen)


def screen_finding(screen: Viewing) -> Finding:
    """Whether long texts are large enough for the distance of the settings."""
    read = f"{screen.inches:g} inches, read from {screen.metres:g} m"
    if screen.metres <= screen.farthest_m:
        return Finding("screen", "good", f"{read}: letters of {screen.letter_mm:.0f} mm or more")
    right = f"it can be read from {screen.farthest_m:.1f} m"
    larger = (
        f"from {screen.metres:g} m a screen of {screen.metres / METRES_PER_INCH:.0f} inches can"
    )
    return Finding("screen", "note", f"{read}: long texts will be too small; {right}, and {larger}")


def _sqlite() -> Finding:
    version = sqlite3.sqlite_version
    if sqlite3.sqlite_version_info >= WAL_RESET_FIXED:
        return Finding("sqlite", "good", version)
    message = (
        f"{version}: nothing to do (of its WAL-reset fault one writer for each file keeps clear)"
    )
    return Finding("sqlite", "note", message)


def _clock() -> Finding:
    reading = SystemClock().read()
    if reading.synced:
        return Finding("clock", "good", f"synchronised, to {reading.error_ms} ms")
    if reading.wall_ms < BUILT_MS:
        return Finding("clock", "note", "before the build date; the registry will set it right")
    return Finding(
        "clock", "note", "not synchronised; the registry's or a supervisor's word will do"
    )


def _journal(settings: KioskSettings) -> Finding:
    path = DataFolder(settings.data).journal
    if not path.exists():
        return Finding("journal", "note", "none yet: the door makes it at its first start")
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as db:
            (answer,) = db.execute("PRAGMA quick_check(1)").fetchone()
        with closing(JournalReader.at(path)) as journal:
            entries = sum(tip.seq for tip in journal.tips().values())
    except sqlite3.Error as error:
        return Finding("journal", "mend", f"{path}: {error}; keep the file, and ask for help")
    return Finding(
        "journal",
        "good" if answer == "ok" else "mend",
        f"{counted(entries, 'entry')}; quick check: {answer}",
    )


def _replica(settings: KioskSettings, enrolment: Enrolment) -> Iterator[Finding]:
    try:
        replica = ReplicaReader.at(DataFolder(settings.data).replica)
    except sqlite3.OperationalError:
        yield Finding("replica", "mend", "none yet: is the carrier running?")
        return
    with closing(replica):
        try:
            yield from _replica_contents(replica, settings, enrolment)
        except sqlite3.Error as error:
            yield Finding(
                "replica", "mend", f"{error}: stop the carrier, delete the file, start it"
            )


def _replica_contents(
    replica: ReplicaReader, settings: KioskSettings, enrolment: Enrolment
) -> Iterator[Finding]:
    device = DeviceKey.at(DataFolder(settings.data).device_key).fingerprint
    heard = replica.heard_ms(enrolment.registry)
    if heard is None:
        yield Finding(
            "replica", "mend", "the registry has never been reached: is it on the network?"
        )
        return
    minutes = max(0, int(time.time() * 1000) - heard) // 60_000
    state: Literal["good", "note"] = "good" if minutes <= OLD_MIN else "note"
    yield Finding("replica", state, f"registry heard {minutes} min ago")
    to_come = replica.targets().get("registry", {}).get("behind") or 0
    if to_come:
        yield Finding(
            "first sync", "note", f"still to come of the registry: {counted(to_come, 'entry')}"
        )
    event_state = EventState(enrolment.registry, BUILT_MS)
    prepare(event_state, device, enrolment)
    after = 0
    while rows := replica.since(after, 5_000):
        for _, entry in rows:
            event_state.add(entry)
        after = rows[-1][0]
    for entry in _own_entries(DataFolder(settings.data).journal):
        event_state.add(entry)
    gate = event_state.gate_of(device)
    programme = event_state.programme
    if programme is None:
        yield Finding("gate", "mend", "no event definition has arrived yet")
    elif gate is None or gate not in programme.gates:
        remedy = "assign one at the registry, or let a supervisor give it one"
        yield Finding("gate", "mend", f"none for kiosk {device}: {remedy}")
    elif settings.gate not in (None, gate):
        yield Finding("gate", "mend", f"{gate} by the registry, {settings.gate} in the settings")
    else:
        yield Finding("gate", "good", gate)


def _own_entries(journal: Path) -> Iterator[LogEntry]:
    """What the door has written, the carrier aside: a supervisor may have given it a gate."""
    if journal.exists():
        with closing(JournalReader.at(journal)) as reader:
            yield from reader.everything()


def _signals(settings: KioskSettings) -> Finding:
    try:
        signal_settings(settings)
    except HardwareError as error:
        return Finding("signals", "mend", str(error))
    if settings.signals.adapter == "gpio" and settings.signals.pins.relay and outputs_stay():
        late = "the kernel leaves the relay as a dead program had it, for a second or two"
        return Finding("signals", "note", f"gpio; {late}: {REMEDY}")
    return Finding("signals", "good", settings.signals.adapter)


def _speech() -> Finding:
    if is_installed():
        return Finding("speech", "good", f"{PROGRAM} is here")
    return Finding(
        "speech", "mend", f"on, but nothing can be said: run sudo apt-get install {PROGRAM}"
    )


def door_runs(settings: KioskSettings) -> bool:
    """Whether a door runs on this data folder; then camera and scanner are its own."""
    try:
        RunningMark(settings.data).close(cleanly=False)
    except AlreadyRunningError:
        return True
    except FileNotFoundError:
        pass  # no kiosk was ever here
    return False


def _camera(settings: KioskSettings) -> Finding:
    if settings.camera.adapter is None:
        return Finding("camera", "note", "none in the settings")
    why = "gave no picture"
    ends = time.monotonic() + CAMERA_S
    with open_reader(settings) as reader:
        while time.monotonic() < ends:
            event = reader.next(1.0)
            if isinstance(event, CameraState):
                if event.working:
                    return Finding("camera", "good", f"{settings.camera.adapter} gives pictures")
                why = event.why
    return Finding("camera", "mend", why)


def _scanner(settings: KioskSettings) -> Finding:
    if settings.scanner.adapter is None:
        return Finding("scanner", "note", "none in the settings")
    section = settings.scanner
    wanted = ScannerSettings(section.adapter or "", section.device, section.baud)
    with closing(open_scanner(wanted)) as scanner:
        event = scanner.next(SCANNER_S)
    if isinstance(event, ScannerState) and not event.working:
        return Finding("scanner", "mend", event.why)
    return Finding("scanner", "good", f"{section.adapter} on {section.device}")

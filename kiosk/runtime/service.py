"""The door process: what it needs is opened in order, the scan loop runs, and everything is closed in reverse.

The pages are served from the first moment on, so that the screen can show what is being waited for: the enrolment, the
disk, the event's data.
"""

import logging
import sqlite3
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from access.event.definition import Direction, Language
from access.log.clock_reading import ClockReading
from access.log.entry import Alarm, Boot
from access.log.log_entry import LogEntry
from access.state.event_state import EventState
from hardware.ports.events import Preview
from hardware.ports.signals import Signals
from hardware.reader.reader import Reader
from hardware.system.errand import Errand
from hardware.system.version import BUILT_MS, versions
from kiosk.door.door import Door
from kiosk.door.housekeeping import Housekeeping
from kiosk.door.readiness import Cause, cause_of, unready
from kiosk.door.replica_feed import ReplicaFeed
from kiosk.door.sensors import Sensors
from kiosk.printing.runner import PrintRunner
from kiosk.printing.station import PrintStation
from kiosk.runtime.inputs import Device, Inputs, Source
from kiosk.runtime.parts import Parts, log_reading
from kiosk.runtime.replica_watch import ReplicaWatch
from kiosk.runtime.run_lock import why_started
from kiosk.runtime.scan_loop import ScanLoop
from kiosk.runtime.setting_up import Errands, SettingUp
from kiosk.runtime.stop_flag import Flag
from kiosk.screen.attendee_screen import Notice, notice
from kiosk.screen.phrases import own_first
from kiosk.screen.presenter import Presenter
from kiosk.screen.screen_feed import ScreenFeed
from sync.store.data_folder import DataFolder
from sync.store.journal import Journal

Result = TypeVar("Result")

log = logging.getLogger(__name__)

FED_EVERY = 1000
"""Own entries folded between two signals to the watchdog."""

RETRY_S = 1.0
"""How often a start that waits for something looks again."""

PREVIEW_ASK_S = 1.0
"""How often the camera is asked to go on showing what it sees; it stops by itself three seconds after the last time."""


@dataclass(frozen=True)
class Home:
    """Where a door lives: its data folder, how its journal is opened, and the registry it is enrolled at.

    `registry` answers with the fingerprint of the registry's key, or None while the kiosk is not enrolled; `begin`
    marks that the door runs, and returns whether the last one crashed. All are asked again while the disk fails them.
    `prepare` passes to an event state what this device received when it was enrolled. `errands`: who does what the
    codes ask for that are held up before (None: the kiosk is enrolled by other means, and reads none).
    """

    data: Path
    open_journal: Callable[[], Journal]
    registry: Callable[[], str | None]
    begin: Callable[[], bool]
    prepare: Callable[[EventState, str], None]
    earliest_ms: int = BUILT_MS
    errands: Errands | None = None


class DoorService:
    """One run of the door. `loop` is None until the door is open; from any thread."""

    def __init__(
        self,
        home: Home,
        parts: Parts,
        language: Language,
        camera_direction: Direction | None = None,
    ) -> None:
        self._home = home
        self._parts = parts
        self._camera_direction = camera_direction
        self._stop = Flag()
        self.order = own_first(language)
        self.screen_feed = ScreenFeed(notice("starting", self.order))
        self.loop: ScanLoop | None = None
        self._camera: Reader | None = None
        self._preview_asked = 0.0

    def stop(self) -> None:
        """Ask the run to end, from any thread or signal handler."""
        self._stop.set()

    @property
    def data(self) -> Path:
        return self._home.data

    @property
    def earliest_ms(self) -> int:
        """No time before this is believed."""
        return self._home.earliest_ms

    @property
    def registry(self) -> str | None:
        """The fingerprint of the registry's key, or None while the kiosk is not enrolled."""
        return self._home.registry()

    @property
    def network(self) -> Errand | None:
        """Who joins networks for this kiosk, if anybody may."""
        errands = self._home.errands
        return errands.network if errands is not None else None

    @property
    def replica_path(self) -> Path:
        """The carrier's file with the entries of other devices."""
        return DataFolder(self._home.data).replica

    def preview(self) -> Preview | None:
        """What the camera sees, while a screen asks for it again and again and nobody is being answered."""
        camera = self._camera
        if camera is None or not self.screen_feed.screen.preview:
            return None
        now = time.monotonic()
        if now - self._preview_asked >= PREVIEW_ASK_S:
            self._preview_asked = now
            camera.want_preview()
        return camera.preview

    def run(self) -> None:
        """Until `stop`. Raises HardwareError for parts that this machine does not have, PermissionError for files that
        are somebody else's."""
        with ExitStack() as opened:
            opened.callback(self.screen_feed.close)
            signals = self._parts.open_signals()
            opened.callback(signals.close)
            door = self._open_door(opened)
            if door is None:
                return
            feed = ReplicaFeed(door, self.replica_path)
            opened.callback(feed.close)
            self.screen_feed.show(notice("starting", self.order))
            last_boot = self._wait_for(lambda: self._remember(door, feed), "out_of_order")
            if last_boot is None:
                return
            if self._wait_for(lambda: self._begin(door, last_boot), "out_of_order") is None:
                return
            self.loop = self._open_loop(opened, door, feed, signals)
            self.loop.open()
            opened.callback(self.loop.close)
            self._parts.notifier.ready()
            self._parts.notifier.status("working")
            while not self._stop.is_set():
                self._look_for_symbols(door)
                self.loop.step()
            self._parts.notifier.stopping()

    def read_clock(self) -> ClockReading:
        """The machine's clocks now."""
        return log_reading(self._parts.clock.read())

    def _open_door(self, opened: ExitStack) -> Door | None:
        """The door over its journal, once the kiosk is enrolled and the file can be opened; None: asked to stop."""
        registry = self._set_up()
        if registry is None:
            return None
        journal = self._wait_for(self._home.open_journal, "out_of_order")
        if journal is None:
            return None
        opened.callback(journal.close)
        event_state = EventState(registry, self._home.earliest_ms)
        self._home.prepare(event_state, journal.identity.fingerprint)
        return Door(journal, None, event_state, self.read_clock)

    def _set_up(self) -> str | None:
        """The registry's fingerprint, once this kiosk is enrolled. Until then camera and scanner read the codes that
        set it up. None: asked to stop."""
        errands = self._home.errands
        if errands is None:
            return self._wait_for(self._home.registry, "not_enrolled")
        setting_up: SettingUp | None = None

        def ask() -> str | None:
            nonlocal setting_up
            registry = self._home.registry()
            if registry is None:
                if setting_up is None:
                    inputs = self._open_inputs(opened, {})
                    setting_up = SettingUp(errands, inputs, self.screen_feed, self.order)
                setting_up.step()
            return registry

        with ExitStack() as opened:
            opened.callback(self._forget_camera)
            return self._wait_for(ask)

    def _forget_camera(self) -> None:
        self._camera = None

    def _open_inputs(self, opened: ExitStack, devices: dict[Source, Device]) -> Inputs:
        """Open camera and scanner, and listen to them and to `devices`."""
        if self._parts.open_camera is not None:
            camera = self._parts.open_camera()
            opened.callback(camera.close)
            devices["camera"] = self._camera = camera
        if self._parts.open_scanner is not None:
            scanner = self._parts.open_scanner()
            opened.callback(scanner.close)
            devices["scanner"] = scanner
        inputs = Inputs(devices)
        opened.callback(inputs.close)
        inputs.start()
        return inputs

    def _open_loop(
        self, opened: ExitStack, door: Door, feed: ReplicaFeed, signals: Signals
    ) -> ScanLoop:
        sensors = Sensors(self._parts.power)
        opened.callback(sensors.close)
        sensors.start()
        replica = ReplicaWatch(DataFolder(self._home.data).replica)
        opened.callback(replica.close)
        devices: dict[Source, Device] = {"contacts": signals, "replica": replica}
        inputs = self._open_inputs(opened, devices)
        presenter = Presenter(door, signals, self.screen_feed, self.order)
        duties = Housekeeping(
            door,
            sensors,
            self._parts.clock.read,
            time.monotonic,
            camera="camera" in devices,
            scanner="scanner" in devices,
        )
        loop = ScanLoop(
            door, feed, inputs, presenter, duties, self._parts.notifier, self._camera_direction
        )
        if self._parts.open_printer is not None:
            badges = self._parts.open_printer()
            runner = PrintRunner(badges.printer, badges.layout, inputs.submit)
            loop.station = PrintStation(door, presenter, runner, self.order)
            opened.callback(runner.close)
            runner.start(loop.station)
        return loop

    def _look_for_symbols(self, door: Door) -> None:
        """Have the camera read what badges of other systems carry at this event, as soon as it is known."""
        if self._camera is not None and door.has_event:
            self._camera.read_also(door.programme.event.symbols)

    def _wait_for(
        self, ask: Callable[[], Result | None], lacking: Notice | None = None
    ) -> Result | None:
        """Return what `ask` returns as soon as that is not None; None: asked to stop. `lacking` is shown meanwhile
        (None: `ask` shows something itself, and takes its time).

        A disk that is full, read-only or failing is waited for as well. A file that this user may not touch is not:
        somebody must correct that.
        """
        shown: tuple[Notice | None, Cause | None] | None = None
        while not self._stop.is_set():
            what, cause, why = lacking, None, ""
            try:
                found = ask()
            except PermissionError:
                raise
            except (sqlite3.Error, OSError) as error:
                found = None
                what, cause, why = "out_of_order", cause_of(error), f": {cause_of(error)} ({error})"
            if found is not None:
                return found
            if shown != (what, cause):
                shown = (what, cause)
                log.warning("waiting: %s%s", what or "to be set up", why)
                if what is not None:
                    self.screen_feed.show(notice(what, self.order, cause=cause))
                self._parts.notifier.ready()  # it does all it can: this is no failed start
                self._parts.notifier.status(f"waiting: {what or 'to be set up'}")
            self._parts.notifier.watchdog()
            self._stop.wait(RETRY_S if what is not None else 0)
        return None

    def _remember(self, door: Door, feed: ReplicaFeed) -> str:
        """Fold the own logs and the replica's; the kernel's boot id of the last start, "" if there was none."""
        last_boot = ""
        reading = door.read_clock()
        for count, entry in enumerate(door.own_entries()):
            door.fold(entry, reading)
            if isinstance(entry.body, Boot):
                last_boot = entry.body.boot_id
            if count % FED_EVERY == 0:
                self._parts.notifier.watchdog()
        feed.tend()
        while not self._stop.is_set() and feed.read_entries():
            self._parts.notifier.watchdog()
        if unready(door) is None:
            door.seats()  # counted now, and not while the first person waits
        return last_boot

    def _begin(self, door: Door, last_boot: str) -> LogEntry:
        """Open this start's log. Raises sqlite3.Error or OSError; asking again does no harm."""
        reading = self._parts.clock.read()
        why = why_started(self._home.begin(), reading.boot_id, last_boot)
        entry = door.begin_log(log_reading(reading), reading.boot_id, why, versions())
        log.info("started after: %s", why)
        if note := door.salvage_note:
            door.record("alarm", Alarm(what="journal_salvaged", detail=note))
            door.salvage_note = ""
        return entry

"""What a door writes into its log by itself, between scans: trusted times of its kernel, its health, its alarms."""

import logging
from collections import deque
from collections.abc import Callable
from statistics import median

from access.log.entry import Alarm, Body, Clock
from hardware.ports.door_contacts import DoorEventKind
from hardware.system.clock import SystemReading
from kiosk.door.door import Door
from kiosk.door.sensors import Sensors, health, percentiles

log = logging.getLogger(__name__)

CLOCK_EVERY_S = 60.0
HEALTH_EVERY_S = 300.0

FIRST_HEALTH_S = 15.0
"""By then camera and sensors have reported their state."""

PRINTER_EVERY_S = 30.0
"""What changes of the printer is written at once, but not more often: a bad contact must not fill the log."""

MEASURED = 500
"""Scans remembered for the figures of `health`: a busy quarter of an hour."""

CAMERA_LOST_S = 30.0
"""A camera that is back sooner was perhaps only knocked; it is no alarm."""

ALARMS: dict[DoorEventKind, tuple[str, str]] = {
    DoorEventKind.FORCED: ("door_forced", "the door opened although nothing had been opened"),
    DoorEventKind.TAILGATED: ("tailgated", "a second person went through on one opening"),
    DoorEventKind.FIRE: ("fire", "the fire contact closed"),
    DoorEventKind.FIRE_OVER: ("fire_over", "the fire contact opened again"),
}


class Housekeeping:
    """Everything here runs in the scan loop. `step` raises sqlite3.Error where the journal cannot be written."""

    def __init__(
        self,
        door: Door,
        sensors: Sensors,
        read_clock: Callable[[], SystemReading],
        now_s: Callable[[], float],
        *,
        camera: bool,
        scanner: bool,
    ) -> None:
        """`now_s` is any clock that goes on; `camera` and `scanner`: whether this door has one."""
        self._door = door
        self._sensors = sensors
        self._read_clock = read_clock
        self._now_s = now_s
        self.camera: str = "starting" if camera else "none"
        self.scanner: str = "starting" if scanner else "none"
        self.printer: str = "none"
        self.prints_in_doubt = 0
        self._lost_at: float | None = None
        self._camera_reported = False
        self._disagreement_reported = False
        self._dips_reported = 0
        self._clock_due = now_s()
        self._health_due = self._clock_due + FIRST_HEALTH_S
        self._health_soonest = self._health_due
        self._decode_ms: deque[float] = deque(maxlen=MEASURED)
        self._answer_ms: deque[float] = deque(maxlen=MEASURED)

    def step(self) -> None:
        """Do what is due."""
        now = self._now_s()
        if now >= self._clock_due:
            self._clock_due = now + CLOCK_EVERY_S
            self._hear_kernel()
        self._raise_alarms(now)
        if now >= self._health_due:
            self._health_due = now + HEALTH_EVERY_S
            self._health_soonest = now + PRINTER_EVERY_S
            self._write("health", self._health())

    def camera_is(self, *, working: bool) -> None:
        """The camera was found or lost."""
        self.camera = "ok" if working else "lost"
        if working:
            self._lost_at, self._camera_reported = None, False
        elif self._lost_at is None:
            self._lost_at = self._now_s()

    def scanner_is(self, *, working: bool) -> None:
        self.scanner = "ok" if working else "lost"

    def printer_is(self, state: str, prints_in_doubt: int) -> None:
        """How the printer is ("ok", what keeps it, "none": there is none), and of how many badges a person must say
        whether they came out."""
        if (state, prints_in_doubt) == (self.printer, self.prints_in_doubt):
            return
        self.printer, self.prints_in_doubt = state, prints_in_doubt
        self._health_due = min(self._health_due, self._health_soonest)

    def decoded(self, ms: float) -> None:
        """Note how long a code took to decode (ms)."""
        self._decode_ms.append(ms)

    def answered(self, ms: float) -> None:
        """Note how long a code took to be answered durably (ms)."""
        self._answer_ms.append(ms)

    def contact(self, kind: DoorEventKind) -> None:
        """A contact of the door moved: some moves are alarms."""
        if kind in ALARMS:
            self._alarm(*ALARMS[kind])

    @property
    def free_mb(self) -> int | None:
        """Room on the disk, in millions of bytes; None: not read yet."""
        power, _ = self._sensors.read()
        return None if power.free_bytes is None else power.free_bytes // 1_000_000

    def _hear_kernel(self) -> None:
        """Record the kernel's time while it calls its clock synchronised, if it is better than what is recorded."""
        reading = self._read_clock()
        if not reading.synced:
            return
        clock = Clock(
            source="kernel",
            trusted_ms=reading.wall_ms,
            mono_ms=reading.mono_ms,
            error_ms=reading.error_ms,
        )
        if self._door.is_better_time(clock):
            self._write("clock", clock)

    def _raise_alarms(self, now: float) -> None:
        lost_s = now - self._lost_at if self._lost_at is not None else 0
        if lost_s >= CAMERA_LOST_S and not self._camera_reported:
            self._camera_reported = True
            self._alarm("camera_lost", f"no picture for {CAMERA_LOST_S:.0f} s")
        line = self._door.clock_line
        if line.disagree and not self._disagreement_reported:
            self._alarm("clocks_disagree", "trusted times contradict each other")
        self._disagreement_reported = line.disagree
        _, dips = self._sensors.read()
        if dips > self._dips_reported:
            self._dips_reported = dips
            self._alarm("under_voltage", f"the supply has dipped {dips} times since the start")

    def _health(self) -> Body:
        power, dips = self._sensors.read()
        decode_ms = round(median(self._decode_ms), 2) if self._decode_ms else None
        states: dict[str, str | int] = {"camera": self.camera, "scanner": self.scanner}
        if self.printer != "none":
            states |= {"printer": self.printer, "prints_in_doubt": self.prints_in_doubt}
        return health(power, dips, percentiles(self._answer_ms), decode_ms, states)

    def _alarm(self, what: str, detail: str) -> None:
        log.warning("alarm: %s (%s)", what, detail)
        self._write("alarm", Alarm(what=what, detail=detail))

    def _write(self, kind: str, body: Body) -> None:
        self._door.record(kind, body)

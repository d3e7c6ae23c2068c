"""Kiosks that have nothing new, as a program: it runs on the code of whatever checkout it is started in.

    python idle_kiosks.py FOLDER LOGS GATE < codes

Each line of standard input is an enrolment code of a registry. A kiosk is enrolled with each, writes LOGS logs, brings
them, and goes on asking once a second. "quiet" on standard output: everybody has everything. It ends with its input.
"""

import sys
import threading
import time
from importlib import import_module
from pathlib import Path
from typing import Any

ENTRIES = 5
"""In each log."""

EVERY_S = 1.0


def found(name: str, *modules: str) -> Any:
    """What a name means in the first of these modules that is there: some have moved."""
    for module in modules:
        try:
            return getattr(import_module(module), name)
        except (ImportError, AttributeError):
            continue
    raise ImportError(f"{name}: not in {', '.join(modules)}")


def _first(*names: tuple[str, str]) -> Any:
    """The first of these (name, module) that there is."""
    for name, module in names:
        try:
            return found(name, module)
        except ImportError:
            continue
    raise ImportError(f"none of {names}")


def reading() -> Any:
    reading_type = _first(("ClockReading", "access.log.clock_reading"), ("Reading", "sync.journal"))
    return reading_type(time.monotonic_ns() // 1_000_000, time.time_ns() // 1_000_000, True)


class Kiosk:
    """One kiosk with its journal, and its carrier as the product has it."""

    def __init__(self, folder: Path, code: str, logs: int, gate: str) -> None:
        folder.mkdir()
        key = _first(
            ("DeviceKey", "sync.wire.device_key"),
            ("Identity", "sync.identity"),
            ("Identity", "sync.wire.device_key"),
        )
        identity = key.at(folder / "device.key")
        asked = self._read_code(code)
        enrol = found("enrol", "sync.enrolment.client", "sync.enrolling")
        enrolment = enrol(asked, identity)
        journal = found("Journal", "sync.store.journal", "sync.journal")(
            folder / "journal.db", identity, durable=False
        )
        alarm = found("Alarm", "access.log.entry", "access.entry")
        for _ in range(logs):
            journal.begin(reading(), "bench", "bench", {}, gate)
            journal.extend(
                [("alarm", alarm(what="door_forced", detail=""))] * (ENTRIES - 1), reading()
            )
        journal.close()
        carrier = found("Carrier", "sync.carrier.carrier", "sync.carrier")
        self.carrier = carrier(folder, enrolment, identity, reading)

    @staticmethod
    def _read_code(code: str) -> Any:
        try:
            return found("EnrolmentCode", "sync.wire.enrolment_code").parse(code)
        except ImportError:
            return found("read_enrol_text", "sync.enrolling", "sync.enrolment.client")(code)

    def ask(self) -> None:
        self.carrier.look()
        self.carrier.step(self.carrier.registry)

    def logs(self) -> int:
        return len(self.carrier.replica.vector())

    def run(self, stopped: threading.Event, phase: float) -> None:
        """Ask once a second, each kiosk at its own moment."""
        due = time.monotonic() + phase
        while not stopped.wait(max(0.0, due - time.monotonic())):
            due += EVERY_S
            self.ask()


def main() -> None:
    folder, logs, gate = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    codes = sys.stdin.readline().split()
    kiosks = [Kiosk(folder / f"k{n}", code, logs, gate) for n, code in enumerate(codes)]
    wanted = len(kiosks) * logs + 1
    while min(kiosk.logs() for kiosk in kiosks) < wanted:
        for kiosk in kiosks:
            kiosk.ask()
    stopped = threading.Event()
    threads = [
        threading.Thread(target=kiosk.run, args=(stopped, n / len(kiosks)))
        for n, kiosk in enumerate(kiosks)
    ]
    for thread in threads:
        thread.start()
    print("quiet", flush=True)
    sys.stdin.read()
    stopped.set()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()

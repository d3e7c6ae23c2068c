"""What every scanner must do, asked of each adapter over a real pseudo terminal or FIFO."""

from __future__ import annotations

import os
import pty
import tty
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from hardware.ports.events import Reading, ScannerState
from hardware.ports.scanner import Scanner, ScannerSettings
from hardware.reader.factory import SCANNERS, open_scanner
from hardware.scanners.simulated import typed

PATIENCE_S = 20.0
ENTER = typed("")
BASE45 = "JM1:0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./: ."


@dataclass
class Bench:
    """A scanner under test, and what is shown to it."""

    scanner: Scanner
    scan: Callable[[str], None]
    begin: Callable[[str], None]
    """Send a code without its end."""
    unplug: Callable[[], None]
    plug_in: Callable[[], None]


class Wire:
    """The far end of a device: a pseudo terminal behind a link, or a FIFO."""

    def __init__(self, device: Path) -> None:
        self.device = device
        self.far = -1

    def send(self, data: bytes) -> None:
        os.write(self.far, data)

    def cut(self) -> None:
        if self.far >= 0:
            os.close(self.far)
        self.far = -1
        self.device.unlink(missing_ok=True)


class PtyWire(Wire):
    def connect(self) -> None:
        self.far, near = pty.openpty()
        tty.setraw(near)
        self.device.symlink_to(os.ttyname(near))
        self.near = near

    def cut(self) -> None:
        if self.far >= 0:
            os.close(self.near)
        super().cut()


class FifoWire(Wire):
    def connect(self) -> None:
        os.mkfifo(self.device)
        self.far = os.open(self.device, os.O_RDWR)


class OneWayFifoWire(Wire):
    """Ends when its writer does, like an event device that is unplugged."""

    def connect(self) -> None:
        os.mkfifo(self.device)
        keep = os.open(self.device, os.O_RDONLY | os.O_NONBLOCK)
        self.far = os.open(self.device, os.O_WRONLY)
        os.close(keep)


def bench_of(adapter: str, device: Path) -> Bench:
    """A scanner that is plugged in at `device`."""
    wires = {"serial": PtyWire, "keyboard": OneWayFifoWire, "simulated": FifoWire}
    wire = wires[adapter](device)
    as_keys = adapter == "keyboard"

    def scan(text: str) -> None:
        wire.send(typed(text) if as_keys else text.encode() + b"\r\n")

    wire.connect()

    def begin(text: str) -> None:
        wire.send(typed(text)[: -len(ENTER)] if as_keys else text.encode())

    scanner = open_scanner(ScannerSettings(adapter, str(device)))
    return Bench(scanner, scan, begin, wire.cut, wire.connect)


@pytest.fixture(params=sorted(SCANNERS))
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    made = bench_of(request.param, tmp_path / "scanner")
    yield made
    made.scanner.close()
    made.scanner.close()
    made.unplug()


def state(scanner: Scanner, *, working: bool) -> ScannerState:
    """The next change to this state."""
    while True:
        event = scanner.next(PATIENCE_S)
        assert event is not None, "the scanner never said so"
        if isinstance(event, ScannerState) and event.working is working:
            return event


def reading(scanner: Scanner) -> Reading:
    event = scanner.next(PATIENCE_S)
    assert isinstance(event, Reading)
    return event


def test_a_scan_arrives_with_every_space_and_letter_as_it_is(bench: Bench) -> None:
    state(bench.scanner, working=True)

    bench.scan(BASE45)

    assert reading(bench.scanner).text == BASE45


def test_scans_in_a_row_arrive_one_by_one_in_order(bench: Bench) -> None:
    state(bench.scanner, working=True)

    for text in ("JA", "JB", "JC"):
        bench.scan(text)

    assert [reading(bench.scanner).text for _ in range(3)] == ["JA", "JB", "JC"]


def test_the_scanners_own_marks_are_taken_off(bench: Bench) -> None:
    state(bench.scanner, working=True)

    bench.scan("]Q1\\000026JABC")

    assert reading(bench.scanner).text == "JABC"


def test_nothing_scanned_is_nothing_after_the_timeout(bench: Bench) -> None:
    state(bench.scanner, working=True)

    assert bench.scanner.next(0.0) is None


def test_a_scanner_pulled_out_says_so_and_reads_again_when_it_is_back(bench: Bench) -> None:
    state(bench.scanner, working=True)
    bench.unplug()

    lost = state(bench.scanner, working=False)
    assert "scanner" in lost.why

    bench.plug_in()
    state(bench.scanner, working=True)
    bench.scan("JABC")
    assert reading(bench.scanner).text == "JABC"


@pytest.mark.parametrize("adapter", sorted(SCANNERS))
def test_two_scanners_that_read_at_once_mix_nothing(adapter: str, tmp_path: Path) -> None:
    benches = [bench_of(adapter, tmp_path / name) for name in ("left", "right")]
    try:
        for bench in benches:
            state(bench.scanner, working=True)
        for number in range(3):
            for bench, side in zip(benches, "LR", strict=True):
                bench.scan(f"J{side}{number}")

        told = [[reading(bench.scanner).text for _ in range(3)] for bench in benches]
        assert told == [["JL0", "JL1", "JL2"], ["JR0", "JR1", "JR2"]]
    finally:
        for bench in benches:
            bench.scanner.close()
            bench.unplug()


def test_a_scanner_pulled_out_in_the_middle_of_a_code_leaves_nothing_of_it(bench: Bench) -> None:
    state(bench.scanner, working=True)
    bench.begin("JHALF")
    bench.unplug()
    state(bench.scanner, working=False)

    bench.plug_in()
    state(bench.scanner, working=True)
    bench.scan("JABC")

    assert reading(bench.scanner).text == "JABC"


def test_a_closed_scanner_gives_nothing(bench: Bench) -> None:
    bench.scanner.close()

    assert bench.scanner.next(0.0) is None


def test_a_scanner_that_is_not_there_yet_is_no_error(tmp_path: Path) -> None:
    for adapter in SCANNERS:
        scanner = open_scanner(ScannerSettings(adapter, str(tmp_path / "later")))

        event = scanner.next(PATIENCE_S)

        assert isinstance(event, ScannerState)
        assert not event.working
        scanner.close()

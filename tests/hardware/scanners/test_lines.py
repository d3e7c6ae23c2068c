from __future__ import annotations

from collections import deque

import pytest

from hardware.ports.errors import ScannerLost
from hardware.ports.events import MAX_TEXT, Reading, ScannerState
from hardware.ports.scanner import without_noise
from hardware.scanners.lines import GAP_S, LineScanner


class Cable:
    """A scanner device that sends what was put on it; None is a pulled plug, b"" is silence."""

    name = "cable"

    def __init__(self, *sent: bytes | None, plugged_in: bool = True) -> None:
        self.sent = deque(sent)
        self.plugged_in = plugged_in

    def open(self) -> None:
        if not self.plugged_in:
            raise ScannerLost("no scanner at /dev/cable")

    def read(self, timeout: float) -> bytes:
        data = self.sent.popleft() if self.sent else b""
        if data is None:
            raise ScannerLost("pulled out")
        return data

    def close(self) -> None:
        pass


def scans(*sent: bytes | None) -> list[str]:
    """The texts read from what a scanner sends."""
    scanner = LineScanner(Cable(*sent))
    events = [scanner.next(0.0) for _ in range(len(sent) + 20)]
    scanner.close()
    return [event.text for event in events if isinstance(event, Reading)]


@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n", b"\n\r"])
def test_a_code_ends_with_any_line_end(end: bytes) -> None:
    assert scans(b"JABC" + end + b"JDEF" + end) == ["JABC", "JDEF"]


def test_a_code_may_come_in_pieces() -> None:
    assert scans(b"JA", b"B", b"C\r") == ["JABC"]


def test_spaces_and_letter_case_belong_to_the_code() -> None:
    assert scans(b" JM1: a B  .\r") == [" JM1: a B  ."]


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        ("]Q1JABC", "JABC"),
        ("\\000026JABC", "JABC"),
        ("]Q2\\000026JABC", "JABC"),
        ("\x02JABC\x03", "JABC"),
        ("\x1d]Q1JA\x00BC\x7f", "JABC"),
        ("]", "]"),
        ("JABC]Q1", "JABC]Q1"),
        ("J\\000026", "J\\000026"),
    ],
)
def test_only_marks_of_the_scanner_are_taken_off(sent: str, meant: str) -> None:
    assert without_noise(sent) == meant


def test_a_code_of_four_thousand_characters_is_whole_and_a_longer_one_than_any_code_is_dropped() -> (
    None
):
    longest, too_long = b"J" + b"A" * (MAX_TEXT - 1), b"K" * (MAX_TEXT + 1)

    assert scans(longest + b"\r" + too_long + b"\r" + b"JABC\r") == [longest.decode(), "JABC"]


def test_endless_noise_without_an_end_takes_no_memory_and_the_next_code_is_read() -> None:
    assert scans(*[b"K" * 4096] * 50, b"\r", b"JABC\r") == ["JABC"]


def test_what_the_device_says_it_lost_is_no_code() -> None:
    assert scans(b"JAB\x18C\r", b"JDEF\r") == ["JDEF"]


@pytest.mark.parametrize("encoding", ["gb18030", "big5", "utf-8"])
def test_a_scanner_that_sends_chinese_bytes_gives_the_text_that_the_camera_gives(
    encoding: str,
) -> None:
    assert scans("]Q1參會證2026張偉\r".encode(encoding)) == ["參會證2026張偉"]


def test_bytes_that_are_no_text_are_read_as_latin1() -> None:
    assert scans(b"caf\xe9\r") == ["café"]


def test_empty_lines_and_lines_of_noise_are_nothing() -> None:
    assert scans(b"\r\n\r\n\x02\x03\r") == []


def test_half_a_code_followed_by_silence_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr("hardware.scanners.lines.time.monotonic", lambda: now)
    cable = Cable(b"JHALF")
    scanner = LineScanner(cable)
    assert scanner.next(0.0) == ScannerState(working=True)
    assert scanner.next(0.0) is None

    now += 2 * GAP_S
    assert scanner.next(0.0) is None
    cable.sent.append(b"JABC\r")
    reading = scanner.next(0.0)

    assert isinstance(reading, Reading)
    assert reading.text == "JABC"
    scanner.close()


def test_a_slow_caller_loses_no_part_of_a_code() -> None:
    assert scans(b"JAB", b"C\r") == ["JABC"]


def test_a_missing_scanner_is_told_once_and_tried_with_growing_pauses(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 100.0
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        nonlocal now
        slept.append(seconds)
        now += seconds

    monkeypatch.setattr("hardware.scanners.lines.time.monotonic", lambda: now)
    monkeypatch.setattr("hardware.scanners.lines.time.sleep", sleep)
    cable = Cable(b"JABC\r", plugged_in=False)
    scanner = LineScanner(cable)

    assert scanner.next(3.0) == ScannerState(working=False, why="no scanner at /dev/cable")
    assert scanner.next(3.0) is None
    assert slept[:3] == pytest.approx([0.25, 0.5, 1.0])

    cable.plugged_in = True
    assert scanner.next(10.0) == ScannerState(working=True)
    reading = scanner.next(10.0)
    assert isinstance(reading, Reading)
    scanner.close()


def test_pulling_the_plug_in_the_middle_of_a_code_leaves_no_half_code() -> None:
    cable = Cable(b"JHA", None, b"JABC\r")
    scanner = LineScanner(cable)
    assert scanner.next(0.0) == ScannerState(working=True)

    assert scanner.next(1.0) == ScannerState(working=False, why="pulled out")
    assert scanner.next(5.0) == ScannerState(working=True)
    reading = scanner.next(1.0)

    assert isinstance(reading, Reading)
    assert reading.text == "JABC"
    scanner.close()


def test_closing_twice_is_harmless_and_nothing_comes_afterwards() -> None:
    scanner = LineScanner(Cable(b"JABC\r"))
    scanner.close()
    scanner.close()

    assert scanner.next(0.0) is None


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        ("#JABC*", "JABC"),
        ("#]Q1JABC*", "JABC"),
        ("]C1#JABC*", "JABC"),
        ("##JABC**", "#JABC*"),
        ("JABC", "JABC"),
        ("#*", ""),
    ],
)
def test_what_a_scanner_is_set_to_put_around_a_code_is_taken_off_once(
    sent: str, meant: str
) -> None:
    scanner = LineScanner(Cable(sent.encode() + b"\r"), prefix="#", suffix="*")
    events = [scanner.next(0.0) for _ in range(4)]
    scanner.close()

    found = [event.text for event in events if isinstance(event, Reading)]
    assert found == ([meant] if meant else [])


def test_marks_that_no_setting_names_belong_to_the_code() -> None:
    assert scans(b"#JABC*\r") == ["#JABC*"]

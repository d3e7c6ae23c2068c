"""The reader with its real process, a simulated camera and drawn badges."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest
import zxingcpp
from numpy.typing import NDArray

from hardware.cameras.badge_scene import draw_badge_scene, draw_badges_scene
from hardware.files.picture_file import write_whole
from hardware.ports.camera import CameraSettings
from hardware.reader.reader import CameraState, Event, Hint, Reader, Reading, ShowOne

Wanted = TypeVar("Wanted", Reading, Hint, ShowOne, CameraState)

PATIENCE_S = 60.0
"""Never waited for unless something is broken."""

StartReader = Callable[..., Reader]


def first(reader: Reader, kind: type[Wanted]) -> Wanted:
    """The first event of a kind; others are passed over."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        event: Event | None = reader.next(1.0)
        if isinstance(event, kind):
            return event
    pytest.fail(f"no {kind.__name__} in {PATIENCE_S} s")


def aztec(text: str) -> NDArray[np.uint8]:
    """An Aztec code on a grey wall."""
    code = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.Aztec)
    drawn = np.pad(np.array(code.to_image(scale=8)), 40, constant_values=255)
    wall = np.full((720, 1280), 150, np.uint8)
    wall[100 : 100 + drawn.shape[0], 400 : 400 + drawn.shape[1]] = drawn
    return wall


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    spool = tmp_path / "spool"
    spool.mkdir()
    return spool


@pytest.fixture
def start(spool: Path) -> Iterator[StartReader]:
    readers: list[Reader] = []

    def start_one(**settings: object) -> Reader:
        camera = {"adapter": "simulated", "path": str(spool), "frames_per_s": 15} | settings
        readers.append(Reader(CameraSettings(**camera)))
        return readers[-1]

    yield start_one
    for reader in readers:
        reader.close()
        reader.close()
        assert not reader.alive


def test_a_badge_put_before_the_camera_is_read(
    start: StartReader, spool: Path, badge: Callable[[str], str]
) -> None:
    write_whole(spool / "1.png", draw_badge_scene(badge("A"), seed=1))

    reader = start()

    assert first(reader, CameraState) == CameraState(working=True)
    reading = first(reader, Reading)
    assert (reading.text, reading.raw) == (badge("A"), badge("A").encode())
    assert reader.alive


def test_bad_pictures_do_not_stop_it(
    start: StartReader, spool: Path, badge: Callable[[str], str]
) -> None:
    for number in range(3):
        (spool / f"{number}.png").write_bytes(b"\x89PNG"[:number])
    write_whole(spool / "9.png", draw_badge_scene(badge("A"), seed=1))

    assert first(start(), Reading).text == badge("A")


def test_two_badges_at_once_are_answered_with_show_one(
    start: StartReader, spool: Path, badge: Callable[[str], str]
) -> None:
    write_whole(spool / "1.png", draw_badges_scene([badge("A"), badge("B")], seed=3))

    assert isinstance(first(start(), ShowOne), ShowOne)


def test_a_camera_that_vanishes_is_told_and_read_again_when_it_is_back(
    start: StartReader, spool: Path, badge: Callable[[str], str]
) -> None:
    reader = start()
    assert first(reader, CameraState).working
    shutil.rmtree(spool)

    lost = first(reader, CameraState)
    assert not lost.working
    assert str(spool) in lost.why

    spool.mkdir()
    write_whole(spool / "1.png", draw_badge_scene(badge("A"), seed=1))
    while not first(reader, CameraState).working:
        pass  # it may have tried once more while the folder was still missing
    assert first(reader, Reading).text == badge("A")


def test_a_process_that_dies_is_replaced(
    start: StartReader, spool: Path, badge: Callable[[str], str]
) -> None:
    reader = start()
    assert first(reader, CameraState).working
    killed = reader.pid
    assert killed is not None
    os.kill(killed, signal.SIGKILL)

    lost = first(reader, CameraState)
    assert (lost.working, lost.why) == (False, "the camera process ended with signal 9")

    write_whole(spool / "1.png", draw_badge_scene(badge("A"), seed=1))
    assert first(reader, Reading).text == badge("A")
    assert reader.pid != killed


def test_a_process_that_hangs_is_killed_and_replaced(start: StartReader) -> None:
    reader = start()
    assert first(reader, CameraState).working
    hanging = reader.pid
    assert hanging is not None
    os.kill(hanging, signal.SIGSTOP)

    assert not first(reader, CameraState).working
    assert first(reader, CameraState).working
    with pytest.raises(ProcessLookupError):
        os.kill(hanging, 0)


def test_pictures_that_end_are_told_and_the_reader_rests(
    start: StartReader, spool: Path, badge: Callable[[str], str]
) -> None:
    write_whole(spool / "1.png", draw_badge_scene(badge("A"), seed=1))
    reader = start(adapter="pictures")

    assert first(reader, Reading).text == badge("A")
    ended = first(reader, CameraState)
    assert (ended.working, "end" in ended.why) == (False, True)
    assert reader.next(0.0) is None
    assert not reader.alive


def test_a_wrong_adapter_is_told_with_the_right_names(start: StartReader) -> None:
    state = first(start(adapter="webcam"), CameraState)

    assert not state.working
    assert "pi, pictures, simulated, usb" in state.why


def test_a_badge_test_that_a_child_could_not_import_is_refused(spool: Path) -> None:
    with pytest.raises(ValueError, match="top level of a module"):
        Reader(CameraSettings(adapter="simulated", path=str(spool)), badge_like=lambda text: True)


def test_the_camera_process_ends_when_the_door_is_killed(spool: Path, tmp_path: Path) -> None:
    import subprocess
    import sys

    door = (
        "import sys; from hardware.reader.reader import *; from hardware.ports.camera import CameraSettings\n"
        "r = Reader(CameraSettings(adapter='simulated', path=sys.argv[1], frames_per_s=15))\n"
        "while not isinstance(r.next(1), CameraState): pass\n"
        "print(r.pid, flush=True)\n"
        "while True: r.next(1)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", door, str(spool)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        child = int(process.stdout.readline())
        process.kill()
    deadline = time.monotonic() + PATIENCE_S
    while Path(f"/proc/{child}").exists() and time.monotonic() < deadline:
        os.sched_yield()

    assert not Path(f"/proc/{child}").exists()


def test_other_symbols_are_read_from_the_moment_on_that_they_are_asked_for(
    spool: Path, start: StartReader
) -> None:
    reader = start(show_ms=60_000)
    first(reader, CameraState)
    before = reader.pid

    reader.read_also(("aztec",))
    write_whole(spool / "ticket.png", aztec("TICKET-7F3K-92QX-ALPHA"))

    assert first(reader, Reading).text == "TICKET-7F3K-92QX-ALPHA"
    after = reader.pid
    assert after != before
    reader.read_also(("aztec",))
    reader.next(0.1)
    assert reader.pid == after, "what is read already starts no new process"


def test_a_preview_comes_when_it_is_asked_for_and_shows_where_the_code_is(
    spool: Path, start: StartReader, badge: Callable[[str], str]
) -> None:
    reader = start(show_ms=60_000)
    write_whole(spool / "1.png", draw_badge_scene(badge("A"), seed=1))
    first(reader, Reading)
    assert reader.preview is None

    deadline = time.monotonic() + PATIENCE_S
    while reader.preview is None or not reader.preview.outline:
        assert time.monotonic() < deadline
        reader.want_preview()
        reader.next(0.1)

    assert (reader.preview.width, reader.preview.height) == (160, 90)


def test_asking_a_closed_reader_for_a_preview_does_nothing(start: StartReader) -> None:
    reader = start()
    reader.close()

    reader.want_preview()

    assert reader.preview is None

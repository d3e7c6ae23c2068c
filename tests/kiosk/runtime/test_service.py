"""The whole door process: from a picture before the camera to the journal and the screen."""

from __future__ import annotations

import errno
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import msgspec
import numpy as np
import pytest
import segno
import zxingcpp

from access.badge.credential import Claims, foreign, verifier
from access.log.entry import BadgeIssued, Boot, EventDefined, Scan, pack
from access.state.event_state import EventState
from hardware.cameras.badge_scene import draw_badge_scene
from hardware.files.picture_file import write_whole
from hardware.ports.camera import CameraSettings
from hardware.ports.decoder import DecoderSettings
from hardware.ports.signals import SignalSettings
from hardware.reader.reader import Reader
from hardware.signals.simulated import SimulatedSignals
from hardware.system.power import SimulatedPower
from hardware.system.systemd import Notifier
from kiosk.runtime.badge_form import looks_like_badge
from kiosk.runtime.parts import Parts
from kiosk.runtime.service import DoorService, Home
from sync.enrolment.record import Enrolment, prepare

PATIENCE_S = 30.0


def service_of(world, camera=None, crashed: bool = False) -> DoorService:
    def registry() -> str | None:
        try:
            return Enrolment.load(world.data).registry
        except FileNotFoundError:
            return None

    parts = Parts(
        clock=world.clock,
        power=SimulatedPower(),
        notifier=Notifier({}),
        open_signals=lambda: SimulatedSignals(SignalSettings()),
        open_camera=camera,
        open_scanner=None,
    )

    def begin_with(event_state: EventState, device: str) -> None:
        prepare(event_state, device, Enrolment.load(world.data))

    home = Home(
        world.data, world.open_journal, registry, lambda: crashed, begin_with, world.earliest_ms
    )
    return DoorService(home, parts, "en")


@contextmanager
def running(service: DoorService) -> Iterator[DoorService]:
    thread = threading.Thread(target=service.run)
    thread.start()
    try:
        yield service
    finally:
        service.stop()
        thread.join()


def wait_for_screen(service: DoorService, condition: Callable[..., bool]):
    """The first screen that is as wanted."""
    seen = ""
    while True:
        found = service.screen_feed.after(seen, PATIENCE_S)
        assert found is not None, "the screen stayed as it was"
        seen, screen = found
        if condition(screen):
            return screen


def headline(screen) -> str:
    return screen.wordings[0].headline


def test_a_badge_before_the_camera_is_let_in(world, tmp_path):
    guest = world.register("陳大文", "zh-Hant")
    world.deliver()
    spool = tmp_path / "spool"
    spool.mkdir()
    write_whole(spool / "1.png", draw_badge_scene(guest.text, seed=1))
    camera = CameraSettings(adapter="simulated", path=str(spool), gap_ms=50)

    service = service_of(world, lambda: Reader(camera, DecoderSettings(), looks_like_badge))
    with running(service):
        screen = wait_for_screen(service, lambda screen: screen.state == "answer")

    assert headline(screen) == "請進"
    assert "陳**" in screen.wordings[0].name
    (scan,) = world.written("scan")
    assert isinstance(scan, Scan)
    assert (scan.verdict, scan.method, scan.badge) == ("admit", "camera", guest.badge)


def test_a_kiosk_that_is_not_enrolled_says_so_and_begins_once_it_is(world, monkeypatch):
    monkeypatch.setattr("kiosk.runtime.service.RETRY_S", 0.01)
    (world.data / "enrolment.json").unlink()

    with running(service_of(world)) as service:
        wait_for_screen(service, lambda s: headline(s) == "This kiosk is not set up yet")
        world.enrol()
        wait_for_screen(service, lambda s: headline(s) == "Hold your badge to the scanner")


def test_a_kiosk_that_was_just_enrolled_knows_the_event_and_its_keys_before_its_first_exchange(
    world, monkeypatch
):
    monkeypatch.setattr("kiosk.runtime.service.RETRY_S", 0.01)
    world.recreate_replica()
    enrolled = Enrolment.load(world.data)
    keys = [(0, world.registry.public)]
    msgspec.structs.replace(
        enrolled, gate="chengdu-main-1", definition=pack(world.event), keys=keys
    ).save(world.data)
    walk_up, listed = world.walk_up(), world.plain()

    with running(service_of(world)) as service:
        wait_for_screen(service, lambda s: headline(s) == "Hold your badge to the scanner")
        loop = service.loop
        assert loop is not None
        scans = [
            loop.submit(lambda text=text: loop.door.present(text, "in")).result(10).decision
            for text in (walk_up.text, listed.text)
        ]
    assert [(one.verdict, one.reason) for one in scans] == [
        ("admit_flagged", "unlisted"),
        ("ask_staff", "unknown"),
    ]


def test_a_start_on_a_full_disk_is_out_of_order_until_there_is_space(world, monkeypatch):
    monkeypatch.setattr("kiosk.runtime.service.RETRY_S", 0.01)
    journal = world.open_journal()
    world.open_journal = lambda: journal
    append, tried, full = journal.append, threading.Semaphore(0), threading.Event()

    def appending(*args, **named):
        tried.release()
        if not full.is_set():
            raise sqlite3.OperationalError("database or disk is full")
        return append(*args, **named)

    journal.append = appending
    with running(service_of(world)) as service:
        wait_for_screen(service, lambda s: headline(s) == "Out of order")
        for _ in range(3):
            assert tried.acquire(timeout=PATIENCE_S)
        assert headline(service.screen_feed.screen) == "Out of order", (
            "it must not say that it starts"
        )
        full.set()
        wait_for_screen(service, lambda s: s.tone == "idle")


@pytest.mark.parametrize("fails", ["the enrolment", "the journal"])
def test_a_disk_that_cannot_be_used_yet_is_waited_for_whatever_it_keeps_from_the_door(
    world, monkeypatch, fails
):
    monkeypatch.setattr("kiosk.runtime.service.RETRY_S", 0.01)
    service = service_of(world)
    home, repaired = service._home, threading.Event()

    def failing(ask):
        def one():
            if not repaired.is_set():
                raise OSError(errno.EROFS, "Read-only file system")
            return ask()

        return one

    changed = {"open_journal": failing(home.open_journal)}
    if fails == "the enrolment":
        changed = {"registry": failing(home.registry)}
    service._home = replace(home, **changed)
    with running(service):
        screen = wait_for_screen(service, lambda s: headline(s) == "Out of order")
        assert [wording.headline for wording in screen.wordings] == [
            "Out of order",
            "暫停服務",
            "暂停服务",
        ]
        assert screen.cause == "The disk cannot be written"
        assert service.loop is None
        repaired.set()
        wait_for_screen(service, lambda s: s.tone == "idle")


def test_a_file_that_belongs_to_somebody_else_ends_the_door(world):
    def not_ours():
        raise PermissionError(errno.EACCES, "Permission denied", "journal.db")

    world.open_journal = not_ours
    with pytest.raises(PermissionError):
        service_of(world).run()


@pytest.mark.parametrize(
    ("crashed", "boot_id", "why"),
    [(False, "boot-1", "restart"), (True, "boot-1", "crash"), (True, "boot-2", "power")],
)
def test_each_start_opens_a_log_that_names_the_one_before_and_says_why(
    world, crashed, boot_id, why
):
    with running(service_of(world)) as service:
        wait_for_screen(service, lambda screen: screen.tone == "idle")
    world.clock.boot_id = boot_id
    with running(service_of(world, crashed=crashed)) as service:
        wait_for_screen(service, lambda screen: screen.tone == "idle")

    first, second = [boot for boot in world.written("boot") if isinstance(boot, Boot)]
    assert (first.why, second.why) == ("first start", why)
    assert first.previous is None
    assert second.previous is not None
    assert second.previous[1] >= 1
    assert second.gate == "chengdu-main-1"


def test_a_restart_knows_who_is_inside(make_world):
    world = make_world("chengdu-room-b-1", at="14:00")
    guest = world.walk_up()
    outcomes = []
    for _ in range(2):
        with running(service_of(world)) as service:
            wait_for_screen(service, lambda screen: screen.tone == "idle")
            loop = service.loop
            assert loop is not None
            answer = loop.submit(lambda loop=loop: loop.door.present(guest.text, "in")).result(10)
            outcomes.append(answer.decision.reason)

    assert outcomes == ["unlisted", "already_inside"]


def imported(world, code: str) -> bytes:
    """A badge of another system is on the roster; its id."""
    claims = Claims(ticket=0, venues=0b111, sessions=0, days=0b11)
    known = foreign(code)
    check = verifier(known.secret)
    body = BadgeIssued(badge=known.badge, issue=1, form="foreign", claims=claims, verifier=check)
    world.registry_writes(("badge", body))
    return known.badge


def shown_to_the_camera(world, folder, picture) -> Scan:
    """What the door records of it."""
    folder.mkdir()
    wall = np.full((720, 1280), 150, np.uint8)
    wall[100 : 100 + picture.shape[0], 400 : 400 + picture.shape[1]] = picture
    write_whole(folder / "1.png", wall)
    camera = CameraSettings(adapter="simulated", path=str(folder), gap_ms=50, show_ms=20_000)
    service = service_of(world, lambda: Reader(camera, DecoderSettings(), looks_like_badge))
    with running(service):
        wait_for_screen(service, lambda screen: screen.state == "answer")
    (scan,) = world.written("scan")
    assert isinstance(scan, Scan)
    return scan


def test_an_imported_badge_whose_code_is_chinese_without_saying_so_is_let_in(world, tmp_path):
    code = "参会证2026成都张伟第00017号XYZW8842KQPL55MN"
    badge = imported(world, code)
    world.deliver()
    printed = segno.make(code, encoding="gb18030", mode="byte", micro=False)
    modules = np.array([[0 if dark else 255 for dark in row] for row in printed.matrix], np.uint8)
    picture = np.kron(np.pad(modules, 4, constant_values=255), np.ones((6, 6), np.uint8))

    scan = shown_to_the_camera(world, tmp_path / "spool", picture)

    assert (scan.verdict, scan.badge) == ("admit", badge)


def test_the_camera_reads_the_symbols_that_the_event_names(world, tmp_path):
    code = "TICKET-7F3K-92QX-ALPHA"
    badge = imported(world, code)
    event = msgspec.structs.replace(world.event, symbols=("aztec",))
    world.registry_writes(("event", EventDefined(event=msgspec.Raw(pack(event)))))
    world.deliver()
    printed = zxingcpp.create_barcode(code, zxingcpp.BarcodeFormat.Aztec).to_image(scale=8)

    scan = shown_to_the_camera(
        world, tmp_path / "spool", np.pad(np.array(printed), 40, constant_values=255)
    )

    assert (scan.verdict, scan.badge) == ("admit", badge)

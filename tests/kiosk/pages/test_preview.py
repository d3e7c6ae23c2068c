"""What the camera sees: for the resting screen of this machine alone, from a real reader before a simulated camera."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from hardware.cameras.badge_scene import draw_badge_scene
from hardware.ports.camera import CameraSettings
from hardware.ports.signals import Light
from hardware.reader.reader import Reader
from kiosk.pages.app import create_app
from kiosk.runtime.badge_form import looks_like_badge
from kiosk.screen.attendee_screen import notice

PATIENCE_S = 30.0


@pytest.fixture
def reader(stand, tmp_path: Path) -> Iterator[Reader]:
    """Before its camera somebody holds a badge for ever."""
    spool = tmp_path / "spool"
    spool.mkdir()
    scene = draw_badge_scene(stand.world.walk_up().text, seed=1)
    (spool / "1.png").write_bytes(cv2.imencode(".png", scene)[1].tobytes())
    camera = CameraSettings("simulated", path=str(spool), show_ms=60_000, frames_per_s=10)
    with Reader(camera, None, looks_like_badge) as started:
        yield started


class Page:
    def __init__(self, service, *, preview: bool = True) -> None:
        self._client = create_app(service, sounds=False, preview=preview).test_client()
        self._token = {"X-Jianmen-Token": self._client.application.jinja_env.globals["token"]}

    def look(self, path: str = "/preview", address: str = "127.0.0.1", **headers: str):
        asked = headers or self._token
        return self._client.post(path, headers=asked, environ_base={"REMOTE_ADDR": address})


@pytest.fixture
def service(stand, service_of, reader):
    made = service_of(stand)
    made._camera = reader
    return made


@pytest.fixture
def page(service) -> Page:
    return Page(service)


def wait_for_picture(page: Page, reader: Reader) -> dict:
    """Look as the page does, while the door listens to its camera."""
    deadline = time.monotonic() + PATIENCE_S
    while (answer := page.look()).status_code != 200:
        assert time.monotonic() < deadline
        reader.next(0.1)
    return answer.get_json()


def test_the_resting_screen_sees_a_small_grey_picture_with_the_code_outlined(page, reader):
    found = wait_for_picture(page, reader)
    while not found["outline"]:
        reader.next(0.1)
        found = wait_for_picture(page, reader)

    picture = np.frombuffer(base64.b64decode(found["picture"]), np.uint8)
    assert cv2.imdecode(picture, cv2.IMREAD_UNCHANGED).shape == (90, 160)
    assert len(found["outline"]) == 4


def test_a_picture_that_the_page_has_already_is_not_sent_again(page, reader):
    found = wait_for_picture(page, reader)

    assert page.look(f"/preview?seen={found['taken_ms']}").status_code == 204


def test_while_somebody_is_answered_nobody_sees_a_picture(stand, page, reader):
    wait_for_picture(page, reader)
    stand.show(stand.world.walk_up().text)

    assert stand.signals.light is Light.FLAGGED
    assert page.look().status_code == 204


def test_nobody_but_a_page_of_ours_on_this_machine_sees_a_picture(service, page, reader):
    wait_for_picture(page, reader)

    assert page.look(address="192.168.1.20").status_code == 403
    assert page.look(Origin="http://elsewhere.example").status_code == 403
    assert Page(service, preview=False).look().status_code == 404


def test_no_picture_of_before_comes_once_the_camera_is_gone(page, reader):
    wait_for_picture(page, reader)
    reader.close()
    reader._preview = None

    assert page.look().status_code == 204


def test_a_door_without_a_camera_shows_none(stand, service_of):
    assert Page(service_of(stand)).look().status_code == 204
    assert notice("idle_in", ("en",)).preview
    assert not notice("fire", ("en",)).preview

"""`jianmen kiosk doctor camera` before simulated cameras, good and bad: what is measured, and what is to be changed."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import msgspec
import numpy as np
import pytest
from click.testing import CliRunner, Result

from config.settings import kiosk_settings
from hardware.cameras.badge_scene import Conditions, draw_badge_scene, draw_empty_scene
from hardware.ports.camera import Frame, Gray
from hardware.ports.decoder import DecoderSettings
from hardware.reader.camera_check import CameraReport, Measurement
from hardware.reader.factory import make_live
from jianmen.cli.kiosk.camera_findings import Optics, camera_findings
from jianmen.cli.kiosk.commands import kiosk

BADGE = "J" + "A2" * 14
ASKED = kiosk_settings(None, {}).camera


def report_of(*frames: Gray, times: int = 1) -> CameraReport:
    measurement = Measurement(make_live(DecoderSettings())[0])
    for n in range(times):
        for gray in frames:
            measurement.add(Frame(gray, n))
    return measurement.report()


def says(report: CameraReport, check: str) -> tuple[str, str]:
    found = {one.check: one for one in camera_findings(report, ASKED)}
    return found[check].state, found[check].says


def scenes(count: int = 6, **conditions: object) -> list[Gray]:
    look = Conditions(**conditions)  # type: ignore[arg-type]
    return [draw_badge_scene(BADGE, seed=seed, conditions=look) for seed in range(count)]


def test_a_good_camera_is_called_good():
    report = report_of(*scenes(blur_px=0.4, tilt_degrees=8))

    assert says(report, "picture") == ("good", "1280×720")
    assert says(report, "exposure")[0] == "good"
    assert says(report, "focus")[0] == "good"
    assert says(report, "reading")[0] == "good"
    assert "6 of 6 pictures with a code were read (100%)" in says(report, "reading")[1]


def test_how_many_are_read_is_said_by_distance_for_the_size_of_the_code_and_the_lens() -> None:
    """A code of 25 mm at 66 degrees: in half a metre it takes 4 % of the picture's width."""
    report = msgspec.structs.replace(
        report_of(*scenes(count=1)), widths={4: (10, 3), 8: (8, 8), 9: (2, 2)}
    )

    state, words = says(report, "distances")
    assert state == "note"
    assert "0.2 m 10 of 10, 0.5 m 3 of 10" in words
    assert "a plain badge reads surely up to 0.25 m" in words
    large = {one.check: one.says for one in camera_findings(report, ASKED, Optics(50, 66))}
    assert "up to 0.49 m" in large["distances"]


def test_codes_are_counted_by_their_width_whether_they_were_read_or_not() -> None:
    near = scenes(count=3, module_px=(8, 8), tilt_degrees=1, blur_px=0.2)
    unread = [cv2.GaussianBlur(scene, (0, 0), 9) for scene in near]
    report = report_of(*near, *unread)

    assert sum(read for _, read in report.widths.values()) == report.read == 3
    assert sum(seen for seen, _ in report.widths.values()) == report.with_code
    assert set(report.widths) <= set(range(14, 20))  # 25 modules of 8 pixels, of 1280


def test_a_lens_out_of_focus_is_measured_at_the_edges_of_the_code():
    sharp = report_of(*scenes(blur_px=0.2, tilt_degrees=4))
    soft = report_of(
        *(
            cv2.GaussianBlur(scene, (0, 0), 2.2)
            for scene in scenes(module_px=(5, 5), tilt_degrees=4)
        )
    )

    assert sharp.edge is not None
    assert soft.edge is not None
    assert soft.edge > 2 * sharp.edge
    state, words = says(soft, "focus")
    assert state == "mend"
    assert "turn the lens" in words


def test_a_dark_door_needs_a_light():
    report = report_of(*(scene // 5 for scene in scenes()))

    assert says(report, "exposure")[0] == "mend"
    assert "put a light over" in says(report, "exposure")[1]


def test_a_window_in_view_is_told():
    white = draw_empty_scene(seed=1)
    white[:, :500] = 255

    assert says(report_of(white), "exposure")[0] == "note"


def test_codes_that_are_seen_and_not_read_are_counted_by_what_would_help():
    """Somebody's thumb lies on the badge."""
    covered = scenes(blur_px=0.4, tilt_degrees=4)
    decoder = make_live(DecoderSettings())[0]
    for scene in covered:
        corners = np.array(decoder.decode(scene).codes[0].corners)
        middle, side = corners.mean(axis=0), np.ptp(corners, axis=0).min()
        cv2.circle(scene, tuple(map(int, middle)), int(side * 0.27), 120, -1)
    report = report_of(*covered)

    assert report.with_code > report.read
    assert sum(report.hints.values()) == report.with_code - report.read


def test_what_would_help_most_is_said_first():
    report = msgspec.structs.replace(
        report_of(*scenes(count=2)),
        with_code=10,
        read=4,
        hints={"come_closer": 5, "hold_still": 1},
    )
    state, words = says(report, "reading")

    assert state == "mend"
    assert "4 of 10 pictures" in words
    assert "bring the camera nearer" in words


def test_a_camera_that_hangs_gives_one_picture_for_ever():
    assert says(report_of(draw_empty_scene(seed=1), times=10), "picture")[0] == "mend"


def test_few_frames_are_told_with_their_cause():
    slow = CameraReport(
        width=640, height=480, frames=40, seconds=10, same=0, shade=120, overexposed=0, with_code=0, read=0
    )  # fmt: skip

    assert says(slow, "frames")[0] == "mend"
    assert "light" in says(slow, "frames")[1]
    assert says(slow, "picture") == (
        "note",
        "640×480; the settings ask for 1280×720, which this camera does not give",
    )
    assert "no code was seen" in says(slow, "reading")[1]


def doctor(tmp_path: Path, camera: str, *more: str) -> Result:
    command = ["doctor", "camera", "--data", str(tmp_path / "data"), "--camera", camera, *more]
    return CliRunner().invoke(kiosk, command)


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    made = tmp_path / "spool"
    made.mkdir()
    picture = cv2.imencode(".png", draw_badge_scene(BADGE, seed=1))[1].tobytes()
    for number in range(40):
        (made / f"{number}.png").write_bytes(picture)
    return made


def test_the_command_looks_through_the_camera_and_names_what_it_found(tmp_path, spool):
    answer = doctor(tmp_path, f"simulated:{spool}", "--seconds", "3", "--json")
    found = {one["check"]: one for one in map(json.loads, answer.stdout.splitlines())}

    assert set(found) == {"picture", "frames", "exposure", "focus", "reading", "distances"}
    assert found["picture"]["state"] == "good"
    assert "were read" in found["reading"]["says"]
    assert "Hold a badge" in answer.stderr
    assert BADGE not in answer.output


def test_a_camera_that_is_not_there_is_named(tmp_path):
    answer = doctor(tmp_path, f"simulated:{tmp_path}/none", "--seconds", "1")

    assert answer.exit_code == 1
    assert "none does not exist" in answer.stdout


def test_a_kiosk_without_a_camera_is_told_to_name_one(tmp_path):
    answer = doctor(tmp_path, "none")

    assert answer.exit_code == 2
    assert "--camera" in answer.stderr

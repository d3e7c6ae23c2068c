"""What `jianmen kiosk doctor camera` says: each thing that was measured, and what to change where it is not good."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import radians, tan
from typing import NamedTuple

from config.settings import Camera
from hardware.ports.events import Hint
from hardware.reader.camera_check import CameraReport
from jianmen.cli.options import Finding

FEWEST_FRAMES = 0.7
"""Part of the frames asked for; with fewer the camera lengthens its exposures, or its bus is slow."""

FEWEST_A_SECOND = 8.0
"""With fewer a badge is often gone before it was sharp once."""

DARK = 60.0
BRIGHT = 235.0
OVEREXPOSED = 0.25
"""Part of the picture that is white: a window or a lamp in view."""

SOFT_EDGE = 0.9
"""Modules: a code of which the edges are wider reads only just (measured with 4 pixels a module)."""

GOOD_RATE = 0.9
POOR_RATE = 0.5
ENOUGH_FRAMES = 5

SURE_PX = 4.0
"""Pixels of a module at which badges read surely, in poor light too."""

PLAIN_MODULES = 25
"""Of the code of a plain badge (version 2)."""

STEP_M = 0.1


class Optics(NamedTuple):
    """What turns the width of a code in the picture into its distance."""

    code_mm: float = 25.0
    """Width of the printed code."""
    view_degrees: float = 66.0
    """Of the lens, from the left edge of the picture to the right one."""

    def distance_m(self, part: float) -> float:
        """Of a code that takes this part of the picture's width."""
        return self.code_mm / 1000 / (2 * tan(radians(self.view_degrees) / 2) * part)


USUAL = Optics()

HELP: Mapping[Hint, str] = {
    Hint.HOLD_STILL: "it is blurred: more light, a shorter exposure (shutter_us), or the focus",
    Hint.COME_CLOSER: "it is small: bring the camera nearer to where people stand, or ask for a larger picture",
    Hint.FURTHER_AWAY: "it is too near, or partly outside: put the camera further away",
    Hint.HOLD_STRAIGHT: "it is tilted: turn the camera to where people hold their badges",
    Hint.TOO_DARK: "it is in the dark: put a light over the place where badges are held",
    Hint.TURN_FROM_LIGHT: "a lamp is mirrored in it: move the lamp or the camera aside",
    Hint.BRIGHTER_PHONE: "phones are darker than the room: shade the place, or tell people to turn them up",
}


def camera_findings(
    report: CameraReport, asked: Camera, optics: Optics = USUAL
) -> Iterator[Finding]:
    """In the order in which they are best put right."""
    yield _picture(report, asked)
    yield _rate(report, asked)
    yield _exposure(report)
    if not report.with_code:
        message = "no code was seen: hold up a badge where people will, nearer and further, and run this again"
        yield Finding("reading", "note", message)
        return
    yield _focus(report, asked)
    yield _reading(report)
    yield _distances(report, optics)


def _picture(report: CameraReport, asked: Camera) -> Finding:
    size = f"{report.width}×{report.height}"
    if report.frames > ENOUGH_FRAMES and report.same >= report.frames - 1:
        return Finding(
            "picture", "mend", f"{size}, always the same one: unplug the camera, plug it in again"
        )
    if (report.width, report.height) != (asked.width, asked.height):
        message = f"{size}; the settings ask for {asked.width}×{asked.height}, which this camera does not give"
        return Finding("picture", "note", message)
    return Finding("picture", "good", size)


def _rate(report: CameraReport, asked: Camera) -> Finding:
    rate = report.frames / report.seconds if report.seconds else 0.0
    message = f"{rate:.1f} a second of {asked.frames_per_s}"
    if rate >= FEWEST_FRAMES * asked.frames_per_s:
        return Finding("frames", "good", message)
    change = (
        "give it more light (in the dark a camera exposes longer) and a USB port of its own,"
        " or ask for a smaller picture"
    )
    return Finding("frames", "note" if rate >= FEWEST_A_SECOND else "mend", f"{message}: {change}")


def _exposure(report: CameraReport) -> Finding:
    """By the paper of the codes where there were some, else by the picture as a whole."""
    white = report.white
    shade = report.shade if white is None else white
    of = "the picture's mean" if white is None else "the paper of the codes"
    message = f"{of} is at {shade:.0f} of 255"
    if shade < DARK:
        return Finding(
            "exposure",
            "mend",
            f"{message}, too dark: put a light over the place where badges are held",
        )
    if shade > BRIGHT and report.overexposed > OVEREXPOSED:
        return Finding(
            "exposure",
            "mend",
            f"{message}, too bright: shade the lens, or set a shorter shutter_us",
        )
    if report.overexposed > OVEREXPOSED:
        part = round(report.overexposed * 100)
        return Finding(
            "exposure",
            "note",
            f"{message}; {part} % of the picture is white: turn the camera from the light",
        )
    return Finding("exposure", "good", message)


def _focus(report: CameraReport, asked: Camera) -> Finding:
    if report.edge is None:
        return Finding("focus", "note", "no code was read, so it cannot be measured")
    message = f"edges are {report.edge:.2f} of a module wide"
    if report.edge <= SOFT_EDGE:
        return Finding("focus", "good", message)
    change = "turn the lens, or put the camera where it is sharp"
    if asked.adapter == "pi":
        change = "set lens_position = 1 / metres to the badge (2.5 for 40 cm)"
    return Finding("focus", "mend", f"{message} (at most {SOFT_EDGE} is sharp): {change}")


def _reading(report: CameraReport) -> Finding:
    rate = report.read / report.with_code
    message = f"{report.read} of {report.with_code} pictures with a code were read ({rate:.0%})"
    if report.smallest_px is not None and report.smallest_part is not None:
        message += (
            f"; the smallest code was {report.smallest_part:.0%} of the picture's width,"
            f" {report.smallest_px:.1f} pixels a module"
        )
    if rate >= GOOD_RATE:
        return Finding("reading", "good", message)
    causes = sorted(report.hints.items(), key=lambda cause: -cause[1])
    if causes:
        message += f". Of those not read most would be if this changed: {HELP[Hint(causes[0][0])]}"
    return Finding("reading", "note" if rate >= POOR_RATE else "mend", message)


def _distances(report: CameraReport, optics: Optics) -> Finding:
    """How many were read at which distance, and how far a plain badge reads surely."""
    at: dict[int, tuple[int, int]] = {}
    for percent, (seen, read) in report.widths.items():
        step = round(optics.distance_m(percent / 100) / STEP_M)
        before = at.get(step, (0, 0))
        at[step] = (before[0] + seen, before[1] + read)
    shown = ", ".join(
        f"{step * STEP_M:.1f} m {at[step][1]} of {at[step][0]}" for step in sorted(at)
    )
    sure_m = optics.distance_m(SURE_PX * PLAIN_MODULES / report.width)
    message = (
        f"with codes of {optics.code_mm:g} mm and a lens of {optics.view_degrees:g}° (--code-mm, --view): {shown};"
        f" a plain badge reads surely up to {sure_m:.2f} m, with a code twice as wide twice as far"
    )
    return Finding("distances", "note", message)

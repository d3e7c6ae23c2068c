"""Signs for the queue, A3, in all languages: have your code ready, and where to hold it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from fpdf import FPDF

from access.event.definition import Language, Names
from config.languages import languages
from printing.card import Card
from printing.document import Placed, opened, placed_runs
from printing.fonts import FontFile, Fonts
from printing.layout import Box, Layout, Sheet, Text
from printing.qr import QUIET_MODULES, dark_blocks, qr_code
from printing.typeset import POINT_MM
from web.texts import text

PAGE_MM = (297.0, 420.0)
MARGIN_MM = 22.0
MIDDLE_MM = PAGE_MM[0] / 2
FIRST_MM = 196.0
"""The top of the first language's block; above it is the drawing."""

BLOCK_MM = 64.0
FOOT_MM = 396.0
SAMPLE = "NOT A BADGE"
"""What the code of the drawing says."""

CameraAt = Literal["above", "below", "left", "right", "screen"]
"""On which side of a kiosk's screen its camera is; "screen": that is not to be said."""

CAMERA_AT = get_args(CameraAt)

_STEP: dict[CameraAt, tuple[int, int]] = {
    "above": (0, -1), "below": (0, 1), "left": (-1, 0), "right": (1, 0), "screen": (1, 0),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    """Where signs are put up: the event and the venue, by their names."""

    event: Names
    venue: Names


def print_signs(
    places: Sequence[Place], camera_at: CameraAt, path: Path, fonts: Fonts | None = None
) -> int:
    """Write two signs for each place, to be had ready and where to be held; the number of pages. Raises
    FontMissingError, OSError."""
    fonts = fonts if fonts is not None else Fonts()
    ready, hold = ("sign.ready", "sign.ready_next"), ("sign.hold", f"sign.at.{camera_at}")
    pages = [
        (keys[0], list(_runs(place, *keys, fonts))) for place in places for keys in (ready, hold)
    ]
    needed = _needed([run for _, runs in pages for run in runs])
    with opened(PAGE_MM, needed, fonts) as pdf:
        for key, runs in pages:
            pdf.add_page()
            if key == "sign.ready":
                _code(pdf, MIDDLE_MM, 100, 110)
            else:
                _kiosk(pdf, camera_at)
            for one in runs:
                _draw(pdf, one)
        pdf.output(str(path))
    return len(pages)


def _runs(place: Place, headline: str, line: str, fonts: Fonts) -> Iterator[Placed]:
    """The texts of a page."""
    width = PAGE_MM[0] - 2 * MARGIN_MM
    block = min(BLOCK_MM, (FOOT_MM - FIRST_MM) / len(languages()))
    part = block / BLOCK_MM  # more languages than three are written smaller
    for number, language in enumerate(languages()):
        top = FIRST_MM + number * block
        head, more = text(headline, language), text(line, language)
        yield from _set(
            head, language, fonts, top, width, points=66 * part, least=40 * part, weight="bold"
        )
        yield from _set(
            more, language, fonts, top + 34 * part, width, points=30 * part, least=20 * part
        )
    names = [_named(place, language) for language in languages()]
    for number, (language, name) in enumerate(zip(languages(), names, strict=True)):
        left = MARGIN_MM + number * width / len(languages())
        yield from _set(
            name,
            language,
            fonts,
            FOOT_MM,
            width / len(languages()) - 4,
            points=15,
            least=8,
            left=left,
        )


def _named(place: Place, language: Language) -> str:
    event, venue = (names.get(language) or names["en"] for names in (place.event, place.venue))
    return text("attendee.place", language, city=event, area=venue)


def _set(
    content: str,
    language: Language,
    fonts: Fonts,
    top: float,
    width: float,
    *,
    points: float,
    least: float,
    weight: Literal["regular", "bold"] = "regular",
    left: float = MARGIN_MM,
) -> Iterator[Placed]:
    """A text in its language's own letters, on up to two lines."""
    box = Text(
        x=left, y=top, width=width, points=points, least=least, lines=2, text=content,
        weight=weight, align="center", height=points * POINT_MM * 1.3,
    )  # fmt: skip
    layout = Layout(sheet=Sheet(card_mm=PAGE_MM), code=Box(x=0, y=0, size=1), texts=(box,))
    yield from placed_runs(Card("", "foreign", language), layout, fonts)


def _needed(runs: Sequence[Placed]) -> dict[FontFile, set[str]]:
    """The letters that are taken from each font."""
    letters: dict[FontFile, set[str]] = {}
    for one in runs:
        letters.setdefault(one.run.font, set()).update(one.run.text)
    return letters


def _draw(pdf: FPDF, one: Placed) -> None:
    pdf.set_text_color(one.colour)
    pdf.set_font(one.run.font.name, "", one.points)
    pdf.set_text_shaping(one.run.shaped)
    pdf.text(one.x, one.y, one.run.text)


def _code(pdf: FPDF, x: float, y: float, height: float) -> None:
    """A badge or a phone with a code, its middle at (x, y)."""
    width = height * 0.68
    pdf.set_draw_color("#000000")
    pdf.set_line_width(height / 28)
    pdf.rect(
        x - width / 2, y - height / 2, width, height, "D",
        round_corners=True, corner_radius=height / 12,
    )  # fmt: skip
    code = qr_code(SAMPLE, "foreign")
    size = width * 0.72
    module = size / (len(code.matrix) + 2 * QUIET_MODULES)
    left, top = x - size / 2 + QUIET_MODULES * module, y - size / 2 + QUIET_MODULES * module
    pdf.set_fill_color("#000000")
    for block in dark_blocks(code):
        pdf.rect(
            left + block.first * module, top + block.row * module,
            block.width * module, block.height * module, "F",
        )  # fmt: skip


def _kiosk(pdf: FPDF, camera_at: CameraAt) -> None:
    """A screen, its camera, and a code that an arrow shows the way to it."""
    across, down = _STEP[camera_at]
    x, y = MIDDLE_MM - across * 50, 98.0 - down * 44
    width, height = (96.0, 62.0) if down else (76.0, 96.0)
    pdf.set_draw_color("#000000")
    pdf.set_line_width(3.5)
    pdf.rect(x - width / 2, y - height / 2, width, height, "D", round_corners=True, corner_radius=6)
    edge = width / 2 if across else height / 2
    if camera_at != "screen":
        pdf.set_fill_color("#000000")
        pdf.circle(x + across * (edge + 9), y + down * (edge + 9), 5.5, "F")
    _arrow(pdf, x + across * (edge + 20), y + down * (edge + 20), across, down)
    far = edge + (74 if across else 71)
    _code(pdf, x + across * far, y + down * far, 60 if across else 52)


def _arrow(pdf: FPDF, x: float, y: float, across: int, down: int) -> None:
    """Its point at (x, y), its tail further out on that side."""
    shape = [(0, 0), (12, 11), (12, 4.5), (26, 4.5), (26, -4.5), (12, -4.5), (12, -11)]
    pdf.set_fill_color("#17548c")
    pdf.polygon(
        [(x + across * out + down * side, y + down * out + across * side) for out, side in shape],
        style="F",
    )

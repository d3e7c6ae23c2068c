"""One badge as a picture: SVG with the outlines of its letters, and PNG, by the same layouts as on paper.

The SVG needs no font where it is looked at. Pictures that a layout has are in it as data.
"""

import base64
import io
import mimetypes
from collections.abc import Iterator
from functools import lru_cache
from html import escape
from pathlib import Path

import uharfbuzz as hb
from PIL import Image, ImageDraw, ImageFont

from printing.card import Card
from printing.document import Placed, placed_runs
from printing.fonts import Fonts, Run
from printing.layout import Layout
from printing.qr import QUIET_MODULES, dark_blocks, qr_code
from printing.typeset import POINT_MM

MM_PER_INCH = 25.4
PNG_DPI = 300
"""A code of 25 modules on 25 mm has 12 pixels a module then."""


def svg_picture(card: Card, layout: Layout, fonts: Fonts) -> str:
    """The card as an SVG document, its size in mm."""
    width, height = layout.sheet.card_mm
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}mm" height="{height}mm"'
            f' viewBox="0 0 {width} {height}"><title>{escape(card.texts.get("name", ""))}</title>'
        ),
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        *_bands(card, layout),
        *_images(layout),
        _code(card, layout),
        *(_letters(one) for one in placed_runs(card, layout, fonts)),
        "</svg>",
    ]
    return "".join(parts)


def png_picture(card: Card, layout: Layout, fonts: Fonts, dpi: int = PNG_DPI) -> bytes:
    """The card as a PNG file."""
    scale = dpi / MM_PER_INCH
    width, height = layout.sheet.card_mm
    picture = Image.new("RGB", (round(width * scale), round(height * scale)), "white")
    draw = ImageDraw.Draw(picture)
    look = layout.look(card.ticket)
    for band in layout.bands if look is not None else ():
        box = (band.x, band.y, band.x + band.width, band.y + band.height)
        draw.rectangle([edge * scale for edge in box], fill=look.colour if look else None)
    for image in layout.pictures:
        if (layout.folder / image.file).suffix.lower() != ".svg":
            file = layout.folder / image.file
            size = (round(image.width * scale), round(image.height * scale))
            logo = _logo(file, file.stat().st_mtime_ns, *size)
            picture.paste(logo, (round(image.x * scale), round(image.y * scale)), logo)
    _draw_code(draw, card, layout, scale)
    for one in placed_runs(card, layout, fonts):
        font = _loaded(one.run.font.path, one.run.font.face, round(one.points * POINT_MM * scale))
        at = (one.x * scale, one.y * scale)
        draw.text(at, one.run.text, fill=one.colour, font=font, anchor="ls")
    out = io.BytesIO()
    picture.save(out, "PNG", dpi=(dpi, dpi), optimize=True)
    return out.getvalue()


def _draw_code(draw: ImageDraw.ImageDraw, card: Card, layout: Layout, scale: float) -> None:
    """Modules of whole pixels: a screen or a printer must not blur their edges."""
    code = qr_code(card.qr_text, card.form)
    module = max(1, int(layout.code.size * scale / (len(code.matrix) + 2 * QUIET_MODULES)))
    left = round(layout.code.x * scale) + QUIET_MODULES * module
    top = round(layout.code.y * scale) + QUIET_MODULES * module
    for one in dark_blocks(code):
        x, y = left + one.first * module, top + one.row * module
        right, bottom = x + one.width * module - 1, y + one.height * module - 1
        draw.rectangle((x, y, right, bottom), fill="black")


def _bands(card: Card, layout: Layout) -> Iterator[str]:
    look = layout.look(card.ticket)
    for band in layout.bands if look is not None else ():
        yield (
            f'<rect x="{band.x}" y="{band.y}" width="{band.width}" height="{band.height}"'
            f' fill="{look.colour if look else ""}"/>'
        )


def _images(layout: Layout) -> Iterator[str]:
    for image in layout.pictures:
        file = layout.folder / image.file
        kind = mimetypes.guess_type(file.name)[0] or "image/png"
        data = base64.b64encode(file.read_bytes()).decode()
        yield (
            f'<image x="{image.x}" y="{image.y}" width="{image.width}" height="{image.height}"'
            f' preserveAspectRatio="xMinYMin" href="data:{kind};base64,{data}"/>'
        )


def _code(card: Card, layout: Layout) -> str:
    code = qr_code(card.qr_text, card.form)
    module = layout.code.size / (len(code.matrix) + 2 * QUIET_MODULES)
    x = layout.code.x + QUIET_MODULES * module
    y = layout.code.y + QUIET_MODULES * module
    path = "".join(
        f"M{one.first} {one.row}h{one.width}v{one.height}h-{one.width}z"
        for one in dark_blocks(code)
    )
    return (
        f'<path shape-rendering="crispEdges" transform="translate({x:.3f} {y:.3f})'
        f' scale({module:.5f})" d="{path}"/>'
    )


def _letters(placed: Placed) -> str:
    """A run as one path."""
    run = placed.run
    scale = placed.points * POINT_MM / _font(run.font.path, run.font.face).face.upem
    return (
        f'<path fill="{placed.colour}" transform="translate({placed.x:.3f} {placed.y:.3f})'
        f' scale({scale:.6f} {-scale:.6f})" d="{_outline(run)}"/>'
    )


def _outline(run: Run) -> str:
    """The outlines of a run, in units of its font, beginning at 0."""
    font = _font(run.font.path, run.font.face)
    buffer = hb.Buffer()
    buffer.add_str(run.text)
    buffer.guess_segment_properties()
    hb.shape(font, buffer, None if run.shaped else {"kern": False, "liga": False})
    pen, x = _Pen(), 0
    for info, position in zip(buffer.glyph_infos, buffer.glyph_positions, strict=True):
        pen.origin = (x + position.x_offset, position.y_offset)
        font.draw_glyph_with_pen(info.codepoint, pen)
        x += position.x_advance
    return "".join(pen.path)


class _Pen:
    """Writes the outlines of glyphs as the path of an SVG, each at its own origin."""

    def __init__(self) -> None:
        self.origin = (0, 0)
        self.path: list[str] = []

    def _add(self, command: str, *points: tuple[float, float]) -> None:
        dx, dy = self.origin
        self.path.append(command + " ".join(f"{x + dx:.0f} {y + dy:.0f}" for x, y in points))

    def moveTo(self, point: tuple[float, float]) -> None:  # noqa: N802 - HarfBuzz's names
        self._add("M", point)

    def lineTo(self, point: tuple[float, float]) -> None:  # noqa: N802
        self._add("L", point)

    def qCurveTo(self, *points: tuple[float, float]) -> None:  # noqa: N802
        self._add("Q", *points)

    def curveTo(self, *points: tuple[float, float]) -> None:  # noqa: N802
        self._add("C", *points)

    def closePath(self) -> None:  # noqa: N802
        self.path.append("Z")


@lru_cache(maxsize=64)
def _font(path: Path, face: int) -> hb.Font:
    return hb.Font(hb.Face(hb.Blob.from_file_path(str(path)), face))


@lru_cache(maxsize=8)
def _logo(path: Path, _changed_ns: int, width: int, height: int) -> Image.Image:
    """A picture of a layout, so many pixels large at most; a file that was changed is another one."""
    with Image.open(path) as opened:
        logo = opened.convert("RGBA")
    logo.thumbnail((width, height))
    return logo


@lru_cache(maxsize=256)
def _loaded(path: Path, face: int, pixels: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(path), pixels, index=face)

"""Print sheets: badges of 86 x 122 mm, four to an A4 page, with marks to cut along.

A plain code (version 2, level Q) is printed 25 mm wide, one module a millimetre; a signed one (version 5, level M)
36 mm. Both keep the quiet zone of four modules that ISO/IEC 18004 asks for. Drawn as rectangles, not as a picture:
sharp on any printer.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import segno
from fpdf import FPDF
from fpdf.fonts import TTFFont

from access.event.definition import Language
from registry.roster.model import Form, Label
from registry.storage.errors import RegistryError

FONTS = Path("/usr/share/fonts/opentype/noto")
FONT_PACKAGE = "fonts-noto-cjk"

FACES: dict[Language, int] = {"en": 2, "zh-Hans": 2, "zh-Hant": 4}
"""Faces of the collection: the same character is drawn otherwise in Chengdu (SC) and in Hong Kong (HK)."""

CARD_MM = (86.0, 122.0)
PAGE_MM = (210.0, 297.0)
ACROSS, DOWN = 2, 2
MARGIN_MM = 6.0
MARK_MM = 5.0

QUIET_MODULES = 4
POINT_MM = 25.4 / 72


class Printed(NamedTuple):
    """How a form's code is printed: version and level of the QR code (None: what fits), and its width without the quiet
    zone."""

    version: int | None
    error: str
    width_mm: float


PRINTED: dict[Form, Printed] = {
    "plain": Printed(2, "Q", 25.0),
    "signed": Printed(5, "M", 36.0),
    "foreign": Printed(None, "M", 36.0),
}


def qr_code(text: str, form: Form) -> segno.QRCode:
    """The QR code of a badge's text."""
    how = PRINTED[form]
    return segno.make_qr(text, error=how.error, version=how.version, boost_error=False)


def print_sheets(labels: Iterable[Label], path: Path, fonts: Path = FONTS) -> int:
    """Write a PDF of badges; says how many pages. Raises RegistryError where the fonts are missing, OSError."""
    with _document(fonts) as pdf:
        places = list(_places())
        for count, label in enumerate(labels):
            if count % len(places) == 0:
                pdf.add_page()
                _cut_marks(pdf)
            _card(pdf, label, *places[count % len(places)])
        if pdf.pages_count == 0:
            raise RegistryError("There is no badge to print.")
        pdf.output(str(path))
        return int(pdf.pages_count)


@contextmanager
def _document(fonts: Path) -> Iterator[FPDF]:
    """An empty document. Its fonts stay open until it is written, or let go."""
    pdf = FPDF(format="A4", unit="mm")
    pdf.set_auto_page_break(False)
    try:
        _add_fonts(pdf, fonts)
        yield pdf
    finally:
        for font in pdf.fonts.values():
            if isinstance(font, TTFFont):
                font.close()


def _add_fonts(pdf: FPDF, fonts: Path) -> None:
    for language, face in FACES.items():
        for style, file in (("", "NotoSansCJK-Regular.ttc"), ("B", "NotoSansCJK-Bold.ttc")):
            if not (fonts / file).is_file():
                raise RegistryError(
                    f"The font {fonts / file} is missing. Run: sudo apt-get install {FONT_PACKAGE}"
                )
            pdf.add_font(language, style, fonts / file, collection_font_number=face)


def _origin() -> tuple[float, float]:
    return (PAGE_MM[0] - ACROSS * CARD_MM[0]) / 2, (PAGE_MM[1] - DOWN * CARD_MM[1]) / 2


def _places() -> Iterator[tuple[float, float]]:
    """The top left corners of the cards on a page."""
    left, top = _origin()
    for row in range(DOWN):
        for column in range(ACROSS):
            yield left + column * CARD_MM[0], top + row * CARD_MM[1]


def _cut_marks(pdf: FPDF) -> None:
    left, top = _origin()
    pdf.set_line_width(0.1)
    pdf.set_draw_color(128)
    bottom, right = top + DOWN * CARD_MM[1], left + ACROSS * CARD_MM[0]
    for column in range(ACROSS + 1):
        x = left + column * CARD_MM[0]
        pdf.line(x, top - MARK_MM, x, top - 1)
        pdf.line(x, bottom + 1, x, bottom + MARK_MM)
    for row in range(DOWN + 1):
        y = top + row * CARD_MM[1]
        pdf.line(left - MARK_MM, y, left - 1, y)
        pdf.line(right + 1, y, right + MARK_MM, y)


def _card(pdf: FPDF, label: Label, x: float, y: float) -> None:
    """One badge: event, name, organisation, ticket; at the foot the code, and beside it what a person can read."""
    write = _Writer(pdf, label.language, x + MARGIN_MM, CARD_MM[0] - 2 * MARGIN_MM)
    write.line(label.event, y + MARGIN_MM, 11, "B")
    write.line(label.name, y + 24, 30, "B")
    write.line(label.organisation, y + 42, 13, "")
    write.line(label.ticket, y + 53, 13, "B")
    right = _code(pdf, label, x, y + CARD_MM[1])
    beside = _Writer(pdf, label.language, right, x + CARD_MM[0] - MARGIN_MM - right)
    beside.line(label.badge.code, y + CARD_MM[1] - MARGIN_MM - 16, 12, "B")
    beside.line(f"#{label.badge.issue}", y + CARD_MM[1] - MARGIN_MM - 8, 8, "")


class _Writer:
    """Lines of text in one column, in the face of somebody's script, made smaller until they fit."""

    SMALLEST = 6.0

    def __init__(self, pdf: FPDF, language: Language, x: float, width: float) -> None:
        self._pdf = pdf
        self._language = language
        self._x = x
        self._width = width

    def line(self, text: str, y: float, points: float, style: str) -> None:
        self._pdf.set_font(self._language, style, points)
        wide = self._pdf.get_string_width(text)
        if wide > self._width:
            points = max(self.SMALLEST, points * self._width / wide)
            self._pdf.set_font(self._language, style, points)
            text = self._shortened(text)
        self._pdf.text(self._x, y + points * POINT_MM, text)

    def _shortened(self, text: str) -> str:
        """What of a text fits at the smallest size."""
        if self._pdf.get_string_width(text) <= self._width + POINT_MM:
            return text
        while text and self._pdf.get_string_width(f"{text}…") > self._width:
            text = text[:-1]
        return f"{text}…"


def _code(pdf: FPDF, label: Label, left: float, bottom: float) -> float:
    """Draw the QR code into the lower left corner of a card; gives where its quiet zone ends on the right."""
    code = qr_code(label.badge.text, label.badge.form)
    rows = [bytes(row) for row in code.matrix]
    module = PRINTED[label.badge.form].width_mm / len(rows)
    quiet = QUIET_MODULES * module
    x, y = left + quiet, bottom - quiet - len(rows) * module
    pdf.set_fill_color(0)
    for row, modules in enumerate(rows):
        for first, count in _runs(modules):
            pdf.rect(x + first * module, y + row * module, count * module, module, style="F")
    return x + len(rows) * module + quiet


def _runs(modules: bytes) -> Iterator[tuple[int, int]]:
    """(first, count) of each run of dark modules in a row."""
    first = modules.find(1)
    while first >= 0:
        end = modules.find(0, first)
        end = len(modules) if end < 0 else end
        yield first, end - first
        first = modules.find(1, end)

"""A PDF of badges: cards drawn by a layout, in fonts cut down to the letters that they need."""

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from fpdf import FPDF
from fpdf.fonts import TTFFont

from access.event.definition import Language
from access.text import canonical
from printing.card import Card
from printing.fonts import FontFile, Fonts, Run, Weight, is_wide
from printing.layout import Layout, Text
from printing.qr import QUIET_MODULES, dark_blocks, qr_code
from printing.typeset import ELLIPSIS, LINE_HEIGHT, POINT_MM, fitted

MARK_MM = 5.0


@dataclass
class Printed:
    """The result: the number of pages, and the indexes of cards with a shortened text, with a letter that no font has,
    and with such a letter in the name."""

    pages: int = 0
    shortened: list[int] = field(default_factory=list)
    unprintable: list[int] = field(default_factory=list)
    unnamed: list[int] = field(default_factory=list)

    def note(self, number: int, card: Card, layout: Layout, fonts: Fonts) -> None:
        """Note what a card lacks, on paper and as a picture alike."""
        if not _is_whole(card, layout, fonts):
            self.shortened.append(number)
        if _lacks_letters(card, layout, fonts):
            self.unprintable.append(number)
            if fonts.unprintable(card.texts.get("name", ""), card.language):
                self.unnamed.append(number)


def print_cards(
    cards: Sequence[Card],
    layout: Layout,
    path: Path,
    fonts: Fonts | None = None,
    step: Callable[[int], None] = lambda _: None,
) -> Printed:
    """Write a PDF of the cards. `step` is called with the number of cards done. Raises FontMissingError, OSError."""
    fonts = fonts if fonts is not None else Fonts()
    printed = Printed()
    with opened(_page(layout), _needed(cards, layout, fonts), fonts) as pdf:
        corners = list(_corners(layout))
        for number, card in enumerate(cards):
            if number % len(corners) == 0:
                pdf.add_page()
                if layout.sheet.cut_marks:
                    _cut_marks(pdf, layout)
            _Drawing(pdf, fonts, layout, card, *corners[number % len(corners)]).draw()
            printed.note(number, card, layout, fonts)
            step(number + 1)
        printed.pages = int(pdf.pages_count)
        pdf.output(str(path))
    return printed


def _is_whole(card: Card, layout: Layout, fonts: Fonts) -> bool:
    """Whether every text of the card fits in full. It costs nothing where the card was just drawn."""
    contents = ((text, _content(text, card, layout)) for text in layout.texts)
    return all(
        _set(content, text, card.language, fonts).whole for text, content in contents if content
    )


def _lacks_letters(card: Card, layout: Layout, fonts: Fonts) -> bool:
    """Whether a text of the card has a letter that is left out."""
    contents = (_content(text, card, layout) for text in layout.texts)
    return any(
        not content.isascii() and fonts.unprintable(content, card.language) for content in contents
    )


def _page(layout: Layout) -> tuple[float, float]:
    return layout.sheet.page_mm or layout.sheet.card_mm


def _grid(layout: Layout) -> tuple[int, int]:
    """How many cards stand side by side and one below the other."""
    (width, height), (card_width, card_height) = _page(layout), layout.sheet.card_mm
    return max(1, int(width // card_width)), max(1, int(height // card_height))


def _corners(layout: Layout) -> Iterator[tuple[float, float]]:
    """The top left corners of the cards on a page, in mm."""
    (page_width, page_height), (width, height) = _page(layout), layout.sheet.card_mm
    across, down = _grid(layout)
    left, top = (page_width - across * width) / 2, (page_height - down * height) / 2
    for row in range(down):
        for column in range(across):
            yield left + column * width, top + row * height


def _cut_marks(pdf: FPDF, layout: Layout) -> None:
    width, height = layout.sheet.card_mm
    across, down = _grid(layout)
    left, top = next(_corners(layout))
    right, bottom = left + across * width, top + down * height
    pdf.set_line_width(0.1)
    pdf.set_draw_color(128)
    for column in range(across + 1):
        x = left + column * width
        pdf.line(x, top - MARK_MM, x, top - 1)
        pdf.line(x, bottom + 1, x, bottom + MARK_MM)
    for row in range(down + 1):
        y = top + row * height
        pdf.line(left - MARK_MM, y, left - 1, y)
        pdf.line(right + 1, y, right + MARK_MM, y)


@contextmanager
def opened(
    page_mm: tuple[float, float], needed: Mapping[FontFile, set[str]], fonts: Fonts
) -> Iterator[FPDF]:
    """An empty document with these letters of each font. They stay open until it is written, or let go."""
    pdf = FPDF(format=page_mm, unit="mm")
    pdf.set_auto_page_break(False)
    pdf.c_margin = 0
    try:
        with ExitStack() as files:
            for font, letters in needed.items():
                # A file without a name: nothing of it is left behind, however this process ends. `add_font` asks for
                # a name that ends in otf.
                file = files.enter_context(tempfile.TemporaryFile())
                file.write(fonts.subset(font, letters))
                file.flush()
                path = Path(f"/proc/self/fd/{file.fileno()}")
                pdf.fonts[font.name] = TTFFont(pdf, path, font.name, "")
            if needed:
                pdf._set_min_pdf_version("1.6")  # what add_font does for fonts of Chinese
            yield pdf
    finally:
        for font_file in pdf.fonts.values():
            if isinstance(font_file, TTFFont):
                font_file.close()


def _needed(cards: Iterable[Card], layout: Layout, fonts: Fonts) -> dict[FontFile, set[str]]:
    """The letters that are taken from each font."""
    needed: dict[FontFile, set[str]] = {}
    seen: set[tuple[str, str, Weight]] = set()
    for card in cards:
        for text in layout.texts:
            content = _content(text, card, layout)
            language = _reading(content, card.language)
            for letter in content + ELLIPSIS:
                key = (letter, language, text.weight)
                if key not in seen:
                    seen.add(key)
                    for font in fonts.candidates(language, text.weight):
                        if ord(letter) in fonts.letters(font):
                            # A blank or a mark may be drawn in the font of the letter before it.
                            needed.setdefault(font, {" ", ELLIPSIS}).add(letter)
    return {font: letters for font, letters in needed.items() if len(letters) > 2}


def _content(text: Text, card: Card, layout: Layout) -> str:
    if text.text:
        return canonical(text.text)
    if text.field == "letter":
        look = layout.look(card.ticket)
        return look.letter if look is not None else ""
    return canonical(card.texts.get(text.field.removeprefix("extra:"), ""))


def _reading(content: str, language: Language) -> Language:
    """Whose fonts come first: a text without Chinese is set in Latin ones, whose marks (O’Brien) are narrow."""
    return language if any(map(is_wide, content)) else "en"


@dataclass(frozen=True)
class _Setting:
    """A text ready to be drawn: lines of runs, each with its width in mm."""

    points: float
    lines: list[tuple[list[Run], float]]
    whole: bool


@lru_cache(maxsize=2048)
def _set(content: str, text: Text, language: Language, fonts: Fonts) -> _Setting:
    """Break and measure a text; cached, since most texts of a list are the same on many badges."""
    language = _reading(content, language)
    fit = fitted(content, text, language, fonts)
    lines = []
    for line in fit.lines:
        runs = fonts.runs(line, language, text.weight)
        width = sum(fonts.run_width(run) for run in runs) * fit.points * POINT_MM
        lines.append((runs, width))
    return _Setting(fit.points, lines, fit.whole)


class Placed(NamedTuple):
    """A run where it stands on its card: the left end of its base line (mm), its size and colour."""

    run: Run
    x: float
    y: float
    points: float
    colour: str


def placed_runs(card: Card, layout: Layout, fonts: Fonts) -> Iterator[Placed]:
    """Every run of a card's texts."""
    for text in layout.texts:
        content = _content(text, card, layout)
        if content:
            yield from _placed(_set(content, text, card.language, fonts), text, fonts)


def _placed(setting: _Setting, text: Text, fonts: Fonts) -> Iterator[Placed]:
    for number, (runs, width) in enumerate(setting.lines):
        free = {"left": 0.0, "center": (text.width - width) / 2, "right": text.width - width}
        x = text.x + free[text.align]
        y = text.y + (number * LINE_HEIGHT + 1) * setting.points * POINT_MM
        for run in runs:
            yield Placed(run, x, y, setting.points, text.colour)
            x += fonts.run_width(run) * setting.points * POINT_MM


class _Drawing:
    """Draws one card with its top left corner at (`left`, `top`), in mm."""

    def __init__(
        self, pdf: FPDF, fonts: Fonts, layout: Layout, card: Card, left: float, top: float
    ) -> None:
        self._pdf = pdf
        self._fonts = fonts
        self._layout = layout
        self._card = card
        self._left = left
        self._top = top

    def draw(self) -> None:
        """Draw the card."""
        look = self._layout.look(self._card.ticket)
        if look is not None:
            self._pdf.set_fill_color(look.colour)
            for band in self._layout.bands:
                x, y = self._left + band.x, self._top + band.y
                self._pdf.rect(x, y, band.width, band.height, "F")
        for picture in self._layout.pictures:
            self._pdf.image(
                self._layout.folder / picture.file,
                self._left + picture.x,
                self._top + picture.y,
                picture.width,
                picture.height,
                keep_aspect_ratio=True,
            )
        self._code()
        for one in placed_runs(self._card, self._layout, self._fonts):
            self._pdf.set_text_color(one.colour)
            self._run(one)

    def _code(self) -> None:
        """The QR code as rectangles, not as a picture: sharp on any printer."""
        box, code = self._layout.code, qr_code(self._card.qr_text, self._card.form)
        module = box.size / (len(code.matrix) + 2 * QUIET_MODULES)
        scale, height = module / POINT_MM, _page(self._layout)[1]
        x = (self._left + box.x + QUIET_MODULES * module) / POINT_MM
        y = (height - self._top - box.y - QUIET_MODULES * module) / POINT_MM
        # One path in units of modules: a document of 26,000 codes stays small in memory and on disk.
        path = " ".join(
            f"{one.first} {-one.row - one.height} {one.width} {one.height} re"
            for one in dark_blocks(code)
        )
        self._pdf._out(f"q 0 g {scale:.4f} 0 0 {scale:.4f} {x:.3f} {y:.3f} cm {path} f Q")

    def _run(self, placed: Placed) -> None:
        """Draw a run."""
        x, y, height = self._left + placed.x, self._top + placed.y, placed.points * POINT_MM
        self._use(placed.run, placed.points)
        if placed.run.shaped:
            self._pdf.set_xy(x, y - height)
            self._pdf.cell(text=placed.run.text, h=height * 1.3)
        else:
            self._pdf.text(x, y, placed.run.text)

    def _use(self, run: Run, points: float) -> None:
        self._pdf.set_font(run.font.name, "", points)
        self._pdf.set_text_shaping(run.shaped)

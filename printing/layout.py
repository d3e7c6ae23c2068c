"""Badge layouts: TOML files with the position of everything printed. Mistakes are named all at once, as in every file
of ours.

[layout]
card_mm = [86, 122]                 # width and height of one badge
page_mm = [210, 297]                # omitted: one badge a page, as label printers want it
cut_marks = true                    # marks to cut along, where a page has several badges

[code]                              # the code's quiet zone fits into this box, in mm from the card's top left
x = 44
y = 70
size = 36

[[text]]
field = "name"                      # see `printing.card.FIELDS`; or a text of its own: text = "…"
x = 6
y = 24
width = 74
points = 30                         # the largest size, and the smallest: below it a text is shortened
least = 16
lines = 2
weight = "bold"                     # regular, bold
align = "left"                      # left, center, right
colour = "#000000"

[[band]]                            # a bar in the ticket's colour
x = 0
y = 0
width = 86
height = 10

[[ticket]]                          # tickets without a look have no band
id = "vip"
colour = "#7a1f5c"
letter = "V"

[[picture]]
file = "logo.png"                   # PNG or JPEG (12,000,000 pixels at most) or SVG, beside the layout file
x = 6
y = 6
width = 20
height = 8
"""

import re
import warnings
from pathlib import Path
from typing import Any, Literal, TypeVar

import msgspec

from config import document as toml
from config.document import Document, Location
from config.errors import one_of, shown
from config.shape import Reader, fit
from printing.card import FIELDS

SHIPPED = Path(__file__).parent / "layouts"
DEFAULT = "card-86x122"

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_SECTIONS = ("layout", "code", "text", "band", "ticket", "picture")


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """The table [layout]: sizes in mm."""

    card_mm: tuple[float, float]
    page_mm: tuple[float, float] | None = None
    cut_marks: bool = False


class Box(msgspec.Struct, frozen=True, kw_only=True):
    """Where the code stands: left, top and width (mm) of a square that its quiet zone fits into."""

    x: float
    y: float
    size: float


class Text(msgspec.Struct, frozen=True, kw_only=True):
    """A field or a fixed text on the badge; `y` is the top of its first line. `height` bounds all its lines together;
    without it only their number does."""

    x: float
    y: float
    width: float
    points: float
    field: str = ""
    text: str = ""
    least: float = 6.0
    lines: int = 1
    height: float = 0.0
    weight: Literal["regular", "bold"] = "regular"
    align: Literal["left", "center", "right"] = "left"
    colour: str = "#000000"


class Band(msgspec.Struct, frozen=True, kw_only=True):
    """A bar in the ticket's colour."""

    x: float
    y: float
    width: float
    height: float


class TicketLook(msgspec.Struct, frozen=True, kw_only=True):
    """A ticket's colour, and its letter for people who cannot distinguish colours."""

    id: str
    colour: str = "#000000"
    letter: str = ""


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """A logo; `file` is beside the layout file."""

    file: str
    x: float
    y: float
    width: float
    height: float


class Layout(msgspec.Struct, frozen=True, kw_only=True):
    """A whole layout. `folder` is where its pictures are."""

    sheet: Sheet
    code: Box
    texts: tuple[Text, ...] = ()
    bands: tuple[Band, ...] = ()
    tickets: tuple[TicketLook, ...] = ()
    pictures: tuple[Picture, ...] = ()
    folder: Path = SHIPPED

    def look(self, ticket: str) -> TicketLook | None:
        """How a ticket looks, or None: like any other."""
        return next((look for look in self.tickets if look.id == ticket), None)


def shipped() -> list[str]:
    """The names of the layouts that come with Jianmen."""
    return sorted(path.stem for path in SHIPPED.glob("*.toml"))


def find(name: str) -> Layout:
    """A layout by its shipped name, or from a file. Raises ConfigError with all its mistakes."""
    return load(path_of(name))


def path_of(name: str) -> Path:
    """The file of a layout, by its shipped name or its own path."""
    return SHIPPED / f"{name}.toml" if name in shipped() else Path(name)


def load(path: Path) -> Layout:
    """The layout in a file. Raises ConfigError with all its mistakes."""
    document = toml.read(path)
    for section in document.values:
        if section not in _SECTIONS:
            document.mistake(Location(section), "is no section of a layout", one_of(_SECTIONS))
    layout = Layout(
        sheet=_one(document, "layout", Sheet),
        code=_one(document, "code", Box),
        texts=_all(document, "text", Text),
        bands=_all(document, "band", Band),
        tickets=_all(document, "ticket", TicketLook),
        pictures=_all(document, "picture", Picture),
        folder=path.parent,
    )
    _check(document, layout)
    document.finish()
    return layout


S = TypeVar("S", bound=msgspec.Struct)


def _read_size(value: Any, location: Location, document: Document) -> tuple[float, float]:
    right = isinstance(value, list) and len(value) == 2
    if right and all(type(one) in (int, float) and 10 <= one <= 1000 for one in value):
        return float(value[0]), float(value[1])
    document.mistake(location, f"is {shown(value)}", f"should be {_SIZE}")
    return CARD_MM


def _read_colour(value: Any, location: Location, document: Document) -> str:
    if isinstance(value, str) and _COLOUR.fullmatch(value):
        return value
    document.mistake(location, f"is {shown(value)}", f"should be {_HUE}")
    return "#000000"


def _read_text(value: Any, location: Location, document: Document) -> str:
    if isinstance(value, str):
        return value
    document.mistake(location, f"is {shown(value)}", "should be a text in quotes")
    return ""


CARD_MM = (86.0, 122.0)
LEAST_CODE_MM = 42.6
"""35 mm of 37 modules, and 8 modules of quiet zone."""

_SIZE = "width and height in mm, such as [86, 122]"
_HUE = 'a colour such as "#7a1f5c"'
_READERS: dict[str, Reader] = {
    "card_mm": Reader(_SIZE, _read_size, CARD_MM),
    "page_mm": Reader(_SIZE, _read_size, CARD_MM),
    "colour": Reader(_HUE, _read_colour, "#000000"),
    "letter": Reader("a text in quotes", _read_text, ""),
}


def _one(document: Document, section: str, kind: type[S]) -> S:
    values = document.table(section)
    if values is None and section not in document.values:
        document.mistake(Location(section), "is missing", f"should be a table, [{section}]")
    return _numbers(fit(kind, values or {}, Location(section), document, _READERS))


def _all(document: Document, section: str, kind: type[S]) -> tuple[S, ...]:
    return tuple(
        _numbers(fit(kind, values, Location(section, nth), document, _READERS))
        for nth, values in enumerate(document.tables(section))
    )


def _numbers(read: S) -> S:
    """Replace missing and wrong numbers (noted already) by 0, so that the other checks can go on."""
    wrong = {
        field.name: 0.0
        for field in msgspec.structs.fields(read)
        if field.type is float and not isinstance(getattr(read, field.name), int | float)
    }
    return msgspec.structs.replace(read, **wrong)


def _check(document: Document, layout: Layout) -> None:
    """Note mistakes that no single value shows: unknown fields, boxes outside the badge, pictures that are missing."""
    width, height = layout.sheet.card_mm
    if layout.code.x + layout.code.size > width or layout.code.y + layout.code.size > height:
        document.mistake(
            Location("code"),
            "reaches over the edge of the badge",
            f"should fit into {width:g} x {height:g} mm",
        )
    if layout.code.size < LEAST_CODE_MM:
        document.mistake(
            Location("code", key="size"),
            f"is {layout.code.size:g}",
            f"should be {LEAST_CODE_MM:g} or more: room for a signed code of 35 mm and the white around it",
        )
    for nth, text in enumerate(layout.texts):
        at = Location("text", nth)
        if bool(text.field) == bool(text.text):
            document.mistake(at, "has neither or both of field and text", "should have one of them")
        if text.field and not _is_field(text.field):
            document.mistake(at._replace(key="field"), f"is {shown(text.field)}", _FIELD)
        if text.x + text.width > width + 0.01:
            document.mistake(
                at, "reaches over the right edge", f"x + width should be at most {width:g}"
            )
        if text.least > text.points:
            document.mistake(
                at._replace(key="least"), "is larger than points", "should be at most points"
            )
    for nth, picture in enumerate(layout.pictures):
        _check_picture(document, Location("picture", nth, "file"), layout.folder, picture.file)


MOST_PICTURE_BYTES = 5_000_000
MOST_PICTURE_PIXELS = 12_000_000
"""Every badge is drawn with it: what a camera makes would take a gigabyte of memory and seconds of each badge."""


def _check_picture(document: Document, location: Location, folder: Path, name: str) -> None:
    path = folder / name
    if Path(name).is_absolute() or ".." in Path(name).parts or not path.is_file():
        document.mistake(location, f"is {shown(name)}", "should be a file beside the layout")
        return
    size = path.stat().st_size
    if size > MOST_PICTURE_BYTES:
        document.mistake(
            location, f"has {size:,} bytes", f"should have {MOST_PICTURE_BYTES:,} or fewer"
        )
    elif path.suffix.lower() != ".svg":
        _check_pixels(document, location, path)


def _check_pixels(document: Document, location: Location, path: Path) -> None:
    from PIL import Image  # slow to load, and few layouts have pictures

    try:
        # The limit of Pillow is over the size, and comes too late: opening reads the head of the file alone.
        with warnings.catch_warnings(action="ignore"), Image.open(path) as opened:
            width, height = opened.size
    except (OSError, Image.DecompressionBombError):
        document.mistake(
            location, f"is {shown(path.name)}", "should be a PNG, JPEG or SVG file of fewer pixels"
        )
        return
    if width * height > MOST_PICTURE_PIXELS:
        document.mistake(
            location,
            f"has {width:,} x {height:,} pixels",
            f"should have {MOST_PICTURE_PIXELS:,} in all or fewer",
        )


_FIELD = f"should be {one_of(FIELDS)}, or extra: and the name of a column of your list (extra:seat)"


def _is_field(name: str) -> bool:
    return name in FIELDS or name.startswith("extra:")

"""Makes a document of badges in a process of its own: thousands of badges would delay other requests.

Reads a `Task` as MessagePack from standard input, writes the PDF to its path, prints how many badges are done, a number
a line, and at the end a line of JSON (`Made`). Exit 1 with one line on standard error where the fonts or the layout
cannot be used.
"""

import os
import sys
import zipfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import overload

import msgspec

from config.errors import ConfigError
from printing.card import Card
from printing.document import Printed, print_cards
from printing.fonts import FontMissingError, Fonts
from printing.layout import load
from printing.task import Made, Task

REPORT_EVERY = 100

NICE = 10
"""Drawing gives way to the processes that serve."""


class _ReadTask(Task, frozen=True, kw_only=True):
    """The same as it is read: of 26,000 cards the packed ones take a quarter of the memory."""

    cards: list[msgspec.Raw]  # type: ignore[assignment]


class _PackedCards(Sequence[Card]):
    """Cards that are unpacked whenever they are asked for."""

    def __init__(self, packed: Sequence[msgspec.Raw]) -> None:
        self._packed = packed
        self._decoder = msgspec.msgpack.Decoder(Card)

    def __len__(self) -> int:
        return len(self._packed)

    @overload
    def __getitem__(self, index: int) -> Card: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Card]: ...
    def __getitem__(self, index: int | slice) -> Card | Sequence[Card]:
        if isinstance(index, slice):
            return _PackedCards(self._packed[index])
        return self._decoder.decode(self._packed[index])


def main() -> int:
    """Do the task on standard input."""
    with suppress(OSError):  # a kiosk's sandbox lets nobody choose a priority
        # Here, since nothing of Python may run between fork and exec of a process with threads.
        os.nice(NICE)
    task = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=_ReadTask)

    def report(done: int) -> None:
        if done % REPORT_EVERY == 0:
            print(done, flush=True)

    try:
        printed = _done(task, report)
    except (FontMissingError, ConfigError) as error:
        print(str(error).replace("\n", "; "), file=sys.stderr)
        return 1
    made = Made(
        pages=printed.pages,
        shortened=printed.shortened,
        unprintable=printed.unprintable,
        unnamed=printed.unnamed,
    )
    print(msgspec.json.encode(made).decode(), flush=True)
    return 0


def _done(task: _ReadTask, report: Callable[[int], None]) -> Printed:
    layout, path, cards = load(Path(task.layout)), Path(task.path), _PackedCards(task.cards)
    if not task.pictures:
        return print_cards(cards, layout, path, step=report)
    from printing.picture import png_picture, svg_picture

    fonts, printed = Fonts(), Printed(pages=len(task.cards))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for number, (card, name) in enumerate(zip(cards, task.names, strict=True)):
            svg = task.pictures == "svg"
            picture = svg_picture(card, layout, fonts) if svg else png_picture(card, layout, fonts)
            archive.writestr(f"{name}.{task.pictures}", picture)
            printed.note(number, card, layout, fonts)
            report(number + 1)
    return printed


if __name__ == "__main__":
    sys.exit(main())

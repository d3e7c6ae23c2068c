"""Makes a document of badges in a process of its own: thousands of badges would delay other requests.

Reads a `Task` as MessagePack from standard input, writes the PDF to its path, prints how many badges are done, a number
a line, and at the end a line of JSON (`Made`). Exit 1 with one line on standard error where the fonts or the layout
cannot be used.
"""

import os
import sys
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import msgspec

from config.errors import ConfigError
from printing.document import Printed, print_cards
from printing.fonts import FontMissingError, Fonts
from printing.layout import load
from printing.task import Made, Task

REPORT_EVERY = 100

NICE = 10
"""Drawing gives way to the processes that serve."""


def main() -> int:
    """Do the task on standard input."""
    with suppress(OSError):  # a kiosk's sandbox lets nobody choose a priority
        # Here, since nothing of Python may run between fork and exec of a process with threads.
        os.nice(NICE)
    task = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Task)

    def report(done: int) -> None:
        if done % REPORT_EVERY == 0:
            print(done, flush=True)

    try:
        printed = _done(task, report)
    except (FontMissingError, ConfigError) as error:
        print(str(error).replace("\n", "; "), file=sys.stderr)
        return 1
    made = Made(pages=printed.pages, shortened=printed.shortened, unprintable=printed.unprintable)
    print(msgspec.json.encode(made).decode(), flush=True)
    return 0


def _done(task: Task, report: Callable[[int], None]) -> Printed:
    layout, path = load(Path(task.layout)), Path(task.path)
    if not task.pictures:
        return print_cards(task.cards, layout, path, step=report)
    from printing.picture import png_picture, svg_picture

    fonts = Fonts()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for number, (card, name) in enumerate(zip(task.cards, task.names, strict=True)):
            svg = task.pictures == "svg"
            picture = svg_picture(card, layout, fonts) if svg else png_picture(card, layout, fonts)
            archive.writestr(f"{name}.{task.pictures}", picture)
            report(number + 1)
    return Printed(pages=len(task.cards))


if __name__ == "__main__":
    sys.exit(main())

"""What `jianmen kiosk doctor` says of the badge printer, and the test badge that it prints."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from config.errors import ConfigError
from config.settings import KioskSettings
from hardware.ports.printer import Printer
from hardware.system.errors import HardwareError
from jianmen.cli.options import Finding
from kiosk.printing.drawing import DrawingError, drawn
from kiosk.runtime.parts import BadgePrinter, open_badge_printer
from printing import layout as layouts
from printing.card import FIELDS, SEALED, Card
from web.texts import in_all_languages, text

PRINTED_S = 30.0
ASK_S = 0.5

TEXTS = {
    "event": "Jianmen",
    "name": " ".join([*in_all_languages("badge.test"), "𠮷"]),
    "organisation": "jianmen kiosk doctor printer",
    "code": "TEST-0000",
}
TEST_CARD = Card(
    qr_text="JIANMEN TEST BADGE",
    form="foreign",
    language="zh-Hans",
    texts={**dict.fromkeys(FIELDS, "Test"), **TEXTS},
)


def printer_findings(settings: KioskSettings, *, test_badge: bool) -> Iterator[Finding]:
    """How the printer is; with `test_badge` a badge of nobody comes out of it."""
    if settings.printer.adapter is None:
        yield Finding("printer", "note", "none in the settings")
        return
    try:
        badges = open_badge_printer(settings)
    except (ConfigError, HardwareError) as error:
        yield Finding("printer", "mend", str(error))
        return
    with closing(badges.printer) as printer:
        yield from _empty_fields(badges.layout)
        state = printer.state()
        yield from (
            Finding("printer", "mend", text(f"cause.printer_{trouble}", "en"))
            for trouble in state.troubles
        )
        if state.ready:
            how = "" if test_badge else "; `jianmen kiosk doctor printer` prints a test badge"
            yield Finding("printer", "good", f"{state.name or 'it'} is ready{how}")
        if state.ready and test_badge:
            yield _test_badge(badges, printer)


def _empty_fields(layout: Path) -> Iterator[Finding]:
    """Fields of the layout that stay empty on a kiosk's badges."""
    shown = dict.fromkeys(one.field for one in layouts.load(layout).texts if one.field)
    unsealed = [f'"{name}"' for name in shown if name not in SEALED]
    if unsealed:
        fields = ", ".join(sorted(SEALED))
        message = (
            f"{layout.stem} shows {' and '.join(unsealed)}, which only the registry knows: nothing stands there on"
            f" a badge from a kiosk. Kiosks know {fields}"
        )
        yield Finding("layout", "note", message)


def _test_badge(badges: BadgePrinter, printer: Printer) -> Finding:
    began = time.monotonic()
    try:
        page = drawn(TEST_CARD, badges.layout)
    except DrawingError as error:
        return Finding("test badge", "mend", str(error))
    drawn_s = time.monotonic() - began
    job = f"test-{secrets.token_hex(4)}"
    state = "refused" if printer.submit(job, page) == "refused" else "waiting"
    while state in ("waiting", "printing", "away") and time.monotonic() - began < PRINTED_S:
        time.sleep(ASK_S)
        state = printer.job(job)
    if state == "printed":
        message = f"drawn in {drawn_s:.1f} s, printed after {time.monotonic() - began:.1f} s"
        return Finding("test badge", "good", f"{message}: is it whole, and does its code read?")
    if state != "refused":
        printer.cancel(job)
    return Finding("test badge", "mend", f"did not come out ({state.replace('_', ' ')})")

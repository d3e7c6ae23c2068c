"""Who may enter where, when: the table for people who plan an event."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.table import Table

from access.event.definition import Event
from access.event.programme import Programme
from access.rules.access_plan import Row, Window, who_may_enter


def show(event: Event, console: Console) -> None:
    """Print a row for each gate that leads in and each ticket type."""
    programme = Programme(event)
    table = Table(
        title=f"{event.id}: who may enter where, when ({event.timezone})",
        caption="Asked of badges valid at every venue on every day, while seats are left.",
        title_justify="left",
        caption_justify="left",
    )
    for heading in ("gate", "ticket", "day", "doors", "session"):
        table.add_column(heading, no_wrap=heading == "doors")
    gate = ""
    for row in who_may_enter(programme):
        if gate and row.gate != gate:
            table.add_section()
        named = (row.gate if row.gate != gate else "", row.ticket)
        gate = row.gate
        if not row.windows:
            table.add_row(*named, "", "never", row.refusal or "")
        for window in row.windows:
            table.add_row(*named, *_cells(window, programme))
            named = ("", "")
    console.print(table)


def _cells(window: Window, programme: Programme) -> tuple[str, str, str]:
    """The day, the times and the session of a window."""
    day = programme.day_of(window.from_ms)
    whole = (programme.day_end_ms(day - 1), programme.day_end_ms(day))
    times = "all day"
    if (window.from_ms, window.until_ms) != whole:
        times = f"{_clock(window.from_ms, programme)}–{_clock(window.until_ms, programme)}"
    session = window.session or ""
    if window.booking is not None:
        session += ", booked"
    if window.reason == "standby":
        session += ", standby"
    return programme.day_name(day), times, session


def _clock(at_ms: int, programme: Programme) -> str:
    at = datetime.fromtimestamp(at_ms / 1000, programme.zone)
    return at.strftime("%H:%M:%S" if at.second else "%H:%M")


def as_objects(event: Event) -> Iterator[dict[str, Any]]:
    """The same rows for programs; times in RFC 3339."""
    programme = Programme(event)
    for row in who_may_enter(programme):
        yield _object(row, programme)


def _object(row: Row, programme: Programme) -> dict[str, Any]:
    return {
        "gate": row.gate,
        "ticket": row.ticket,
        "windows": [
            {
                "from": datetime.fromtimestamp(window.from_ms / 1000, programme.zone).isoformat(),
                "until": datetime.fromtimestamp(window.until_ms / 1000, programme.zone).isoformat(),
                "session": window.session,
                "reason": window.reason,
                "booking": window.booking,
            }
            for window in row.windows
        ],
        "refusal": row.refusal,
    }

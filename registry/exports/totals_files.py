"""The totals of attendance as rows and as a file: in a person's language, or in words for programs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from access.event.definition import Language, Names
from registry.queries.attendance import AttendanceTotals, Phase
from registry.queries.table_files import Cell, Table, csv_bytes, xlsx_bytes
from web.texts import section

TOTALS = ("expected", "came", "missing", "withdrawn", "without", "came in all")
"""Columns of the totals: came and missing are of those expected; withdrawn were expected when they came."""

COLUMNS = (
    "attendance.of", "attendance.phase", "attendance.expected", "attendance.expected_and_came", "attendance.missing",
    "attendance.no_longer", "attendance.without", "attendance.came",
)  # fmt: skip
"""The same columns in the words of the pages, after what a row is about and how far that is."""

Figures = list[int | None]


@dataclass(frozen=True)
class Called:
    """What venues and sessions are called, by id, in every language; where there is no name the id is shown."""

    venues: Mapping[str, Names] = field(default_factory=dict)
    sessions: Mapping[str, Names] = field(default_factory=dict)


def totals_rows(
    totals: AttendanceTotals, language: Language = "en", called: Called | None = None
) -> Iterator[tuple[str, Phase, Figures]]:
    """What each row of the totals is about, how far it is, and its figures. `called` None: by ids."""
    names = called or Called()

    def named(some: Mapping[str, Names], one: str) -> str:
        name = some.get(one, {"en": one})
        return name.get(language) or name["en"]

    for day in totals.days:
        figures: Figures = [day.registered, day.arrived, day.no_show, day.no_longer]
        figures += [day.unregistered, day.came]
        yield f"{named(names.venues, day.venue)} {day.day}", day.phase, figures
    for one in totals.sessions:
        figures = [one.booked, one.booked_and_came, one.no_show, one.no_longer]
        figures += [one.unbooked, one.came]
        yield named(names.sessions, one.session), one.phase, figures


def totals_file(
    totals: AttendanceTotals,
    kind: Literal["csv", "xlsx"],
    language: Language | None = None,
    called: Called | None = None,
) -> bytes:
    """The totals as the bytes of a file. Without a language: the words and ids for programs."""
    rows: list[list[Cell]]
    if language is None:
        rows = [[what, phase, *figures] for what, phase, figures in totals_rows(totals)]
        table = Table("attendance", ("session, or venue and day", "phase", *TOTALS), rows)
    else:
        page = section("dashboard", language)
        rows = [
            [what, page[f"attendance.phase.{phase}"], *figures]
            for what, phase, figures in totals_rows(totals, language, called)
        ]
        table = Table(page["nav.attendance"], [page[key] for key in COLUMNS], rows)
    return xlsx_bytes([table]) if kind == "xlsx" else csv_bytes(table)

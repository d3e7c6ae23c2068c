"""Taking a file of registrants in: all of it, or nothing."""

from dataclasses import dataclass
from pathlib import Path

from registry.lists import spreadsheet
from registry.lists.spreadsheet import Sheet, SpreadsheetError
from registry.roster.model import IssuedBadge
from registry.service import Centre


@dataclass(frozen=True)
class Imported:
    """What came of an import: badges of new people, and of those who were registered and may have changed."""

    new: list[IssuedBadge]
    updated: list[IssuedBadge]

    @property
    def copyable(self) -> list[str]:
        """Refs of those whose code, of another system, can be guessed and copied; no name is sealed under it."""
        return [badge.ref for badge in (*self.new, *self.updated) if badge.copyable]


def import_file(
    centre: Centre, path: Path, *, update: bool = False, encoding: str = "utf-8"
) -> Imported:
    """Register the people of a CSV file; with `update`, change those who are registered already.

    Raises SpreadsheetError with every mistake in the file, NotInitialisedError.
    """
    return import_sheet(centre, spreadsheet.read(path, encoding), update=update)


def import_sheet(centre: Centre, sheet: Sheet, *, update: bool = False) -> Imported:
    """Register the people of a file that was read."""
    known = centre.people.refs_taken([person.ref for person in sheet.people]) if update else set()
    new = [person for person in sheet.people if person.ref not in known]
    old = [person for person in sheet.people if person.ref in known]
    lines = dict(zip((person.ref for person in sheet.people), sheet.lines, strict=True))
    refused = [*centre.refusals(new), *centre.refusals_to_amend(old)]
    mistakes = sheet.mistakes + [
        (lines[one.ref], f"{one.ref!r}: {one.what}" if one.ref else one.what) for one in refused
    ]
    if mistakes:
        raise SpreadsheetError(sheet.source, mistakes)
    badges, changed = centre.bring_in(new, old)
    return Imported(badges, changed)

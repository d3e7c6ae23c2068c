"""Taking a list of people in: all of it, or nothing."""

from dataclasses import dataclass
from pathlib import Path

from registry.lists.columns import NO_MAPPING, Mapping
from registry.lists.findings import Finding, SpreadsheetError
from registry.lists.people import People, read_people
from registry.lists.table import ListError, read_table
from registry.roster.model import IssuedBadge
from registry.service import Centre
from registry.storage.errors import RegistryError


@dataclass(frozen=True)
class Imported:
    """What came of an import: badges of new people, and of those who were registered and may have changed."""

    new: list[IssuedBadge]
    updated: list[IssuedBadge]
    warnings: list[Finding]

    @property
    def copyable(self) -> list[str]:
        """Refs of those whose code, of another system, can be guessed and copied; no name is sealed under it."""
        return [badge.ref for badge in (*self.new, *self.updated) if badge.copyable]


def import_file(
    centre: Centre,
    path: Path,
    *,
    update: bool = False,
    encoding: str | None = None,
    mapping: Mapping = NO_MAPPING,
) -> Imported:
    """Register the people of a file; with `update`, change those who are registered already.

    Raises SpreadsheetError with every mistake in the file, NotInitialisedError.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise RegistryError(f"{path}: cannot be read ({error.strerror})") from None
    return import_list(centre, data, path.name, update=update, encoding=encoding, mapping=mapping)


def import_list(
    centre: Centre,
    data: bytes,
    source: str,
    *,
    update: bool = False,
    encoding: str | None = None,
    mapping: Mapping = NO_MAPPING,
) -> Imported:
    """Register the people of a file's bytes. `source` is what to call it in messages."""
    people = read_list(centre, data, source, encoding=encoding, mapping=mapping)
    persons = [one.person for one in people.candidates]
    refs = [person.ref for person in persons]
    known = centre.people.refs_taken(refs) if update else set()
    new = [person for person in persons if person.ref not in known]
    old = [person for person in persons if person.ref in known]
    lines = {one.person.ref: one.line for one in people.candidates}
    if not people.findings.of("mistake"):
        for one in (*centre.refusals(new), *centre.refusals_to_amend(old)):
            what = f"{one.ref!r}: {one.what}" if one.ref else one.what
            people.findings.mistake("other", lines[one.ref], what=what)
    mistakes = people.findings.of("mistake")
    if mistakes:
        raise SpreadsheetError(source, mistakes)
    badges, changed = centre.bring_in(new, old)
    return Imported(badges, changed, people.findings.of("warning"))


def read_list(
    centre: Centre,
    data: bytes,
    source: str,
    *,
    encoding: str | None = None,
    mapping: Mapping = NO_MAPPING,
) -> People:
    """The people of a file's bytes, with what is wrong in it. Raises SpreadsheetError where it is no list of people."""
    try:
        table = read_table(data, encoding)
        return read_people(table, centre.event, mapping)
    except ListError as error:
        lines = [error.line] if error.line is not None else []
        values = dict(error.values)
        finding = Finding(
            level="mistake", kind=error.kind, values=values, lines=lines, rows=len(lines)
        )
        raise SpreadsheetError(source, [finding]) from None

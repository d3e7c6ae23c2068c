"""Imports a list of people: previewed first, then exactly what was previewed, all of it or nothing."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import msgspec

from access.event.definition import Language, Names
from access.log.entry import pack
from registry.lists.columns import NO_MAPPING, Mapping
from registry.lists.files.table import ListError, Table, read_table
from registry.lists.findings import Finding, SpreadsheetError, with_location
from registry.lists.header import possible_headers
from registry.lists.people import People, read_people
from registry.lists.preview import SHOWN, Comparison, PersonChange, compare
from registry.lists.read_before import ReadBefore, key_of
from registry.lists.remembered import recall, remember
from registry.lists.wording import say
from registry.lists.words.vocabulary import vocabularies
from registry.roster.batch import discard
from registry.roster.model import Registered
from registry.service import RegistryService
from registry.storage.errors import RegistryError

REVOKED_WHY = "not in the list any more"
FILE = "list"
"""What a job calls the file that it was given."""


class Progress(Protocol):
    """Receives the progress of an import; `registry.jobs.Work` is one."""

    def stage(self, key: str, total: int = 0) -> None: ...

    def step(self, done: int) -> None: ...

    def last_chance(self) -> None: ...


class _Silent:
    """Progress that nobody looks at."""

    def stage(self, key: str, total: int = 0) -> None:
        pass

    def step(self, done: int) -> None:
        pass

    def last_chance(self) -> None:
        pass


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """How a list is to be taken in.

    `file` is what to call it in messages. `update`: change people who are registered. `revoke_missing`: revoke those
    who are not in the list. `strict`: warnings count as mistakes. `check`: only look. `expect`: the mark of a preview;
    where list or roster are not any more what they were then, nothing is done. `language` and `command` choose the
    words.
    """

    file: str = "people"
    encoding: str | None = None
    sheet: str | None = None
    mapping: Mapping = NO_MAPPING
    update: bool = False
    revoke_missing: bool = False
    strict: bool = False
    check: bool = False
    expect: str | None = None
    language: Language = "en"
    command: bool = True


class ColumnUse(msgspec.Struct, frozen=True):
    """What a column of the list is taken for: a field, "extra" (kept under its title), "tick", or "left_out"."""

    title: str
    use: str


class Cause(msgspec.Struct, frozen=True):
    """One mistake or warning: its text with its location, the column and value it is about, and how many rows have
    it."""

    text: str
    column: str
    value: str
    rows: int


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What an import has done, or, of a preview, would do. `mark` stands for the list and what is registered of it."""

    file: str
    applied: bool
    mark: str
    people: int
    added: int
    updated: int
    same: int
    missing: int
    at_desk: int
    revoked: int
    changes: list[PersonChange]
    missing_people: list[PersonChange]
    new_people: list[PersonChange]
    mistakes: list[Cause]
    warnings: list[Cause]
    columns: list[ColumnUse]
    remembered: bool
    sheet: str | None
    encoding: str | None
    by_hand: list[PersonChange]


@dataclass
class _Looked:
    """A list that was read and compared, and the id of the newest entry before that."""

    people: People
    comparison: Comparison
    registered: dict[str, Registered]
    remembered: bool
    position: int
    mark: str


class Importer:
    """Takes lists in, for one registry."""

    def __init__(self, service: RegistryService, now_ms: Callable[[], int]) -> None:
        self._service = service
        self._now_ms = now_ms
        self._before = ReadBefore(now_ms)

    def run(
        self,
        data: bytes,
        options: Options,
        progress: Progress | None = None,
        note: Callable[[Report], None] = lambda _: None,
    ) -> Report:
        """Look at a list, and, unless only that is asked or it has mistakes, take it in. `note` is called with what was
        done, within the transaction that does it.

        Raises SpreadsheetError where there are mistakes (of a preview they are in the report), RegistryError.
        """
        progress = progress or _Silent()
        try:
            looked = self._look(data, options, progress)
        except ListError as error:
            lines = [error.line] if error.line is not None else []
            finding = Finding(
                level="mistake", kind=error.kind, values=dict(error.values), lines=lines, rows=len(lines)
            )  # fmt: skip
            raise SpreadsheetError(options.file, [finding]) from None
        if options.check:
            return self._report(looked, options, applied=False)
        mistakes = looked.people.findings.of("mistake")
        if options.strict:
            mistakes += looked.people.findings.of("warning")
        if mistakes:
            raise SpreadsheetError(options.file, mistakes)
        if options.expect is not None and not _as_expected(options, looked):
            raise RegistryError(say(options.language, "changed_since", command=options.command))
        report = self._report(looked, options, applied=True)
        self._apply(looked, options, progress, lambda: note(report))
        return report

    def _look(self, data: bytes, options: Options, progress: Progress) -> _Looked:
        progress.stage("import.reading")
        service = self._service
        position = service.ledger.newest()
        mapping, known, people = self._read(data, options, progress)
        progress.stage("import.comparing", len(people.candidates))
        registered = service.registered()
        comparison = compare(
            people, service, registered, update=options.update or options.check, step=progress.step
        )
        file = hashlib.sha256(
            data + msgspec.msgpack.encode(mapping) + pack(service.event)
        ).hexdigest()
        mark = f"{file[:4]}-{comparison.digest}-{comparison.missing_digest}"
        return _Looked(
            people, comparison, registered, mapping is known and known != NO_MAPPING, position, mark
        )

    def _read(
        self, data: bytes, options: Options, progress: Progress
    ) -> tuple[Mapping, Mapping, People]:
        """How the list is read, how lists like it are, and its people; from the preview that was asked for just before,
        if it was one of this list."""
        service = self._service
        key = key_of(data, options.encoding, options.sheet, options.mapping, service.event)
        before = self._before.take(key) if options.expect is not None else None
        if before is not None:
            mapping, people = before
            known = self._recalled(people.table)
            if mapping == (options.mapping if options.mapping != NO_MAPPING else known):
                return mapping, known, people
        table = read_table(data, options.encoding, options.sheet)
        known = self._recalled(table)
        mapping = options.mapping if options.mapping != NO_MAPPING else known
        progress.stage("import.reading", len(table.rows))
        people = read_people(table, service.event, mapping, progress.step)
        if options.check:
            self._before.keep(key, mapping, people)
        return mapping, known, people

    def _recalled(self, table: Table) -> Mapping:
        """How lists like this one are to be read."""
        service = self._service
        headers = possible_headers(table.rows, vocabularies(service.event))
        return recall(service.ledger, headers)

    def _apply(
        self, looked: _Looked, options: Options, progress: Progress, note: Callable[[], None]
    ) -> None:
        comparison, service = looked.comparison, self._service
        discard(service.ledger)
        batch = service.batch()
        gone = [one.known.badge for one in comparison.missing] if options.revoke_missing else []
        try:
            progress.stage("import.preparing", len(comparison.new) + len(comparison.changed))
            batch.register(comparison.new, progress.step)
            batch.change(comparison.changed, progress.step, len(comparison.new))
            batch.revoke(gone, REVOKED_WHY)
            progress.stage("import.writing")
            progress.last_chance()
            touched = {one.known.badge for _, one in comparison.changed} | set(gone)

            def finish() -> None:
                signed = [one.ref for one in comparison.new if one.form == "signed"]
                badges = [*comparison.listed, *service.people.badges_of(signed)]
                service.people.set_origin(badges, listed=True)
                note()

            batch.commit(lambda: service.untouched_since(looked.position, touched), finish)
        except BaseException:
            discard(service.ledger)
            raise
        if options.mapping != NO_MAPPING:
            remember(service.ledger, looked.people.columns.titles, options.mapping, self._now_ms())

    def _report(self, looked: _Looked, options: Options, *, applied: bool) -> Report:
        comparison, people = looked.comparison, looked.people
        columns = people.columns
        uses = [ColumnUse(columns.titles[index], name) for name, index in columns.at.items()]
        uses += [ColumnUse(columns.titles[index], "tick") for index in columns.ticks]
        uses += [
            ColumnUse(columns.titles[index], f"extra:{name}")
            for index, name in columns.extra.items()
        ]
        uses += [ColumnUse(title, "left_out") for title in columns.left_out]
        findings = people.findings
        names = self._names(options)
        return Report(
            file=options.file,
            applied=applied,
            mark=looked.mark,
            people=len(people.candidates),
            added=len(comparison.new),
            updated=len(comparison.changed),
            same=comparison.same,
            missing=len(comparison.missing),
            at_desk=len(comparison.by_hand),
            revoked=len(comparison.missing) if options.revoke_missing else 0,
            changes=comparison.changes,
            missing_people=[
                PersonChange(one.known.ref, one.known.name) for one in comparison.missing[:SHOWN]
            ],
            new_people=[PersonChange(one.ref, one.name) for one in comparison.new[:SHOWN]],
            by_hand=[
                PersonChange(one.known.ref, one.known.name) for one in comparison.by_hand[:SHOWN]
            ],
            mistakes=[_cause(one, options, names) for one in findings.of("mistake")],
            warnings=[_cause(one, options, names) for one in findings.of("warning")],
            columns=sorted(uses, key=lambda one: columns.titles.index(one.title)),
            remembered=looked.remembered,
            sheet=people.table.sheet,
            encoding=people.table.encoding,
        )

    def refused(self, error: SpreadsheetError, options: Options) -> Report:
        """The report of a list that was not taken in for its mistakes."""
        names = self._names(options)
        return Report(
            file=options.file, applied=False, mark="", people=0, added=0, updated=0, same=0, missing=0, at_desk=0,
            revoked=0, changes=[], by_hand=[], missing_people=[], new_people=[], columns=[], remembered=False,
            sheet=None, encoding=None, warnings=[], mistakes=[_cause(one, options, names) for one in error.findings],
        )  # fmt: skip

    def _names(self, options: Options) -> dict[str, str]:
        """What a page calls the event's venues, areas, tickets and sessions, by id; a command has their ids."""
        if options.command:
            return {}
        event = self._service.event
        named: list[tuple[str, Names]] = [
            *((one.id, one.name) for one in event.venues),
            *((one.id, one.name) for one in event.areas),
            *((one.id, one.name) for one in event.tickets),
            *((one.id, one.name) for one in event.sessions),
        ]
        return {known: name.get(options.language) or name["en"] for known, name in named}


def _as_expected(options: Options, looked: _Looked) -> bool:
    """Whether list and roster are still those of the mark; missing people count where they are to be revoked."""
    asked = (options.expect or "").strip().lower().split("-")
    is_now = looked.mark.split("-")
    known = 3 if options.revoke_missing else 2
    return asked[:known] == is_now[:known] and len(asked) == len(is_now)


def _cause(finding: Finding, options: Options, names: dict[str, str]) -> Cause:
    text = with_location(
        options.file, finding, options.language, command=options.command, names=names
    )
    return Cause(text, finding.column or "", finding.value or "", finding.rows)


def import_file(
    service: RegistryService,
    path: Path,
    *,
    update: bool = False,
    encoding: str | None = None,
    mapping: Mapping = NO_MAPPING,
) -> Report:
    """Take in the list of a file, at once. Raises SpreadsheetError with all that is wrong in it, RegistryError."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise RegistryError(f"{path}: cannot be read ({error.strerror})") from None
    options = Options(file=path.name, update=update, encoding=encoding, mapping=mapping)
    return Importer(service, lambda: 0).run(data, options)

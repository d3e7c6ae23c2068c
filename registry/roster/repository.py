"""The people in the database: their rows, and the texts printed for them.

All that names a person is here and in the name cards. Erasing a person deletes it; what stays in the logs names
nobody.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

import msgspec
from sqlalchemy import Select, delete, func, select, true, update

from access.log.entry import Revoked
from access.log.log_entry import read_entry
from registry.roster.model import Known
from registry.storage import tables
from registry.storage.ledger import Ledger

_AT_ONCE = 500
"""Values in one question: databases bound their number."""

WALK_UP = "W-"
"""How the numbers begin that the registry gives to people who come without one."""


class People:
    """The people of the event, in the ledger's database."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def add(self, people: Sequence[Known]) -> None:
        self._ledger.write(tables.person.insert(), [row_of(known) for known in people])

    def change(self, known: Known) -> None:
        """Replace the row of the person with the same badge."""
        self._ledger.write(delete(tables.person).where(tables.person.c.badge == known.badge))
        self.add([known])

    def move(self, badge: bytes, known: Known, *, listed: bool) -> None:
        """Give a person another badge: row and texts of the one before are deleted. `listed`: whether they are of a
        list, where that is not known of the one before."""
        origin = tables.origin.c
        row = self._ledger.first(select(origin.listed).where(origin.badge == badge))
        self.set_origin([known.badge], listed=bool(row[0]) if row is not None else listed)
        for table in (tables.person, tables.printed, tables.origin):
            self._ledger.write(delete(table).where(table.c.badge == badge))
        self.add([known])

    def by_badge(self, badge: bytes) -> Known | None:
        return next(self._found(select(tables.person).where(tables.person.c.badge == badge)), None)

    def by_ref(self, ref: str) -> Known | None:
        return next(self._found(select(tables.person).where(tables.person.c.ref == ref)), None)

    def everyone(self) -> Iterator[Known]:
        """All people, in order of their refs."""
        return self._found(select(tables.person).order_by(tables.person.c.ref))

    def by_badges(self, badges: Sequence[bytes]) -> Iterator[Known]:
        """Those of the badges who are registered, in no order."""
        for start in range(0, len(badges), _AT_ONCE):
            some = badges[start : start + _AT_ONCE]
            yield from self._found(select(tables.person).where(tables.person.c.badge.in_(some)))

    def after(self, badge: bytes, limit: int) -> Iterator[Known]:
        """People in order of their badges, from behind one on; b"": from the first."""
        person = tables.person
        return self._found(
            select(person).where(person.c.badge > badge).order_by(person.c.badge).limit(limit)
        )

    def page(self, limit: int, *, after: str | None = None, offset: int = 0) -> list[Known]:
        """People in order of their refs: from behind a ref on, then `offset` left out."""
        ref = tables.person.c.ref
        rest = select(ref).order_by(ref)
        if after is not None:
            rest = rest.where(ref > after)
        # The index alone is walked over those left out; their rows are not read.
        first = self._ledger.first(rest.offset(offset).limit(1))
        if first is None:
            return []
        whole = select(tables.person).where(ref >= first[0]).order_by(ref).limit(limit)
        return list(self._found(whole))

    def refs(self) -> dict[bytes, str]:
        """Everybody's ref, by badge id."""
        person = tables.person.c
        return {row.badge: row.ref for row in self._ledger.read(select(person.badge, person.ref))}

    def next_walk_up(self) -> str:
        """A number for somebody who comes without one. In the transaction that registers them nobody else takes it."""
        ref = tables.person.c.ref
        question = select(func.count()).select_from(tables.person).where(ref.like(f"{WALK_UP}%"))
        number = int(self._ledger.first(question)[0]) + 1
        while self.refs_taken([found := f"{WALK_UP}{number:04}"]):
            number += 1
        return found

    def count(self) -> int:
        return int(self._ledger.read(select(func.count()).select_from(tables.person))[0][0])

    def origins(self) -> dict[bytes, bool]:
        """By badge, whether its person is of a list (else added by hand), where its form does not say so."""
        rows = self._ledger.read(select(tables.origin))
        return {badge: bool(listed) for badge, listed in rows}

    def set_origin(self, badges: Collection[bytes], *, listed: bool) -> None:
        """These people are in a list, or were added by hand."""
        origin, asked = tables.origin, list(badges)
        for start in range(0, len(asked), _AT_ONCE):
            some = asked[start : start + _AT_ONCE]
            self._ledger.write(delete(origin).where(origin.c.badge.in_(some)))
            rows = [{"badge": badge, "listed": int(listed)} for badge in some]
            self._ledger.write(origin.insert(), rows)

    def badges_of(self, refs: Sequence[str]) -> list[bytes]:
        """The badges of those of the refs who are registered."""
        person = tables.person.c
        found: list[bytes] = []
        for start in range(0, len(refs), _AT_ONCE):
            some = refs[start : start + _AT_ONCE]
            found += [
                badge
                for (badge,) in self._ledger.read(select(person.badge).where(person.ref.in_(some)))
            ]
        return found

    def refs_taken(self, refs: Sequence[str]) -> set[str]:
        """Those of the refs that are registered."""
        return set(self._among("ref", refs))

    def badges_taken(self, badges: Sequence[bytes]) -> set[bytes]:
        """Those of the badge ids that are somebody's, or were revoked for good: no door takes them again."""
        return set(self._among("badge", badges)) | self._revoked_for_good(badges)

    def _revoked_for_good(self, badges: Sequence[bytes]) -> set[bytes]:
        registry = self._ledger.registry
        found: set[bytes] = set()
        for start in range(0, len(badges), _AT_ONCE):
            some = badges[start : start + _AT_ONCE]
            marks = ", ".join("?" * len(some))
            # A log's name is its device's, and more hexadecimal digits.
            question = f"SELECT log, digest, raw FROM entry WHERE badge IN ({marks}) AND log >= ? AND log < ?"  # noqa: S608
            for row in self._ledger.fetch(question, [*some, registry, registry + "g"]):
                body = read_entry(*row).body
                if isinstance(body, Revoked) and body.issue is None:
                    found.add(body.badge)
        return found

    def _among(self, column: str, values: Sequence[Any]) -> Iterator[Any]:
        for start in range(0, len(values), _AT_ONCE):
            some = values[start : start + _AT_ONCE]
            marks = ", ".join("?" * len(some))
            question = f"SELECT {column} FROM person WHERE {column} IN ({marks})"  # noqa: S608 - a column of ours
            for (value,) in self._ledger.fetch(question, some):
                yield value

    def _found(self, question: Select[Any]) -> Iterator[Known]:
        for row in self._ledger.read(question):
            values = row._asdict()
            extra = msgspec.json.decode(values["extra"], type=dict[str, str])
            keys = tuple(msgspec.json.decode(values["keys"]))
            yield Known(**(values | {"keys": keys, "extra": extra}))

    def keep_texts(self, texts: Iterable[tuple[bytes, int, str]]) -> None:
        """Keep (badge, issue, text) of badges whose texts cannot be derived."""
        rows = [{"badge": badge, "issue": issue, "text": text} for badge, issue, text in texts]
        if rows:
            self._ledger.write(tables.printed.insert(), rows)

    def text(self, badge: bytes, issue: int) -> str | None:
        """The text kept for one issue."""
        printed = tables.printed.c
        rows = self._ledger.read(
            select(printed.text).where(printed.badge == badge, printed.issue == issue)
        )
        return rows[0][0] if rows else None

    def texts_of(self, badges: Sequence[bytes]) -> dict[tuple[bytes, int], str]:
        """The texts that are kept of these badges, by badge and issue."""
        printed = tables.printed.c
        found: dict[tuple[bytes, int], str] = {}
        for start in range(0, len(badges), _AT_ONCE):
            some = badges[start : start + _AT_ONCE]
            question = select(printed.badge, printed.issue, printed.text)
            for badge, issue, text in self._ledger.read(question.where(printed.badge.in_(some))):
                found[badge, issue] = text
        return found

    def texts(self) -> Iterator[tuple[bytes, int, str]]:
        """(badge, issue, text) of every text that is kept."""
        printed = tables.printed.c
        rows = self._ledger.read(select(printed.badge, printed.issue, printed.text))
        return ((badge, issue, text) for badge, issue, text in rows)

    def named_without_card(self) -> list[bytes]:
        """The badges of those who have a name or an organisation here, and no name card."""
        person = tables.person.c
        question = select(person.badge).where(
            (person.name != "") | (person.organisation != ""),
            person.badge.not_in(select(tables.card.c.badge)),
        )
        return [badge for (badge,) in self._ledger.read(question)]

    def forget(self, badge: bytes) -> None:
        """Delete a person's row and texts."""
        for table in (tables.person, tables.printed, tables.origin):
            self._ledger.write(delete(table).where(table.c.badge == badge))
        # What long work was asked for and has made names people too; it is wanted for a day, and can be made again.
        # Work that is going on may have read the person already: it is stopped, and leaves nothing.
        self._ledger.write(delete(tables.job_file))
        self._ledger.write(
            update(tables.job).values(cancelled=1, result=None, error="", params=b"{}")
        )

    def forget_all(self, but_job: str | None = None) -> None:
        """Delete everybody's rows and texts, and what long work has made of them; `but_job` is still going on."""
        for table in tables.PERSONAL:
            rest = true() if table is not tables.job else tables.job.c.id != (but_job or "")
            self._ledger.write(delete(table).where(rest))


def row_of(known: Known) -> dict[str, Any]:
    """A person as a row of the table, by column."""
    keys, extra = lists_of(known)
    return msgspec.structs.asdict(known) | {"keys": keys, "extra": extra}


def lists_of(known: Known) -> tuple[str, str]:
    """The columns `keys` and `extra`, as JSON. Most people have neither."""
    keys = msgspec.json.encode(known.keys).decode() if known.keys else "[]"
    extra = msgspec.json.encode(known.extra).decode() if known.extra else "{}"
    return keys, extra

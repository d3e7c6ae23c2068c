"""The folds over a ledger that is read when asked know what those over entries in memory do, from the beginning and
when they go on from what was saved."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from access.badge.credential import Claims
from access.event.definition import Event
from access.log.entry import (
    Clock,
    EventDefined,
    Health,
    Kiosk,
    Recount,
    Revoked,
    Void,
    badge_of,
    pack,
)
from access.log.log_entry import LogEntry
from access.state.arrivals import Arrivals, DayArrivals
from access.state.conflicts import Conflicts
from access.state.coverage import Quiet, Silences
from access.state.headcount import Headcount
from access.state.log_state import LogState
from jianmen.testing.log_writer import LogWriter, WrittenEntry, admission, listing
from registry.projections.folds import Projections
from registry.projections.stored_entries import StoredEntries
from registry.storage.database import FILE
from registry.storage.ledger import Ledger
from sync.store.log_store import Row
from sync.wire.device_key import DeviceKey

pytestmark = pytest.mark.sqlite_alone  # a folder with a file

STRANGE = "strange"
"""Of a version later than the ledger's was when it came: the ledger could not say whose it is."""

START_MS = 1_605_573_000_000
MINUTE = 60_000
GATES = ("chengdu-main-1", "meishan-main-1")
REGISTRY = DeviceKey.from_seed(b"r" * 32)
KIOSKS = [DeviceKey.from_seed(bytes([number]) * 32) for number in (1, 2)]

acts = st.lists(
    st.tuples(
        st.sampled_from(
            ["in"] * 5
            + [
                "out",
                "seat",
                "refuse",
                "void",
                "nobody",
                "health",
                "clock",
                "boot",
                "clone",
                "unsure",
            ]
            + ["cut", "revoke", "recount", "define", "strange"]
        ),
        st.integers(0, 1),
        st.integers(1, 3),
    ),
    max_size=25,
)


class Written:
    """Entries as chosen, in an order in which a ledger may have got them."""

    def __init__(self, event: Event) -> None:
        self.entries: list[WrittenEntry] = []
        self.event = event
        self.registry = LogWriter(REGISTRY, start_ms=START_MS)
        self.kiosks = [LogWriter(one, start_ms=START_MS) for one in KIOSKS]
        self.epochs = 1
        self.at_ms = START_MS
        self.registers("event", EventDefined(event=msgspec.Raw(pack(event))))
        for badge in (1, 2, 3):
            self.registers("badge", listing(_badge(badge), Claims(0, 7, 0, 3)))
        for kiosk, gate in zip(KIOSKS, GATES, strict=True):
            self.registers("kiosk", _at(kiosk, gate))
        for kiosk in self.kiosks:
            self.entries += kiosk.boot().entries

    def registers(self, kind: str, body: Any) -> None:
        self.entries.append(self.registry.write(kind, body, self.at_ms))

    def act(self, what: str, number: int, badge: int) -> None:
        self.at_ms += MINUTE
        kiosk = self.kiosks[number]
        match what:
            case "boot":
                self.epochs += 1
                log, (seq, digest) = kiosk.log, kiosk.point()
                kiosk = LogWriter(KIOSKS[number], f"{self.epochs:08x}", start_ms=START_MS)
                self.kiosks[number] = kiosk
                self.entries += kiosk.boot((log, seq, digest)).entries
            case "clone":
                self.kiosks[number] = kiosk.branch_after(1)
            case "cut":
                believed = {kiosk.log: len(kiosk.entries) - 1}
                self.registers(
                    "kiosk", _at(KIOSKS[number], GATES[number], cut_off=True, believed=believed)
                )
            case "revoke":
                self.registers("revoke", Revoked(badge=_badge(badge), issue=None, why=""))
            case "define":
                areas = tuple(
                    msgspec.structs.replace(one, capacity=badge) for one in self.event.areas
                )
                event = msgspec.structs.replace(self.event, areas=areas)
                self.registers("event", EventDefined(event=msgspec.Raw(pack(event))))
            case _:
                kind, body = self.of_kiosk(what, number, badge)
                written = kiosk.write(kind, body, self.at_ms, mono_ms=self.at_ms - START_MS)
                self.entries.append(written)

    def of_kiosk(self, what: str, number: int, badge: int) -> tuple[str, Any]:
        scan = msgspec.structs.replace(
            admission(GATES[number], _badge(badge), self.at_ms),
            session="5g" if badge == 1 else None,
        )
        replace = msgspec.structs.replace
        match what:
            case "out":
                return "scan", replace(scan, direction="out")
            case "seat":
                return "scan", replace(scan, seat=True, area="chengdu" if badge > 1 else None)
            case "refuse":
                return "scan", replace(scan, verdict="refuse", reason="revoked")
            case "nobody":
                return "scan", replace(scan, badge=None, verdict="refuse", reason="not_a_badge")
            case "unsure":
                span = replace(scan.span, hi=self.at_ms + MINUTE)
                return "scan", replace(scan, span=span)
            case "void":
                entry = self.kiosks[number].entries[-1]
                named = badge_of(entry.entry.body)
                return "void", Void(
                    entry=entry.ref, badge=named, staff=b"STAFF", staff_issue=1, why=""
                )
            case "health":
                return "health", Health(readings={})
            case "recount":
                return "recount", Recount(area="chengdu", inside=badge, staff=None, why="")
            case "strange":
                return "scan", replace(scan, reason=STRANGE)
            case "clock":
                trusted_ms = self.at_ms + badge * MINUTE
                mono_ms = self.at_ms - START_MS
                return "clock", Clock(
                    source="kernel", trusted_ms=trusted_ms, mono_ms=mono_ms, error_ms=9
                )
        return "scan", scan


def _badge(number: int) -> bytes:
    return number.to_bytes(5, "big")


def _at(kiosk: DeviceKey, gate: str, **more: Any) -> Kiosk:
    return Kiosk(device=kiosk.fingerprint, public=kiosk.public, gate=gate, **more)


def knows(known: LogState) -> bytes:
    """All that folds and pages ask."""
    evening = START_MS + 8 * 60 * MINUTE
    count = Headcount(known)
    logs = sorted(known.event_state.last_seq)
    badges = sorted(badge for badge in known.badges if badge is not None)
    quiet = [Quiet(kiosk.fingerprint, None, evening, None) for kiosk in KIOSKS]
    histories = dict(known.histories([*badges, None]))
    rosters = dict(known.roster_histories(badges))
    entries = [[*known.oldest_first(log), *known.newest_first(log)] for log in logs]
    return msgspec.json.encode(
        [
            len(known),
            None in set(known.badges),
            badges,
            count.areas(evening),
            count.by_gate(evening),
            count.attendance(evening),
            _arrived(Arrivals(known).on_day_of(evening)),
            Conflicts(known).lines(),
            known.forks(),
            [histories[badge].presentations for badge in (*badges, None)],
            [[histories[badge].issued, rosters[badge].issued] for badge in badges],
            [[histories[badge].revocations, rosters[badge].revocations] for badge in badges],
            [sorted(known.logs_of(kiosk.fingerprint)) for kiosk in KIOSKS],
            [sorted(map(_place, some)) for some in entries],
            [[one.seq for one in known.newest_first(log)] for log in logs],
            [known.receipt_of(one) for some in entries for one in sorted(some, key=_place)],
            Silences().of(known, quiet, evening + MINUTE),
            [
                known.seat_book("chengdu").free((kiosk.fingerprint, gate), evening)
                for kiosk, gate in zip(KIOSKS, GATES, strict=True)
            ],
        ]
    )


def _arrived(day: DayArrivals) -> list[object]:
    counts = (day.entries, day.exits, day.gates, day.again)
    return [day.came, day.begins_ms, *(sorted(map(str, (+count).items())) for count in counts)]


def _place(entry: LogEntry) -> tuple[int, bytes]:
    return entry.seq, entry.digest


@pytest.fixture(scope="module")
def new_ledger(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Any]:
    """A ledger with the keys of the registry and the kiosks, in a folder of its own."""
    pattern = tmp_path_factory.mktemp("pattern")
    Ledger(None, pattern).close()

    @contextmanager
    def new() -> Iterator[Ledger]:
        with TemporaryDirectory() as folder:
            shutil.copy(pattern / FILE, folder)
            with closing(Ledger(None, Path(folder))) as ledger:
                yield ledger

    return new


def store(ledger: Ledger, entries: list[WrittenEntry]) -> None:
    with ledger.transaction():
        ledger.add_many([_row(one) for one in entries])


def _row(one: WrittenEntry) -> Row:
    body = one.entry.body
    strange = getattr(body, "reason", "") == STRANGE
    return Row(one.log, one.seq, one.digest, None if strange else badge_of(body), one.raw)


@given(chosen=acts, until=st.integers(0, 30))
def test_a_ledger_read_when_asked_answers_as_entries_in_memory(
    new_ledger: Callable[[], Any], event: Event, chosen: Any, until: int
) -> None:
    written = Written(event)
    for act in chosen:
        written.act(*act)
    kept = LogState(REGISTRY.fingerprint, 0)
    for one in written.entries:
        kept.file(one.entry)
    wanted = knows(kept)
    evening = START_MS + 8 * 60 * MINUTE
    with new_ledger() as ledger:
        folds = Projections(ledger, REGISTRY.fingerprint, 0)
        for part in (written.entries[:until], written.entries[until:]):
            store(ledger, part)
            folds.headcount(evening)
            if part is not written.entries:
                folds.keep_counts(at_once=True)
        with folds.snapshot() as known:
            assert knows(known) == wanted
        again = Projections(ledger, REGISTRY.fingerprint, 0)
        assert again.headcount(evening) == folds.headcount(evening)
        assert _arrived(again.arrivals(evening)) == _arrived(folds.arrivals(evening))
        with again.snapshot() as known:
            assert knows(known) == wanted


class Counting(Ledger):
    """A ledger that notes how many rows were read at once."""

    most = 0

    def fetch(self, question: str, values: Sequence[Any]) -> Sequence[Any]:
        rows = super().fetch(question, values)
        self.most = max(self.most, len(rows))
        return rows


def test_the_more_entries_badges_have_the_fewer_are_read_at_once(tmp_path: Path) -> None:
    """A registry needs no more memory for a count on the last day of an event than on the first."""
    badges = [bytes([0, 0, 0, 0, n]) for n in range(1, 101)]
    door = LogWriter(KIOSKS[0], start_ms=START_MS)
    with closing(Counting(None, tmp_path)) as ledger:
        stored = StoredEntries(ledger)
        for day in range(4):
            bodies = [admission(GATES[0], badge, START_MS) for badge in badges for _ in range(20)]
            store(ledger, [door.write("scan", body, START_MS) for body in bodies])
            stored.until += len(bodies)
            ledger.most = 0
            found = {badge: len(entries) for badge, entries in stored.of_badges(badges)}
            assert found == dict.fromkeys(badges, 20 * (day + 1))
        assert ledger.most < 1000

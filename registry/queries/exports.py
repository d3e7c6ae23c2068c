"""Every attempt as a table: one line for each presentation at a door, with its corrected time and its receipt.

CSV (RFC 4180) with a byte order mark, which spreadsheets need to read Chinese. A text that a spreadsheet would take
for a formula is given an apostrophe in front: it may come from a badge that a stranger has made.
"""

from collections.abc import Callable, Iterator, Mapping

from access.log.entry import EntryRef, Override, Scan
from access.log.log_entry import LogEntry
from access.state.log_state import LogState
from registry.queries.queries import Queries, badge_mark
from registry.queries.table_files import BYTE_ORDER_MARK, Cell, csv_lines

COLUMNS = (
    "at", "latest", "venue", "area", "gate", "direction", "badge", "issue", "verdict", "reason",
    "session", "method", "conditions", "receipt", "voided", "test", "log", "seq", "ref",
)  # fmt: skip
"""`at` and `latest`: the earliest and the latest instant that it can have been, by what is known of the kiosk's clock.
`badge` is a mark for counting, `ref` whose it is."""

BADGES_AT_ONCE = 200
"""Whose histories are read while nobody else is answered."""
AT_ONCE = 1000
"""Rows read and sent together."""


def attempts(
    queries: Queries, step: Callable[[int, int], None] = lambda _seen, _rows: None
) -> Iterator[str]:
    """The table, a piece at a time, in order of arrival. `step` is called with the id of the last entry looked at and
    how many rows the piece has; it may raise to stop the work."""
    voided = _voided(queries)
    refs = queries.service.people.refs()
    yield BYTE_ORDER_MARK + csv_lines([COLUMNS])
    last = 0
    while found := queries.service.ledger.since(last, AT_ONCE):
        last = found[-1][0]
        with queries.snapshot() as log_state:
            rows = [
                _row(queries, log_state, entry, entry.body, voided, refs)
                for _, entry in found
                if isinstance(entry.body, Scan | Override)
            ]
        step(last, len(rows))
        if rows:
            yield csv_lines(rows)


def _voided(queries: Queries) -> set[EntryRef]:
    """The entries that staff have taken back, looked for in pieces: headcounts go on meanwhile."""
    with queries.snapshot() as log_state:
        badges = log_state.with_taken_back()
    voided: set[EntryRef] = set()
    for start in range(0, len(badges), BADGES_AT_ONCE):
        with queries.snapshot() as log_state:
            voided |= log_state.taken_back(badges[start : start + BADGES_AT_ONCE])
    return voided


def _row(
    queries: Queries,
    log_state: LogState,
    entry: LogEntry,
    body: Scan | Override,
    voided: set[EntryRef],
    refs: Mapping[bytes, str],
) -> list[Cell]:
    event_state = log_state.event_state
    order = event_state.order(entry)
    area = event_state.area_of(order, body)
    around = event_state.above(order, area)
    span = event_state.span(entry)
    scan = body if isinstance(body, Scan) else None
    return [
        queries.time(span.lo),
        queries.time(span.hi),
        around[-1] if around else None,
        area,
        body.gate,
        scan.direction if scan else "in",
        badge_mark(body.badge),
        body.issue,
        body.verdict,
        body.reason,
        body.session,
        scan.method if scan else "override",
        " ".join(scan.conditions) if scan else "",
        log_state.receipt_of(entry),
        "yes" if EntryRef(entry.log, entry.seq, entry.digest) in voided else "",
        "yes" if body.test else "",
        entry.log,
        entry.seq,
        None if body.badge is None else refs.get(event_state.persons.current(body.badge)),
    ]

"""How people took part: on site, online, both ways or not at all, by the list of who watched the broadcast."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from access.badge.credential import foreign, read_human_code
from access.rules.opening_check import opening_badges
from access.state.kept.persons import Persons
from access.text import canonical_code, half_width
from registry.queries.queries import Queries
from registry.queries.shapes import Answer
from registry.roster.model import Known

AT_ONCE = 500
"""People whose moves are read under one lock of the folds."""


class HybridAttendance(Answer, frozen=True, kw_only=True):
    """How people took part who are registered: at a venue alone, online alone, both ways, or not at all; these four are
    `registered`. `unknown` are lines of the broadcast's list that name nobody here, `ambiguous` those that may mean
    several people; neither is in a number. The last three: people who are not registered (any more: their badge was
    revoked), and were at a venue alone, online alone, or both."""

    on_site: int
    online: int
    both: int
    neither: int
    unknown: list[str]
    registered: int
    ambiguous: list[str]
    unregistered_on_site: int
    unregistered_online: int
    unregistered_both: int


class _Names:
    """Whose a ref, a badge's code or a mail address is. Refs that differ in case alone are two people's."""

    def __init__(self, people: Iterable[Known], persons: Persons) -> None:
        self._persons = persons
        self._badges: set[bytes] = set()
        self._exact: dict[str, bytes] = {}
        self._loose: dict[str, set[bytes]] = {}
        for known in people:
            self._badges.add(known.badge)
            self._exact[known.ref] = known.badge
            for name in (known.ref, known.extra.get("mail", "")):
                if name:
                    self._loose.setdefault(_key(name), set()).add(known.badge)

    def of(self, text: str) -> set[bytes]:
        """The badges of those whom a text names: none, one, or several where it does not say which."""
        narrow = half_width(text)
        for spelling in (text, narrow, narrow.removeprefix("'")):  # ours is guarded in CSV files
            if spelling in self._exact:
                return {self._exact[spelling]}
        for badge in (read_human_code(narrow), foreign(canonical_code(text)).badge):
            if badge is not None and self._persons.current(badge) in self._badges:
                return {self._persons.current(badge)}
        return self._loose.get(_key(narrow.removeprefix("'")), set())


def _key(name: str) -> str:
    return half_width(name).casefold()


class _Found(NamedTuple):
    """Who watched, and which lines say it of nobody, or not of whom."""

    watched: set[bytes]
    unknown: list[str]
    ambiguous: list[str]


def hybrid_attendance(
    queries: Queries, rows: Sequence[Sequence[str]], *, titled: bool
) -> HybridAttendance:
    """`rows` are of the broadcast's list, what may name a person, the surest first. Not `titled`: all cells, of which
    the column counts that names the most people."""
    people = list(queries.service.people.everyone())
    with queries.snapshot() as log_state:
        names = _Names(people, log_state.event_state.persons)
    found = _find(names, rows if titled else _one_column(names, rows))
    counts = _counts(queries, found.watched)
    return HybridAttendance(
        on_site=counts[True, True, False],
        online=counts[True, False, True],
        both=counts[True, True, True],
        neither=counts[True, False, False],
        unknown=found.unknown,
        registered=sum(number for kind, number in counts.items() if kind[0]),
        ambiguous=found.ambiguous,
        unregistered_on_site=counts[False, True, False],
        unregistered_online=counts[False, False, True],
        unregistered_both=counts[False, True, True],
    )


def _one_column(names: _Names, rows: Sequence[Sequence[str]]) -> list[Sequence[str]]:
    known = Counter(n for row in rows for n, cell in enumerate(row) if names.of(cell))
    best = max(known, key=lambda n: (known[n], -n), default=0)
    return [row[best : best + 1] or row[:1] for row in rows]


def _find(names: _Names, rows: Iterable[Sequence[str]]) -> _Found:
    found = _Found(set(), [], [])
    for row in rows:
        if not row:
            continue
        meant = [badges for badges in map(names.of, row) if badges]
        one = next((badges for badges in meant if len(badges) == 1), None)
        if one is not None:
            found.watched.update(one)
        else:
            (found.ambiguous if meant else found.unknown).append(row[0])
    return found


def _counts(queries: Queries, watched: set[bytes]) -> Counter[tuple[bool, bool, bool]]:
    """Everybody whom the logs know, erased people too, by: registered, at a venue, online."""
    counts: Counter[tuple[bool, bool, bool]] = Counter()
    trials = opening_badges(queries.programme.event)
    with queries.snapshot() as log_state:
        badges = [badge for badge in log_state.badges if badge is not None and badge not in trials]
    for start in range(0, len(badges), AT_ONCE):
        with queries.snapshot() as log_state:  # in pieces: others wait for it meanwhile
            for badge, history in log_state.histories(badges[start : start + AT_ONCE]):
                came = any(one.direction == "in" for one in history.moves)
                counts[history.good() is not None, came, badge in watched] += 1
    return counts

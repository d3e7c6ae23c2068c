"""How many people come to which gates: from a list of people, or from numbers that are assumed."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from access.event.definition import Event
from access.event.programme import Programme
from config.errors import ConfigError, Mistake, instead, shown

Crowd = dict[str, int]
"""People by gate; gates to which nobody comes are left out."""


def assumed(event: Event, people: int) -> Crowd:
    """So many people, evenly over the gates that lead into a venue."""
    programme = Programme(event)
    gates = [gate for venue in event.venues for gate in programme.entry_gates(venue.id)]
    if not gates:
        right = "name the gates that people come to: --at GATE=PEOPLE"
        raise ConfigError([Mistake(event.id, "", "no gate leads into a venue", right)])
    return _evenly(people, gates)


def named(event: Event, numbers: Iterable[tuple[str, int]]) -> Crowd:
    """People by venue, area or gate; those of a venue or an area evenly over the gates that lead into it.

    Raises ConfigError for what is none of these, or has no gate that leads in.
    """
    programme = Programme(event)
    crowd: Counter[str] = Counter()
    for target, people in numbers:
        if (gate := programme.gates.get(target)) is not None:
            gates = [gate.id] if gate.lets_in else []
        elif target in programme.area_tree:
            gates = list(programme.entry_gates(target))
        else:
            right = instead(target, [*programme.gates, *programme.area_tree])
            raise ConfigError([_wrong(f"there is no gate, area or venue {shown(target)}", right)])
        if not gates:
            wrong = f"nobody comes in at {shown(target)}"
            raise ConfigError([_wrong(wrong, "name a gate that leads in, or what it leads into")])
        crowd.update(_evenly(people, gates))
    return dict(crowd)


def listed(event: Event, file: Path) -> Crowd:
    """The people of a list whose badge is good on the first day and on site, each at the venue of their badge; those
    who may enter several venues evenly over them.

    Raises ConfigError where the list cannot be read, with its first mistakes.
    """
    from registry.lists.columns import Mapping as ColumnMapping
    from registry.lists.files.table import ListError, read_table
    from registry.lists.findings import SpreadsheetError
    from registry.lists.people import read_people

    try:
        people = read_people(read_table(file.read_bytes()), event, ColumnMapping())
    except OSError as error:
        wrong = f"cannot be read: {error.strerror or error}"
        raise ConfigError([Mistake(str(file), "", wrong, "name a list of people")]) from error
    except ListError as error:
        raise ConfigError([Mistake(str(file), "", str(error), "name a list of people")]) from error
    if mistakes := people.findings.of("mistake"):
        first = SpreadsheetError(str(file), mistakes[:1]).lines("en")[0]
        right = "`jianmen registry import --check` names every mistake"
        raise ConfigError([Mistake("list of people", "", first, right)])
    on_site = {ticket.id for ticket in event.tickets if ticket.on_site and not ticket.roles}
    everywhere = tuple(venue.id for venue in event.venues)
    bound: Counter[tuple[str, ...]] = Counter()
    for candidate in people.candidates:
        person = candidate.person
        today = person.days is None or event.days[0] in person.days
        if today and person.ticket in on_site:
            bound[person.venues or everywhere] += 1
    if not bound:
        right = (
            "list people with a ticket that is on site and a badge that is good on the first day"
        )
        raise ConfigError([Mistake(str(file), "", "nobody comes", right)])
    return named(event, _by_venue(bound.items()).items())


def _by_venue(bound: Iterable[tuple[tuple[str, ...], int]]) -> dict[str, int]:
    """People by venue, of people by the venues that they may enter."""
    crowd: Counter[str] = Counter()
    for venues, people in bound:
        crowd.update(_evenly(people, venues))
    return dict(crowd)


def _evenly(people: int, over: Iterable[str]) -> dict[str, int]:
    names = list(over)
    share, rest = divmod(people, len(names))
    return {name: share + (at < rest) for at, name in enumerate(names) if share + (at < rest)}


def _wrong(wrong: str, right: str) -> Mistake:
    return Mistake("command line", "--at", wrong, right)

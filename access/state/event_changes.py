"""The effects of putting a changed event definition in force, for the person who is about to do it."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from access.event.definition import Event, Gate, Names, Session
from access.event.programme import Programme
from access.state.log_state import LogState
from access.state.seat_leases import deal

EffectKind = Literal[
    "gate_added", "gate_removed", "gate_moved", "gate_changed", "session_added", "session_moved",
    "session_cancelled", "session_restored", "capacity_changed", "area_added", "area_removed",
    "text_changed", "policy_changed", "other_changed",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class ChangeFacts:
    """What stands at the gates now: the kiosks, and how many presentations were recorded there."""

    kiosks: Mapping[str, Sequence[str]] = field(default_factory=dict)
    scans: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Effect:
    """One thing that the change will do, to the gate, session or area of that id. `asks`: it changes a door in use, so
    the person should confirm it."""

    kind: EffectKind
    id: str
    detail: str
    asks: bool = False


def change_facts(log_state: LogState) -> ChangeFacts:
    """What stands at every gate of the definition in force."""
    state = log_state.event_state
    scans: Counter[str] = Counter()
    for _, history in log_state.histories(log_state.presented):
        scans.update(one.gate for one in history.presentations)
    kiosks: dict[str, list[str]] = {}
    for device in sorted(state.devices):
        gate, kiosk = state.gate_of(device), state.kiosks.get(device)
        if gate is not None and not (kiosk is not None and kiosk.cut_off):
            name = kiosk.name if kiosk is not None else ""
            kiosks.setdefault(gate, []).append(name or device)
    return ChangeFacts(kiosks, scans)


def event_change_effects(old: Event, new: Event, facts: ChangeFacts) -> list[Effect]:
    """What the definition `new` will do where `old` is in force, in the order of the file: gates, sessions, seats.

    What happened before stays as it is counted: every entry is read with the definition of its time.
    """
    return [
        *_gates(old, new, facts),
        *_sessions(old, new),
        *_areas(old, new),
        *_the_rest(old, new),
    ]


def _gates(old: Event, new: Event, facts: ChangeFacts) -> Iterator[Effect]:
    before = {gate.id: gate for gate in old.gates}
    after = {gate.id: gate for gate in new.gates}
    for gate in before.values():
        now = after.get(gate.id)
        if now == gate:
            continue
        used, asks = _use(gate.id, facts)
        if now is None:
            detail = f"{used}; its kiosk has no gate until it is assigned another" if asks else used
            yield Effect("gate_removed", gate.id, detail + _seats_left(old, gate), asks)
        elif now.area != gate.area:
            detail = f"leads into {now.area} instead of {gate.area}; {used}"
            yield Effect("gate_moved", gate.id, detail + _seats_left(old, gate), asks)
        else:
            yield Effect("gate_changed", gate.id, f"{_differences(gate, now)}; {used}", asks)
    for gate in after.values():
        if gate.id not in before:
            yield Effect(
                "gate_added", gate.id, f"leads into {gate.area}; {_waiting(gate.id, facts)}"
            )


def _seats_left(old: Event, gate: Gate) -> str:
    """What becomes of the seats that a gate has of the area that it no longer leads into."""
    programme = Programme(old)
    if programme.area_tree[gate.area].capacity is None or gate.id not in programme.entry_gates(
        gate.area
    ):
        return ""
    return (
        f"; its free seats of {gate.area} stay with it, and nobody can take them there:"
        f" give as many to another door of {gate.area}"
    )


def _waiting(gate: str, facts: ChangeFacts) -> str:
    """Who goes to work at a gate that is added: after a rename and back its kiosk was there all the time."""
    kiosks, scans = facts.kiosks.get(gate, ()), facts.scans.get(gate, 0)
    if not kiosks and not scans:
        return "no kiosk stands there yet"
    again = f"kiosk {', '.join(kiosks)} is assigned to it, and works there again" if kiosks else ""
    shown = f"{_recorded(scans)} when it was there before, which stay as counted" if scans else ""
    return ", ".join(filter(None, (again or "no kiosk stands there", shown)))


def _recorded(scans: int) -> str:
    return f"{scans} presentation{'' if scans == 1 else 's'} recorded"


def _use(gate: str, facts: ChangeFacts) -> tuple[str, bool]:
    kiosks, scans = facts.kiosks.get(gate, ()), facts.scans.get(gate, 0)
    stands = f"kiosk {', '.join(kiosks)} stands there" if kiosks else "no kiosk stands there"
    return f"{stands}, {_recorded(scans)}, which stay as counted", bool(kiosks or scans)


def _differences(old: Gate, new: Gate) -> str:
    names = ("direction", "mode", "reentry")
    changed = [name for name in names if getattr(old, name) != getattr(new, name)]
    return ", ".join(f"{name} {getattr(old, name)} → {getattr(new, name)}" for name in changed)


def _sessions(old: Event, new: Event) -> Iterator[Effect]:
    now = Programme(new)
    before = {session.id: session for session in old.sessions}
    for session in new.sessions:
        was = before.get(session.id)
        if was is None:
            yield Effect("session_added", session.id, _when(session, now))
        elif session.cancelled and not was.cancelled:
            detail = "its doors stay closed; badges that booked it keep the booking"
            yield Effect("session_cancelled", session.id, detail)
        elif was.cancelled and not session.cancelled:
            yield Effect("session_restored", session.id, _when(session, now))
        elif _doors(session) != _doors(was):
            detail = f"{_when(was, now)} → {_when(session, now)}"
            yield Effect("session_moved", session.id, detail)


def _doors(session: Session) -> tuple[object, ...]:
    return (
        session.area,
        session.starts_ms,
        session.ends_ms,
        session.booking,
        session.early_min,
        session.closing_min,
        session.standby_after_min,
    )


def _when(session: Session, programme: Programme) -> str:
    starts, ends = (
        datetime.fromtimestamp(at_ms / 1000, programme.zone)
        for at_ms in (session.starts_ms, session.ends_ms)
    )
    return f"{session.area}, {starts:%Y-%m-%d %H:%M} to {ends:%H:%M}"


def _areas(old: Event, new: Event) -> Iterator[Effect]:
    was, now = Programme(old), Programme(new)
    for area, node in was.area_tree.items():
        if area not in now.area_tree:
            detail = "who is inside counts for the area around it"
            yield Effect("area_removed", area, detail, asks=True)
            continue
        before, after = node.capacity, now.area_tree[area].capacity
        if before != after:
            shares = deal((after or 0) - (before or 0), now.entry_gates(area))
            dealt = ", ".join(f"{gate} {count:+d}" for gate, count in shares.items() if count)
            seats = f"; seats dealt: {dealt}" if dealt else ""
            detail = f"capacity {_number(before)} → {_number(after)}{seats}"
            yield Effect("capacity_changed", area, detail)
    for area in now.area_tree:
        if area not in was.area_tree:
            yield Effect("area_added", area, f"in {now.area_tree[area].parent or 'the event'}")


def _number(capacity: int | None) -> str:
    return "none" if capacity is None else str(capacity)


def _the_rest(old: Event, new: Event) -> Iterator[Effect]:
    """Names, the policy, and whatever else differs."""
    before = _named(old)
    for key, name in _named(new).items():
        if before.get(key, name) != name:
            yield Effect("text_changed", key[1], f"{before[key]['en']} → {name['en']}")
    if old.policy != new.policy:
        yield Effect("policy_changed", "policy", "doors go by it as soon as they hear of it")
    for part in ("name", "timezone", "days", "day_ends_min", "tickets"):
        if getattr(old, part) != getattr(new, part):
            yield Effect("other_changed", part, "changed")


def _named(event: Event) -> dict[tuple[str, str], Names]:
    """The name of everything that has one, by its section and id."""
    return {
        **{("venue", one.id): one.name for one in event.venues},
        **{("area", one.id): one.name for one in event.areas},
        **{("session", one.id): one.name for one in event.sessions},
        **{("ticket", one.id): one.name for one in event.tickets},
    }

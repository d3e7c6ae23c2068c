"""How far a carrier has come, in words and as a bar: what is held here, what is still to come, who is out of touch."""

import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sync.store.replica import ReplicaReader

FRESH_S = 60
"""A target that answered less than this ago is in touch."""

LOOK_EVERY_S = 0.5

UNITS = ((86_400, "days"), (3600, "h"), (60, "min"), (1, "s"))
LONGEST_S = 400 * 86_400
"""An age beyond this says that a clock is wrong."""

State = Mapping[str, Any]


def target_lines(name: str, state: State, now_ms: int) -> Iterator[str]:
    """How things stand with one target, as `sync.carrier.peer_worker.PeerState` has it."""
    contact, then = _contact(state["last_contact_ms"], now_ms), ""
    if state["failures"]:
        tries = "1 try" if state["failures"] == 1 else f"{state['failures']} tries"
        contact, then = f"{state['why']} ({tries}; {contact})", "as of then, "
    elif silent(state, now_ms):
        contact, then = f"{contact}; is the carrier running?", "as of then, "
    else:
        contact = "in touch"
    yield f"{name}: {contact}"
    known = state.get("held") is not None
    if known and state["behind"] is not None:
        yield f"  {then}{share(state['held'], state['held'] + state['behind'], 'entries')}"
    if known and state["ahead"]:
        yield f"  still to bring there: {state['ahead']:,}"
    for log, why in state["rejected"].items():
        yield f"  not taken of log {log}: {why}"


def aged(state: State, boot_id: str, mono_ms: int, now_ms: int) -> State:
    """A state with its last contact by this machine's wall clock, now at `now_ms`: the carrier's own time may lag
    behind it before the registry was first heard. In another boot the state stays as it is."""
    contact_ms = state.get("contact_mono_ms")
    if contact_ms is None or not boot_id or state.get("boot_id") != boot_id:
        return state
    return {**state, "last_contact_ms": now_ms - (mono_ms - contact_ms)}


def share(here: int, whole: int, what: str) -> str:
    """How many of how many are here. What is not all there is never called 100%."""
    if here >= whole:
        return f"all {whole:,} {what} are here"
    return (
        f"{here:,} of {whole:,} {what} are here ({100 * here // whole}%), {whole - here:,} to come"
    )


def cards_line(replica: ReplicaReader) -> str:
    """The name cards, or nothing where the roster names none."""
    stored, named = replica.card_counts()
    return share(stored, named, "name cards") if named else ""


def silent(state: State, now_ms: int) -> bool:
    """Whether nothing has been heard for longer than a carrier at work would let pass without a word."""
    last_ms = state["last_contact_ms"]
    return last_ms is None or FRESH_S <= (now_ms - last_ms) // 1000 < LONGEST_S


def _contact(last_ms: int | None, now_ms: int) -> str:
    if last_ms is None:
        return "never in touch so far"
    age_s = (now_ms - last_ms) // 1000
    if (
        not -FRESH_S <= age_s < LONGEST_S
    ):  # the machine's clock is wrong, the carrier's own is better
        return f"last in touch at {datetime.fromtimestamp(last_ms / 1000, UTC):%Y-%m-%d %H:%M} UTC"
    size, unit = next((u for u in UNITS if age_s >= u[0]), UNITS[-1])
    return f"last in touch {max(0, age_s) // size} {unit} ago"


def watch(path: Path) -> None:
    """Show bars until all that those in touch hold is here. Raises sqlite3.OperationalError for no replica."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,.0f} of {task.fields[whole]}"),
        TaskProgressColumn(),
        TimeRemainingColumn(),
    )
    with closing(ReplicaReader.at(path)) as replica:
        before = replica.targets()
    with Progress(*columns, console=Console(stderr=True)) as shown:
        entries = shown.add_task("entries", total=None, whole="?")
        cards = shown.add_task("name cards", total=None, whole="?")
        while True:
            # Opened again each time: a damaged replica is thrown away, and another one put in its place.
            with closing(ReplicaReader.at(path)) as replica:
                stored = sum(max(seq for seq, _ in tips) for tips in replica.vector().values())
                here, named = replica.card_counts()
                states = replica.targets()
            to_come, why = _to_come(states, before)
            whole = None if to_come is None else stored + to_come
            shown.update(
                entries, completed=stored, total=whole, whole=_number_text(whole), description=why
            )
            shown.update(
                cards, completed=here, total=named or None, whole=_number_text(named or None)
            )
            if to_come == 0 and here == named:
                return
            time.sleep(LOOK_EVERY_S)


def _to_come(states: Mapping[str, State], before: Mapping[str, State]) -> tuple[int | None, str]:
    """Entries still to come from those who have answered since (None: nobody has), and what stands before the bar.

    A word of before may be of a carrier that ended long ago; no clock need be right to tell.
    """
    answered = [
        state
        for name, state in states.items()
        if not state["failures"]
        and state["last_contact_ms"] != before.get(name, {}).get("last_contact_ms")
    ]
    behind = [state["behind"] for state in answered if state["behind"] is not None]
    if behind:
        return max(behind), "entries"
    troubles = [f"{name}: {state['why']}" for name, state in states.items() if state["why"]]
    return None, "; ".join(troubles) or "entries (waiting for an answer)"


def _number_text(number: int | None) -> str:
    return "?" if number is None else f"{number:,}"

"""Badges printed at kiosks: the outcome of each attempt, and whether another may be made without staff.

A printer cannot always report whether paper came out, so there are three answers, and a badge is printed by itself only
where it is certain that no earlier attempt gave one.
"""

from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from access.log.chain import device_of
from access.log.entry import EntryRef, Printed, PrintOutcome
from access.log.log_entry import Order

PRINT_WHYS = ("lost", "damaged", "unreadable", "not_received", "no_code", "misspelt")
"""Reasons of staff for a print: what the log keeps, and the key of its text."""

PrintStanding = Literal["free", "printed", "in_doubt"]
"""Whether paper came out for one issue of a badge: no, yes, or in doubt."""


class Print(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt, and its outcome as far as it is known ("sent": not yet). `staff` asked for it, for the reason `why`;
    None: the person themselves. `spelling`: the name that staff put on it, sealed; None: that of the name card."""

    attempt: EntryRef
    order: Order
    gate: str
    issue: int
    outcome: PrintOutcome
    staff: bytes | None
    why: str
    spelling: bytes | None = None


def prints_of(entries: Iterable[tuple[Order, Printed]]) -> list[Print]:
    """The attempts, in order. Entries may come in any order, and the same one more than once."""
    begun: dict[EntryRef, Print] = {}
    answers: dict[EntryRef, dict[Order, Printed]] = {}
    for order, body in entries:
        if body.outcome == "sent":
            ref = EntryRef(order.log, order.seq, order.digest)
            begun[ref] = Print(
                attempt=ref,
                order=order,
                gate=body.gate,
                issue=body.issue,
                outcome="sent",
                staff=body.staff,
                why=body.why,
                spelling=body.spelling,
            )
        elif body.attempt is not None and device_of(body.attempt.log) == device_of(order.log):
            # Only the kiosk that printed knows the outcome.
            answers.setdefault(body.attempt, {})[order] = body
    found = [
        msgspec.structs.replace(one, outcome=_outcome(answers.get(ref, {})))
        for ref, one in begun.items()
    ]
    return sorted(found, key=lambda one: one.order)


def _outcome(answers: dict[Order, Printed]) -> PrintOutcome:
    """The last certain answer: what a person saw overrides an unknown answer of the printer."""
    outcome: PrintOutcome = "sent"
    for order in sorted(answers):
        later = answers[order].outcome
        if later != "unknown" or outcome == "sent":
            outcome = later
    return outcome


def print_standing(prints: Sequence[Print], issue: int) -> PrintStanding:
    """Whether an issue of a badge was printed. An attempt without an answer is in doubt."""
    outcomes = {one.outcome for one in prints if one.issue == issue}
    if "printed" in outcomes:
        return "printed"
    return "in_doubt" if outcomes & {"sent", "unknown"} else "free"

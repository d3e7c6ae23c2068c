"""The door's state, for the machine's own pages and commands. No person is named in it."""

from typing import Any

from hardware.system.version import versions
from kiosk.door.door import Door
from kiosk.runtime.scan_loop import ScanLoop
from kiosk.screen.attendee_screen import Screen


def waiting_status(screen: Screen) -> dict[str, Any]:
    """The status of a door that is not open yet, with the text of its screen, which names what it waits for."""
    headline = screen.wordings[0].headline
    return {
        "state": "waiting",
        "says": headline,
        "cause": screen.cause or None,
        "versions": versions(),
    }


def gate_by(door: Door) -> str | None:
    """Who put this kiosk at its gate: "registry", or "supervisor"; None: it has none."""
    if door.assigned is not None:
        return "registry"
    return "supervisor" if door.gate_id is not None else None


def status(loop: ScanLoop) -> dict[str, Any]:
    """The status of an open door. To be asked in the loop's own thread."""
    door, presenter = loop.door, loop.presenter
    now = door.now()
    state = "out_of_order" if presenter.broken else "not_ready" if presenter.unready else "working"
    return {
        "state": state,
        "cause": presenter.broken or presenter.unready,
        "device": door.device,
        "event": door.programme.event.id if door.has_event else None,
        "gate": door.gate_id,
        "gate_by": gate_by(door),
        "direction": presenter.direction,
        "camera": loop.duties.camera,
        "scanner": loop.duties.scanner,
        "printer": None if loop.station is None else presenter.printer or "ok",
        "fire": presenter.fire,
        "log": door.log,
        "seq": door.seq,
        "reasons": dict(loop.recent.reasons),
        "clock": {"sure": now.sure, "lo_ms": now.span.lo, "hi_ms": now.span.hi},
        "replica": None
        if not door.has_replica
        else {
            "heard": loop.heard,
            "registry_heard_ms": door.registry_heard_ms,
            "targets": door.exchange_states(),
        },
        "versions": versions(),
    }

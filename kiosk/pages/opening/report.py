"""The doors-open check of one kiosk and of its venue: what the machine sees by itself, what the test badges got, and
what a person has confirmed and signed off. Names nobody. Everything here runs in the scan loop's thread."""

from typing import Any

from access.event.definition import Language
from access.log.receipt import gate_code
from access.log.sign_offs import OpeningChecked
from config.languages import languages
from hardware.system.version import versions
from kiosk.door.door import Door
from kiosk.door.gate_assignment import GateAssignment
from kiosk.door.readiness import lacks_roster
from kiosk.runtime.scan_loop import ScanLoop
from kiosk.screen.phrases import area_name

LEAST_FREE_MB = 200
HEARD_MIN = 10
NOTE_MOST = 500

PERSON_CHECKS = ("lights", "sound")
"""What a person sees and hears."""


def report(loop: ScanLoop) -> dict[str, Any]:
    """The whole of it. Raises NotReadyError at a kiosk without a gate."""
    door = loop.door
    gate = door.gate
    venue = door.programme.venue_of(gate.area)
    kiosks = [
        _kiosk(door, one.id) for one in door.programme.gates.values() if _in(door, one.area, venue)
    ]
    mine = next(one for one in kiosks if one["gate"] == gate.id)
    mine["versions"] = versions()
    # Where badges are printed nobody is let in, and no test badge is answered as at a door.
    outcomes = {} if gate.mode == "print" else loop.trial.outcomes(door)
    equal = len({tuple(sorted(one["versions"].items())) for one in kiosks if one["versions"]}) <= 1
    return {
        "gate": gate_code(door.programme, gate.id),
        "place": {
            language: area_name(door.programme, gate.area, language) for language in languages()
        },
        "venue": {language: area_name(door.programme, venue, language) for language in languages()},
        "registry": door.registry,
        "now_ms": door.now().at_ms,
        "zone": door.programme.event.timezone,
        "checks": machine_checks(loop, versions_equal=equal),
        "test_badges": {
            case: {"state": one.state, "reason": one.reason, "receipt": one.receipt}
            for case, one in outcomes.items()
        },
        "order": list(outcomes),
        "kiosks": kiosks,
    }


def machine_checks(loop: ScanLoop, *, versions_equal: bool) -> dict[str, str]:
    """What needs nobody's eyes: "good" or "bad" by check; a device that the kiosk does not have is left out."""
    door, duties = loop.door, loop.duties
    now = door.now()
    heard = door.registry_heard_ms
    free = duties.free_mb
    checks = {
        "clock": now.sure,
        "disk": free is None or free >= LEAST_FREE_MB,
        "registry": heard is not None and now.at_ms - heard <= HEARD_MIN * 60_000,
        "roster": not lacks_roster(door),
        "versions": versions_equal,
    }
    if duties.camera != "none":
        checks["camera"] = duties.camera == "ok"
    if duties.scanner != "none":
        checks["scanner"] = duties.scanner == "ok"
    if loop.station is not None:
        checks["printer"] = loop.presenter.printer is None
    return {check: "good" if good else "bad" for check, good in checks.items()}


def sign_off(loop: ScanLoop, card: str, seen: dict[str, bool], note: str) -> None:
    """Record what came of it, by the supervisor whose card this is. `seen`: what a person confirmed, by check. Raises
    StaffError for any other card."""
    door = loop.door
    staff, issue = GateAssignment(door).supervisor(card)
    found = report(loop)
    confirmed = {
        check: {True: "good", False: "bad", None: "not_done"}[seen.get(check)]
        for check in PERSON_CHECKS
    }
    door.record(
        "opening",
        OpeningChecked(
            gate=door.gate.id,
            findings={**found["checks"], **confirmed},
            test_badges={case: one["state"] for case, one in found["test_badges"].items()},
            staff=staff,
            staff_issue=issue,
            note=note[:NOTE_MOST],
        ),
    )
    loop.trial.forget()
    door.forget_repeats()


def _kiosk(door: Door, gate: str) -> dict[str, Any]:
    """One door of the venue: the kiosk that stands there, how it is, and its last sign-off."""
    device = door.kiosk_at(gate)
    known = door.opening_records.checked(device) if device is not None else None
    checked = None
    if known is not None and known[1].gate == gate:
        entry, body = known
        states = (*body.findings.values(), *body.test_badges.values())
        checked = {
            "at_ms": door.at_ms(entry),
            "good": all(state == "good" for state in states),
            "not_good": [
                check
                for check, state in {**body.findings, **body.test_badges}.items()
                if state != "good"
            ],
            "note": body.note,
        }
    return {
        "gate": gate,
        "code": gate_code(door.programme, gate),
        "place": _named(door, gate),
        "device": device,
        "mine": device == door.device,
        "versions": door.opening_records.versions(device) if device is not None else {},
        "heard_ms": door.heard_ms(device) if device is not None else None,
        "checked": checked,
    }


def _named(door: Door, gate: str) -> dict[Language, str]:
    area = door.programme.gates[gate].area
    return {language: area_name(door.programme, area, language) for language in languages()}


def _in(door: Door, area: str, venue: str) -> bool:
    return door.programme.venue_of(area) == venue

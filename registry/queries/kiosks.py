"""The state of every kiosk: whether it is heard, what it lacks, what it reports. Unhealthy ones first."""

from collections.abc import Mapping

from sqlalchemy import distinct, func, select

from access.event.programme import Programme
from access.event.rfc3339 import rfc3339
from access.log.entry import Kiosk
from access.state.coverage import SILENT_AFTER_MS, CoverageReport, Silence
from access.state.event_state import EventState
from access.state.log_state import LogState
from access.state.time_repair import RANK
from registry.queries import admin_shapes
from registry.queries import shapes as answers
from registry.service import RegistryService
from registry.storage import tables
from registry.storage.ledger import Ledger

ALARMS_MS = 24 * 3_600_000
"""Alarms are shown for a day; the logs keep them."""

FRESH_ALARM_MS = 10 * 60_000
"""How long an alarm marks a kiosk unhealthy; a continuing fault repeats its alarm."""

REFUSALS_MS = 3_600_000
REFUSALS = 1000
"""Enrolments refused are counted for an hour, among so many newest lines of the trail."""

LEAST_DISK_MB = 500
"""Below this a kiosk's disk is called full: a day writes some 100 MB."""

HOTTEST_C = 80
"""A Raspberry Pi slows down from 80 °C on (https://www.raspberrypi.com/documentation/computers/raspberry-pi.html)."""

Readings = dict[str, int | float | str | bool | None]


def kiosk_report(
    service: RegistryService,
    log_state: LogState,
    programme: Programme,
    coverage: CoverageReport,
    now_ms: int,
) -> admin_shapes.Kiosks:
    """All kiosks that were ever enrolled, and the alarms of the last day."""
    event_state = log_state.event_state
    lost = _seats_lost(log_state, programme, now_ms)
    silent = {silence.device: silence for silence in coverage.silences}
    in_flight = {one.device for one in coverage.kiosks if one.touch == "in_flight"}
    alarms = _alarms(event_state, programme, now_ms)
    loud = {
        entry.device
        for entry, _ in event_state.alarms.values()
        if now_ms - event_state.at_ms(entry) < FRESH_ALARM_MS
    }
    kiosks = [
        _state(
            service,
            event_state,
            programme,
            kiosk,
            silent.get(device),
            lost,
            _opening(log_state, programme, device),
            loud=device in loud,
            in_flight=device in in_flight,
            now_ms=now_ms,
        )
        for device, kiosk in event_state.kiosks.items()
    ]
    kiosks.sort(key=_order)
    return admin_shapes.Kiosks(
        as_of=rfc3339(now_ms, programme.zone),
        kiosks=kiosks,
        alarms=alarms,
        refused_enrolments=_refused_enrolments(service.ledger, programme, now_ms),
    )


def _refused_enrolments(
    ledger: Ledger, programme: Programme, now_ms: int
) -> admin_shapes.RefusedEnrolments:
    trail = tables.trail.c
    newest = select(trail.at_ms, trail.who, trail.what).order_by(trail.id.desc()).limit(REFUSALS)
    lines = newest.subquery().c
    count, addresses, last_ms = ledger.read(
        select(func.count(), func.count(distinct(lines.who)), func.max(lines.at_ms)).where(
            lines.what == "enrol_refused", lines.at_ms > now_ms - REFUSALS_MS
        )
    )[0]
    last = rfc3339(last_ms, programme.zone) if count else None
    return admin_shapes.RefusedEnrolments(attempts=count, addresses=addresses, last=last)


def _order(kiosk: answers.KioskState) -> tuple[bool, int, str, str]:
    """Sort key: unhealthy before healthy, cut off last, then by gate."""
    gone = "cut_off" in kiosk.troubles
    return gone, -len(kiosk.troubles) if not gone else 0, kiosk.venue or "~", kiosk.gate or "~"


def _state(
    service: RegistryService,
    event_state: EventState,
    programme: Programme,
    kiosk: Kiosk,
    silence: Silence | None,
    lost: Mapping[str, int],
    opening: answers.KioskOpening | None,
    *,
    loud: bool,
    in_flight: bool,
    now_ms: int,
) -> answers.KioskState:
    gate_id = event_state.gate_of(kiosk.device)
    gate = programme.gates.get(gate_id or "")
    heard = service.ledger.heard_ms(kiosk.device)
    clock = _clock(event_state, kiosk.device)
    reported = event_state.health.get(kiosk.device)
    readings = reported[1].readings if reported is not None else {}
    seats_lost = lost.get(gate.id, 0) if gate is not None and not kiosk.cut_off else 0
    lacking = silence is not None and bool(silence.missing) and not in_flight
    troubles = _troubles(
        kiosk, gate_id, heard, clock, readings,
        lacking=lacking, quiet=silence is not None, loud=loud, now_ms=now_ms,
    )  # fmt: skip
    if seats_lost:
        troubles.append("seats_lost")
    return answers.KioskState(
        device=kiosk.device,
        name=kiosk.name,
        gate=gate_id,
        area=gate.area if gate else None,
        venue=programme.venue_of(gate.area) if gate else None,
        address=kiosk.address,
        heard=None if heard is None else rfc3339(heard, programme.zone),
        silent="silent" in troubles,
        missing=(silence.missing or 0) if silence is not None else 0,
        held=sum(seq for log, seq in event_state.last_seq.items() if log.startswith(kiosk.device)),
        clock=clock,
        readings=readings,
        readings_at=None
        if reported is None
        else rfc3339(event_state.at_ms(reported[0]), programme.zone),
        seats_lost=seats_lost,
        troubles=troubles,
        opening=opening,
    )


def _opening(log_state: LogState, programme: Programme, device: str) -> answers.KioskOpening | None:
    """The last sign-off of a kiosk's door."""
    known = log_state.opening_records.checked(device)
    if known is None:
        return None
    entry, body = known
    states = {**body.findings, **body.test_badges}
    not_good = [check for check, state in states.items() if state != "good"]
    return answers.KioskOpening(
        at=rfc3339(log_state.event_state.at_ms(entry), programme.zone),
        gate=body.gate,
        good=not not_good,
        not_good=not_good,
        note=body.note,
    )


def _seats_lost(log_state: LogState, programme: Programme, now_ms: int) -> dict[str, int]:
    """The seats lost to the area of each gate at which another kiosk stood before. Of most events: none, and nothing is
    computed."""
    event_state = log_state.event_state
    replaced = {
        kiosk.gate
        for _, kiosk in event_state.assignments
        if kiosk.gate is not None and event_state.kiosk_at(kiosk.gate) != kiosk.device
    }
    gates = [programme.gates[gate] for gate in sorted(replaced) if gate in programme.gates]
    return {
        gate.id: log_state.seat_book(gate.area).lost(now_ms)
        for gate in gates
        if gate.lets_in and programme.area_tree[gate.area].capacity is not None
    }


def _troubles(
    kiosk: Kiosk,
    gate: str | None,
    heard: int | None,
    clock: answers.KioskClock,
    readings: Readings,
    *,
    lacking: bool,
    quiet: bool,
    loud: bool,
    now_ms: int,
) -> list[answers.Trouble]:
    if kiosk.cut_off:
        return ["cut_off"]
    found: list[answers.Trouble] = []
    if heard is None:
        found.append("never_heard")
    elif quiet and now_ms - heard > SILENT_AFTER_MS:
        found.append("silent")
    if lacking:
        found.append("backlog")
    if gate is None:
        found.append("unassigned")
    if clock.disagree:
        found.append("clock_disagrees")
    elif heard is not None and clock.source is None:
        found.append("clock_unsure")
    if loud:
        found.append("alarm")
    if is_unhealthy(readings):
        found.append("health")
    if printer_needs_somebody(readings):
        found.append("printer")
    return found


def printer_needs_somebody(readings: Readings) -> bool:
    """Whether a kiosk's printer cannot print, or somebody must say whether a badge came out of it."""
    return readings.get("printer", "ok") != "ok" or readings.get("prints_in_doubt", 0) != 0


def is_unhealthy(readings: Readings) -> bool:
    """Whether a kiosk's own readings need somebody's attention."""
    disk, temperature = readings.get("disk_free_mb"), readings.get("temperature_c")
    return (
        "lost" in (readings.get("camera"), readings.get("scanner"))
        or readings.get("under_voltage") is True
        or readings.get("throttled") is True
        or (isinstance(disk, int | float) and disk < LEAST_DISK_MB)
        or (isinstance(temperature, int | float) and temperature > HOTTEST_C)
    )


def _clock(event_state: EventState, device: str) -> answers.KioskClock:
    """The source of the time of the kiosk's newest boot."""
    logs = [log for log in event_state.last_seq if log.startswith(device)]
    lines = [event_state.clocks.line(log) for log in logs]
    if not lines:
        return answers.KioskClock(source=None, error_ms=None, disagree=False)
    newest = max(lines, key=lambda line: line.order)
    source = next((name for name, rank in RANK.items() if rank == newest.rank), None)
    error = (newest.hi - newest.lo) // 2 if source is not None else None
    return answers.KioskClock(source=source, error_ms=error, disagree=newest.disagree)


def _alarms(event_state: EventState, programme: Programme, now_ms: int) -> list[answers.Alarm]:
    newest = sorted(
        ((event_state.at_ms(entry), entry, alarm) for entry, alarm in event_state.alarms.values()),
        key=lambda one: (one[0], one[1].digest),
        reverse=True,
    )
    return [
        answers.Alarm(
            at=rfc3339(at_ms, programme.zone),
            device=entry.device,
            gate=event_state.gate_of(entry.device),
            what=alarm.what,
            detail=alarm.detail,
        )
        for at_ms, entry, alarm in newest
        if now_ms - at_ms < ALARMS_MS
    ]

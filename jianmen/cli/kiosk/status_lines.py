"""`jianmen kiosk status` for people: the door's own status in words, times by the machine's clock."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from jianmen.cli.options import counted
from jianmen.cli.sync_progress import target_lines

STATES = {
    "working": "working",
    "waiting": "waiting",
    "not_ready": "not ready",
    "out_of_order": "out of order",
}


def status_lines(found: Mapping[str, Any], now_ms: int) -> Iterator[str]:
    """The lines at `now_ms` of this machine's clock; a door that only waits has few of them."""
    cause = f": {found['cause'].replace('_', ' ')}" if found.get("cause") else ""
    yield f"the door is {STATES.get(found['state'], found['state'])}{cause}"
    if found["state"] == "waiting":
        yield f"its screen says: {found['says']}"
    if "device" in found:
        yield from _door_lines(found, now_ms)
    yield "versions: " + ", ".join(f"{name} {one}" for name, one in found["versions"].items())


def _door_lines(found: Mapping[str, Any], now_ms: int) -> Iterator[str]:
    yield f"kiosk {found['device']}, event {found['event'] or 'not known yet'}"
    if found["gate"] is None:
        yield "gate: none; a spare"
    else:
        yield f"gate: {found['gate']}, {found['direction']}; given by {found['gate_by']}"
    for part in ("camera", "scanner"):
        yield f"{part}: {found[part]}"
    if found["fire"]:
        yield "fire alarm: the door is released"
    answers = ", ".join(f"{reason} {count}" for reason, count in found["reasons"].items())
    yield f"answers of the last minutes: {answers or 'none'}"
    yield f"own log: {counted(found['seq'], 'entry')} (log {found['log']})"
    clock = found["clock"]
    if clock["sure"]:
        yield f"clock: {_time(clock['lo_ms'])}, sure"
    else:
        yield f"clock: not sure; between {_time(clock['lo_ms'])} and {_time(clock['hi_ms'])}"
    replica = found["replica"]
    if replica is None:
        yield "carrier: no file of it yet; is it running?"
        return
    heard_ms = replica["registry_heard_ms"]
    yield f"registry last heard: {_time(heard_ms) if heard_ms else 'never'}"
    for name, state in replica["targets"].items():
        for line in target_lines(name, state, now_ms):
            yield f"  {line}"


def _time(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000).astimezone().strftime("%Y-%m-%d %H:%M:%S")

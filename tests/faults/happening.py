"""The event of these tests: two venues and a small room; it is noon of its first day there, whenever they run."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from access.event.definition import Event
from config.event_file import load

ROOM_SEATS = 12

_TEXT = """
[event]
id = "faults"
name = {{ en = "Faults", zh-Hant = "故障", zh-Hans = "故障" }}
timezone = "{zone}"
days = {days}

[[venue]]
id = "east"
name = {{ en = "East", zh-Hant = "東", zh-Hans = "东" }}
[[venue]]
id = "west"
name = {{ en = "West", zh-Hant = "西", zh-Hans = "西" }}

[[area]]
id = "east-room"
venue = "east"
capacity = {seats}
name = {{ en = "Room", zh-Hant = "廳", zh-Hans = "厅" }}
{gates}
[[ticket]]
id = "delegate"
name = {{ en = "Delegate", zh-Hant = "參會代表", zh-Hans = "参会代表" }}
areas = ["*"]
[[ticket]]
id = "staff"
name = {{ en = "Staff", zh-Hant = "職員", zh-Hans = "工作人员" }}
areas = ["*"]
roles = ["door", "supervisor"]

[policy]
hold_off_s = 3
travel_min = 0
"""

_GATE = """
[[gate]]
id = "{gate}"
area = "{area}"
direction = "{direction}"
"""

GATES = {
    "east-1": ("east", "in"),
    "east-2": ("east", "in"),
    "east-out": ("east", "out"),
    "east-room-1": ("east-room", "both"),
    "east-room-2": ("east-room", "both"),
    "west-1": ("west", "in"),
    "west-out": ("west", "out"),
}


def event(
    folder: Path, gates: dict[str, tuple[str, str]] = GATES, *, days: int = 2, hour: int = 12
) -> Event:
    """The event with these gates (id -> area, direction), of so many days; it is that hour of the first one now."""
    now = datetime.fromtimestamp(time.time(), UTC)
    # By how many hours the hour is reached, of zones from -11 to 12; their names count the other way.
    east = (hour - now.hour + 11) % 24 - 11
    zone = f"Etc/GMT{-east:+d}" if east else "Etc/GMT"
    today = (now + timedelta(hours=east)).date()
    dates = [(today + timedelta(days=day)).isoformat() for day in range(days)]
    written = "".join(
        _GATE.format(gate=gate, area=area, direction=way) for gate, (area, way) in gates.items()
    )
    path = folder / "event.toml"
    path.write_text(
        _TEXT.format(zone=zone, days=json.dumps(dates), seats=ROOM_SEATS, gates=written),
        encoding="utf-8",
    )
    return load(path)

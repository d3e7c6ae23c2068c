"""A kiosk of the demo: enrolled by its one-time code, run as two processes, asked how it is."""

import sqlite3
from collections.abc import Sequence

import requests

from jianmen.demo.processes import Children
from jianmen.demo.site import KioskSite
from sync.enrolment.client import enrol
from sync.store.data_folder import DataFolder
from sync.store.replica import ReplicaReader
from sync.wire.device_key import DeviceKey
from sync.wire.enrolment_code import EnrolmentCode
from sync.wire.messages import Point

TIMEOUT_S = 3.0


def take_in(site: KioskSite, code: str) -> None:
    """Enrol a kiosk at the registry. Raises EnrolmentError."""
    identity = DeviceKey.at(DataFolder(site.data).device_key)
    enrol(EnrolmentCode.parse(code), identity, name=site.gate).save(site.data)


def start(site: KioskSite, children: Children) -> None:
    """Start its carrier and its door."""
    settings = ["--settings", str(site.settings)]
    children.start(f"{site.gate} carrier", ["sync", "run", *settings])
    children.start(f"{site.gate} door", ["kiosk", "run", *settings])


def not_ready(sites: Sequence[KioskSite], log: str, roster: Point) -> dict[str, str]:
    """The kiosks that cannot answer for everybody yet, and what they wait for. `roster` is the point of the registry's
    `log` that they must hold."""
    waits = {site.gate: _waits_for(site, log, roster) for site in sites}
    return {gate: why for gate, why in waits.items() if why}


def _waits_for(site: KioskSite, log: str, roster: Point) -> str:
    try:
        answer = requests.get(f"{site.screen}status.json", timeout=TIMEOUT_S)
        answer.raise_for_status()
        said = answer.json()
    except (requests.RequestException, ValueError):
        return "the door to start"
    if said["state"] != "working":
        return f"the door, which says: {said.get('cause') or said.get('says') or said['state']}"
    if not said["clock"]["sure"]:
        return "a trusted time"
    return "" if _held(site, log) >= roster[0] else "the roster"


def _held(site: KioskSite, log: str) -> int:
    """How far it holds the registry's log."""
    try:
        replica = ReplicaReader.at(DataFolder(site.data).replica)
    except sqlite3.OperationalError:
        return 0
    try:
        return max((seq for seq, _ in replica.tips(log)), default=0)
    finally:
        replica.close()

"""Our side of a comparison with other check-in systems: a registry process, and a kiosk's carrier over loopback HTTPS.

No figure has a floor: what it is to be set against is another system's figure for the same task (README.md).
`python -m bench.peers.ours` prints JSON lines.
"""

import os
import secrets
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import date, timedelta
from itertools import cycle, islice
from pathlib import Path

import msgspec
import requests
import urllib3
import xlsxwriter

from access.log.clock_reading import ClockReading
from access.log.entry import Body, Clock, Scan, Span
from bench.exchange.idle import OURS, _run, _serving
from bench.support.figure import Figure, median, percentile
from bench.support.logs import EVENT, GATES, scans, wall_ms
from sync.carrier.carrier import Carrier
from sync.enrolment.client import enrol
from sync.store.data_folder import DataFolder
from sync.store.journal import Journal
from sync.wire.device_key import DeviceKey
from sync.wire.enrolment_code import EnrolmentCode

PEOPLE, CHECK_INS, TIMES = 26_000, 2_000, 50
MOST_STEPS = 200


def ours(folder: Path, people: int = PEOPLE, check_ins: int = CHECK_INS) -> list[Figure]:
    """Four lines. Raises RuntimeError where something is missing at the end."""
    command = [str(Path(sys.executable).with_name("jianmen")), "registry"]
    data = ["--data", str(folder / "registry")]
    _filled(folder, command, data, people)
    serve = [*command, "serve", *data, "--port", "0", "--tls", "--trust-clock"]
    with _serving(OURS, serve) as server:
        url = f"https://127.0.0.1:{server.port}"
        code = _run(OURS, [*command, "enrol", *data, "--gate", GATES[0], "--url", url, "--json"])
        kiosk = _Kiosk(folder / "kiosk", msgspec.json.decode(code)["text"])
        try:
            first_s = kiosk.exchange(people)
            kiosk.let_in(check_ins)
            upload_s = kiosk.exchange()
            nothing_ms = [kiosk.exchange() * 1000 for _ in range(TIMES)]
        finally:
            kiosk.close()
        note = msgspec.json.decode((folder / "registry" / "serving.json").read_bytes())
        status_ms, inside = _status(url, note["token"])
    if inside == 0:
        raise RuntimeError("the registry counts nobody after the upload")
    load = f"load {os.getloadavg()[0]:.1f}"
    listed = f"{people:,} people with sealed name cards; {load}"
    queued = f"{check_ins:,} queued check-ins of one device, acknowledged; {load}"
    return [
        Figure("peers: first sync", first_s, None, "s", listed),
        Figure("peers: upload", upload_s, None, "s", queued),
        _each("peers: nothing new", nothing_ms, f"an exchange without news; {load}"),
        _each("peers: status", status_ms, f"GET /api/v1/headcount, {inside:,} people inside; {load}"),
    ]  # fmt: skip


def _each(name: str, ms: Sequence[float], note: str) -> Figure:
    note = f"median of {len(ms)}, 95th percentile {percentile(ms, 95):.1f} ms; {note}"
    return Figure(name, median(ms), None, "ms", note)


def _filled(folder: Path, command: list[str], data: list[str], people: int) -> None:
    """A registry with so many people, on the first day of the example event, which is today."""
    event, book, password = folder / "event.toml", folder / "people.xlsx", folder / "password"
    text, today = EVENT.read_text(encoding="utf-8"), date.today()  # noqa: DTZ011 - the machine's own day
    for day, moved in (("2020-11-17", today), ("2020-11-18", today + timedelta(days=1))):
        text = text.replace(day, moved.isoformat())
    event.write_text(text, encoding="utf-8")
    password.write_text(secrets.token_hex(16))
    with xlsxwriter.Workbook(book) as workbook:
        sheet = workbook.add_worksheet()
        sheet.write_row(0, 0, ["ref", "name", "organisation", "ticket"])
        for number in range(1, people + 1):
            sheet.write_row(number, 0, [f"R{number:06}", f"Guest {number}", "Forum", "delegate"])
    _run(OURS, [*command, "init", str(event), *data, "--password-file", str(password)])
    _run(OURS, [*command, "import", str(book), *data])


class _Kiosk:
    """One kiosk: its door's journal, and its carrier in this process."""

    def __init__(self, folder: Path, code: str) -> None:
        folder.mkdir()
        files = DataFolder(folder)
        identity = DeviceKey.at(files.device_key)
        enrolment = enrol(EnrolmentCode.parse(code), identity)
        self._journal = Journal(files.journal, identity)
        self._journal.begin(_read(), "bench", "bench", {}, GATES[0])
        now = _read()
        clock = Clock(source="kernel", trusted_ms=now.wall_ms, mono_ms=now.mono_ms, error_ms=10)
        self._journal.append("clock", clock, now)
        self.carrier = Carrier(folder, enrolment, identity, _read)

    def exchange(self, cards: int = 0) -> float:
        """Seconds until the registry has all that the door wrote, and this kiosk at least so many name cards."""
        began = time.perf_counter()
        self.carrier.look()
        for _ in range(MOST_STEPS):
            if not self.carrier.step(self.carrier.registry):
                raise RuntimeError(f"no exchange: {asdict(self.carrier.registry.state)}")
            if not cards or self._cards() == cards:
                return time.perf_counter() - began
        raise RuntimeError(f"{self._cards()} name cards of {cards} came in the first sync")

    def _cards(self) -> int:
        return sum(1 for _ in self.carrier.replica.all_cards())

    def let_in(self, check_ins: int) -> None:
        """So many people of the list come in, each check-in an entry as the door writes it."""
        named = "SELECT DISTINCT badge FROM entry WHERE badge IS NOT NULL ORDER BY badge"
        badges = [badge for (badge,) in self.carrier.replica._db.execute(named)]
        self._journal.extend(_let_in(badges, check_ins), _read())

    def close(self) -> None:
        self.carrier.close()
        self._journal.close()


def _let_in(badges: Sequence[bytes], check_ins: int) -> Iterator[tuple[str, Body]]:
    now_ms = wall_ms()
    for badge, (kind, body) in zip(
        islice(cycle(badges), check_ins), scans(0, check_ins), strict=True
    ):
        assert isinstance(body, Scan)
        yield kind, msgspec.structs.replace(body, badge=badge, span=Span(now_ms, now_ms))


def _status(url: str, token: str) -> tuple[list[float], int]:
    """Milliseconds of each answer, over one connection; and how many the registry counts inside."""
    took = []
    urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)  # its own certificate
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {token}"
        for _ in range(TIMES):
            began = time.perf_counter()
            answer = session.get(f"{url}/api/v1/headcount", timeout=60, verify=False)
            took.append((time.perf_counter() - began) * 1000)
            answer.raise_for_status()
    return took, max(area["inside"] for area in answer.json()["areas"])


def _read() -> ClockReading:
    return ClockReading(time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000, wall_ms(), True)


def main() -> None:
    """Print the figures as JSON lines."""
    with tempfile.TemporaryDirectory() as folder:
        for figure in ours(Path(folder)):
            sys.stdout.write(msgspec.json.encode(asdict(figure)).decode() + "\n")


if __name__ == "__main__":
    main()

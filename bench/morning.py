"""The morning of a forum with real processes: a registry, three doors and their carriers, and who arrives by the curve.

`python -m bench.morning` lets people come at ten times the speed of life: to one gate of each venue as many as come to
one of eleven when 26,000 come. One venue is cut off during the forty minutes in which half of all arrive. No figure has
a floor; the clock counts, so the machine's load is said. `docs/planning.md` has a run.
"""

import os
import sqlite3
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager, suppress
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import click
import msgspec
import requests
import urllib3

from access.log.clock_reading import ClockReading
from access.log.entry import Scan
from access.log.log_entry import LogEntry, read_entry
from bench.exchange.idle import OURS, _serving
from bench.support.figure import Figure, median, percentile
from bench.support.kiosk_folder import KioskFolder
from bench.support.logs import DAY_MS, GATES, present_event, wall_ms
from hardware.system.clock import SystemClock
from jianmen.rehearse.plan.curve import FORUM_CURVE
from jianmen.testing.tcp_proxy import TcpProxy
from jianmen.testing.waiting import until
from kiosk.runtime.parts import log_reading
from registry.roster.model import Person
from registry.service import RegistryService
from registry.storage.ledger import Ledger
from sync.enrolment.client import enrol
from sync.store.data_folder import DataFolder
from sync.store.journal import JournalReader
from sync.store.sqlite import open_reader
from sync.transport.tls_certificate import certificate_at
from sync.wire.enrolment_code import EnrolmentCode

PEOPLE, ALL_GATES = 26_000, 11
EACH = PEOPLE // ALL_GATES
"""People of one gate."""

TIMES = 10.0
CUT_MIN = (20.0, 60.0)
"""From minute 20 to 60 of the curve half of all arrive."""

CUT_GATE = GATES[1]
PATIENCE_S = 10.0
SETTLES_S = 300.0
LOOK_S = 0.002


@dataclass(frozen=True)
class Answered:
    """One person at a door: due there, held up, and answered durably (s); the entry's log and number."""

    due_s: float
    held_up_s: float
    durable_s: float
    log: str
    seq: int


@dataclass
class Seen:
    """What somebody who watches had seen when (s): the last number of each log, or the entries of each area."""

    looks: list[tuple[float, dict[str, int]]] = field(default_factory=list)

    def note(self, found: dict[str, int]) -> None:
        if not self.looks or self.looks[-1][1] != found:
            self.looks.append((time.perf_counter(), found))

    def when(self, numbers: Sequence[tuple[str, int]]) -> Iterator[float]:
        """The moments at which each (name, number) had been reached; they grow for each name."""
        at: dict[str, int] = {}
        for name, number in numbers:
            index = at.get(name, 0)
            while self.looks[index][1].get(name, 0) < number:
                index += 1
            at[name] = index
            yield self.looks[index][0]


class GateSite:
    """A gate with its kiosk: the real door with a scanner, its carrier, and its line to the registry."""

    def __init__(self, folder: Path, gate: str, area: str, port: int) -> None:
        self.gate, self.area = gate, area
        self.kiosk = KioskFolder(folder)
        self.cable = TcpProxy(("127.0.0.1", port))
        self.answers: list[Answered] = []
        self.failure: Exception | None = None
        self._read: dict[str, int] = {}

    def open(self, code: EnrolmentCode, ends: ExitStack) -> None:
        """Enrol it, and start both programs."""
        enrol(code, self.kiosk.identity, name=self.gate).save(self.kiosk.folder)
        carrier = self.kiosk.carry()
        ends.callback(carrier.kill)
        door, self._screen = self.kiosk.open_door()
        ends.callback(door.kill)

    def ready(self, people: int) -> bool:
        """Whether it can answer for everybody."""
        with suppress(requests.RequestException, ValueError, sqlite3.OperationalError):
            status = requests.get(f"{self._screen}/status.json", timeout=10).json()
            with closing(open_reader(self.kiosk.replica)) as db:
                roster = "SELECT count(DISTINCT badge) FROM entry WHERE badge IS NOT NULL"
                listed = db.execute(roster).fetchone()[0]
            return bool(
                status["state"] == "working" and status["clock"]["sure"] and listed >= people
            )
        return False

    def let_come(self, began_s: float, arrivals: Sequence[tuple[float, str]]) -> None:
        """Hold up each badge when its person is due (s after the beginning), one after the other, until the answer."""
        try:
            journal = DataFolder(self.kiosk.folder).journal
            with closing(JournalReader.at(journal)) as reader:
                list(self._new(reader))
                for due_s, text in arrivals:
                    due_s += began_s
                    time.sleep(max(0.0, due_s - time.perf_counter()))
                    self.answers.append(self._present(reader, due_s, text))
        except Exception as error:  # noqa: BLE001 - the end of a thread; raised where it is joined
            self.failure = error

    def _present(self, reader: JournalReader, due_s: float, text: str) -> Answered:
        held_up_s = time.perf_counter()
        while True:
            version = reader.version()
            self.kiosk.scan(text)
            again_s = time.perf_counter() + PATIENCE_S
            while time.perf_counter() < again_s:
                time.sleep(LOOK_S)
                if reader.version() == version:
                    continue
                version = reader.version()
                for entry in self._new(reader):
                    if isinstance(entry.body, Scan):
                        now_s = time.perf_counter()
                        return Answered(due_s, held_up_s, now_s, entry.log, entry.seq)

    def _new(self, reader: JournalReader) -> Iterator[LogEntry]:
        for log in reader.logs():
            for digest, raw in reader.raws(log, self._read.get(log, 0), 1000):
                entry = read_entry(log, digest, raw)
                self._read[log] = entry.seq
                yield entry


def morning(folder: Path, times: float = TIMES, each: int = EACH) -> list[Figure]:
    """Six lines. Raises RuntimeError where in the end the dashboard does not show everybody who was let in and nobody
    else, AssertionError where it does not come to that in time."""
    urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)  # its own certificate
    data = folder / "registry"
    data.mkdir()
    texts, fingerprint, codes = _registered(data, each * len(GATES))
    command = [str(Path(sys.executable).with_name("jianmen")), "registry", "serve"]
    options = ["--data", str(data), "--port", "0", "--tls", "--trust-clock", "--open-here"]
    with ExitStack() as ends:
        server = ends.enter_context(_serving(OURS, [*command, *options]))
        programme = {gate.id: gate.area for gate in present_event().gates}
        sites = [GateSite(folder / g, g, programme[g], server.port) for g in GATES]
        for site in sites:
            ends.callback(site.cable.close)
            url = f"https://127.0.0.1:{site.cable.port}"
            pin = certificate_at(data).fingerprint
            site.open(EnrolmentCode(fingerprint, codes[site.gate], url, pin), ends)
        for site in sites:
            until(partial(site.ready, len(texts)), f"{site.gate} to be ready", SETTLES_S)
        ledger, dashboard = Seen(), Seen()
        ends.enter_context(_watching(data / "registry.db", ledger))
        ends.enter_context(_looking(f"https://127.0.0.1:{server.port}", dashboard))
        healed_s = _people_come(sites, texts, times)
        for seen, numbers in ((ledger, _stored(sites)), (dashboard, _counted(sites))):
            until(partial(_reached, seen, numbers), "everybody to be counted", SETTLES_S)
        if (shown := dashboard.looks[-1][1]) != {**shown, **dict(_counted(sites))}:
            raise RuntimeError(f"the dashboard shows {shown}, and not {dict(_counted(sites))}")
        return _figures(sites, ledger, dashboard, healed_s, times)


def _registered(data: Path, people: int) -> tuple[list[str], str, dict[str, str]]:
    """So many people: their badges' texts, the registry's fingerprint, and a code for the kiosk of each gate."""
    with closing(Ledger(None, data)) as ledger:
        service = _service(ledger)
        service.init(present_event())
        persons = [Person(ref=f"R{n}", ticket="delegate", name=f"Guest {n}") for n in range(people)]
        texts = [badge.text for badge in service.register_many(persons)]
        codes = {gate: service.enrol_code(gate) for gate in GATES}
        return texts, service.identity.fingerprint, codes


def _service(ledger: Ledger) -> RegistryService:
    clock = SystemClock()

    def read() -> ClockReading:
        return log_reading(clock.read())

    return RegistryService(ledger, read, earliest_ms=wall_ms() - 30 * DAY_MS)


def _people_come(sites: Sequence[GateSite], texts: Sequence[str], times: float) -> float:
    """The morning; the moment (s) at which the venue that was cut off was joined again."""
    random = Random(1)
    each = len(texts) // len(sites)
    began_s = time.perf_counter()
    threads = []
    for number, site in enumerate(sites):
        due = [at / times for at in FORUM_CURVE.draw(each, random)]
        arrivals = list(zip(due, texts[number * each :], strict=False))
        thread = threading.Thread(target=site.let_come, args=(began_s, arrivals), name=site.gate)
        thread.start()
        threads.append(thread)
    [cable] = [site.cable for site in sites if site.gate == CUT_GATE]
    healed_s = 0.0
    for minute, change in zip(CUT_MIN, (cable.cut, cable.heal), strict=True):
        time.sleep(max(0.0, began_s + minute * 60 / times - time.perf_counter()))
        change()
        healed_s = time.perf_counter()
    for thread in threads:
        thread.join()
    for site in sites:
        if site.failure is not None:
            raise site.failure
    return healed_s


@contextmanager
def _background(work: Callable[[], None], stop: threading.Event) -> Iterator[None]:
    thread = threading.Thread(target=work, name="watching")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _watching(database: Path, seen: Seen) -> AbstractContextManager[None]:
    """Note how far the registry's database has each log, as soon as it has it."""
    stop = threading.Event()

    def work() -> None:
        with closing(open_reader(database)) as db:
            while not stop.wait(LOOK_S):
                seen.note(dict(db.execute("SELECT log, max(seq) FROM tip GROUP BY log")))

    return _background(work, stop)


def _looking(url: str, seen: Seen) -> AbstractContextManager[None]:
    """Note what an open dashboard shows."""
    stop = threading.Event()

    def work() -> None:
        with requests.Session() as session:
            session.trust_env, session.verify = False, False
            while not stop.is_set():
                stream = f"{url}/api/v1/headcount/stream"
                with session.get(stream, stream=True, timeout=60) as events:
                    for line in events.iter_lines(chunk_size=1):
                        if line.startswith(b"data: ") and b'"areas"' in line:
                            areas = msgspec.json.decode(line[6:])["areas"]
                            seen.note({area["id"]: area["entries"] for area in areas})
                        if stop.is_set():
                            return

    return _background(work, stop)


def _stored(sites: Sequence[GateSite]) -> list[tuple[str, int]]:
    """The entry of each answer, as the registry stores it: in order of time."""
    return [(one.log, one.seq) for _, one in _in_order(sites)]


def _counted(sites: Sequence[GateSite]) -> list[tuple[str, int]]:
    """The number that each answer is of its area's entries."""
    numbers: Counter[str] = Counter()
    found = []
    for site, _ in _in_order(sites):
        numbers[site.area] += 1
        found.append((site.area, numbers[site.area]))
    return found


def _in_order(sites: Sequence[GateSite]) -> list[tuple[GateSite, Answered]]:
    pairs = [(site, one) for site in sites for one in site.answers]
    return sorted(pairs, key=lambda pair: pair[1].durable_s)


def _reached(seen: Seen, numbers: Sequence[tuple[str, int]]) -> bool:
    last = dict(numbers)
    return bool(seen.looks) and all(seen.looks[-1][1].get(n, 0) >= last[n] for n in last)


def _figures(
    sites: Sequence[GateSite], ledger: Seen, dashboard: Seen, healed_s: float, times: float
) -> list[Figure]:
    pairs = _in_order(sites)
    arrived = list(ledger.when(_stored(sites)))
    shown = list(dashboard.when(_counted(sites)))
    joined = [n for n, (site, _) in enumerate(pairs) if site.gate != CUT_GATE]
    late = [n for n, (site, _) in enumerate(pairs) if site.gate == CUT_GATE]
    durable = [one.durable_s for _, one in pairs]
    behind = [n for n in late if durable[n] < healed_s <= arrived[n]]
    said = (
        f"{len(pairs):,} people at {len(sites)} gates at {times:g} times the speed of life; load"
        f" {os.getloadavg()[2]:.1f}"
    )

    def line(name: str, ms: Sequence[float], note: str) -> Figure:
        note = f"worst; median {median(ms):.0f}, 95th percentile {percentile(ms, 95):.0f} ms; {note}; {said}"
        return Figure(f"morning {name}", max(ms), None, "ms", note)

    def after(moments: Sequence[float], which: Sequence[int]) -> list[float]:
        return [max(0.0, moments[n] - durable[n]) * 1000 for n in which]

    answers = [(one.durable_s - one.held_up_s) * 1000 for _, one in pairs]
    waits = [(one.durable_s - one.due_s) * 1000 for _, one in pairs]
    caught_up = [
        max((moments[n] for n in behind), default=healed_s) for moments in (arrived, shown)
    ]
    cut = f"{len(behind):,} entries of the venue that was cut off, from the moment it was joined again"
    return [
        line("door: answer", answers, "from held up to durable"),
        line("door: wait", waits, "from due to durable, the line before the door included"),
        line(
            "carrier: lag",
            after(arrived, joined),
            "from durable to stored at the registry, venues in touch",
        ),
        line(
            "dashboard: age",
            after(shown, joined),
            "from durable to shown on an open dashboard, venues in touch",
        ),
        Figure("morning healed: stored", caught_up[0] - healed_s, None, "s", f"{cut}; {said}"),
        Figure("morning healed: shown", caught_up[1] - healed_s, None, "s", f"{cut}; {said}"),
    ]


@click.command()
@click.option("--times", type=click.FloatRange(min=1), default=TIMES, show_default=True)
@click.option("--each", type=click.IntRange(min=1), default=EACH, help="People of each gate.")
def main(times: float, each: int) -> None:
    """Print the figures as JSON lines."""
    with TemporaryDirectory() as folder:
        for figure in morning(Path(folder), times, each):
            click.echo(msgspec.json.encode(asdict(figure)).decode())


if __name__ == "__main__":
    main()

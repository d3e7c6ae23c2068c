"""The demo as a whole: everything is opened in order, watched, and closed in reverse."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Self

import msgspec

import config
from access.event.definition import Gate
from access.event.programme import Programme
from config import event_file
from hardware.system.stop_signal import Stop
from jianmen.demo import kiosks
from jianmen.demo.camera_feed import CameraFeed, set_aside
from jianmen.demo.control import ControlSocket
from jianmen.demo.door_driver import BadgeFetchers, DoorDriver, DoorStaff
from jianmen.demo.errors import DemoError, StoppedError
from jianmen.demo.ground_truth import GroundTruth, Guest
from jianmen.demo.kiosks import KioskSite, Ports
from jianmen.demo.opening import STAFF_PIN, Opening, going_on, invent_people, prepare
from jianmen.demo.registry_client import HelpDesk, RegistryClient, SilentError
from jianmen.demo.watch import Watch
from jianmen.testing.journal_tail import JournalTail
from jianmen.testing.processes import JIANMEN, Programs
from jianmen.testing.tcp_proxy import TcpProxy

EVENT = Path(config.__file__).parent / "events" / "smarthk.toml"

ENDING_S = 15.0
"""How long processes may take to end before they are killed: the registry gives requests ten seconds."""

START_S = 90.0
"""How long everything may take to start: a dozen processes on a small machine."""

LOOK_S = 0.25

PACE_S = 0.6
EXIT_PACE_S = 4.0
"""Mean seconds between two people at a door, beside the time in which they are answered. Fewer go home than come."""


@dataclass(frozen=True)
class Options:
    """What was asked for on the command line. `camera` is a real one's name, `port` the first of the ports."""

    data: Path
    seed: int
    people: int
    camera: str | None = None
    port: int | None = None
    prints: bool = False
    """Whether there is a kiosk that prints badges as well."""


class Demo:
    """Open within `with`; its parts are there after `open`."""

    def __init__(self, options: Options, stop: Stop, report: Callable[[str], None]) -> None:
        """`stop` is asked by whoever wants it to end; `report` shows people how the start goes on."""
        self._options = options
        self._stop = stop
        self._report = report
        self._opened = ExitStack()
        self.links: dict[str, TcpProxy] = {}
        self.drivers: list[DoorDriver] = []
        self._fetchers: BadgeFetchers | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.close()

    def open(self) -> None:
        """Start everything; people come from now on. Raises DemoError, StoppedError, PortTakenError."""
        options = self._options
        logs = options.data / "logs"
        logs.mkdir(parents=True, exist_ok=True)
        random = Random(options.seed)  # noqa: S311 - people who do not exist
        event = going_on(event_file.load(EVENT), datetime.now(UTC), kiosks.SEMINAR)
        if options.prints:
            desk = Gate(id=kiosks.PRINT_GATE, area="chengdu", mode="print")
            event = msgspec.structs.replace(event, gates=(*event.gates, desk))
        self.programme = Programme(event)
        ports = Ports(options.port)
        registry_port = ports.take()
        self._open_links(registry_port, ports)
        self.programs = Programs(logs)
        self._opened.callback(self._end_processes)
        self.sites = self._sites(ports)
        self._report(f"Registering {options.people} people …")
        urls = {
            one.gate: f"http://{kiosks.LOOPBACK}:{self.links[one.venue].port}" for one in self.sites
        }
        people = invent_people(event, options.people, random)
        opening = prepare(options.data / "registry", event, people, urls, random)
        self.password = opening.password
        url = f"http://{kiosks.LOOPBACK}:{registry_port}"
        self.registry = RegistryClient(url, opening.token)
        self._opened.callback(self.registry.close)
        self._start(opening, registry_port)
        guests = opening.guests
        if options.camera is not None:
            guests = self._set_aside(guests)
        self.truth = GroundTruth(self.programme, guests, options.seed, _wall_ms)
        data = str(options.data)
        self.watch = Watch(self.programme, self.sites, self.links, self.registry, self.truth, data)
        self._opened.callback(self.watch.close)
        self._open_doors(opening)
        self._open_help_desk(url, opening.token)
        control = ControlSocket(options.data, self.carry_out)
        self._opened.callback(control.close)

    def _set_aside(self, guests: list[Guest]) -> list[Guest]:
        folder = self._options.data / "badges"
        venue = self.programme.venue_of(self.programme.gates[kiosks.CAMERA_GATE].area)
        self._report(f"Badges to hold up to the camera at {kiosks.CAMERA_GATE} are in {folder}")
        return set_aside(guests, venue, folder)

    def _open_links(self, registry_port: int, ports: Ports) -> None:
        for venue in self.programme.venues:
            link = TcpProxy((kiosks.LOOPBACK, registry_port), port=ports.take())
            self._opened.callback(link.close)
            self.links[venue] = link

    def _sites(self, ports: Ports) -> list[KioskSite]:
        camera = self._options.camera
        gates = list(kiosks.GATES)
        if camera is not None:
            gates.insert(1, kiosks.BESIDE_CAMERA_GATE)
        if self._options.prints:
            gates.append(kiosks.PRINT_GATE)
        sites = []
        for gate in gates:
            one = KioskSite(
                gate,
                self.programme.venue_of(self.programme.gates[gate].area),
                self._options.data / gate,
                ports.take(),
                ports.take(),
                camera if gate == kiosks.CAMERA_GATE else None,
                prints=gate == kiosks.PRINT_GATE,
            )
            one.make()
            sites.append(one)
        return sites

    def _start(self, opening: Opening, registry_port: int) -> None:
        self._report("Starting the registry …")
        data = str(self._options.data / "registry")
        where = ["--host", kiosks.LOOPBACK, "--port", str(registry_port)]
        serve = ["registry", "serve", "--data", data, *where, "--trust-clock", "--open-here"]
        self.programs.start("registry", [*JIANMEN, *serve], piped=False, folder=Path.cwd())
        self._wait("the registry", self._registry_waits)
        self._report(f"Enrolling {len(self.sites)} kiosks, and starting their doors and carriers …")
        for one in self.sites:
            kiosks.take_in(one, opening.codes[one.gate])
            kiosks.start(one, self.programs)
        self._wait(
            "the kiosks",
            lambda: kiosks.not_ready(self.sites, opening.registry_log, opening.roster),
        )

    def _registry_waits(self) -> dict[str, str]:
        try:
            self.registry.headcount()
        except SilentError:
            return {"registry": "it to answer"}
        return {}

    def _wait(self, what: str, waits: Callable[[], dict[str, str]]) -> None:
        """Until nobody waits for anything any more. Raises DemoError, or StoppedError."""
        deadline = time.monotonic() + START_S
        while left := waits():
            self.programs.check()
            if time.monotonic() > deadline:
                lines = "; ".join(f"{name} waits for {why}" for name, why in left.items())
                raise DemoError(f"{what} did not start within {START_S:.0f} s: {lines}")
            if self._stop.wait(LOOK_S):
                raise StoppedError

    def _open_doors(self, opening: Opening) -> None:
        for number, one in enumerate(self.sites):
            if one.camera is not None:
                continue
            feed = CameraFeed(one.spool, self._options.seed * 100 + number)
            if one.prints:
                self._open_badge_desk(one, feed, opening.guests)
                continue
            turn = None
            if self.programme.gates[one.gate].direction == "both":
                staff = DoorStaff(one, opening.key_card, STAFF_PIN, feed)
                self._opened.callback(staff.close)
                turn = staff.turn
            pace_s = PACE_S if self.programme.gates[one.gate].lets_in else EXIT_PACE_S
            driver = DoorDriver(one.gate, self.truth, feed, JournalTail(one.data), turn, pace_s)
            self._opened.callback(driver.close)
            self.drivers.append(driver)
        for driver in self.drivers:
            driver.open()

    def _open_badge_desk(self, site: KioskSite, feed: CameraFeed, guests: list[Guest]) -> None:
        codes = [
            (one.badge.text, one.error)
            for one in guests
            if one.may_enter(site.venue) and not one.revoked
        ]
        self._fetchers = BadgeFetchers(site, codes, feed, self.truth.dice(site.gate))
        self._opened.callback(self._fetchers.close)
        self._fetchers.open()
        self._report(f"Badges printed at {site.gate} come out in {site.badges}")

    def _open_help_desk(self, url: str, token: str) -> None:
        # A connection of its own: it works in a thread of its own.
        registry = RegistryClient(url, token)
        seed = self._options.seed
        self._desk = HelpDesk(self.programme.event, registry, self.truth, self._cut_off, seed)
        self._opened.callback(self._desk.close)
        self._desk.open()

    def _cut_off(self) -> list[str]:
        return [venue for venue, link in self.links.items() if link.is_cut]

    def _end_processes(self) -> None:
        killed = self.programs.stop(ENDING_S)
        if killed:
            self._report(f"Killed, since they did not end: {', '.join(killed)}")

    def check(self) -> None:
        """Raises DemoError where a process or the people at a door cannot go on."""
        self.programs.check()
        for people in (*self.drivers, self._fetchers):
            if people is not None and people.failure is not None:
                raise DemoError(str(people.failure))

    def close_doors(self) -> None:
        """Let nobody come any more."""
        self._desk.close()
        for driver in self.drivers:
            driver.stop()

    @property
    def people_gone(self) -> bool:
        """Whether all who came have been answered."""
        return all(driver.empty for driver in self.drivers)

    def toggle(self, venue: str) -> None:
        """Cut a venue's link, or heal it."""
        link = self.links[venue]
        if link.is_cut:
            link.heal()
        else:
            link.cut()

    def carry_out(self, verb: str, args: list[str]) -> str:
        """Carry out a command: "cut" or "heal" a venue's link, or "end". Raises DemoError."""
        if verb == "end" and not args:
            self._stop.ask()
            return "ending"
        if verb not in ("cut", "heal") or len(args) != 1 or args[0] not in self.links:
            venues = ", ".join(self.links)
            raise DemoError(f"commands are: cut VENUE, heal VENUE, end; venues are {venues}")
        link = self.links[args[0]]
        if verb == "cut":
            link.cut()
            return f"{args[0]} is cut off from the registry"
        link.heal()
        return f"{args[0]} is joined again"


def _wall_ms() -> int:
    return time.time_ns() // 1_000_000

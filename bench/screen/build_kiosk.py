"""A kiosk of some build of this product, made by that build's own commands: its door, and a camera and a scanner that
the measurement speaks for."""

import json
import os
import random
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import requests

from bench.support.kiosk_folder import free_port
from hardware.cameras.badge_scene import draw_badge_scene
from hardware.files.picture_file import write_whole
from hardware.ports.camera import Gray
from jianmen.testing.processes import Program
from jianmen.testing.waiting import LOOK_S, until

OURS = Path(__file__).parents[2]
EVENT = Path("config", "events", "smarthk.toml")
DAYS = ("2020-11-17", "2020-11-18")
"""Of the example event; here they are yesterday and today."""

GATE, PRINT_GATE = "chengdu-main-1", "chengdu-badges"
PRINTS = f'\n[[gate]]\nid = "{PRINT_GATE}"\narea = "chengdu"\nmode = "print"\n'
LANGUAGES = ("en", "zh-Hant", "zh-Hans")
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
SHOW_MS, GAP_MS = 600, 200
WITHIN_S = 240.0


class BuildKiosk:
    """Enrolled, with people on its roster; nothing runs yet. `codes` are those of the people's badges, given by
    another system: as long as our own, and of the same letters."""

    def __init__(
        self, folder: Path, build: Path = OURS, *, people: int = 60, prints: bool = False
    ) -> None:
        """`build` is a checkout with its own `.venv`. Raises RuntimeError where one of its commands fails."""
        folder.mkdir()
        self.folder = folder
        self._build = build
        self._python = Path(sys.executable) if build == OURS else build / ".venv/bin/python"
        self._prints = prints
        self.spool, self._scanner = folder / "spool", folder / "scanner"
        self._settings = folder / "kiosk.toml"
        self._drawn = random.Random(20201117)
        self.codes = ["X" + "".join(self._drawn.choices(ALPHABET, k=28)) for _ in range(people)]
        self._count = 0
        self.spool.mkdir()
        os.mkfifo(self._scanner)
        self._set_up()

    # Setting up.

    def _set_up(self) -> None:
        data = ["--data", str(self.folder / "registry")]
        password = self.folder / "password"
        password.write_text(secrets.token_hex(16))
        (self.folder / "event.toml").write_text(self._event())
        (self.folder / "people.csv").write_text("\n".join(self._people()) + "\n")
        self._settings.write_text(self._written_settings())
        first_admin = ["--password-file", str(password)]
        self._run("registry", "init", str(self.folder / "event.toml"), *data, *first_admin)
        self._run("registry", "import", str(self.folder / "people.csv"), *data)
        serve = ["registry", "serve", *data, "--port", "0", "--tls", "--trust-clock", "--json"]
        registry = Program(
            "registry", self._command(*serve), self.folder / "registry.log", folder=self._build
        )
        try:
            url = json.loads(registry.next_line())["url"].rstrip("/")
            gate = PRINT_GATE if self._prints else GATE
            code = json.loads(
                self._run("registry", "enrol", *data, "--gate", gate, "--url", url, "--json")
            )
            settings = ["--settings", str(self._settings)]
            self._run("kiosk", "enrol", code["text"], *settings)
            self._run("sync", "once", *settings)
        finally:
            registry.stop()

    def _event(self) -> str:
        text = (self._build / EVENT).read_text(encoding="utf-8")
        today = datetime.now(ZoneInfo("Asia/Shanghai")).date()
        for day, on in zip(DAYS, (today - timedelta(days=1), today), strict=True):
            text = text.replace(day, on.isoformat())
        return text + (PRINTS if self._prints else "")

    def _people(self) -> Iterator[str]:
        yield "ref,name,organisation,language,ticket,venues,days,sessions,code"
        for number, code in enumerate(self.codes):
            language = LANGUAGES[number % 3]
            name = f"Jane Guest{number}" if language == "en" else "歐陽嘉欣"
            yield f"P{number},{name},Forum,{language},delegate,,,,{code}"

    def _written_settings(self) -> str:
        printer = f'[kiosk.printer]\nadapter = "simulated"\npath = "{self.folder / "badges"}"\n'
        return (
            f'[kiosk]\ndata = "{self.folder / "data"}"\n'
            f'lan_host = "127.0.0.1"\nlan_port = {free_port()}\nmdns = false\n'
            f'[kiosk.camera]\nadapter = "simulated"\npath = "{self.spool}"\n'
            f"show_ms = {SHOW_MS}\ngap_ms = {GAP_MS}\n"
            f'[kiosk.scanner]\nadapter = "simulated"\ndevice = "{self._scanner}"\n'
            f"{printer if self._prints else ''}"
        )

    def _command(self, *arguments: str) -> list[str]:
        # An installed program has its bytecode stored, and is not compiled at each start.
        stored = ["env", "--unset", "PYTHONDONTWRITEBYTECODE"]
        return [*stored, str(self._python.parent / "jianmen"), *arguments]

    def _run(self, *arguments: str) -> str:
        done = subprocess.run(
            self._command(*arguments), cwd=self._build, capture_output=True, text=True, timeout=WITHIN_S,
            check=False,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(
                f"{self._build}: jianmen {' '.join(arguments)}: {done.stderr.strip()}"
            )
        return done.stdout

    # At work.

    def start(self) -> Program:
        """Start its door, which prints the address of its screen first."""
        command = self._command("kiosk", "run", "--settings", str(self._settings), "--port", "0")
        return Program("door", command, self.folder / "door.log", folder=self._build)

    def picture(self, number: int) -> Gray:
        """Somebody's badge as the camera sees it."""
        return draw_badge_scene(self.codes[number % len(self.codes)], seed=number)

    def hold_up(self, picture: Gray) -> None:
        """Put a badge before the camera."""
        self.ready(picture)()

    def ready(self, picture: Gray) -> Callable[[], None]:
        """What puts a badge before the camera, and takes no time for it: the picture is written before."""
        self._count += 1
        written = write_whole(self.folder / f"{self._count:06}.pgm", picture)

        def hold_up() -> None:
            written.rename(self.spool / written.name)

        return hold_up

    def until_down(self) -> None:
        """Wait until nothing is before the camera any more."""
        until(lambda: not any(self.spool.glob("[0-9]*")), "the badge to be taken down")
        time.sleep(GAP_MS / 1000)

    def scan(self, code: str) -> None:
        """A code comes from the scanner."""
        with os.fdopen(os.open(self._scanner, os.O_RDWR), "wb", buffering=0) as scanner:
            scanner.write(f"{code}\n".encode())


def address(door: Program) -> str:
    """Of the screen of a door that has just been started."""
    return door.next_line().removeprefix("screen: ").rstrip("/")


def until_working(url: str) -> None:
    """Wait until a door answers badges."""

    def works() -> bool:
        try:
            return bool(requests.get(f"{url}/status.json", timeout=10).json()["state"] == "working")
        except requests.RequestException:
            return False

    until(works, "the door to work")


def screens(url: str) -> Iterator[dict[str, object]]:
    """What a door puts up, as its page hears it, from the first moment at which it can be asked on."""
    with requests.Session() as session:
        session.trust_env = False
        while True:
            try:
                with session.get(f"{url}/events", stream=True, timeout=30) as events:
                    for line in events.iter_lines(chunk_size=1, decode_unicode=True):
                        if line.startswith("data: {"):
                            yield json.loads(line.removeprefix("data: "))
            except requests.RequestException:
                time.sleep(LOOK_S)

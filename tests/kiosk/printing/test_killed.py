"""The real door process with CUPS' own test printer: plugs are pulled at each, and every badge comes out once."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests

from jianmen.testing.ipp_printer import PAPER_MM, IppPrinterProcess, missing
from jianmen.testing.processes import Program, Programs
from jianmen.testing.waiting import until

PIN = "60221407"
LAYOUT = f"""
[layout]
card_mm = [{PAPER_MM[0]}, {PAPER_MM[1]}]
[code]
x = 30
y = 120
size = 50
[[text]]
field = "name"
x = 10
y = 20
width = 90
points = 30
"""
SETTINGS = """
[kiosk]
language = "en"
[kiosk.camera]
adapter = ""
[kiosk.scanner]
adapter = "simulated"
device = "{fifo}"
[kiosk.printer]
adapter = "ipp"
address = "{address}"
layout = "{layout}"
"""


@dataclass
class RealKiosk:
    """`jianmen kiosk run` over a world's files."""

    world: Any
    folder: Path
    programs: Programs
    program: Program | None = None
    url: str = ""
    seen: dict[str, Any] = field(default_factory=dict)
    session: requests.Session = field(default_factory=requests.Session)

    @property
    def fifo(self) -> Path:
        return self.folder / "scanner"

    def start(self) -> None:
        self.session.headers.pop("X-Jianmen-Token", None)  # each start has its own
        arguments = ["--settings", str(self.folder / "kiosk.toml"), "--data", str(self.world.data)]
        self.program = self.programs.jianmen("kiosk", "kiosk", "run", *arguments, "--port", "0")
        self.url = self.program.next_line().removeprefix("screen: ").strip().rstrip("/")
        self.until_shown("Print your badge here")

    def kill(self) -> None:
        assert self.program is not None
        self.program.kill()

    def scan(self, text: str) -> None:
        far = os.open(self.fifo, os.O_WRONLY)
        os.write(far, f"{text}\n".encode())
        os.close(far)

    def until_shown(self, headline: str) -> None:
        """Follow the screen until it says this in English; `seen` is that screen then."""
        until(lambda: self._shows(headline), headline)

    def _shows(self, headline: str) -> bool:
        """Whether a stream of screens comes to this one: streams end by themselves after a while."""
        with requests.get(f"{self.url}/events", stream=True, timeout=30) as events:
            assert events.status_code == 200
            for line in events.iter_lines(chunk_size=1):
                if line.startswith(b"data: {"):
                    self.seen = json.loads(line.removeprefix(b"data: "))
                    wordings = self.seen["each"] or self.seen["say"]
                    if (headline, "en") in [(one["headline"], one["language"]) for one in wordings]:
                        return True
        return False

    def touch(self, action: str) -> None:
        self.post("answer", number=self.seen["question"]["number"], action=action)

    def post(self, path: str, **asked: Any) -> Any:
        """A request as the kiosk's own pages make it; what is answered."""
        if "X-Jianmen-Token" not in self.session.headers:
            token = re.search(r'data-token="([^"]+)"', self.session.get(self.url, timeout=30).text)
            assert token is not None
            self.session.headers["X-Jianmen-Token"] = token[1]
        answer = self.session.post(f"{self.url}/{path}", json=asked, timeout=60)
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    def outcomes(self) -> list[str]:
        return [one.outcome for one in self.world.written("printed")]


@pytest.fixture
def paper(tmp_path: Path) -> Iterator[IppPrinterProcess]:
    if lacking := missing():
        pytest.skip(f"no test printer here: {lacking}")
    process = IppPrinterProcess(tmp_path / "printer")
    yield process
    process.close()


@pytest.fixture
def kiosk(print_world: Any, paper: IppPrinterProcess, tmp_path: Path) -> Iterator[RealKiosk]:
    folder = tmp_path / "settings"
    folder.mkdir()
    programs = Programs(tmp_path / "logs")
    kiosk = RealKiosk(print_world, folder, programs)
    os.mkfifo(kiosk.fifo)
    (folder / "badge.toml").write_text(LAYOUT, encoding="utf-8")
    settings = SETTINGS.format(fifo=kiosk.fifo, address=paper.address, layout=folder / "badge.toml")
    (folder / "kiosk.toml").write_text(settings, encoding="utf-8")
    yield kiosk
    kiosk.session.close()
    programs.kill()


@pytest.fixture
def person(print_world: Any) -> Any:
    person = print_world.register("Chan Tai Man", "en")
    print_world.deliver()
    return person


def begin(kiosk: RealKiosk, person: Any) -> None:
    kiosk.scan(person.text)
    kiosk.until_shown("Is this you?")
    kiosk.touch("print")


def test_a_badge_is_drawn_and_printed(
    kiosk: RealKiosk, paper: IppPrinterProcess, person: Any
) -> None:
    kiosk.start()
    begin(kiosk, person)
    kiosk.until_shown("Take your badge")
    [printed] = paper.printed
    assert Path(printed).read_bytes().startswith(b"%PDF")
    assert kiosk.outcomes() == ["sent", "printed"]


@pytest.mark.parametrize("spooler_too", [False, True])
def test_a_kiosk_killed_in_the_middle_loses_no_badge_and_prints_none_twice(
    kiosk: RealKiosk, paper: IppPrinterProcess, person: Any, *, spooler_too: bool
) -> None:
    kiosk.start()
    paper.fault("media-empty")
    begin(kiosk, person)
    kiosk.until_shown("The printer needs a hand")
    kiosk.kill()
    if spooler_too:
        paper.switch_off()
        paper.switch_on()
    paper.repair()
    if not spooler_too:
        until(lambda: len(paper.printed) == 1, "the badge that the printer had")
    kiosk.start()
    until(lambda: len(kiosk.outcomes()) == 2, "what became of the badge")
    kiosk.scan(person.text)
    if spooler_too:
        kiosk.until_shown("Did your badge come out?")
        kiosk.touch("did_not")
        kiosk.until_shown("Is this you?")
        kiosk.touch("print")
        kiosk.until_shown("Take your badge")
        assert kiosk.outcomes() == ["sent", "unknown", "not_printed", "sent", "printed"]
    else:
        kiosk.until_shown("Your badge was printed already")
        assert kiosk.outcomes() == ["sent", "printed"]
    assert len(paper.printed) == 1


def test_a_printer_switched_off_and_on_puts_the_kiosk_out_of_order_and_back(
    kiosk: RealKiosk, paper: IppPrinterProcess, person: Any
) -> None:
    kiosk.start()
    paper.switch_off()
    kiosk.until_shown("No badges here just now")
    paper.switch_on()
    kiosk.until_shown("Print your badge here")
    begin(kiosk, person)
    kiosk.until_shown("Take your badge")
    assert len(paper.printed) == 1


def test_staff_find_somebody_by_name_and_print_their_badge_with_a_corrected_name(
    kiosk: RealKiosk, paper: IppPrinterProcess, person: Any
) -> None:
    staff = kiosk.world.register("Wong Ka Yan", ticket="staff", pin=PIN)
    kiosk.world.deliver()
    kiosk.start()
    kiosk.post("staff/card", code=kiosk.world.key_card(staff))
    kiosk.post("staff/unlock", pin=PIN)
    [found] = kiosk.post("staff/search", query="chan tai")["people"]
    which = {"badge": found["badge"]}
    assert kiosk.post("staff/badge-name", **which) == {"name": "Chan Tai Man"}
    kiosk.post("staff/print", **which, why="misspelt", name="Chan Tai-man")
    kiosk.until_shown("Take your badge")
    assert len(paper.printed) == 1
    begun, _ = kiosk.world.written("printed")
    assert (begun.badge, begun.staff, begun.why) == (person.badge, staff.badge, "misspelt")
    kiosk.kill()
    kiosk.start()
    kiosk.post("staff/card", code=kiosk.world.key_card(staff))
    kiosk.post("staff/unlock", pin=PIN)
    assert kiosk.post("staff/badge-name", **which) == {"name": "Chan Tai-man"}

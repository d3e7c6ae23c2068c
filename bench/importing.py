"""A list of thousands taken in: its CPU time, and how long everybody else waits meanwhile.

The CPU time is of the whole command `jianmen registry import` by itself, from a workbook; the floor is the same command
of another checkout with the same people as CSV, in the same run. Both have taken in a small list before: their modules
are compiled, as those of an installed product are. Meanwhile, over real HTTP, a kiosk exchanges, a desk registers and a
page asks for the headcount, while the command imports through the running server.
"""

import csv
import os
import random
import resource
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import requests
import xlsxwriter

from bench.exchange.idle import OURS, _run, _serving
from bench.support.figure import Figure, percentile
from bench.support.logs import EVENT, GATES
from sync.enrolment.client import enrol
from sync.exchange.exchange import Asker
from sync.store.replica import Replica
from sync.transport.http_client import HttpClient
from sync.wire.device_key import DeviceKey
from sync.wire.enrolment_code import EnrolmentCode

PEOPLE = 26_000
EVERY_S = 0.1
"""Between two questions of each kind."""

SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹"
GIVEN = "伟芳娜敏静秀英丽强磊军洋勇艳杰娟涛明超兰霞平刚桂文辉云建华志国宇浩然子轩梓涵嘉欣怡思雨"
LATIN = (
    "James",
    "Søren",
    "Łukasz",
    "Nguyễn",
    "Ka Ming",
    "Siu Ling",
    "Chan",
    "Wong",
    "Müller",
    "O'Brien",
)
PLACES = (
    "四川",
    "西南",
    "成都",
    "香港",
    "深圳",
    "乐山",
    "广州",
    "騰訊",
    "華為",
    "長虹",
    "HSBC",
    "Deloitte",
)
HEADER = ["ref", "name", "organisation", "language", "ticket", "venues", "days", "sessions"]


def importing(folder: Path, against: Path | None, people: int = PEOPLE) -> list[Figure]:
    """Four lines: CPU time, and the slowest exchange, walk-up and headcount in a hundred. `against` is a checkout with
    its own `.venv`."""
    chosen = random.Random(PEOPLE)  # the same list in every run
    rows = [_row(n, chosen) for n in range(people)]
    workbook, text = folder / "people.xlsx", folder / "people.csv"
    _write(workbook, text, rows)
    few = (folder / "few.xlsx", folder / "few.csv")
    _write(*few, [[f"F{row[0]}", *row[1:]] for row in rows[:20]])
    ours = _cpu_s(OURS, Path(sys.executable), folder / "ours", workbook, few[0])
    theirs = None
    if against is not None:
        theirs = _cpu_s(
            against, against / ".venv" / "bin" / "python", folder / "theirs", text, few[1]
        )
    floor = "none" if against is None else f"the build in {against.name} from CSV, in the same run"
    note = f"{people:,} people from XLSX, the whole command; floor: {floor}; wanted: 1/4"
    load = f"while {people:,} people come in through the server; load {os.getloadavg()[0]:.1f}; wanted: 300"
    figures = [Figure("import", ours, theirs, "s", note)]
    for name, taken in _meanwhile(folder / "served", workbook).items():
        figures.append(
            Figure(
                f"{name} during import",
                percentile(taken, 99),
                None,
                "ms",
                f"p99 of {len(taken)}, {load}",
            )
        )
    return figures


def _row(n: int, chosen: random.Random) -> list[str]:
    """A person as in the list of a forum: three in five with simplified names, one in seven with Latin ones."""
    kind = chosen.random()
    if kind < 0.6:
        name = chosen.choice(SURNAMES) + "".join(chosen.choices(GIVEN, k=chosen.choice((1, 2, 2))))
        language = "zh-Hans"
    elif kind < 0.85:
        name, language = (
            chosen.choice("陳張劉楊黃趙吳鄭謝許")
            + "".join(chosen.choices("偉芳嫻敏靜麗強傑", k=2)),
            "zh-Hant",
        )
    else:
        name, language = f"{chosen.choice(LATIN)} {chosen.choice(LATIN)}", "en"
    company = chosen.choice(PLACES) + chosen.choice(
        ("大学", "科技有限公司", "医院", "研究院", "銀行", " Holdings")
    )
    ticket = chosen.choices(("delegate", "speaker", "staff"), (90, 7, 3))[0]
    venues = chosen.choice(("chengdu", "meishan", "chengdu;meishan", ""))
    return [
        f"R{n:06}",
        name,
        company,
        language,
        ticket,
        venues,
        chosen.choice(("2020-11-17", "")),
        "",
    ]


def _write(workbook: Path, text: Path, rows: list[list[str]]) -> None:
    with text.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([HEADER, *rows])
    with xlsxwriter.Workbook(workbook) as book:
        sheet = book.add_worksheet()
        for number, cells in enumerate([HEADER, *rows]):
            sheet.write_row(number, 0, cells)


def _registry(build: Path, python: Path, folder: Path) -> tuple[list[str], list[str]]:
    """A new registry; the command, and the options that name its folder."""
    folder.mkdir()
    command = [str(python.parent / "jianmen"), "registry"]
    data = ["--data", str(folder / "registry")]
    password = folder / "password"
    password.write_text(secrets.token_hex(16))
    event = build / EVENT.relative_to(OURS)  # as that build knows events
    _run(build, [*command, "init", str(event), *data, "--password-file", str(password)])
    return command, data


def _cpu_s(build: Path, python: Path, folder: Path, people: Path, few: Path) -> float:
    """CPU seconds of the command that imports a list with no server running."""
    command, data = _registry(build, python, folder)
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(folder / "bytecode")}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    spent = 0.0
    for one in (few, people):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(
            [*command, "import", str(one), *data],
            cwd=build,
            env=environment,
            check=True,
            capture_output=True,
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return spent


def _meanwhile(folder: Path, workbook: Path) -> dict[str, list[float]]:
    """Milliseconds of each kind of question while a list comes in."""
    command, data = _registry(OURS, Path(sys.executable), folder)
    with _serving(OURS, [*command, "serve", *data, "--port", "0", "--trust-clock"]) as server:
        note = msgspec.json.decode((folder / "registry" / "serving.json").read_bytes())
        url = f"http://127.0.0.1:{server.port}"
        code = msgspec.json.decode(
            _run(OURS, [*command, "enrol", *data, "--gate", GATES[0], "--url", url, "--json"])
        )["text"]
        api = _Api(f"{url}/api/v1", note["token"])
        kiosk = _Kiosk(folder, code)
        asked: dict[str, Callable[[], None]] = {
            "exchange": kiosk.exchange,
            "walk-up": api.register,
            "headcount": api.headcount,
        }
        for one in asked.values():
            one()
        stopped = threading.Event()
        taken: dict[str, list[float]] = {name: [] for name in asked}
        threads = [
            threading.Thread(target=_ask, args=(one, taken[name], stopped))
            for name, one in asked.items()
        ]
        for thread in threads:
            thread.start()
        subprocess.run([*command, "import", str(workbook), *data], check=True, capture_output=True)
        stopped.set()
        for thread in threads:
            thread.join()
        kiosk.close()
        return taken


def _ask(one: Callable[[], None], taken: list[float], stopped: threading.Event) -> None:
    while not stopped.wait(EVERY_S):
        began = time.perf_counter()
        one()
        taken.append((time.perf_counter() - began) * 1000)


class _Api:
    """The public interface, as an admin's page uses it."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url
        self._token = token
        self._registered = 0

    def register(self) -> None:
        self._registered += 1
        body = {"ref": f"W{self._registered}", "name": "Walk In", "ticket": "delegate"}
        self._send("POST", "/registrants", body)

    def headcount(self) -> None:
        self._send("GET", "/headcount", None)

    def _send(self, method: str, path: str, body: dict[str, str] | None) -> None:
        headers = {"Authorization": f"Bearer {self._token}"}
        requests.request(
            method, self._url + path, json=body, headers=headers, timeout=60
        ).raise_for_status()


class _Kiosk:
    """A kiosk that reports what it has and takes nothing: what it would be given is the same for each exchange."""

    def __init__(self, folder: Path, code: str) -> None:
        self._identity = DeviceKey.at(folder / "device.key")
        enrolment = enrol(EnrolmentCode.parse(code), self._identity)
        self._replica = Replica(folder / "kiosk.db", enrolment.registry_public, enrolment.registry)
        self._asker = Asker(
            self._replica, self._identity, _wall_ms, lambda: None, enrolment.registry
        )
        self._link = HttpClient(enrolment.registry_url, enrolment.certificate_pin)

    def exchange(self) -> None:
        self._link.post("/v1/exchange", self._asker.request())

    def close(self) -> None:
        self._link.close()
        self._replica.close()


def _wall_ms() -> int:
    return time.time_ns() // 1_000_000

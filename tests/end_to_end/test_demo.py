"""The demo as somebody runs it: a registry, kiosks and carriers in processes of their own, real pictures, real cuts."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

JIANMEN = Path(sys.executable).with_name("jianmen")
PATIENCE_S = 240.0
"""For whatever must come to be: the machine may be busy with other tests."""


class RunningDemo:
    """`jianmen demo --json` and all that it has printed so far."""

    def __init__(self, data: Path, *arguments: str) -> None:
        self.data = data
        self.states: list[dict[str, Any]] = []
        self.result: dict[str, Any] | None = None
        self.process = subprocess.Popen(
            [JIANMEN, "demo", "--json", "--data", data, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.messages: list[str] = []
        self._readers = [
            threading.Thread(target=self._read_states),
            threading.Thread(target=self._read_messages),
        ]
        for reader in self._readers:
            reader.start()

    def _read_states(self) -> None:
        for line in self.process.stdout or ():
            printed = json.loads(line)
            if "state" in printed:
                self.states.append(printed["state"])
            else:
                self.result = printed["result"]

    def _read_messages(self) -> None:
        self.messages += self.process.stderr or ()

    def wait_for(self, what: str, seen: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The first state in which something is seen."""
        until = time.monotonic() + PATIENCE_S
        looked = 0
        while time.monotonic() < until:
            while looked < len(self.states):
                looked += 1
                if seen(self.states[looked - 1]):
                    return self.states[looked - 1]
            assert self.process.poll() is None, f"ended before {what}: {''.join(self.messages)}"
            time.sleep(0.2)
        raise AssertionError(f"never: {what}; last {self.states[-1:]} {''.join(self.messages)}")

    def control(self, *messages: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [JIANMEN, "demo", "control", "--data", self.data, *messages],
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
        )

    def end(self) -> int:
        """Wait until it has ended by itself; its exit status."""
        status = self.process.wait(PATIENCE_S)
        for reader in self._readers:
            reader.join()
        return status

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.end()
        for pipe in (self.process.stdout, self.process.stderr):
            if pipe is not None:
                pipe.close()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., RunningDemo]]:
    started: list[RunningDemo] = []

    def begin(*arguments: str) -> RunningDemo:
        started.append(RunningDemo(tmp_path / "demo", *arguments))
        return started[-1]

    yield begin
    for one in started:
        one.close()


def left_behind(data: Path) -> list[str]:
    """Processes that still name the demo's folder on their command line, or work in it."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            files = [link.readlink() for link in (process / "fd").iterdir()]
        except OSError:
            continue  # ended meanwhile, or not ours
        if int(process.name) != os.getpid() and (
            str(data) in command or any(file.is_relative_to(data) for file in files)
        ):
            found.append(command)
    return found


def venue(state: dict[str, Any], name: str) -> dict[str, Any]:
    return next(one for one in state["venues"] if one["venue"] == name)


def answered(state: dict[str, Any], gate: str) -> int:
    answers = next(one["answers"] for one in state["gates"] if one["gate"] == gate)
    return sum(sum(reasons.values()) for reasons in answers.values())


def test_a_venue_that_is_cut_off_goes_on_badges_are_printed_and_at_ctrl_c_everybody_is_counted(
    start: Callable[..., RunningDemo],
) -> None:
    demo = start("--seed", "1", "--people", "60", "--print")
    demo.wait_for("people at Meishan", lambda state: answered(state, "meishan-main-1") > 0)
    assert demo.control("cut", "meishan").returncode == 0
    cut = demo.wait_for("the cut", lambda state: venue(state, "meishan")["link"] == "cut")
    before = answered(cut, "meishan-main-1")
    went_on = demo.wait_for(
        "the door going on while its number grows old",
        lambda state: (
            answered(state, "meishan-main-1") > before
            and (venue(state, "meishan")["age_s"] or 0) > 5
        ),
    )
    backlog = {gate["gate"]: gate["backlog"] for gate in went_on["gates"]}
    assert backlog["meishan-main-1"] > 0
    assert venue(went_on, "meishan")["people"] <= venue(went_on, "meishan")["truly_let_in"]
    assert venue(went_on, "chengdu")["age_s"] < venue(went_on, "meishan")["age_s"]
    assert demo.control("heal", "meishan").returncode == 0
    demo.wait_for("a badge", lambda _: bool(list(demo.data.rglob("badges/*.pdf"))))
    demo.wait_for(
        "somebody let in everywhere",
        lambda state: all(one["truly_let_in"] for one in state["venues"]),
    )
    demo.process.send_signal(signal.SIGINT)
    status = demo.end()
    messages = "".join(demo.messages)
    assert demo.result is not None, messages
    assert demo.result["drained"], demo.result
    assert demo.result["equal"], demo.result
    assert status == 0, messages
    assert all(one["let_in"] == one["counted"] > 0 for one in demo.result["venues"])
    assert demo.result["data"] == str(demo.data)
    [desk] = {badge.parent for badge in demo.data.rglob("badges/*.pdf")}
    assert f"come out in {desk}" in messages
    assert all(badge.read_bytes().startswith(b"%PDF") for badge in desk.glob("*.pdf"))
    assert left_behind(demo.data) == []


def test_ctrl_c_while_everything_starts_ends_what_has_started(
    start: Callable[..., RunningDemo],
) -> None:
    demo = start("--people", "20")
    until = time.monotonic() + PATIENCE_S
    while not list(demo.data.glob("logs/registry.log")) and time.monotonic() < until:
        time.sleep(0.05)
    demo.process.send_signal(signal.SIGINT)
    assert demo.end() == 0, "".join(demo.messages)
    assert str(demo.data) in "".join(demo.messages)
    assert left_behind(demo.data) == []


def test_a_folder_with_something_in_it_is_not_taken(tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    done = subprocess.run(
        [JIANMEN, "demo", "--data", tmp_path], capture_output=True, text=True, timeout=PATIENCE_S
    )
    assert done.returncode == 2
    assert "not empty" in done.stderr


def test_cutting_a_venue_of_no_demo_says_that_none_runs(tmp_path: Path) -> None:
    done = subprocess.run(
        [JIANMEN, "demo", "control", "--data", tmp_path, "cut", "meishan"],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert done.returncode == 1
    assert str(tmp_path) in done.stderr

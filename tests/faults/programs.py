"""Real processes: in groups of their own, waited for by what they reach, and gone at the end whatever happens."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

ROOT = Path(__file__).parents[2]
JIANMEN = (sys.executable, "-c", "from jianmen.cli.main import main; main(prog_name='jianmen')")

LOOK_S = 0.02
PATIENCE_S = 60.0
"""No claim about speed: how long a condition may take on a machine that does much else."""

Found = TypeVar("Found")


def until(ask: Callable[[], Found], what: str, within_s: float = PATIENCE_S) -> Found:
    """What `ask` gives, as soon as it is true. Fails where it never is."""
    deadline = time.monotonic() + within_s
    while True:
        found = ask()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {within_s:.0f} s for {what}")
        time.sleep(LOOK_S)


class Program:
    """One process with all that it starts."""

    def __init__(
        self, name: str, arguments: Sequence[str], log: Path, netns: str | None = None
    ) -> None:
        self.name = name
        self.log = log
        setpriv = shutil.which("setpriv")
        mortal = [setpriv, "--pdeathsig", "KILL"] if setpriv else []
        inside = ["ip", "netns", "exec", netns] if netns else []
        with log.open("ab") as words:
            self.process = subprocess.Popen(
                [*mortal, *inside, *arguments],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=words,
                process_group=0,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def say(self, line: str) -> None:
        """Write a line to it."""
        assert self.process.stdin is not None
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()

    def lines(self) -> Iterator[str]:
        """What it prints, until it ends; a line that was cut off by its death is no line."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.endswith(b"\n"):
                yield line.decode().rstrip("\n")

    def next_line(self) -> str:
        """The next line that it prints. Fails where it has ended."""
        line = next(self.lines(), None)
        assert line is not None, f"{self.name} has ended:\n{self.last_words}"
        return line

    @property
    def last_words(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-25:])

    def resident_kb(self) -> int:
        """Memory held by the largest process of its group, in KiB, as the kernel counts it."""
        return max((_resident_kb(pid) for pid in self.group()), default=0)

    def group(self) -> list[int]:
        """The processes of its group."""
        found = []
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = stat.read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[2]) == self.pid:
                found.append(int(stat.parent.name))
        return found

    def kill(self) -> None:
        """As a pulled plug would: at once, with everything that it started."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._gone()

    def stop(self) -> int:
        """Ask it to end; its exit status."""
        self.process.terminate()
        try:
            self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"{self.name} does not end:\n{self.last_words}") from None
        self.kill()
        return self.process.returncode

    def _gone(self) -> None:
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except BrokenPipeError:
                    continue


class Programs:
    """The processes of one test."""

    def __init__(self, logs: Path) -> None:
        logs.mkdir(exist_ok=True)
        self._logs = logs
        self._started: list[Program] = []

    def start(self, name: str, arguments: Sequence[str], netns: str | None = None) -> Program:
        program = Program(name, arguments, self._logs / f"{name}.log", netns)
        self._started.append(program)
        return program

    def jianmen(self, name: str, *arguments: str, netns: str | None = None) -> Program:
        """Start a `jianmen` command."""
        return self.start(name, [*JIANMEN, *arguments], netns)

    def end(self) -> None:
        for program in self._started:
            program.kill()


@contextmanager
def programs(logs: Path) -> Iterator[Programs]:
    """Processes that are gone at the end, on failure too."""
    started = Programs(logs)
    try:
        yield started
    finally:
        started.end()


def jianmen(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a `jianmen` command to its end."""
    return subprocess.run(
        [*JIANMEN, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE_S * 2
    )


def _resident_kb(pid: int) -> int:
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
    except OSError:
        pass
    return 0

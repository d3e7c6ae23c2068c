"""Real processes: in groups of their own, watched, and gone at the end whatever happens."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import jianmen as package
from jianmen.testing.waiting import PATIENCE_S

ROOT = Path(package.__file__).parents[1]
"""The folder from which our packages are imported."""

JIANMEN = (sys.executable, "-c", "from jianmen.cli.main import main; main(prog_name='jianmen')")
LOG_TAIL_LINES = 25


class ProgramError(RuntimeError):
    """A program has ended that should not have, or does not end."""


class Program:
    """One process with all that it starts, in a process group of its own: Ctrl-C in the terminal does not reach it, and
    it dies with the process that started it. `log` is the file to which its messages are appended."""

    def __init__(
        self,
        name: str,
        arguments: Sequence[str],
        log: Path,
        *,
        netns: str | None = None,
        piped: bool = True,
        folder: Path = ROOT,
    ) -> None:
        """`netns` is a network namespace to run in; `piped` False: it reads nothing, and what it prints goes to `log`
        too; `folder` is its working directory."""
        self.name = name
        self.log = log
        inside = ["ip", "netns", "exec", netns] if netns else []
        with log.open("ab") as messages:
            self.process = subprocess.Popen(
                [*_dies_with_us(), *inside, *arguments],
                cwd=folder,
                stdin=subprocess.PIPE if piped else subprocess.DEVNULL,
                stdout=subprocess.PIPE if piped else messages,
                stderr=messages,
                process_group=0,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def check(self) -> None:
        """Raises ProgramError if it has ended."""
        code = self.process.poll()
        if code is not None:
            raise ProgramError(
                f"{self.name} has ended by itself ({_ending(code)}); its last words, from {self.log}:\n"
                f"{self.log_tail}"
            )

    def write_line(self, line: str) -> None:
        """Write a line to its standard input."""
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
        """The next line that it prints. Raises ProgramError if it has ended."""
        line = next(self.lines(), None)
        if line is None:
            self.process.wait()
            self.check()
        assert line is not None
        return line

    @property
    def log_tail(self) -> str:
        """The last lines of its log."""
        lines = self.log.read_text(errors="replace").splitlines()[-LOG_TAIL_LINES:]
        return "\n".join(f"  {line}" for line in lines) or "  (it said nothing)"

    def resident_kb(self) -> int:
        """Resident memory of the largest process of its group (KiB; Linux, proc(5): VmRSS)."""
        return max((_memory_kb(pid, "VmRSS:") for pid in self.group()), default=0)

    def resident_together_kb(self) -> int:
        """Resident memory of it and all processes below it, what they share counted for each (KiB)."""
        below = {self.pid}
        parents = dict(_parents())
        while more := {pid for pid, parent in parents.items() if parent in below} - below:
            below |= more
        return sum(_memory_kb(pid, "VmRSS:") for pid in below)

    def peak_resident_kb(self) -> int:
        """The most memory that it has had resident so far (KiB; Linux, proc(5): VmHWM)."""
        return _memory_kb(self.pid, "VmHWM:")

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
        """End it at once with everything that it started, as a pulled plug would. Safe to repeat."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                with suppress(BrokenPipeError):
                    pipe.close()

    def stop(self, within_s: float = PATIENCE_S) -> int:
        """Ask it to end, as a service manager would; returns its exit status. What it left behind is killed. Raises
        ProgramError, and kills it, if it does not end in time."""
        self.process.terminate()
        try:
            self.process.wait(max(0.0, within_s))
        except subprocess.TimeoutExpired:
            raise ProgramError(f"{self.name} does not end:\n{self.log_tail}") from None
        finally:
            self.kill()
        return self.process.returncode


class Programs:
    """Processes that are started, watched and ended together."""

    def __init__(self, logs: Path) -> None:
        """`logs` is the folder for their messages."""
        logs.mkdir(exist_ok=True)
        self._logs = logs
        self._started: list[Program] = []

    def start(
        self,
        name: str,
        arguments: Sequence[str],
        netns: str | None = None,
        *,
        piped: bool = True,
        folder: Path = ROOT,
    ) -> Program:
        """Start any program; the arguments are those of Program."""
        log = self._logs / f"{name}.log"
        program = Program(name, arguments, log, netns=netns, piped=piped, folder=folder)
        self._started.append(program)
        return program

    def jianmen(self, name: str, *arguments: str, netns: str | None = None) -> Program:
        """Start a `jianmen` command."""
        return self.start(name, [*JIANMEN, *arguments], netns)

    def check(self) -> None:
        """Raises ProgramError if one has ended."""
        for program in self._started:
            program.check()

    def stop(self, within_s: float) -> list[str]:
        """Ask all to end, the one that was started first at last; returns the names of those that had to be killed.
        Safe to repeat."""
        killed = _stopped(self._started[1:], within_s) + _stopped(self._started[:1], within_s)
        self._started.clear()
        return killed

    def kill(self) -> None:
        """Safe to repeat."""
        for program in self._started:
            program.kill()


def _stopped(programs: Sequence[Program], within_s: float) -> list[str]:
    """Stop these together; returns the names of those that had to be killed."""
    for program in programs:
        program.process.terminate()
    deadline = time.monotonic() + within_s
    killed = []
    for program in programs:
        try:
            program.stop(deadline - time.monotonic())
        except ProgramError:
            killed.append(program.name)
    return killed


@contextmanager
def programs(logs: Path) -> Iterator[Programs]:
    """Processes that are gone at the end, on failure too."""
    started = Programs(logs)
    try:
        yield started
    finally:
        started.kill()


def jianmen(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a `jianmen` command to its end."""
    return subprocess.run(
        [*JIANMEN, *arguments],
        check=False,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S * 2,
    )


def _dies_with_us() -> list[str]:
    """A prefix with which the kernel ends a process when this one is killed outright (prctl(2), PR_SET_PDEATHSIG)."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "KILL"] if setpriv else []


def _parents() -> Iterator[tuple[int, int]]:
    """Every process, and the one that started it."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has ended meanwhile
        yield int(stat.parent.name), int(fields[1])


def _ending(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit {code}"


def _memory_kb(pid: int, field: str) -> int:
    """A line of a process's status; 0 if the process is gone."""
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith(field):
                return int(line.split()[1])
    except OSError:
        pass
    return 0

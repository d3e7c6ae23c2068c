"""The demo's processes: started in order, watched, and ended for certain."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jianmen.demo.errors import DemoError

ENDING_S = 15.0
"""How long processes may take to end by themselves before they are killed: the registry gives requests ten seconds."""

TAIL_LINES = 12
"""Of a dead process's last words."""

COMMAND = (sys.executable, "-c", "from jianmen.cli.main import main; main(prog_name='jianmen')")


@dataclass(frozen=True)
class Child:
    """One process, and the file that its words go to."""

    name: str
    process: "subprocess.Popen[bytes]"
    log: Path

    @property
    def last_words(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines()
        return "\n".join(f"  {line}" for line in lines[-TAIL_LINES:]) or "  (it said nothing)"


class Children:
    """All processes of one demo. `end` is safe to repeat."""

    def __init__(self, logs: Path) -> None:
        """`logs` is the folder for their words."""
        self._logs = logs
        self._children: list[Child] = []

    def start(self, name: str, arguments: Sequence[str]) -> None:
        """Start `jianmen` with these arguments."""
        self._children.append(self._spawn(name, arguments))

    def _spawn(self, name: str, arguments: Sequence[str]) -> Child:
        log = self._logs / f"{name}.log"
        with log.open("ab") as words:
            # A process group of its own: Ctrl-C in the terminal reaches the demo, which ends them in good order.
            process = subprocess.Popen(
                [*_dies_with_us(), *COMMAND, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=words,
                stderr=subprocess.STDOUT,
                process_group=0,
            )
        return Child(name, process, log)

    def check(self) -> None:
        """Raises DemoError where a process has ended that should not have."""
        for child in self._children:
            code = child.process.poll()
            if code is not None:
                raise DemoError(
                    f"{child.name} has ended by itself ({_ending(code)}); its last words, from {child.log}:\n"
                    f"{child.last_words}"
                )

    def end(self) -> list[str]:
        """Ask all to end, the one that was started first at last, and kill those that do not; says whom it killed."""
        killed = _ended(self._children[1:]) + _ended(self._children[:1])
        self._children.clear()
        return killed


def _ended(children: Sequence[Child]) -> list[str]:
    for child in children:
        child.process.terminate()
    deadline = time.monotonic() + ENDING_S
    killed = []
    for child in children:
        try:
            child.process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            killed.append(child.name)
        _kill_group(child.process.pid)  # whatever it had started and left behind
        child.process.wait()
    return killed


def _dies_with_us() -> list[str]:
    """A prefix with which the kernel ends a process when this one is killed outright (prctl(2), PR_SET_PDEATHSIG)."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "KILL"] if setpriv else []


def _kill_group(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        return  # nobody left


def _ending(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit {code}"

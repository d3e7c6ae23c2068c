"""Commands to a running demo (cut and heal links, end): a socket in its data folder, and its client.

One line in (`cut meishan`, `heal meishan`, `state`, `end`), one line of JSON out.
"""

import os
import select
import socket
import sys
import tempfile
import termios
import threading
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self

import msgspec

from jianmen.demo.errors import DemoError

SOCKET = "control.sock"
FOLDER = "jianmen-demo-"
"""How the name of a demo's temporary folder begins."""

MOST_BYTES = 1000
PATIENCE_S = 10.0


class Reply(msgspec.Struct, frozen=True):
    """The result of a command; `error` is None if it was carried out."""

    done: str = ""
    error: str | None = None


class ControlSocket:
    """Listens in the demo's data folder; each command is carried out by `carry_out`, which returns a message or raises
    DemoError."""

    def __init__(self, data: Path, carry_out: Callable[[str, list[str]], str]) -> None:
        self._carry_out = carry_out
        self._path = data / SOCKET
        self._path.unlink(missing_ok=True)
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        with _address(self._path) as address:
            self._listener.bind(address)
        self._listener.listen()
        self._thread = threading.Thread(target=self._serve, name="demo control")
        self._thread.start()

    def close(self) -> None:
        """Safe to repeat."""
        with suppress(OSError):  # closed already
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()
        self._path.unlink(missing_ok=True)

    def _serve(self) -> None:
        while True:
            try:
                caller, _ = self._listener.accept()
            except OSError:
                return  # closed
            with caller:
                caller.settimeout(PATIENCE_S)
                try:
                    line = caller.makefile("rb").readline(MOST_BYTES).decode(errors="replace")
                    caller.sendall(msgspec.json.encode(self._answer(line.split())) + b"\n")
                except OSError:
                    continue  # whoever called is gone

    def _answer(self, args: list[str]) -> Reply:
        try:
            return Reply(self._carry_out(args[0] if args else "", args[1:]))
        except DemoError as error:
            return Reply(error=str(error))


def send(data: Path | None, args: list[str]) -> str:
    """Give a command to the demo of a data folder (None: the one that runs here). Raises DemoError."""
    path = (data or running_demo()) / SOCKET
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as speaker:
        speaker.settimeout(PATIENCE_S)
        try:
            with _address(path) as address:
                speaker.connect(address)
            speaker.sendall(" ".join(args).encode() + b"\n")
            raw = speaker.makefile("rb").readline()
        except OSError as error:
            raise DemoError(
                f"no demo answers in {path.parent} ({error.strerror or error})"
            ) from None
    try:
        reply = msgspec.json.decode(raw, type=Reply)
    except msgspec.DecodeError:
        raise DemoError(f"the demo in {path.parent} ended before it answered") from None
    if reply.error is not None:
        raise DemoError(reply.error)
    return reply.done


def running_demo() -> Path:
    """The folder of the newest demo that runs in a temporary folder here. Raises DemoError."""
    sockets = Path(tempfile.gettempdir()).glob(f"{FOLDER}*/{SOCKET}")
    mine = [path for path in sockets if path.stat().st_uid == os.getuid()]
    if not mine:
        raise DemoError(
            "no demo runs here; start one with: jianmen demo, or name its folder: --data DIR"
        )
    return max(mine, key=lambda path: path.stat().st_mtime).parent


@contextmanager
def _address(path: Path) -> Iterator[str]:
    """A name of the socket that is short whatever its folder is called: addresses have 107 bytes at most (unix(7))."""
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


class Keys:
    """While open, keys are read as they are pressed; Ctrl-C still interrupts. Without a terminal there are none."""

    def __init__(self) -> None:
        self._before: list[Any] | None = None

    def __enter__(self) -> Self:
        if sys.stdin.isatty():
            self._before = termios.tcgetattr(sys.stdin)
            tty.setcbreak(sys.stdin)
        return self

    def __exit__(self, *_: object) -> None:
        if self._before is not None:
            termios.tcsetattr(sys.stdin, termios.TCSADRAIN, self._before)
            self._before = None

    def pressed(self) -> str:
        """The keys pressed since, in order."""
        if self._before is None or not select.select([sys.stdin], [], [], 0)[0]:
            return ""
        return os.read(sys.stdin.fileno(), 64).decode(errors="replace")

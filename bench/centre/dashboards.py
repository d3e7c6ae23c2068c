"""A new entry on two hundred open dashboards, over real HTTP, and the memory that they cost the server."""

import os
import selectors
import socket
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from access.log.chain import device_id
from access.log.entry import Clock
from bench.centre.filled import EVERY_MS, fill_registry, lasts_ms
from bench.exchange.idle import OURS, _serving
from bench.support.figure import Figure, percentile
from bench.support.logs import GATES, kiosks, present_event, wall_ms
from jianmen.testing.log_writer import LogWriter, admission, boot_body
from sync.exchange.exchange import Asker
from sync.store.replica import Replica
from sync.transport.http_client import HttpClient

STREAMS = 200
OF_ONE_ADDRESS = 20
"""The server bounds what one address may have at once: the dashboards are at ten."""

TRIALS = 12
KEPT_BYTES = 64
"""Of what was read: the beginning of a line may have come without its end."""

WITHIN_S = 30.0


def dashboards(
    folder: Path,
    people: int,
    entries: int = 20_000,
    streams: int = STREAMS,
    trials: int = TRIALS,
) -> list[Figure]:
    """Two lines: until the last dashboard has an entry, and megabytes of the server before and with all of them."""
    began_ms = wall_ms() - lasts_ms(entries) - EVERY_MS
    data = folder / "registry"
    public = fill_registry(data, present_event(), began_ms, people, entries)
    command = [str(Path(sys.executable).parent / "jianmen"), "registry", "serve"]
    options = ["--data", str(data), "--port", "0", "--open-here", "--trust-clock"]
    with _serving(OURS, [*command, *options]) as server, ExitStack() as stack:
        kiosk = _Kiosk(public, server.port)
        stack.callback(kiosk.close)
        before = _memory_mb(server.pid)
        pages = stack.enter_context(_Pages(server.port, streams))
        pages.until_there()
        taken = []
        for _ in range(
            1 + trials
        ):  # the first while the server still makes its index of names: left out
            marks = list(pages.marks)
            began = time.perf_counter()
            kiosk.lets_in()
            pages.until_changed(marks)
            taken.append(time.perf_counter() - began)
            time.sleep(0.7)  # longer than a count is kept: each is the first after a pause
        after = _memory_mb(server.pid)
    first, *taken = taken
    note = (
        f"until the last of {streams} dashboards has an entry, from the moment its kiosk sends it; worst of {trials},"
        f" median {percentile(taken, 50) * 1000:.0f} ms, just after the start {first * 1000:.0f} ms;"
        f" {people:,} people, {entries:,} entries; wanted: 1000"
    )
    memory = (
        f"of the server with {people:,} people, {entries:,} entries and {streams} open dashboards; floor: without"
        " these; wanted: 310, and 30 more with them"
    )
    return [
        Figure("centre dashboards", max(taken) * 1000, None, "ms", note),
        Figure("centre memory", after, before, "MB", memory),
    ]


def _memory_mb(pid: int) -> float:
    """The memory of a process and those under it, shared pages counted once (Linux, proc(5))."""
    total = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
            if pid in (parent, int(stat.parent.name)):
                rollup = stat.with_name("smaps_rollup").read_text().splitlines()
                total += next(int(line.split()[1]) for line in rollup if line.startswith("Pss:"))
        except OSError:
            continue  # it has ended meanwhile
    return total / 1024


class _Pages:
    """Open streams; `marks` has the id of the last headcount that each has got."""

    def __init__(self, port: int, count: int) -> None:
        self.marks: list[bytes | None] = [None] * count
        self._port = port
        self._texts = [b""] * count
        self._sockets: list[socket.socket] = []
        self._selector = selectors.DefaultSelector()

    def __enter__(self) -> Self:
        for number in range(len(self.marks)):
            self._open(number)
        return self

    def __exit__(self, *_: object) -> None:
        for one in self._sockets:
            one.close()
        self._selector.close()

    def _open(self, number: int) -> None:
        source = (f"127.0.0.{2 + number // OF_ONE_ADDRESS}", 0)
        sock = socket.create_connection(("127.0.0.1", self._port), WITHIN_S, source)
        sock.sendall(b"GET /api/v1/headcount/stream HTTP/1.1\r\nHost: localhost\r\n\r\n")
        sock.setblocking(False)
        self._sockets.append(sock)
        self._selector.register(sock, selectors.EVENT_READ, number)

    def until_changed(self, marks: list[bytes | None]) -> None:
        """Wait until every page has another headcount than it had."""
        self._wait(lambda: all(a != b for a, b in zip(self.marks, marks, strict=True)))

    def until_there(self) -> None:
        """Wait until every page has a headcount."""
        self._wait(lambda: None not in self.marks)

    def _wait(self, done: Callable[[], bool]) -> None:
        until = time.monotonic() + WITHIN_S
        while not done():
            if time.monotonic() > until:
                lacking = sum(mark is None for mark in self.marks)
                raise RuntimeError(f"a dashboard got nothing in {WITHIN_S} s ({lacking} never did)")
            for key, _ in self._selector.select(1.0):
                self._read(key.data)

    def _read(self, number: int) -> None:
        data = self._sockets[number].recv(1 << 20)
        if not data:  # a stream ends after half a minute; a browser comes back as this does
            raise RuntimeError("a stream has ended; measure fewer trials")
        text = self._texts[number] + data
        at = text.rfind(b"\nid: ")
        end = text.find(b"\n", at + 1)
        if at >= 0 and end >= 0:
            self.marks[number] = text[at + 5 : end]
            text = text[end:]
        self._texts[number] = text[-KEPT_BYTES:]


class _Kiosk:
    """One of the registry's kiosks, which has all that the registry knows, in a new log."""

    def __init__(self, registry_public: bytes, port: int) -> None:
        [device] = kiosks(1)
        registry = device_id(registry_public)
        self._log = LogWriter(device, "0000ffff", start_ms=wall_ms())
        self._replica = Replica(":memory:", registry_public, registry)
        self._asker = Asker(self._replica, device, wall_ms, lambda: None, registry)
        self._link = HttpClient(f"http://127.0.0.1:{port}", "")
        at_ms = wall_ms()
        clock = Clock(source="registry", trusted_ms=at_ms, mono_ms=at_ms, error_ms=100)
        self._log.write("boot", boot_body(device.fingerprint), mono_ms=at_ms)
        self._log.write("clock", clock, mono_ms=at_ms)
        self._exchange()
        self._send(0)

    def lets_in(self) -> None:
        """Let somebody in whom the roster does not know, and send that."""
        written = len(self._log.entries)
        at_ms = wall_ms()
        self._log.write("scan", admission(GATES[0], os.urandom(5), at_ms), at_ms, mono_ms=at_ms)
        self._send(written)

    def _send(self, after: int) -> None:
        with self._replica.transaction():
            self._replica.take(self._log.batch(after, len(self._log.entries)))
        self._exchange()

    def _exchange(self) -> None:
        while self._asker.receive(self._link.post("/v1/exchange", self._asker.request()))[1]:
            pass

    def close(self) -> None:
        self._link.close()
        self._replica.close()

"""Two venues and a registry as networks of their own: namespaces, bridges and one router, made and removed by a test.

    east: 10.77.1.0/24, kiosks .11 and .12    west: 10.77.2.0/24, kiosk .11    registry: 10.77.3.2

Nothing of it is joined to the machine's own network.
"""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass, field

NETS = {"east": 1, "west": 2, "centre": 3}
REGISTRY = "10.77.3.2"


class NoNetworksError(Exception):
    """This machine makes no network namespaces (or not for this user)."""


@dataclass
class Networks:
    """The three networks, joined by a router. Raises NoNetworksError where they cannot be made."""

    _mark: str = field(default_factory=lambda: f"jm{os.getpid()}")
    _made: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        try:
            self._router = self._space("r")
            self._in(self._router, "sysctl", "-q", "-w", "net.ipv4.ip_forward=1")
            for net, number in NETS.items():
                self._in(self._router, "ip", "link", "add", net, "type", "bridge")
                address = f"10.77.{number}.1/24"
                self._in(self._router, "ip", "address", "add", address, "dev", net)
                self._in(self._router, "ip", "link", "set", net, "up")
        except (subprocess.CalledProcessError, FileNotFoundError) as error:
            self.remove()
            raise NoNetworksError(str(error)) from error

    def host(self, net: str, last: int) -> str:
        """A new machine in one of the networks; the name of its namespace."""
        space = self._space(f"{net[0]}{last}")
        port = f"{self._mark}{net[0]}{last}"[-15:]
        _run("ip", "link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", space)
        _run("ip", "link", "set", port, "netns", self._router)
        self._in(self._router, "ip", "link", "set", port, "master", net, "up")
        number = NETS[net]
        self._in(space, "ip", "address", "add", f"10.77.{number}.{last}/24", "dev", "eth0")
        self._in(space, "ip", "link", "set", "eth0", "up")
        self._in(space, "ip", "route", "add", "default", "via", f"10.77.{number}.1")
        return space

    def _space(self, name: str) -> str:
        space = f"{self._mark}-{name}"
        _run("ip", "netns", "add", space)
        self._made.append(space)
        self._in(space, "ip", "link", "set", "lo", "up")
        return space

    def cut(self, net: str, last: int | None = None) -> None:
        """Everything that one machine (None: the whole venue) sends beyond its own network is dropped."""
        self._rule("add", net, last)

    def heal(self, net: str, last: int | None = None) -> None:
        """Join again what was cut with the same arguments."""
        self._rule("del", net, last)

    def _rule(self, verb: str, net: str, last: int | None) -> None:
        whose = f"10.77.{NETS[net]}.{last}/32" if last else f"10.77.{NETS[net]}.0/24"
        self._in(self._router, "ip", "rule", verb, "from", whose, "iif", net, "blackhole")

    def slow(self, space: str, rate: str = "512kbit") -> bool:
        """What a machine sends goes no faster than this; whether this kernel can."""
        limit = ["tbf", "rate", rate, "burst", "16kb", "latency", "400ms"]
        return self._shaped(space, limit)

    def lossy(self, space: str) -> bool:
        """What a machine sends is lost, doubled, late and out of order; whether this kernel can."""
        disorder = ["netem", "delay", "20ms", "10ms", "loss", "5%", "duplicate", "5%"]
        return self._shaped(space, [*disorder, "reorder", "20%"])

    def _shaped(self, space: str, discipline: list[str]) -> bool:
        command = ["ip", "netns", "exec", space, "tc", "qdisc", "replace", "dev", "eth0", "root"]
        done = subprocess.run([*command, *discipline], capture_output=True)
        return done.returncode == 0

    def _in(self, space: str, *command: str) -> None:
        _run("ip", "netns", "exec", space, *command)

    def remove(self) -> None:
        """Safe to repeat. Bridges and cables go with their namespaces."""
        while self._made:
            _run("ip", "netns", "delete", self._made.pop())


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)

"""Joins a wireless network by NetworkManager, and tells whether this machine has a network at all.

The password goes into a profile that root alone may read, never into the arguments of a program, which every process of
the machine can see. A profile that does not work is not kept.
"""

from __future__ import annotations

import logging
import os
import subprocess
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from access.text.wifi_code import Fault, WifiCode, WifiCodeError

Joined = Literal["joined", "wrong_password", "not_found", "no_adapter", "no_manager", "failed"]
"""What came of it: the network is not in reach, this machine has no radio (or a switched-off one), NetworkManager does
not run, or it failed in a way of which its log knows more."""

Outcome = Joined | Fault

PROFILES = Path("/etc/NetworkManager/system-connections")

WAIT_S = 45
"""How long NetworkManager may take to join: a radio may just have been switched on, an address is slow to come."""

NMCLI_S = 30
"""And how long nmcli may take over anything else."""

OURS = uuid.UUID("7d0c1f5c-5a0f-4b8e-9a53-6b5b0a6a3f0e")
"""Of the namespace of our profiles: showing the code of a network again replaces its profile."""

_NOT_RUNNING = 8
"""Exit status of nmcli (nmcli(1)) without NetworkManager."""

_WHY: tuple[tuple[str, Joined], ...] = (
    ("secrets were required", "wrong_password"),
    ("could not be found", "not_found"),
    ("no network with", "not_found"),
    ("no suitable device", "no_adapter"),
)
"""What nmcli says of a connection that did not come up, in lower case."""

log = logging.getLogger(__name__)


class NoManagerError(Exception):
    """NetworkManager is not installed, or does not run."""


@dataclass(frozen=True)
class NetworkManager:
    """NetworkManager of this machine, by its command. Needs root."""

    profiles: Path = PROFILES
    command: str = "nmcli"

    def join_by(self, text: str) -> Outcome:
        """Join the network of a code that was held up."""
        try:
            return self.join(WifiCode.parse(text))
        except WifiCodeError as error:
            return error.fault

    def join(self, code: WifiCode) -> Joined:
        """Join a network, now and at every start from now on."""
        name = uuid.uuid5(OURS, code.name)
        path = self.profiles / f"jianmen-{name}.nmconnection"
        before = path.read_bytes() if path.exists() else None
        try:
            self._nmcli("radio", "wifi", "on")
            _write(path, profile(code, name))
            outcome = self._up(path, name)
        except NoManagerError:
            outcome = "no_manager"
        except (OSError, subprocess.TimeoutExpired) as error:
            log.error("the network was not joined: %s", type(error).__name__)
            outcome = "failed"
        if outcome != "joined":
            self._put_back(path, before)
        return outcome

    def _up(self, path: Path, name: uuid.UUID) -> Joined:
        if self._nmcli("connection", "load", str(path)).returncode != 0:
            return "failed"
        done = self._nmcli("--wait", str(WAIT_S), "connection", "up", "uuid", str(name))
        if done.returncode == 0:
            return "joined"
        said = done.stderr.lower()
        log.warning("nmcli: %s", " ".join(done.stderr.split()))
        return next((outcome for words, outcome in _WHY if words in said), "failed")

    def _put_back(self, path: Path, before: bytes | None) -> None:
        """The profile of this network as it was before, or none."""
        try:
            if before is None:
                path.unlink(missing_ok=True)
            else:
                _write(path, before)
            self._nmcli("connection", "reload")
        except (NoManagerError, OSError, subprocess.TimeoutExpired) as error:
            log.warning("the profile was not put back: %s", type(error).__name__)

    def _nmcli(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Raises NoManagerError, OSError, subprocess.TimeoutExpired."""
        try:
            done = subprocess.run(
                [self.command, "--terse", *arguments],
                env={**os.environ, "LC_ALL": "C.UTF-8"},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=WAIT_S + NMCLI_S,
                check=False,
            )
        except FileNotFoundError as error:
            raise NoManagerError(f"{self.command} is not installed") from error
        if done.returncode == _NOT_RUNNING:
            raise NoManagerError("NetworkManager does not run")
        return done


def profile(code: WifiCode, name: uuid.UUID) -> bytes:
    """The network as NetworkManager keeps it (nm-settings-keyfile(5))."""
    lines = [
        *("[connection]", f"id=jianmen-{name}", f"uuid={name}", "type=wifi", "autoconnect=true"),
        *("", "[wifi]", "mode=infrastructure"),
        f"ssid={''.join(f'{byte};' for byte in code.name.encode())}",
    ]
    if code.hidden:
        lines.append("hidden=true")
    if code.security != "open":
        key_management = "wpa-psk" if code.security == "wpa" else "sae"
        lines += ["", "[wifi-security]", f"key-mgmt={key_management}"]
        lines.append(f"psk={_escaped(code.password)}")
    lines += ["", "[ipv4]", "method=auto", "", "[ipv6]", "method=auto", ""]
    return "\n".join(lines).encode()


def _escaped(value: str) -> str:
    """As a key file has a text: a blank at its start or end would be lost."""
    return value.replace("\\", "\\\\").replace(" ", "\\s")


def _write(path: Path, content: bytes) -> None:
    # NetworkManager leaves out files whose names begin with a dot: it never reads half of one.
    part = path.with_name(f".{path.name}")
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(descriptor)
    part.replace(path)


ROUTES = (Path("/proc/net/route"), Path("/proc/net/ipv6_route"))


def has_network(routes: tuple[Path, Path] = ROUTES) -> bool:
    """Whether this machine has an address in any network but its own (a route that is not the loopback's or a
    link's)."""
    four, six = (_lines(path) for path in routes)
    # Of IPv6 every link that is up has routes to itself and to all that speak on it; they lead nowhere.
    beyond = (line for line in six if not line[0].startswith(("fe80", "ff")) and line[-1] != "lo")
    return any(line[0] not in ("Iface", "lo") for line in four) or any(beyond)


def _lines(path: Path) -> list[list[str]]:
    try:
        return [line.split() for line in path.read_text(encoding="ascii").splitlines() if line]
    except OSError:
        return []

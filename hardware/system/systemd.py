"""Reports the state of the service to systemd by datagrams to the socket it names (sd_notify(3))."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping


class Notifier:
    """Sends to the service manager, or does nothing without one.

    Made from `NOTIFY_SOCKET` and `WATCHDOG_USEC` in the environment. Never raises and never blocks: a
    service must not fail because its supervisor is busy.
    """

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        address = environment.get("NOTIFY_SOCKET", "")
        # A leading @ stands for the zero byte of an abstract address (unix(7)).
        self._address = "\0" + address[1:] if address.startswith("@") else address
        usec = environment.get("WATCHDOG_USEC", "")
        self.watchdog_s: float | None = int(usec) / 2_000_000 if usec.isdecimal() else None
        """Seconds between two `watchdog` calls: half of what systemd allows; None without one."""

    def ready(self) -> None:
        """The service does its work from now on."""
        self._send("READY=1")

    def watchdog(self) -> None:
        """The loop that matters made progress."""
        self._send("WATCHDOG=1")

    def status(self, text: str) -> None:
        """One line for `systemctl status`."""
        self._send(f"STATUS={' '.join(text.splitlines())}")

    def stopping(self) -> None:
        """The service is shutting down on purpose."""
        self._send("STOPPING=1")

    def _send(self, message: str) -> None:
        if not self._address:
            return
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as channel:
            try:
                channel.sendto(message.encode(), self._address)
            except OSError:
                return

"""Addresses that other kiosks of the LAN announce by mDNS: hints, on which nothing relies.

Loaded only where mDNS is on: the library takes a carrier 5 MB.
"""

import socket
import threading

from zeroconf import (
    IPVersion,
    NonUniqueNameException,
    ServiceBrowser,
    ServiceInfo,
    ServiceStateChange,
    Zeroconf,
)

SERVICE = "_jianmen._tcp.local."


class AnnounceError(Exception):
    """mDNS cannot be used here. The text says why."""


class Hints:
    """Addresses heard by mDNS, by fingerprint; announces this kiosk too. Nothing relies on it."""

    def __init__(self, device: str, host: str, port: int) -> None:
        """Raises AnnounceError where multicast is not to be had."""
        self._heard: dict[str, str] = {}
        self._lock = threading.Lock()
        try:
            self._zeroconf = Zeroconf(interfaces=[host], ip_version=IPVersion.V4Only)
        except OSError as error:
            raise AnnounceError(str(error)) from error
        self._info = ServiceInfo(
            SERVICE,
            f"{device}.{SERVICE}",
            port=port,
            addresses=[socket.inet_aton(host)],
            properties={"device": device},
        )
        try:
            self._zeroconf.register_service(self._info, cooperating_responders=True)
        except (OSError, NonUniqueNameException) as error:
            self._zeroconf.close()
            raise AnnounceError(str(error)) from error
        self._browser = ServiceBrowser(self._zeroconf, SERVICE, handlers=[self._changed])

    def _changed(
        self, zeroconf: Zeroconf, service_type: str, name: str, state_change: ServiceStateChange
    ) -> None:
        if state_change is ServiceStateChange.Removed:
            return
        info = zeroconf.get_service_info(service_type, name, timeout=1000)
        if info is None or not info.port:
            return
        addresses = info.parsed_addresses(IPVersion.V4Only)
        device = name.removesuffix(f".{SERVICE}")
        if addresses and len(device) == 16:
            with self._lock:
                self._heard[device] = f"{addresses[0]}:{info.port}"

    def heard(self) -> dict[str, str]:
        """Addresses by fingerprint, as heard so far."""
        with self._lock:
            return dict(self._heard)

    def close(self) -> None:
        """Safe to repeat."""
        self._zeroconf.close()

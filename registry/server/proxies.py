"""Reverse proxies in front: forwarded addresses are accepted from those of the settings only."""

import ipaddress
from collections.abc import Iterable, Sequence
from typing import Any

from werkzeug.middleware.proxy_fix import ProxyFix

FORWARDED = (
    "HTTP_FORWARDED",
    "HTTP_X_FORWARDED_FOR",
    "HTTP_X_FORWARDED_PROTO",
    "HTTP_X_REAL_IP",
)

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class TrustedProxies:
    """Addresses and networks of proxies. Raises ValueError for one that is neither."""

    def __init__(self, names: Sequence[str]) -> None:
        self._networks: list[Network] = [ipaddress.ip_network(name) for name in names]

    def __contains__(self, address: object) -> bool:
        try:
            ip = ipaddress.ip_address(str(address).partition("%")[0])
        except ValueError:
            return False
        if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
            ip = ip.ipv4_mapped
        return any(ip in network for network in self._networks)

    def __bool__(self) -> bool:
        return bool(self._networks)


class BehindProxies:
    """The WSGI application, given client and scheme by trusted proxies: the last address of X-Forwarded-For, and
    X-Forwarded-Proto. What others send under these names is taken away where proxies are expected."""

    def __init__(self, application: Any, trusted: TrustedProxies) -> None:
        self._application = application
        self._forwarded = ProxyFix(application, x_for=1, x_proto=1)
        self._trusted = trusted

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        served = self._application
        if environ.get("REMOTE_ADDR") in self._trusted:
            served = self._forwarded
        elif self._trusted:
            for name in FORWARDED:
                environ.pop(name, None)
        answer: Iterable[bytes] = served(environ, start_response)
        return answer

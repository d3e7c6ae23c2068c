"""Authenticates and authorizes requests.

A request shows who sends it by a bearer token, or by the session cookie of a login; with a cookie, whatever changes
something also needs the session's own token in a header, which another site's page cannot send. Where the settings say
so, counts without persons need neither if the browser runs on the registry's own machine.
"""

import hmac
import ipaddress
import secrets
from http import HTTPStatus

from flask import Request, g, request, session

from registry.accounts.accounts import Accounts, Visitor
from registry.accounts.logins import Logins
from registry.queries.shapes import Access

CSRF_HEADER = "X-Jianmen-Token"
_FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Real-Ip", "Via")
_LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})

ASKED_BY_PAGES = frozenset(
    f"api.{name}"
    for name in (
        "headcount",
        "headcount_stream",
        "arrivals",
        "attendance",
        "gates",
        "sessions",
        "kiosks",
        "conflicts",
        "health",
    )
)
"""Endpoints that an open page asks by itself: they do not show that somebody is there."""

NEEDS: dict[Access, str] = {
    "viewer": "Log in first.",
    "desk": "Only the help desk and admins may do this. Log in with such an account.",
    "admin": "Only an admin may do this. Log in as admin.",
}

Refusal = tuple[int, str]


class Guard:
    """Authentication and authorization of the current request."""

    def __init__(
        self, accounts: Accounts, logins: Logins, control: str | None, *, open_here: bool
    ) -> None:
        """`control` is the token of the command on this machine, if it may ask; `open_here`: a browser of this
        machine sees counts without logging in."""
        self.accounts = accounts
        self.logins = logins
        self._control = control
        self._open_here = open_here

    def visitor(self) -> Visitor | None:
        """Who sends this request, as far as they may see anything. Looked up once for each request."""
        if "visitor" not in g:
            g.visitor = self._visitor()
        found: Visitor | None = g.visitor
        return found

    @property
    def is_admin(self) -> bool:
        """Whether an admin sends this request."""
        visitor = self.visitor()
        return visitor is not None and visitor.is_admin

    def _visitor(self) -> Visitor | None:
        scheme, _, text = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return self._by_token(text.strip())
        found = None
        if "login" in session:
            active = request.endpoint not in ASKED_BY_PAGES
            found = self.logins.visitor(session["login"], active=active)
        if found is None and self._open_here and from_this_machine(request):
            return Visitor("this machine", "viewer", by_cookie=True)
        return found

    def _by_token(self, text: str) -> Visitor | None:
        if self._control is not None and _same(text, self._control):
            return Visitor("command", "admin")
        return self.accounts.by_token(text)

    def refusal(self, access: Access, *, changes: bool) -> Refusal | None:
        """Why this request may not do what needs this role (status and reason), or None: it may."""
        visitor = self.visitor()
        if visitor is None:
            return (
                HTTPStatus.UNAUTHORIZED,
                "Log in, or send an API token: Authorization: Bearer jmt_…",
            )
        if not visitor.may(access):
            return HTTPStatus.FORBIDDEN, NEEDS[access]
        if changes and visitor.by_cookie and not is_own_page(request.headers.get(CSRF_HEADER, "")):
            return HTTPStatus.FORBIDDEN, "This page is too old. Load it again."
        return None


def page_token() -> str:
    """The token that pages of this session send with whatever changes something."""
    if "page_token" not in session:
        session["page_token"] = secrets.token_urlsafe(18)
    token: str = session["page_token"]
    return token


def is_own_page(given: str) -> bool:
    """Whether this is the token of a page of this session."""
    return _same(session.get("page_token", "-"), given)


def _same(one: str, other: str) -> bool:
    """Whether two texts are equal, compared in constant time."""
    return hmac.compare_digest(one.encode(), other.encode())


def from_this_machine(asked: Request) -> bool:
    """Whether the request was made on this machine and for it: a proxy in front makes every request look local, and a
    strange site may give its own name this machine's address."""
    if any(name in asked.headers for name in _FORWARDED):
        return False
    host = asked.host.rsplit(":", 1)[0] if not asked.host.endswith("]") else asked.host
    if host not in _LOCAL_NAMES:
        return False
    try:
        return ipaddress.ip_address(asked.remote_addr or "").is_loopback
    except ValueError:
        return False

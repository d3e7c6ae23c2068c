"""Logging in and out of the dashboard."""

import secrets
from http import HTTPStatus

from flask import Response, request, session
from itsdangerous import BadData, URLSafeTimedSerializer

from registry.accounts.accounts import Account
from registry.accounts.authorization import Guard, is_own_page
from registry.accounts.password_check import (
    BusyError,
    PasswordCheck,
    WaitError,
    WrongPasswordError,
)
from registry.accounts.trail import Trail

DEVICE_COOKIE = "jianmen-device"
DEVICE_S = 180 * 86_400
"""How long a browser is known after somebody logged in with it."""


class LoginError(Exception):
    """Why nobody was logged in: a key of the dashboard's texts, what is put in, and the answer's status."""

    def __init__(self, key: str, status: int = HTTPStatus.OK, **values: int) -> None:
        super().__init__(key)
        self.key = key
        self.status = status
        self.values = values


class LoginDesk:
    """Logs people in and out. Threads share it."""

    def __init__(
        self, guard: Guard, passwords: PasswordCheck, trail: Trail, *, secure: bool
    ) -> None:
        """`secure`: browsers send the cookies over TLS alone."""
        self._guard = guard
        self._passwords = passwords
        self._trail = trail
        self._secure = secure
        self._devices = URLSafeTimedSerializer(guard.accounts.cookie_key(), salt="device")

    def log_in(self) -> Account:
        """Log in with the form that was sent. Raises LoginError."""
        name = request.form.get("account", "").strip()
        password = request.form.get("password", "")
        address = request.remote_addr or ""
        if not is_own_page(request.form.get("page_token", "")):
            raise LoginError("login.wrong")
        try:
            account = self._passwords.account(name, password, address, self._device(name))
        except WrongPasswordError:
            raise LoginError("login.wrong") from None
        except WaitError as error:
            raise LoginError("login.wait", s=error.seconds) from None
        except BusyError:
            raise LoginError("login.busy", HTTPStatus.SERVICE_UNAVAILABLE) from None
        self._begin(account, address)
        return account

    def _begin(self, account: Account, address: str) -> None:
        if "login" in session:
            self._guard.logins.end_id(session["login"])
        session.clear()  # a token from before the login is not good after it
        agent = request.headers.get("User-Agent", "")
        session["login"] = self._guard.logins.begin(account.name, address, agent)
        session.permanent = True
        self._trail.note(account.name, "login", {"address": address})

    def _device(self, name: str) -> str | None:
        """The browser's own mark, if somebody logged in to this account with it."""
        cookie = request.cookies.get(DEVICE_COOKIE, "")
        try:
            known, mark = self._devices.loads(cookie, max_age=DEVICE_S)
        except (BadData, TypeError, ValueError):
            return None
        return str(mark) if known == name else None

    def remember(self, answer: Response, name: str) -> Response:
        """Mark the browser as one of this account's."""
        mark = self._devices.dumps([name, secrets.token_hex(8)])
        answer.set_cookie(
            DEVICE_COOKIE,
            str(mark),
            max_age=DEVICE_S,
            path="/login",
            secure=self._secure,
            httponly=True,
            samesite="Strict",
        )
        return answer

    def log_out(self) -> None:
        """End the session of the request."""
        if "login" in session:
            visitor = self._guard.visitor()
            self._guard.logins.end_id(session["login"])
            if visitor is not None:
                self._trail.note(visitor.name, "logout", {})
        session.clear()

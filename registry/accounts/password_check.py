"""Checks passwords: each attempt is counted before the work, and few run at once."""

import threading

from registry.accounts.accounts import Account, Accounts
from registry.accounts.throttle import Throttle, login_limits

AT_ONCE = 2
"""Passwords checked at once in a process: each takes 32 MiB and a third of a second."""

KNOWN_WAIT_S = 5.0
"""How long a browser that somebody logged in with before waits for its turn; others are sent away."""

PASSWORD_CHARACTERS = 200


class WrongPasswordError(Exception):
    """Account and password do not match."""


class BusyError(Exception):
    """Too many passwords are being checked."""


class WaitError(Exception):
    """Too many wrong tries; `seconds` is how long to wait."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"wait {seconds} s")
        self.seconds = seconds


class PasswordCheck:
    """Finds the account of a password. Threads share it."""

    def __init__(self, accounts: Accounts, throttle: Throttle) -> None:
        self._accounts = accounts
        self._throttle = throttle
        self._turns = threading.BoundedSemaphore(AT_ONCE)

    def account(self, name: str, password: str, address: str, device: str | None) -> Account:
        """The account with this password. `device`: the browser's own mark, where somebody logged in to this account
        with it before.

        Raises WrongPasswordError, BusyError, WaitError.
        """
        if not self._turns.acquire(timeout=KNOWN_WAIT_S if device else 0):
            raise BusyError
        try:
            limits = login_limits(name, address, device)
            wait_s = self._throttle.attempt(limits)
            if wait_s:
                raise WaitError(wait_s)
            found = self._accounts.log_in(name, password[:PASSWORD_CHARACTERS])
            if found is None:
                raise WrongPasswordError
            self._throttle.worked(limits)
            return found
        finally:
            self._turns.release()

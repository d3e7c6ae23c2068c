"""Access under /api/v1: accounts, sessions, API tokens and the trail."""

import msgspec
from flask import request

from registry.accounts.authorization import Guard
from registry.accounts.logins import SESSION_ID, Login
from registry.accounts.password_check import (
    BusyError,
    PasswordCheck,
    WaitError,
    WrongPasswordError,
)
from registry.accounts.trail import Trail
from registry.http import requests as bodies
from registry.http.operations import Interface, Parameter
from registry.queries import access_shapes as answers
from registry.queries.queries import Queries
from registry.queries.registrants import refs_of
from registry.queries.shapes import Done
from registry.storage.errors import RegistryError, UnknownError

DONE = Done()
LINES = 200
"""Lines of the trail on one page."""


def add_token_list(api: Interface, queries: Queries, guard: Guard) -> None:
    """Add the route that reads API tokens."""

    @api.get("/tokens", "API tokens", access="admin", answer=answers.Tokens)
    def tokens() -> answers.Tokens:
        return answers.Tokens(
            tokens=[
                answers.Token(
                    id=token_id, label=row.label, access=row.access, made=queries.time(row.made_ms)
                )
                for token_id, row in guard.accounts.tokens().items()
            ]
        )


def add_token_changes(api: Interface, queries: Queries, guard: Guard) -> None:
    """Add the routes that change API tokens and set passwords."""
    accounts = guard.accounts

    @api.post(
        "/tokens", "A new API token", access="admin", body=bodies.NewToken, answer=answers.Token
    )
    def new_token(body: bodies.NewToken) -> answers.Token:
        token_id, text, row = accounts.add_token(body.label, body.access)
        return answers.Token(
            id=token_id,
            label=row.label,
            access=row.access,
            made=queries.time(row.made_ms),
            token=text,
        )

    @api.delete("/tokens/<token_id>", "An API token is no longer good", access="admin", answer=Done)
    def drop_token(token_id: str) -> Done:
        if not accounts.drop_token(token_id):
            raise UnknownError(f"There is no token {token_id[:20]!r}.")
        return DONE

    @api.post(
        "/password",
        "A new password for an account; its sessions end",
        access="admin",
        body=bodies.NewPassword,
        answer=Done,
    )
    def set_password(body: bodies.NewPassword) -> Done:
        seen = None if body.version is msgspec.UNSET else body.version
        accounts.set_password(body.account, body.password, version=seen)
        return DONE


def add_accounts(
    api: Interface, queries: Queries, guard: Guard, passwords: PasswordCheck, trail: Trail
) -> None:
    """Add the routes about accounts, sessions and the trail."""
    _add_accounts(api, queries, guard)
    _add_own_password(api, guard, passwords)
    _add_logins(api, queries, guard)
    _add_trail(api, queries, trail)


def _add_accounts(api: Interface, queries: Queries, guard: Guard) -> None:
    accounts = guard.accounts

    @api.get("/accounts", "Who may log in", access="admin", answer=answers.Accounts)
    def list_accounts() -> answers.Accounts:
        return answers.Accounts(
            accounts=[
                answers.Account(
                    name=one.name,
                    role=one.role,
                    set=queries.time(one.set_ms),
                    version=one.version,
                )
                for one in accounts.all()
            ]
        )

    @api.post("/accounts", "A new account", access="admin", body=bodies.NewAccount, answer=Done)
    def new_account(body: bodies.NewAccount) -> Done:
        accounts.add(body.name, body.role, body.password)
        return DONE

    @api.post(
        "/accounts/<name>/role",
        "What an account may do",
        access="admin",
        body=bodies.NewRole,
        answer=Done,
    )
    def set_role(body: bodies.NewRole, name: str) -> Done:
        accounts.set_role(name, body.role, None if body.was is msgspec.UNSET else body.was)
        return DONE

    @api.delete(
        "/accounts/<name>", "An account is no more; its sessions end", access="admin", answer=Done
    )
    def drop_account(name: str) -> Done:
        accounts.remove(name)
        return DONE


def _add_own_password(api: Interface, guard: Guard, passwords: PasswordCheck) -> None:
    @api.post(
        "/own-password",
        "A new password for whoever is logged in; their other sessions end",
        access="viewer",
        body=bodies.OwnPassword,
        answer=Done,
    )
    def set_own_password(body: bodies.OwnPassword) -> Done:
        visitor = guard.visitor()
        if visitor is None or visitor.login is None:
            raise RegistryError("Log in to change your own password.")
        try:
            found = passwords.account(
                visitor.name, body.old, request.remote_addr or "", f"own {visitor.login[:16]}"
            )
        except WrongPasswordError:
            raise RegistryError("This is not your password of now.") from None
        except WaitError as error:
            raise RegistryError(f"Too many wrong tries. Try again in {error.seconds} s.") from None
        except BusyError:
            raise RegistryError("Others are logging in. Try again.") from None
        guard.accounts.set_password(
            found.name, body.password, keep=visitor.login, version=found.version
        )
        return DONE


def _add_logins(api: Interface, queries: Queries, guard: Guard) -> None:
    def shown() -> list[Login]:
        """The sessions that the visitor may see and end. A token has none, whatever its label is."""
        visitor = guard.visitor()
        if visitor is None or (visitor.login is None and not visitor.is_admin):
            return []
        return guard.logins.all(None if visitor.is_admin else visitor.name)

    def own() -> str | None:
        visitor = guard.visitor()
        return visitor.login if visitor is not None else None

    @api.get(
        "/logins",
        "Open sessions of browsers: everybody's for an admin, else one's own",
        access="viewer",
        answer=answers.Logins,
    )
    def list_logins() -> answers.Logins:
        return answers.Logins(
            logins=[
                answers.Login(
                    id=one.digest[:SESSION_ID],
                    account=one.account,
                    made=queries.time(one.made_ms),
                    seen=queries.time(one.seen_ms),
                    address=one.address,
                    browser=one.browser,
                    own=one.digest == own(),
                )
                for one in shown()
            ]
        )

    @api.delete("/logins/<login_id>", "End a session", access="viewer", answer=Done)
    def end_login(login_id: str) -> Done:
        found = [one for one in shown() if one.digest[:SESSION_ID] == login_id]
        if not found:
            raise UnknownError("This session is over already, or is not yours.")
        for one in found:
            guard.logins.end(one.digest)
        return DONE


def _add_trail(api: Interface, queries: Queries, trail: Trail) -> None:
    @api.get(
        "/trail",
        "Who changed what, the newest first",
        access="admin",
        answer=answers.TrailPage,
        query=(
            Parameter("before", "lines with smaller numbers than this", "integer"),
            Parameter(
                "limit",
                f"how many to return; more than {LINES} returns {LINES}, and says so. {LINES} where left out",
                "count",
            ),
        ),
    )
    def read_trail() -> answers.TrailPage:
        limit = min(LINES, request.args.get("limit", LINES, int))
        before = request.args.get("before", type=int)
        lines = trail.newest(limit, before)
        refs = refs_of(queries, [one.details["code"] for one in lines if "code" in one.details])
        return answers.TrailPage(
            lines=[
                answers.TrailLine(
                    number=one.number,
                    at=queries.time(one.at_ms),
                    who=one.who,
                    what=one.what,
                    subject=one.subject,
                    details=one.details,
                    ref=refs.get(one.details.get("code", "")),
                )
                for one in lines
            ],
            limit=limit,
        )

"""The dashboard: pages for the people who run the event. What is on them comes from the public interface."""

from datetime import datetime
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, make_response, redirect, render_template, request, session
from werkzeug.wrappers import Response as AnyResponse

from access.event.definition import Language, Names, Session
from access.event.programme import Programme
from config.languages import about, languages
from registry.accounts.accounts import Visitor
from registry.accounts.authorization import Guard, is_own_page, page_token
from registry.dashboard.login import LoginDesk, LoginError
from registry.queries.queries import Queries
from registry.queries.shapes import Access
from web.texts import LANGUAGE_COOKIE, best_language, own_names, section, text

HERE = Path(__file__).parent
PAGES = (
    "live",
    "people",
    "badges",
    "attendance",
    "kiosks",
    "conflicts",
    "receipt",
    "close",
    "settings",
)
NEEDS: dict[str, Access] = {
    "people": "desk",
    "badges": "desk",
    "close": "admin",
    "settings": "admin",
}
"""The role that a page needs; the others are for everybody who logged in."""

YEAR_S = 365 * 86_400


def dashboard(queries: Queries, guard: Guard, desk: LoginDesk) -> Blueprint:
    """The pages."""
    pages = Blueprint(
        "dashboard",
        __name__,
        template_folder="templates",
        static_folder="static",
        static_url_path="/static",
    )
    shown = _Pages(queries, guard, desk)
    pages.add_url_rule("/", "live", lambda: shown.page("live"))
    for name in PAGES[1:]:
        pages.add_url_rule(f"/{name}", name, lambda name=name: shown.page(name))
    pages.add_url_rule("/account", "account", shown.account)
    pages.add_url_rule("/login", "login", shown.login, methods=["GET", "POST"])
    pages.add_url_rule("/logout", "logout", shown.logout, methods=["POST"])
    pages.add_url_rule("/language/<language>", "language", shown.language)
    pages.add_url_rule("/healthz", "healthz", lambda: Response("ok\n", mimetype="text/plain"))
    return pages


class _Pages:
    """The views, which share the queries, the guard and the login."""

    def __init__(self, queries: Queries, guard: Guard, desk: LoginDesk) -> None:
        self._queries = queries
        self._guard = guard
        self._desk = desk

    def page(self, name: str) -> Response | AnyResponse:
        """One page, or a redirect to the login."""
        visitor = self._guard.visitor()
        if visitor is None or not visitor.may(NEEDS.get(name, "viewer")):
            return redirect(f"/login?next=/{'' if name == 'live' else name}")
        wall = name == "live" and "wall" in request.args
        return self._rendered(f"{name}.html", page=name, wall=wall, visitor=visitor)

    def account(self) -> Response | AnyResponse:
        """The page of whoever is logged in: their password and sessions."""
        visitor = self._guard.visitor()
        if visitor is None or visitor.login is None:
            return redirect("/login")
        return self._rendered("account.html", page="account", visitor=visitor)

    def login(self) -> Response | AnyResponse:
        wanted = request.args.get("next", "/")
        target = wanted if wanted.removeprefix("/") in ("", *PAGES) else "/"
        needs = NEEDS.get(target.removeprefix("/"), "viewer")
        status, problem = 200, ""
        if request.method == "POST":
            try:
                account = self._desk.log_in()
            except LoginError as error:
                status = error.status
                problem = text(f"dashboard.{error.key}", self._language(), **error.values)
            else:
                return self._desk.remember(make_response(redirect(target)), account.name)
        page = self._rendered("login.html", page="login", problem=problem, needs=needs)
        page.status_code = status
        if status != 200:
            page.headers["Retry-After"] = "2"
        return page

    def logout(self) -> AnyResponse:
        if is_own_page(request.form.get("page_token", "")):
            self._desk.log_out()
        return redirect("/")

    def language(self, language: str) -> AnyResponse:
        """Remember a language, and go back to the page."""
        back = request.args.get("back", "live")
        answer = redirect(f"/{back}" if back in (*PAGES[1:], "account", "login") else "/")
        if language in languages():
            answer.set_cookie(LANGUAGE_COOKIE, language, max_age=YEAR_S, samesite="Lax")
        return answer

    def _language(self) -> Language:
        return best_language(request.cookies.get(LANGUAGE_COOKIE), request.accept_languages)

    def _rendered(self, template: str, **values: Any) -> Response:
        language = self._language()
        printer = {f"printer.{key}": one for key, one in section("cause", language).items()}
        texts = {**printer, **section("dashboard", language)}
        programme = self._queries.programme
        visitor = values.setdefault("visitor", self._guard.visitor())
        values.setdefault("wall", False)
        page = render_template(
            template,
            w=texts,
            words=texts,
            html_tag=about(language).html_tag,
            language=language,
            languages=own_names(),
            event=named(programme.event.name, language),
            admin=visitor is not None and visitor.is_admin,
            logged_in="login" in session,
            may=lambda name: visitor is not None and visitor.may(NEEDS.get(name, "viewer")),
            page_token=page_token(),
            pages=PAGES,
            data=self._data(language, visitor),
            **values,
        )
        return Response(page, mimetype="text/html")

    def _data(self, language: Language, visitor: Visitor | None) -> dict[str, Any]:
        """What scripts need besides texts and numbers. Of the event nothing before somebody has logged in."""
        if visitor is None:
            return {"language": language}
        programme = self._queries.programme
        venues = {venue.id: venue.name for venue in programme.event.venues}
        areas = {area.id: area.name for area in programme.event.areas}
        sessions = programme.sessions.values()
        places = list(programme.area_tree)
        in_order = sorted(sessions, key=lambda one: (one.starts_ms, places.index(one.area)))
        return {
            "language": language,
            "admin": visitor is not None and visitor.is_admin,
            "desk": visitor is not None and visitor.may("desk"),
            "languages": own_names(),
            "days": list(programme.event.days),
            "venues": list(venues),
            "places": {area: named(name, language) for area, name in {**venues, **areas}.items()},
            "tickets": [
                {
                    "id": ticket.id,
                    "name": named(ticket.name, language),
                    "staff": bool(ticket.roles),
                }
                for ticket in programme.event.tickets
            ],
            "sessions": {one.id: _session_name(one, language) for one in sessions},
            "session_at": {one.id: _when_and_where(programme, one) for one in sessions},
            "session_order": [one.id for one in in_order],
            "cancelled": [one.id for one in sessions if one.cancelled],
            "starts": {one.id: one.starts_ms for one in sessions},
            "gates": [
                {
                    "id": gate.id,
                    "code": programme.gate_code(gate.id),
                    "area": gate.area,
                    "venue": programme.venue_of(gate.area),
                    "direction": gate.direction,
                    "mode": gate.mode,
                }
                for gate in programme.gates.values()
            ],
        }


def _session_name(session: Session, language: Language) -> str:
    name = named(session.name, language)
    if session.cancelled:
        return text("dashboard.session.cancelled", language, session=name)
    return name


def _when_and_where(programme: Programme, session: Session) -> dict[str, str]:
    starts = datetime.fromtimestamp(session.starts_ms / 1000, programme.zone)
    return {
        "day": starts.date().isoformat(),
        "time": starts.strftime("%H:%M"),
        "area": session.area,
        "venue": programme.venue_of(session.area),
    }


def named(names: Names, language: Language) -> str:
    """A name in a language, else in English."""
    return names.get(language) or names["en"]

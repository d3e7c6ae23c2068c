"""The registry's web application: device interface, public interface and dashboard, made by a function."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from flask import Flask, Response, request
from sqlalchemy.exc import DataError
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from access.log.clock_reading import ClockReading
from registry.accounts.accounts import Accounts
from registry.accounts.authorization import Guard
from registry.accounts.logins import MOST_MS, Logins
from registry.accounts.password_check import PasswordCheck
from registry.accounts.throttle import Throttle
from registry.accounts.trail import Trail
from registry.badges.making import BadgeMaker
from registry.dashboard import dashboard
from registry.dashboard.login import LoginDesk
from registry.http.device_api import device_interface
from registry.http.metrics import metrics
from registry.http.operations import Interface, problem
from registry.http.routes import Services, add_routes
from registry.http.streams import MOST_STREAMS, Streams
from registry.jobs import Jobs
from registry.queries.queries import Queries
from registry.roster.respelling import Respelling
from registry.server.proxies import BehindProxies, TrustedProxies
from registry.service import RegistryService
from registry.storage.database import OUTAGES
from registry.webhooks import Hooks

log = logging.getLogger(__name__)

MAX_FILE_BYTES = 64 * 1024 * 1024
"""Of a list: more than 300,000 people take."""

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def _never() -> bool:
    return False


@dataclass(frozen=True)
class WebSettings:
    """The settings of the application.

    `trust_clock`: this machine's clock is right although its kernel cannot say so. `control` is the token of commands
    on this machine, `pin` the SHA-256 of the TLS certificate (None: plain HTTP), `open_here`: a browser of this machine
    sees counts without logging in; `kiosk_url` is where kiosks reach the registry (None: as the request did);
    `trusted_proxies` are believed when they say who asked; `stopping` says when the server is going down.
    """

    trust_clock: bool = False
    control: str | None = None
    pin: str | None = None
    open_here: bool = False
    kiosk_url: str | None = None
    layouts: Path | None = None
    trusted_proxies: tuple[str, ...] = ()
    streams: int = MOST_STREAMS
    stopping: Callable[[], bool] = field(default=_never)

    @property
    def secure(self) -> bool:
        """Whether browsers reach the registry over TLS."""
        return self.pin is not None or (self.kiosk_url or "").startswith("https:")


def create_app(
    service: RegistryService, clock: Callable[[], ClockReading], settings: WebSettings
) -> Flask:
    """The application over a registry. Raises NotInitialisedError where there is no event yet."""
    queries = Queries(service, clock)
    accounts = Accounts(service.ledger, queries.now_ms)
    logins = Logins(service.ledger, queries.now_ms)
    trail = Trail(service.ledger, queries.now_ms)
    throttle = Throttle(service.ledger, queries.now_ms)
    passwords = PasswordCheck(accounts, throttle)
    guard = Guard(accounts, logins, settings.control, open_here=settings.open_here)
    app = Flask(__name__, static_folder=None)
    app.config.update(
        SECRET_KEY=accounts.cookie_key(),
        SESSION_COOKIE_NAME="jianmen",
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.secure,
        PERMANENT_SESSION_LIFETIME=MOST_MS // 1000,
        MAX_CONTENT_LENGTH=MAX_FILE_BYTES,
    )
    api = Interface(guard, trail)
    hooks = Hooks(queries)
    jobs = Jobs(service.ledger, queries.now_ms, settings.stopping)
    services = Services(
        queries=queries,
        guard=guard,
        passwords=passwords,
        trail=trail,
        streams=Streams(queries, settings.stopping, settings.streams),
        hooks=hooks,
        jobs=jobs,
        badges=BadgeMaker(service, queries.now_ms, settings.layouts),
        pin=settings.pin,
        kiosk_url=settings.kiosk_url,
    )
    add_routes(api, services)
    jobs.settle()
    app.register_blueprint(api.blueprint)
    desk = LoginDesk(guard, passwords, trail, secure=settings.secure)
    app.register_blueprint(dashboard(queries, guard, desk))
    app.register_blueprint(metrics(queries, guard))
    respelling = service.respelling(trail.note)
    app.extensions["jianmen"] = Parts(api, queries, hooks, jobs, respelling)
    app.after_request(_guarded)
    app.register_error_handler(HTTPException, _refused)
    app.register_error_handler(Exception, _failed)
    devices = device_interface(
        service, clock, queries.reported_vectors, throttle, trail, trust_clock=settings.trust_clock
    )
    # Kiosks call every second: their requests need nothing of what a page needs.
    served = devices.in_front_of(app.wsgi_app)
    trusted = TrustedProxies(settings.trusted_proxies)
    app.wsgi_app = BehindProxies(served, trusted)  # type: ignore[method-assign]
    return app


@dataclass(frozen=True)
class Parts:
    """What stands behind the routes, for the server and for tests."""

    api: Interface
    queries: Queries
    hooks: Hooks
    jobs: Jobs
    respelling: Respelling


def _guarded(answer: Response) -> Response:
    """Headers that every answer has (https://owasp.org/www-project-secure-headers/)."""
    answer.headers.setdefault("Content-Security-Policy", POLICY)
    answer.headers.setdefault("X-Content-Type-Options", "nosniff")
    answer.headers.setdefault("Referrer-Policy", "no-referrer")
    answer.headers.setdefault("Cache-Control", "no-store")
    return answer


def _refused(error: HTTPException) -> Response:
    answer = problem(error.code or 500, error.description or error.name)
    if isinstance(error, MethodNotAllowed):
        answer.allow.update(error.valid_methods or ())
    return answer


def _failed(error: Exception) -> Response:
    if isinstance(error, OUTAGES):
        log.warning(
            "%s %s: the database does not answer (%s)",
            request.method,
            request.path,
            type(error).__name__,
        )
        answer = problem(
            503, "The registry's database does not answer just now. Try again in a few seconds."
        )
        answer.headers["Retry-After"] = "2"
        return answer
    if isinstance(error, DataError):  # PostgreSQL takes no NUL, and no number beyond a column's
        return problem(400, "There is a character or a number in this that cannot be stored.")
    log.error("%s %s", request.method, request.path, exc_info=error)
    return problem(500, "The registry failed at this; its log says why.")

"""The shapes of answers about accounts, sessions, tokens, webhooks and the trail."""

from registry.queries.shapes import Access, Answer, Time


class Token(Answer, frozen=True, kw_only=True):
    """An API token; `token` is shown once, when it is made."""

    id: str
    label: str
    access: Access
    made: Time
    token: str | None = None


class Tokens(Answer, frozen=True, kw_only=True):
    tokens: list[Token]


class Hook(Answer, frozen=True, kw_only=True):
    """`secret` is the HMAC key, shown once, when it is made, in hex and as Standard Webhooks writes it; `behind` are
    log entries not yet looked at. A password in the address is hidden; `warning` says what is odd about the address."""

    id: str
    url: str
    made: Time
    behind: int
    tries: int
    trouble: str
    secret: str | None = None
    signing_secret: str | None = None
    warning: str = ""


class Hooks(Answer, frozen=True, kw_only=True):
    hooks: list[Hook]


class Account(Answer, frozen=True, kw_only=True):
    """Somebody who logs in; `set` is when the password was, `version` stands for it: give it back with a new one."""

    name: str
    role: Access
    set: Time
    version: str


class Accounts(Answer, frozen=True, kw_only=True):
    accounts: list[Account]


class Login(Answer, frozen=True, kw_only=True):
    """An open session of a browser; `own`: the one that asks."""

    id: str
    account: str
    made: Time
    seen: Time
    address: str
    browser: str
    own: bool


class Logins(Answer, frozen=True, kw_only=True):
    logins: list[Login]


class TrailLine(Answer, frozen=True, kw_only=True):
    """Who changed what, when; `subject` is what it was about (a badge's code, a kiosk, an account), `details` the same
    by name, empty for lines of an earlier version. `ref`: of the person whose badge it was about, while they are
    known."""

    number: int
    at: Time
    who: str
    what: str
    subject: str
    details: dict[str, str]
    ref: str | None


class TrailPage(Answer, frozen=True, kw_only=True):
    """Lines of the trail, the newest first; at most `limit` of them."""

    lines: list[TrailLine]
    limit: int

"""The tables of the central database: the logs as they are exchanged, and what no log may contain.

Made and changed by `registry.storage.migrations`; a test holds the two together. Times are milliseconds since 1970,
UTC.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData()

entry = Table(
    "entry",
    metadata,
    # In order of arrival: folds go on from the last one they have seen.
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("log", String(24), nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("badge", LargeBinary),
    Column("raw", LargeBinary, nullable=False),
    Column("received_ms", BigInteger, nullable=False),
    UniqueConstraint("log", "seq", "digest", name="entry_place"),
    sqlite_autoincrement=True,
)
Index(
    "entry_badge",
    entry.c.badge,
    sqlite_where=text("badge IS NOT NULL"),
    postgresql_where=text("badge IS NOT NULL"),
)

tip = Table(
    "tip",
    metadata,
    Column("log", String(24), primary_key=True),
    Column("digest", LargeBinary, primary_key=True),
    Column("seq", BigInteger, nullable=False),
)

head = Table(
    "head",
    metadata,
    Column("log", String(24), primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("digest", LargeBinary, primary_key=True),
    Column("at_ms", BigInteger, nullable=False),
    Column("signature", LargeBinary, nullable=False),
)

word = Table(
    "word",
    metadata,
    Column("device", String(16), primary_key=True),
    Column("log", String(24), nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("signature", LargeBinary, nullable=False),
)
"""Each device's newest head."""

device = Table(
    "device",
    metadata,
    Column("fingerprint", String(16), primary_key=True),
    Column("public", LargeBinary, nullable=False),
    Column("kiosk", LargeBinary, nullable=False),
    Column("wall_ms", BigInteger, nullable=False),
    Column("seq", BigInteger, nullable=False),
)

card = Table(
    "card",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("badge", LargeBinary, nullable=False),
    Column("issue", Integer, nullable=False),
    Column("raw", LargeBinary),
)
Index("card_badge", card.c.badge)
Index(
    "card_lacking",
    card.c.digest,
    sqlite_where=text("raw IS NULL"),
    postgresql_where=text("raw IS NULL"),
)

person = Table(
    "person",
    metadata,
    Column("badge", LargeBinary, primary_key=True),
    Column("ref", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("organisation", Text, nullable=False),
    Column("language", String(8), nullable=False),
    Column("keys", Text, nullable=False),
    Column("salt", LargeBinary, nullable=False),
    Column("extra", Text, nullable=False, server_default="{}"),
)
"""Only here a badge has a name. Without the salt a plain badge's secret cannot be made again."""

printed = Table(
    "printed",
    metadata,
    Column("badge", LargeBinary, primary_key=True),
    Column("issue", Integer, primary_key=True),
    Column("text", Text, nullable=False),
)
"""Texts of badges that cannot be derived: signed ones, and codes of other systems."""

code = Table(
    "code",
    metadata,
    Column("handle", String(2), primary_key=True),
    Column("digest", LargeBinary, nullable=False),
    Column("gate", Text),
    Column("expires_ms", BigInteger, nullable=False),
    Column("tries", Integer, nullable=False),
)
"""One-time codes of enrolment that are still open: the first two characters, and a hash of the whole."""

meta = Table(
    "meta",
    metadata,
    Column("key", String(32), primary_key=True),
    Column("value", LargeBinary, nullable=False),
)
"""The registry's own: its key, the event's keys, which of its logs it writes, which database this is, and the key that
signs cookies."""

account = Table(
    "account",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("role", String(16), nullable=False),
    Column("salt", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("cost", Integer, nullable=False),
    Column("set_ms", BigInteger, nullable=False),
)
"""People who log in: the scrypt hash of each password, its cost (N), and when it was set."""

login = Table(
    "login",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("account", String(64), nullable=False),
    Column("made_ms", BigInteger, nullable=False),
    Column("seen_ms", BigInteger, nullable=False),
    Column("address", Text, nullable=False),
    Column("browser", Text, nullable=False),
)
"""Sessions of browsers: SHA-256 of the id in the cookie, and where it was last seen."""
Index("login_account", login.c.account)

token = Table(
    "token",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("label", Text, nullable=False),
    Column("access", String(16), nullable=False),
    Column("made_ms", BigInteger, nullable=False),
)
"""API tokens, by SHA-256 of their text."""

webhook = Table(
    "webhook",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("url", Text, nullable=False),
    Column("secret", LargeBinary, nullable=False),
    Column("made_ms", BigInteger, nullable=False),
    Column("seen", BigInteger, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("trouble", Text, nullable=False),
    Column("ended", Boolean, nullable=False),
    Column("owner", Text, nullable=False),
    Column("until_ms", BigInteger, nullable=False),
)
"""Addresses called at every check-in. `seen`: the entry up to which they were; `owner` has the row until `until_ms`."""

trail = Table(
    "trail",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("at_ms", BigInteger, nullable=False),
    Column("who", Text, nullable=False),
    Column("what", String(64), nullable=False),
    Column("subject", Text, nullable=False),
    sqlite_autoincrement=True,
)
"""Who changed what, when. No secret and no name of a registrant is in it."""

attempt = Table(
    "attempt",
    metadata,
    Column("key", String(200), primary_key=True),
    Column("count", Integer, nullable=False),
    Column("until_ms", BigInteger, nullable=False),
)
"""Counts of logins and enrolments tried, until when they are remembered."""
Index("attempt_until", attempt.c.until_ms)

job = Table(
    "job",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("state", String(12), nullable=False),
    Column("stage", String(40), nullable=False),
    Column("done", BigInteger, nullable=False),
    Column("total", BigInteger, nullable=False),
    Column("made_ms", BigInteger, nullable=False),
    Column("touched_ms", BigInteger, nullable=False),
    Column("owner", String(16), nullable=False),
    Column("cancelled", Integer, nullable=False),
    Column("params", LargeBinary, nullable=False),
    Column("result", LargeBinary),
    Column("error", Text, nullable=False),
)
"""Long work: `registry.jobs`."""

job_file = Table(
    "job_file",
    metadata,
    Column("job", String(16), primary_key=True),
    Column("name", String(60), primary_key=True),
    Column("piece", Integer, primary_key=True),
    Column("data", LargeBinary, nullable=False),
)
"""Files that jobs were given and have made, in pieces. They may name people, and are kept for a day."""

list_mapping = Table(
    "list_mapping",
    metadata,
    Column("header", String(64), primary_key=True),
    Column("mapping", LargeBinary, nullable=False),
    Column("used_ms", BigInteger, nullable=False),
)
"""How a list is to be read that has these titles (SHA-256 of them, in hex)."""

staged_person = Table(
    "staged_person",
    metadata,
    Column("badge", LargeBinary, primary_key=True),
    Column("ref", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("organisation", Text, nullable=False),
    Column("language", String(8), nullable=False),
    Column("keys", Text, nullable=False),
    Column("salt", LargeBinary, nullable=False),
    Column("extra", Text, nullable=False),
    Column("printed", Text),
    Column("new", Integer, nullable=False),
)
staged_entry = Table(
    "staged_entry",
    metadata,
    Column("seq", BigInteger, primary_key=True),
    Column("log", String(24), nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("badge", LargeBinary),
    Column("raw", LargeBinary, nullable=False),
)
staged_card = Table(
    "staged_card",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("badge", LargeBinary, nullable=False),
    Column("issue", Integer, nullable=False),
    Column("raw", LargeBinary),
)
"""What an import has prepared: nobody reads it until one transaction moves all of it to where it belongs. `printed` is
the text of a badge that cannot be derived, `new` whether the person was not registered before."""

origin = Table(
    "origin",
    metadata,
    Column("badge", LargeBinary, primary_key=True),
    Column("listed", Integer, nullable=False),
)
"""Of people whose badges' form does not say so: whether a list has had them, or they were only added by hand. Without a
row a signed badge is one made by hand, and any other of a list."""

PERSONAL = (person, printed, origin, staged_person, staged_entry, staged_card, job_file, job)
"""Tables that name people: all of their rows go at the end of the event."""

reported = Table(
    "reported",
    metadata,
    Column("device", String(16), primary_key=True),
    Column("own", LargeBinary, nullable=False),
)
"""The last number of each own log (MessagePack) of a device of which entries were missing after an exchange."""

badge_print = Table(
    "badge_print",
    metadata,
    Column("badge", LargeBinary, primary_key=True),
    Column("issue", Integer, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
)
"""The last print of each badge: SHA-256 of everything on it."""

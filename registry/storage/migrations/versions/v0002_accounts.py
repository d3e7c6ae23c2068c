"""Accounts, sessions, tokens and webhooks in rows of their own; the trail of changes; counts of attempts.

Version 0001 kept accounts and webhooks as two values of `meta`, in MessagePack.
"""

from typing import Any

import msgspec
import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_ACCOUNTS = "accounts"
_WEBHOOKS = "webhooks"
_COOKIE_KEY = "cookies"


def upgrade() -> None:
    _accounts()
    _webhooks()
    op.create_table(
        "trail",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("what", sa.String(64), nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "attempt",
        sa.Column("key", sa.String(200), primary_key=True),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("until_ms", sa.BigInteger, nullable=False),
    )
    op.create_index("attempt_until", "attempt", ["until_ms"])


def _accounts() -> None:
    account = op.create_table(
        "account",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("salt", sa.LargeBinary, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.Column("cost", sa.Integer, nullable=False),
        sa.Column("set_ms", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "login",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("account", sa.String(64), nullable=False),
        sa.Column("made_ms", sa.BigInteger, nullable=False),
        sa.Column("seen_ms", sa.BigInteger, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("browser", sa.Text, nullable=False),
    )
    op.create_index("login_account", "login", ["account"])
    token = op.create_table(
        "token",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("access", sa.String(16), nullable=False),
        sa.Column("made_ms", sa.BigInteger, nullable=False),
    )
    book = _taken(_ACCOUNTS)
    passwords = book.get("passwords", {})
    op.bulk_insert(
        account, [{"name": name, "role": name, **row} for name, row in passwords.items()]
    )
    tokens = book.get("tokens", {})
    op.bulk_insert(token, [{"digest": digest, **row} for digest, row in tokens.items()])
    if book.get("session_key"):
        op.bulk_insert(_meta(), [{"key": _COOKIE_KEY, "value": book["session_key"]}])


def _webhooks() -> None:
    webhook = op.create_table(
        "webhook",
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("secret", sa.LargeBinary, nullable=False),
        sa.Column("made_ms", sa.BigInteger, nullable=False),
        sa.Column("seen", sa.BigInteger, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("trouble", sa.Text, nullable=False),
        sa.Column("ended", sa.Boolean, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("until_ms", sa.BigInteger, nullable=False),
    )
    hooks = _taken(_WEBHOOKS)
    fresh = {"owner": "", "until_ms": 0}  # the workers that had them are gone
    op.bulk_insert(webhook, [{"id": hook, **row, **fresh} for hook, row in hooks.items()])


def _meta() -> sa.TableClause:
    return sa.table("meta", sa.column("key", sa.String), sa.column("value", sa.LargeBinary))


def _taken(key: str) -> dict[str, Any]:
    """A value of `meta`, which is none from now on."""
    meta = _meta()
    connection = op.get_bind()
    raw = connection.scalar(sa.select(meta.c.value).where(meta.c.key == key))
    connection.execute(sa.delete(meta).where(meta.c.key == key))
    found: dict[str, Any] = msgspec.msgpack.decode(raw) if raw else {}
    return found

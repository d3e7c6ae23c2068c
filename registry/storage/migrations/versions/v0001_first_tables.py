"""The logs with their branches and heads, name cards, people, texts of badges, open codes, and the registry's own."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    _logs()
    _people()
    op.create_table(
        "code",
        sa.Column("handle", sa.String(2), primary_key=True),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("gate", sa.Text),
        sa.Column("expires_ms", sa.BigInteger, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
    )
    op.create_table(
        "meta",
        sa.Column("key", sa.String(32), primary_key=True),
        sa.Column("value", sa.LargeBinary, nullable=False),
    )


def _logs() -> None:
    op.create_table(
        "entry",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("log", sa.String(24), nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("badge", sa.LargeBinary),
        sa.Column("raw", sa.LargeBinary, nullable=False),
        sa.Column("received_ms", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("log", "seq", "digest", name="entry_place"),
        sqlite_autoincrement=True,
    )
    _partial_index("entry_badge", "entry", "badge", "badge IS NOT NULL")
    op.create_table(
        "tip",
        sa.Column("log", sa.String(24), primary_key=True),
        sa.Column("digest", sa.LargeBinary, primary_key=True),
        sa.Column("seq", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "head",
        sa.Column("log", sa.String(24), primary_key=True),
        sa.Column("seq", sa.BigInteger, primary_key=True),
        sa.Column("digest", sa.LargeBinary, primary_key=True),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("signature", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "word",
        sa.Column("device", sa.String(16), primary_key=True),
        sa.Column("log", sa.String(24), nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("signature", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "device",
        sa.Column("fingerprint", sa.String(16), primary_key=True),
        sa.Column("public", sa.LargeBinary, nullable=False),
        sa.Column("kiosk", sa.LargeBinary, nullable=False),
        sa.Column("wall_ms", sa.BigInteger, nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
    )


def _people() -> None:
    op.create_table(
        "card",
        sa.Column("digest", sa.LargeBinary, primary_key=True),
        sa.Column("badge", sa.LargeBinary, nullable=False),
        sa.Column("issue", sa.Integer, nullable=False),
        sa.Column("raw", sa.LargeBinary),
    )
    op.create_index("card_badge", "card", ["badge"])
    _partial_index("card_lacking", "card", "digest", "raw IS NULL")
    op.create_table(
        "person",
        sa.Column("badge", sa.LargeBinary, primary_key=True),
        sa.Column("ref", sa.Text, nullable=False, unique=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("organisation", sa.Text, nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("keys", sa.Text, nullable=False),
        sa.Column("salt", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "printed",
        sa.Column("badge", sa.LargeBinary, primary_key=True),
        sa.Column("issue", sa.Integer, primary_key=True),
        sa.Column("text", sa.Text, nullable=False),
    )


def _partial_index(name: str, table: str, column: str, where: str) -> None:
    condition = sa.text(where)
    op.create_index(name, table, [column], sqlite_where=condition, postgresql_where=condition)

"""Jobs with their files, how lists are to be read, what a list is staged in, and extra fields of people."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("person", sa.Column("extra", sa.Text, nullable=False, server_default="{}"))
    op.create_table(
        "job",
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("stage", sa.String(40), nullable=False),
        sa.Column("done", sa.BigInteger, nullable=False),
        sa.Column("total", sa.BigInteger, nullable=False),
        sa.Column("made_ms", sa.BigInteger, nullable=False),
        sa.Column("touched_ms", sa.BigInteger, nullable=False),
        sa.Column("owner", sa.String(16), nullable=False),
        sa.Column("cancelled", sa.Integer, nullable=False),
        sa.Column("params", sa.LargeBinary, nullable=False),
        sa.Column("result", sa.LargeBinary),
        sa.Column("error", sa.Text, nullable=False),
    )
    op.create_table(
        "job_file",
        sa.Column("job", sa.String(16), primary_key=True),
        sa.Column("name", sa.String(60), primary_key=True),
        sa.Column("piece", sa.Integer, primary_key=True),
        sa.Column("data", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "list_mapping",
        sa.Column("header", sa.String(64), primary_key=True),
        sa.Column("mapping", sa.LargeBinary, nullable=False),
        sa.Column("used_ms", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "staged_person",
        sa.Column("badge", sa.LargeBinary, primary_key=True),
        sa.Column("ref", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("organisation", sa.Text, nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("keys", sa.Text, nullable=False),
        sa.Column("salt", sa.LargeBinary, nullable=False),
        sa.Column("extra", sa.Text, nullable=False),
        sa.Column("printed", sa.Text),
        sa.Column("new", sa.Integer, nullable=False),
    )
    op.create_table(
        "staged_entry",
        sa.Column("seq", sa.BigInteger, primary_key=True),
        sa.Column("log", sa.String(24), nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("badge", sa.LargeBinary),
        sa.Column("raw", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "staged_card",
        sa.Column("digest", sa.LargeBinary, primary_key=True),
        sa.Column("badge", sa.LargeBinary, nullable=False),
        sa.Column("issue", sa.Integer, nullable=False),
        sa.Column("raw", sa.LargeBinary),
    )

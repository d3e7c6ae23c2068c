"""Who is in a list of people and who was added by hand, where their badges' form does not say so."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "origin",
        sa.Column("badge", sa.LargeBinary, primary_key=True),
        sa.Column("listed", sa.Integer, nullable=False),
    )

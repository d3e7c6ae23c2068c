"""How far the own logs of kiosks go of which entries are missing."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "reported",
        sa.Column("device", sa.String(16), primary_key=True),
        sa.Column("own", sa.LargeBinary, nullable=False),
    )

"""PostgreSQL keeps no samples of what names people.

ANALYZE, which autovacuum runs by itself, copies values of each column into `pg_statistic`. They outlive the rows: those
of a table that is empty are left as they are (https://www.postgresql.org/docs/current/catalog-pg-statistic.html).
"""

from alembic import op

revision = "0006"
down_revision = "0005"

_PERSON = ("ref", "name", "organisation", "keys", "extra")
_COLUMNS = {
    "TEXT": {
        "person": _PERSON,
        "printed": ("text",),
        "job": ("error",),
        "staged_person": (*_PERSON, "printed"),
    },
    "BYTEA": {
        "person": ("salt",),
        "card": ("raw",),
        "meta": ("value",),
        "job": ("params", "result"),
        "job_file": ("data",),
        "staged_person": ("salt",),
        "staged_card": ("raw",),
    },
}


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    for kind, columns in _COLUMNS.items():
        for table, names in columns.items():
            for name in names:
                op.execute(f'ALTER TABLE {table} ALTER COLUMN "{name}" SET STATISTICS 0')
                # To the type that it has: this deletes what was sampled, and needs no superuser.
                op.execute(f'ALTER TABLE {table} ALTER COLUMN "{name}" TYPE {kind}')

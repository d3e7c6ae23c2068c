"""Where Alembic runs the migrations: on the connection that the ledger gives, inside its transaction."""

from alembic import context

from registry.storage.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transaction_per_migration=False,
)
context.run_migrations()

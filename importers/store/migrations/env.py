"""Run by Alembic; `importers.store.migrate` hands in the connection and its transaction."""

from alembic import context

from importers.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite changes a table by copying it
)
with context.begin_transaction():
    context.run_migrations()

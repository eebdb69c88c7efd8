"""How Alembic reaches the database: over the connection, and in the transaction, of `migrate`."""

from alembic import context

from backline.db import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
    render_as_batch=True,
)
context.run_migrations()

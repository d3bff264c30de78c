"""Alembic's entry. `madoguchi.db.migrate` is the only caller and brings the connection."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], transaction_per_migration=True)
with context.begin_transaction():
    context.run_migrations()

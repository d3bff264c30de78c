"""The foundation: tenants, agents, inboxes, contacts, conversations, messages, queues, events."""

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    # exec_driver_sql: the file is SQL as written, not a template with bind parameters.
    op.get_bind().exec_driver_sql(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))

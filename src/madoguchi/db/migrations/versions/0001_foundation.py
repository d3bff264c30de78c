"""The foundation: tenants, agents, inboxes, contacts, conversations, messages, queues, events."""

from madoguchi.db.migrate import run_sql_file

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_file(__file__)

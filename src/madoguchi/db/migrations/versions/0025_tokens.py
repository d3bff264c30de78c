"""Access tokens that inboxes renew by themselves."""

from madoguchi.db.migrate import run_sql_file

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_file(__file__)

"""Accounts: queues that hold until an account is repaired, what an inbox keeps besides its credentials, who is blocked."""

from madoguchi.db.migrate import run_sql_file

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_file(__file__)

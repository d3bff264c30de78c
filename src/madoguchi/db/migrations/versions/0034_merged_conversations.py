"""One thread under two conversations, on channels with threads: the one points to the other, and nothing else is rewritten."""

from madoguchi.db.migrate import run_sql_file

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_file(__file__)

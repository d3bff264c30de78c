"""The inbox of a working day: waiting, failed, labels as rows, mentions, saved views, maintained counts."""

from madoguchi.db.migrate import run_sql_file

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_file(__file__)

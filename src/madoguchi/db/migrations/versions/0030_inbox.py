"""The inbox of a working day: waiting, failed, labels as rows, mentions, saved views, maintained counts."""

from madoguchi.db.migrate import run_sql_file

revision = "0030"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_file(__file__)

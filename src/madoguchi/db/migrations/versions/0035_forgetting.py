"""Forgetting goes through the search index in short steps."""

from madoguchi.db.migrate import run_sql_file

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_file(__file__)

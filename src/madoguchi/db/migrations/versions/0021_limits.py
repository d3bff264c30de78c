"""Whom we wrote to first, as the provider counts it."""

from madoguchi.db.migrate import run_sql_file

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_file(__file__)

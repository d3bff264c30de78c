"""Webhooks that were refused because their signature or token did not fit, for whoever looks why nothing arrives."""

from madoguchi.db.migrate import run_sql_file

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_file(__file__)

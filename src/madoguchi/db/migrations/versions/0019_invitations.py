"""Invitations: a link with which an agent sets a first password."""

from madoguchi.db.migrate import run_sql_file

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_file(__file__)

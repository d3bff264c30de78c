"""Contacts that turned out to be one person: a pointer that can be taken back."""

from madoguchi.db.migrate import run_sql_file

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_file(__file__)

"""Typed attributes of contacts, companies, labels and notes of contacts."""

from madoguchi.db.migrate import run_sql_file

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_file(__file__)

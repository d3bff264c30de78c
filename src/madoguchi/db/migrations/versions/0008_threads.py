"""Several conversations of one person in one inbox: what tells them apart."""

from madoguchi.db.migrate import run_sql_file

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_file(__file__)

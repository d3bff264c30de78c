"""A second factor at the sign-in."""

from madoguchi.db.migrate import run_sql_file

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_file(__file__)

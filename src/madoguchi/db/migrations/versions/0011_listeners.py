"""Where fetching goes on, for channels that fetch by themselves."""

from madoguchi.db.migrate import run_sql_file

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_file(__file__)

"""Messages that wait for their time, and what has to be asked when it has come."""

from madoguchi.db.migrate import run_sql_file

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_file(__file__)

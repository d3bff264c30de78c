"""A letter that fails in a merged thread is seen where the thread is shown."""

from madoguchi.db.migrate import run_sql_file

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_file(__file__)

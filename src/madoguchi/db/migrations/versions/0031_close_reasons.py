"""Why a conversation was closed, so that lists can be narrowed by it."""

from madoguchi.db.migrate import run_sql_file

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_file(__file__)

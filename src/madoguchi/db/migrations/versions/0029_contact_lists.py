"""Lists of contacts by label and attribute from an index; what search has to look at again, and what it has to forget."""

from madoguchi.db.migrate import run_sql_file

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_file(__file__)

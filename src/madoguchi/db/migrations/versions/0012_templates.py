"""Templates are written here too: drafts, what was submitted, and what fills the blanks."""

from madoguchi.db.migrate import run_sql_file

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_file(__file__)

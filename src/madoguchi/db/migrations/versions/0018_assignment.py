"""Who is there, whose customer a contact is, and how an inbox gives out its conversations."""

from madoguchi.db.migrate import run_sql_file

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_file(__file__)

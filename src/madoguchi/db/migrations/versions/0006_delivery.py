"""What a message cost, how often it was tried, and what became of the tries before an agent's new one."""

from madoguchi.db.migrate import run_sql_file

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_file(__file__)

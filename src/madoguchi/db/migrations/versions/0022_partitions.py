"""What grows with every message is kept in parts by time, so that the old can be dropped whole."""

from alembic import op
from sqlalchemy import text

from madoguchi.core.ids import moment_of, new_id
from madoguchi.db.migrate import run_sql_file

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.get_bind().execute(
        text("SELECT set_config('madoguchi.moment', :moment, true)"), {"moment": moment_of(new_id()).isoformat()}
    )
    run_sql_file(__file__)

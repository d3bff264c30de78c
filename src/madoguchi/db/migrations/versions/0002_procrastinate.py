"""The tables of the background jobs, as the library brings them.

They are global to the installation and carry ids only: what a job is about is read under its workspace.
"""

from alembic import op
from procrastinate.schema import SchemaManager

from madoguchi.db.migrate import run_sql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql(op.get_bind(), SchemaManager.get_schema())

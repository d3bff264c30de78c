"""What agents choose for themselves."""

from madoguchi.db.migrate import run_sql_file

<<<<<<< HEAD:src/madoguchi/db/migrations/versions/0020_preferences.py
revision = "0020"
down_revision = "0019"
=======
revision = "0014"
down_revision = "0013"
>>>>>>> wip-writing:src/madoguchi/db/migrations/versions/0014_preferences.py
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_file(__file__)

"""What there is to decide about an importer's fields."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("importers", sa.Column("changes", sa.JSON(none_as_null=True)))


def downgrade() -> None:
    op.drop_column("importers", "changes")

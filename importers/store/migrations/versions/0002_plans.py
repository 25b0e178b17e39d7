"""The plan of a company, which an owner may enter for a connection."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("connections", sa.Column("plan", sa.JSON(none_as_null=True)))


def downgrade() -> None:
    op.drop_column("connections", "plan")

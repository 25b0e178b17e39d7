"""Connections by OAuth: how one signs in, what was granted, why it must be renewed, and who is refreshing it."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("connections", sa.Column("sign_in", sa.String(16), nullable=False, server_default="API token"))
    op.add_column("connections", sa.Column("scopes", sa.JSON(none_as_null=True)))
    op.add_column("connections", sa.Column("trouble", sa.JSON(none_as_null=True)))
    op.add_column("connections", sa.Column("refreshing_until", sa.DateTime(timezone=True)))


def downgrade() -> None:
    for column in ("refreshing_until", "trouble", "scopes", "sign_in"):
        op.drop_column("connections", column)

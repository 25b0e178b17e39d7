"""What a user's sessions carry: a new mark ends them all."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("users", sa.Column("session_mark", sa.String(32), nullable=False, server_default="0"))


def downgrade() -> None:
    op.drop_column("users", "session_mark")

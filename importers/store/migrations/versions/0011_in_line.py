"""Since when a run waits for what others have."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("runs", sa.Column("in_line_since", sa.DateTime(timezone=True)))


def downgrade() -> None:
    op.drop_column("runs", "in_line_since")

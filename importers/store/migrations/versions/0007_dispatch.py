"""Importers that follow others or were paused for their troubles, and runs that wait to be handed to the queue."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # In plain SQL, as in 0006: to add a foreign key Alembic would copy the table on SQLite.
    op.execute(
        "ALTER TABLE importers ADD COLUMN after_id INTEGER CONSTRAINT fk_importers_after_id REFERENCES importers (id)"
    )
    op.create_index("ix_importers_after_id", "importers", ["after_id"])
    op.add_column("importers", sa.Column("paused_because", sa.JSON()))
    op.add_column("importers", sa.Column("missed_at", sa.DateTime(timezone=True)))
    op.add_column("runs", sa.Column("held", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_index(
        "ix_runs_held", "runs", ["queued_at"], sqlite_where=sa.text("held = 1"), postgresql_where=sa.text("held")
    )
    op.create_index("ix_runs_ended_at", "runs", ["ended_at"])
    told = sa.text("last_event > 0")
    op.create_index("ix_runs_told", "runs", ["ended_at"], sqlite_where=told, postgresql_where=told)


def downgrade() -> None:
    for name in ("ix_runs_told", "ix_runs_ended_at", "ix_runs_held"):
        op.drop_index(name, "runs")
    op.drop_column("runs", "held")
    op.drop_index("ix_importers_after_id", "importers")
    for name in ("missed_at", "paused_because", "after_id"):
        op.drop_column("importers", name)

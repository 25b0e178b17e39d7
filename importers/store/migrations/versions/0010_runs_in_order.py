"""The newest run of an importer, without reading those of all others."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_runs_importer_id_id", "runs", ["importer_id", "id"])
    op.drop_index("ix_runs_importer_id", "runs")


def downgrade() -> None:
    op.create_index("ix_runs_importer_id", "runs", ["importer_id"])
    op.drop_index("ix_runs_importer_id_id", "runs")

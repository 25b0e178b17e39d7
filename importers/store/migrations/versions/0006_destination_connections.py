"""The connection an importer writes with, for destinations one signs in to."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # In plain SQL: to add a foreign key Alembic would copy the table on SQLite, and dropping
    # the old one takes all runs along.
    op.execute(
        "ALTER TABLE importers ADD COLUMN destination_id INTEGER "
        "CONSTRAINT fk_importers_destination_id REFERENCES connections (id) ON DELETE RESTRICT"
    )
    op.create_index("ix_importers_destination_id", "importers", ["destination_id"])


def downgrade() -> None:
    op.drop_index("ix_importers_destination_id", "importers")
    op.drop_column("importers", "destination_id")

"""Channels, incidents, notices and their sendings; which runs were noticed; when the clock did its rounds."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
FALSE = sa.false()


def upgrade() -> None:
    op.create_table(
        "channels",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        _of("channels", "workspace_id", "workspaces"),
        sa.PrimaryKeyConstraint("id", name="pk_channels"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_channels_workspace_id", "channels", ["workspace_id"])
    op.create_table(
        "tellings",
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("telling", sa.JSON(), nullable=False),
        _of("tellings", "workspace_id", "workspaces"),
        sa.PrimaryKeyConstraint("workspace_id", name="pk_tellings"),
    )
    op.create_table(
        "incidents",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("cause", sa.String(200), nullable=False),
        sa.Column("importer_id", sa.Integer()),
        sa.Column("connection_id", sa.Integer()),
        sa.Column("run_id", sa.Integer()),
        sa.Column("trouble", sa.JSON()),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("closed_at", MOMENT),
        sa.Column("recovered", sa.Boolean(), nullable=False, server_default=FALSE),
        sa.Column("told", sa.Boolean(), nullable=False, server_default=FALSE),
        sa.Column("end_told", sa.Boolean(), nullable=False, server_default=FALSE),
        _of("incidents", "workspace_id", "workspaces"),
        _of("incidents", "importer_id", "importers"),
        _of("incidents", "connection_id", "connections"),
        sa.PrimaryKeyConstraint("id", name="pk_incidents"),
        sqlite_autoincrement=True,
    )
    is_open = sa.text("closed_at IS NULL")
    for column in ("importer_id", "connection_id"):
        op.create_index(f"ix_incidents_{column}", "incidents", [column])
        op.create_index(
            f"uq_incidents_open_{column}",
            "incidents",
            ["kind", column],
            unique=True,
            sqlite_where=is_open,
            postgresql_where=is_open,
        )
    op.create_index("ix_incidents_workspace_id", "incidents", ["workspace_id"])
    op.create_table(
        "notices",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("cause", sa.String(200), nullable=False),
        sa.Column("letter", sa.JSON(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        _of("notices", "workspace_id", "workspaces"),
        sa.PrimaryKeyConstraint("id", name="pk_notices"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_notices_workspace_id", "notices", ["workspace_id"])
    op.create_table(
        "sendings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("notice_id", sa.Integer(), nullable=False),
        sa.Column("channel_id", sa.Integer()),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_at", MOMENT, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("sent_at", MOMENT),
        _of("sendings", "notice_id", "notices"),
        _of("sendings", "channel_id", "channels", ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name="pk_sendings"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_sendings_notice_id", "sendings", ["notice_id"])
    op.create_index("ix_sendings_channel_id", "sendings", ["channel_id"])
    waiting = sa.text("state = 'waiting'")
    op.create_index("ix_sendings_waiting", "sendings", ["next_at"], sqlite_where=waiting, postgresql_where=waiting)
    op.create_table(
        "watches",
        sa.Column("name", sa.String(16), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_watches"),
    )
    op.add_column("runs", sa.Column("noticed", sa.Boolean(), nullable=False, server_default=FALSE))
    # Whoever updates is told of what happens from now on.
    op.execute(sa.text("UPDATE runs SET noticed = :yes WHERE ended_at IS NOT NULL").bindparams(yes=True))
    op.create_index(
        "ix_runs_unnoticed",
        "runs",
        ["id"],
        sqlite_where=sa.text("noticed = 0 AND ended_at IS NOT NULL"),
        postgresql_where=sa.text("NOT noticed AND ended_at IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_runs_unnoticed", "runs")
    op.drop_column("runs", "noticed")
    for table in ("watches", "sendings", "notices", "incidents", "tellings", "channels"):
        op.drop_table(table)


def _of(table: str, column: str, owner: str, *, ondelete: str = "CASCADE") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{owner}.id"], name=f"fk_{table}_{column}", ondelete=ondelete)

"""The first tables: people, accounts, importers, runs and their stories."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_UNFINISHED = sa.text("ended_at IS NULL")


def upgrade() -> None:
    _people()
    _accounts_and_importers()
    _runs()
    op.create_table(
        "workers",
        sa.Column("name", sa.String(200), nullable=False),
        _moment("beat_at"),
        sa.PrimaryKeyConstraint("name", name="pk_workers"),
    )


def downgrade() -> None:
    for table in ("workers", "events", "runs", "importers", "connections", "memberships", "users", "workspaces"):
        op.drop_table(table)


def _people() -> None:
    op.create_table(
        "workspaces",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("time_zone", sa.String(64), nullable=False),
        _moment("created_at"),
        sa.PrimaryKeyConstraint("id", name="pk_workspaces"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "users",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("email", sa.String(320), nullable=False),
        sa.Column("password_hash", sa.String(255), nullable=False),
        _moment("created_at"),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sa.UniqueConstraint("email", name="uq_users_email"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "memberships",
        _reference("workspace_id"),
        _reference("user_id"),
        sa.Column("role", sa.String(16), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "user_id", name="pk_memberships"),
        _foreign("memberships", "workspace_id", "workspaces"),
        _foreign("memberships", "user_id", "users"),
    )
    op.create_index("ix_memberships_user_id", "memberships", ["user_id"])


def _accounts_and_importers() -> None:
    op.create_table(
        "connections",
        sa.Column("id", sa.Integer, nullable=False),
        _reference("workspace_id"),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("identity", sa.String(600), nullable=False),
        sa.Column("account", sa.JSON, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        _moment("created_at"),
        _moment("checked_at"),
        sa.PrimaryKeyConstraint("id", name="pk_connections"),
        _foreign("connections", "workspace_id", "workspaces"),
        sa.UniqueConstraint("workspace_id", "kind", "identity", name="uq_connections_workspace_id_kind_identity"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "importers",
        sa.Column("id", sa.Integer, nullable=False),
        _reference("workspace_id"),
        sa.Column("name", sa.String(200), nullable=False),
        _reference("connection_id"),
        sa.Column("selection", sa.JSON, nullable=False),
        sa.Column("target", sa.JSON, nullable=False),
        sa.Column("target_key", sa.String(600), nullable=False),
        sa.Column("schedule", sa.JSON, nullable=False),
        sa.Column("paused", sa.Boolean, nullable=False),
        _moment("next_run_at", nullable=True),
        _moment("created_at"),
        _moment("updated_at"),
        sa.PrimaryKeyConstraint("id", name="pk_importers"),
        _foreign("importers", "workspace_id", "workspaces"),
        _foreign("importers", "connection_id", "connections", ondelete="RESTRICT"),
        sa.UniqueConstraint("workspace_id", "target_key", name="uq_importers_workspace_id_target_key"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_importers_next_run_at", "importers", ["next_run_at"])
    op.create_index("ix_importers_connection_id", "importers", ["connection_id"])


def _runs() -> None:
    op.create_table(
        "runs",
        sa.Column("id", sa.Integer, nullable=False),
        _reference("workspace_id"),
        _reference("importer_id"),
        sa.Column("trigger", sa.String(16), nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("phase", sa.String(16), nullable=False),
        sa.Column("counts", sa.JSON, nullable=False),
        sa.Column("notes", sa.JSON, nullable=False),
        sa.Column("trouble", sa.JSON),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("abandoned", sa.Integer, nullable=False),
        sa.Column("cancel_requested", sa.Boolean, nullable=False, server_default=sa.false()),
        _moment("queued_at"),
        _moment("sent_at"),
        *(_moment(name, nullable=True) for name in ("started_at", "ended_at", "heartbeat_at", "wake_at")),
        sa.Column("claim", sa.String(64)),
        sa.Column("last_event", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_runs"),
        _foreign("runs", "workspace_id", "workspaces"),
        _foreign("runs", "importer_id", "importers"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_runs_importer_id", "runs", ["importer_id"])
    op.create_index(
        "uq_runs_unfinished",
        "runs",
        ["importer_id"],
        unique=True,
        sqlite_where=_UNFINISHED,
        postgresql_where=_UNFINISHED,
    )
    op.create_table(
        "events",
        _reference("run_id"),
        sa.Column("number", sa.Integer, nullable=False, autoincrement=False),
        _moment("at"),
        sa.Column("level", sa.String(8), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("run_id", "number", name="pk_events"),
        _foreign("events", "run_id", "runs"),
    )


def _moment(name: str, *, nullable: bool = False) -> "sa.Column[Any]":
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _reference(name: str) -> "sa.Column[Any]":
    return sa.Column(name, sa.Integer, nullable=False)


def _foreign(table: str, column: str, other: str, *, ondelete: str = "CASCADE") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=f"fk_{table}_{column}", ondelete=ondelete)

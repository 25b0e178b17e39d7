"""
The tables. `migrations/` holds the way here; a test compares the two.

Ids are never used twice, also on SQLite: a message for a deleted run must not
find another one.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.types import TypeDecorator

from importers.model import Account, Counts, FieldChange, Plan, Schedule, Selection, SignIn, Target, Trouble
from importers.notices import Letter, Telling


class Moment(TypeDecorator[datetime]):
    """An aware moment in UTC, in and out; SQLite, which knows no zones, is told and asked without."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone cannot be kept")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Words(TypeDecorator[str]):
    """
    A text, without what not every database keeps: NUL, and halves of
    characters. Company and field names can hold either.
    """

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else _UNKEPT.sub("\ufffd", value)


_UNKEPT = re.compile("[\\x00\\ud800-\\udfff]")


class Prose(Words):
    """The same, of any length."""

    impl = Text
    cache_ok = True


class Value(TypeDecorator[Any]):
    """One of the values of `model.py`, as JSON; fields added later take their defaults."""

    impl = JSON(none_as_null=True)
    cache_ok = True

    def __init__(self, of: Any) -> None:
        super().__init__()
        self.of = of

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        return None if value is None else msgspec.to_builtins(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        return None if value is None else msgspec.convert(value, self.of)


metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

workspaces = Table(
    "workspaces",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(200), nullable=False),
    Column("time_zone", String(64), nullable=False),
    Column("created_at", Moment, nullable=False),
    sqlite_autoincrement=True,
)

users = Table(
    "users",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("email", String(320), nullable=False, unique=True),
    Column("password_hash", String(255), nullable=False),
    Column("session_mark", String(32), nullable=False, server_default="0"),
    Column("created_at", Moment, nullable=False),
    sqlite_autoincrement=True,
)

memberships = Table(
    "memberships",
    metadata,
    Column("workspace_id", ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True),
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("role", String(16), nullable=False),
    Index("ix_memberships_user_id", "user_id"),
)

connections = Table(
    "connections",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("workspace_id", ForeignKey("workspaces.id", ondelete="CASCADE"), nullable=False),
    Column("kind", String(32), nullable=False),
    # Company and user as one text, so that linking an account twice renews it.
    Column("identity", Words(600), nullable=False),
    Column("account", Value(Account), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("status", String(32), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("checked_at", Moment, nullable=False),
    Column("plan", Value(Plan)),
    Column("sign_in", String(16), nullable=False, server_default=SignIn.API_TOKEN.value),
    Column("scopes", Value(tuple[str, ...])),
    Column("trouble", Value(Trouble)),
    # Until then somebody is refreshing the tokens; others wait, and see what they store.
    Column("refreshing_until", Moment),
    UniqueConstraint("workspace_id", "kind", "identity"),
    sqlite_autoincrement=True,
)

importers = Table(
    "importers",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("workspace_id", ForeignKey("workspaces.id", ondelete="CASCADE"), nullable=False),
    Column("name", Words(200), nullable=False),
    Column("connection_id", ForeignKey("connections.id", ondelete="RESTRICT"), nullable=False),
    # The one that its target names, for destinations one signs in to.
    Column("destination_id", ForeignKey("connections.id", ondelete="RESTRICT")),
    Column("selection", Value(Selection), nullable=False),
    Column("target", Value(Target), nullable=False),
    # Kind, place, sheet (without regard to case) and, where it is asked, cell: two importers may not share one.
    Column("target_key", String(600), nullable=False),
    Column("schedule", Value(Schedule), nullable=False),
    Column("paused", Boolean, nullable=False),
    Column("next_run_at", Moment),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    # What became of fields since its columns were frozen; may hold what is decided by now.
    Column("changes", Value(tuple[FieldChange, ...])),
    # The one it follows, where its schedule says so.
    Column("after_id", ForeignKey("importers.id")),
    # Why it was paused without anybody asking for it.
    Column("paused_because", Value(Trouble)),
    # The last turn that was left out, because it was noticed too late.
    Column("missed_at", Moment),
    # Nothing starts it by itself until a run succeeded.
    Column("starts_after_success", Boolean, nullable=False, server_default=false()),
    UniqueConstraint("workspace_id", "target_key"),
    Index("ix_importers_next_run_at", "next_run_at"),
    Index("ix_importers_connection_id", "connection_id"),
    Index("ix_importers_destination_id", "destination_id"),
    Index("ix_importers_after_id", "after_id"),
    sqlite_autoincrement=True,
)

runs = Table(
    "runs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("workspace_id", ForeignKey("workspaces.id", ondelete="CASCADE"), nullable=False),
    Column("importer_id", ForeignKey("importers.id", ondelete="CASCADE"), nullable=False),
    Column("trigger", String(16), nullable=False),
    Column("status", String(32), nullable=False),
    Column("phase", String(16), nullable=False),
    Column("counts", Value(Counts), nullable=False),
    Column("notes", Value(tuple[str, ...]), nullable=False),
    Column("trouble", Value(Trouble)),
    Column("attempt", Integer, nullable=False),
    Column("abandoned", Integer, nullable=False),
    Column("cancel_requested", Boolean, nullable=False, server_default=false()),
    Column("queued_at", Moment, nullable=False),
    # When the run's id was last handed to the queue; a lost message shows here.
    Column("sent_at", Moment, nullable=False),
    # Queued here, but not yet handed to the queue.
    Column("held", Boolean, nullable=False, server_default=false()),
    Column("started_at", Moment),
    Column("ended_at", Moment),
    Column("heartbeat_at", Moment),
    Column("wake_at", Moment),
    # Since then it looks in vain for its turn at what others have, without having been tried.
    Column("in_line_since", Moment),
    # Known only to the worker that took the run up; others cannot change it.
    Column("claim", String(64)),
    Column("last_event", Integer, nullable=False),
    # Its end was looked at, for what is to be told of it.
    Column("noticed", Boolean, nullable=False, server_default=false()),
    # With the id: else PostgreSQL, asked for the newest of one importer, reads the runs of all from the newest on.
    Index("ix_runs_importer_id_id", "importer_id", "id"),
    # An importer never overlaps itself, whoever starts it.
    Index(
        "uq_runs_unfinished",
        "importer_id",
        unique=True,
        sqlite_where=text("ended_at IS NULL"),
        postgresql_where=text("ended_at IS NULL"),
    ),
    # What is to be handed on is looked for every second, what is old enough to be forgotten every minute.
    Index("ix_runs_held", "queued_at", sqlite_where=text("held = 1"), postgresql_where=text("held")),
    Index("ix_runs_ended_at", "ended_at"),
    Index(
        "ix_runs_unnoticed",
        "id",
        sqlite_where=text("noticed = 0 AND ended_at IS NOT NULL"),
        postgresql_where=text("NOT noticed AND ended_at IS NOT NULL"),
    ),
    Index("ix_runs_told", "ended_at", sqlite_where=text("last_event > 0"), postgresql_where=text("last_event > 0")),
    sqlite_autoincrement=True,
)

events = Table(
    "events",
    metadata,
    Column("run_id", ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", Moment, nullable=False),
    Column("level", String(8), nullable=False),
    Column("text", Prose, nullable=False),
)

channels = Table(
    "channels",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("workspace_id", ForeignKey("workspaces.id", ondelete="CASCADE"), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("name", Words(200), nullable=False),
    Column("place", Prose, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("created_at", Moment, nullable=False),
    Index("ix_channels_workspace_id", "workspace_id"),
    sqlite_autoincrement=True,
)

tellings = Table(
    "tellings",
    metadata,
    Column("workspace_id", ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("telling", Value(Telling), nullable=False),
)

incidents = Table(
    "incidents",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("workspace_id", ForeignKey("workspaces.id", ondelete="CASCADE"), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("cause", Words(200), nullable=False),
    Column("importer_id", ForeignKey("importers.id", ondelete="CASCADE")),
    Column("connection_id", ForeignKey("connections.id", ondelete="CASCADE")),
    # To lead there; the run may be forgotten before the incident is.
    Column("run_id", Integer),
    Column("trouble", Value(Trouble)),
    Column("times", Integer, nullable=False),
    Column("since", Moment, nullable=False),
    Column("opened_at", Moment, nullable=False),
    Column("closed_at", Moment),
    Column("recovered", Boolean, nullable=False, server_default=false()),
    Column("told", Boolean, nullable=False, server_default=false()),
    Column("end_told", Boolean, nullable=False, server_default=false()),
    Index("ix_incidents_workspace_id", "workspace_id"),
    Index("ix_incidents_importer_id", "importer_id"),
    Index("ix_incidents_connection_id", "connection_id"),
    # However many look, an incident begins once.
    *(
        Index(
            f"uq_incidents_open_{subject}",
            "kind",
            subject,
            unique=True,
            sqlite_where=text("closed_at IS NULL"),
            postgresql_where=text("closed_at IS NULL"),
        )
        for subject in ("importer_id", "connection_id")
    ),
    sqlite_autoincrement=True,
)

notices = Table(
    "notices",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("workspace_id", ForeignKey("workspaces.id", ondelete="CASCADE"), nullable=False),
    Column("cause", Words(200), nullable=False),
    Column("letter", Value(Letter), nullable=False),
    Column("at", Moment, nullable=False),
    Index("ix_notices_workspace_id", "workspace_id"),
    sqlite_autoincrement=True,
)

sendings = Table(
    "sendings",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("notice_id", ForeignKey("notices.id", ondelete="CASCADE"), nullable=False),
    Column("channel_id", ForeignKey("channels.id", ondelete="SET NULL")),
    # As the channel was then: the history outlives it.
    Column("kind", String(16), nullable=False),
    Column("name", Words(200), nullable=False),
    Column("place", Prose, nullable=False),
    Column("state", String(16), nullable=False),
    Column("tries", Integer, nullable=False),
    # When it is tried (again). Whoever sends moves it ahead first, so that nobody else does.
    Column("next_at", Moment, nullable=False),
    Column("reason", Prose, nullable=False),
    Column("sent_at", Moment),
    Index("ix_sendings_notice_id", "notice_id"),
    Index("ix_sendings_channel_id", "channel_id"),
    Index(
        "ix_sendings_waiting",
        "next_at",
        sqlite_where=text("state = 'waiting'"),
        postgresql_where=text("state = 'waiting'"),
    ),
    sqlite_autoincrement=True,
)

# When a round was last done, so that whoever does the next one sees whether any was left out.
watches = Table(
    "watches",
    metadata,
    Column("name", String(16), primary_key=True),
    Column("at", Moment, nullable=False),
    Column("since", Moment, nullable=False),
)

workers = Table(
    "workers",
    metadata,
    Column("name", String(200), primary_key=True),
    Column("beat_at", Moment, nullable=False),
)

"""What a view may reach for: the services, the settings, and who is asking."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from typing import cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from flask import current_app
from flask_login import current_user

from importers.config import Settings
from importers.model import Actor
from importers.services import Services

_KEY = "pipesheet"


def attach(app: object, services: Services, settings: Settings) -> None:
    app.extensions[_KEY] = (services, settings)  # type: ignore[attr-defined]


def services() -> Services:
    return cast(Services, current_app.extensions[_KEY][0])


def settings() -> Settings:
    return cast(Settings, current_app.extensions[_KEY][1])


def actor() -> Actor:
    """Who is asking. Only for views behind the sign-in, which is all but a few."""
    return cast(Actor, current_user.actor)


def now() -> datetime:
    return services().clock.now()


def zone() -> tzinfo:
    """The reader's time zone; UTC for visitors and for zones this machine does not know."""
    if not current_user.is_authenticated:
        return UTC
    return zone_named(actor().workspace.time_zone)


@lru_cache(maxsize=1000)
def zone_named(name: str) -> tzinfo:
    """UTC where this machine does not know it. Kept here: `ZoneInfo` keeps eight, and a form lists four hundred."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC

"""The web process: settings, then services with Celery behind them, then the pages."""

from __future__ import annotations

import sys

from flask import Flask

from importers.bootstrap import build
from importers.config import Settings
from importers.errors import InvalidSettings
from web import create_app
from worker.queue import CeleryQueue

_GUNICORN_STOPS_AT = 4
"""The exit code that makes gunicorn give up instead of starting the worker again and again."""


def load() -> Flask:
    """The app; where the settings do not fit, one line on standard error and the end."""
    try:
        settings = Settings.from_env()
        return create_app(build(settings, queue=CeleryQueue(settings.redis_url)), settings)
    except InvalidSettings as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(_GUNICORN_STOPS_AT)


app = load()

"""The web process: settings, then services with Celery behind them, then the pages."""

from __future__ import annotations

from importers.bootstrap import build
from importers.config import Settings
from web import create_app
from worker.queue import CeleryQueue

settings = Settings.from_env()
app = create_app(build(settings, queue=CeleryQueue(settings.redis_url)), settings)

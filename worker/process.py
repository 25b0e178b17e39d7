"""What every process of the night shift has in common: settings, services, a sign of life."""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from typing import Any

from celery import Celery
from celery.signals import worker_process_init, worker_ready, worker_shutting_down

from importers.bootstrap import build, preload
from importers.config import Settings
from importers.errors import ImporterError, InvalidSettings
from importers.services import Services
from worker.leaving import GRACE, Leaving
from worker.options import OPTIONS
from worker.queue import CeleryQueue, broker_url
from worker.restoring import mend

log = logging.getLogger(__name__)

BEAT_EVERY = 5.0
"""Seconds between two signs of life; far fewer than health waits before it calls somebody gone."""


class ImportApp(Celery):
    """A Celery app that its tasks find the services on, or make them: they may not have come when the process began."""

    bring: Callable[[], Services]
    services: Services | None = None

    def brought(self) -> Services:
        """Raises what keeps them from coming, the next time as well."""
        if self.services is None:
            self.services = self.bring()
        return self.services


def make_app(settings: Settings) -> ImportApp:
    app = ImportApp("pipesheet", broker=broker_url(settings.redis_url), include=["worker.tasks"])
    app.conf.update(OPTIONS)
    app.bring = lambda: build_services(settings)
    return app


def settings_or_exit() -> Settings:
    """The settings; when they do not fit, one line on standard error and the end."""
    try:
        settings = Settings.from_env()
        broker_url(settings.redis_url)
    except InvalidSettings as error:
        sys.exit(str(error))
    return settings


def build_services(settings: Settings, leaving: Callable[[], bool] = lambda: False) -> Services:
    return build(settings, queue=CeleryQueue(settings.redis_url), leaving=leaving)


def attach(app: ImportApp, settings: Settings) -> None:
    """
    Give each process of the pool services of its own when it starts, because
    a database connection does not survive a fork; and let the main process,
    which answers for them all however busy they are, say that it is alive and
    tell them when it must leave.
    """
    stopping, leaving = threading.Event(), Leaving()
    _quiet_celery(settings.log_level)
    mend()
    preload()

    @worker_process_init.connect(weak=False)
    def bring_services(**_: Any) -> None:
        app.bring = lambda: build_services(settings, leaving)
        app.brought()

    @worker_ready.connect(weak=False)
    def start_beating(**_: Any) -> None:
        log.info("The worker is ready.")
        threading.Thread(
            target=beat_between_forks, args=(build_services(settings), stopping), name="beat", daemon=True
        ).start()

    @worker_shutting_down.connect(weak=False)
    def begin_to_leave(**_: Any) -> None:
        stopping.set()
        leaving.soon()
        log.info("The worker stops; a run that is not done in %.0f seconds is handed back.", GRACE)


def _quiet_celery(log_level: str) -> None:
    """Its everyday lines speak of tasks; what becomes of a run is told by the services, in words for people."""
    if log_level != "DEBUG":
        logging.getLogger("celery").setLevel(logging.WARNING)


def log_trouble(error: Exception, text: str) -> None:
    """What we can explain takes one line of the log, since it may come again every few seconds; anything else all of it."""
    if isinstance(error, ImporterError):
        log.warning("%s %s", text, error.message)
    else:
        log.error(text, exc_info=error)


_no_fork = threading.Lock()
os.register_at_fork(before=_no_fork.acquire, after_in_parent=_no_fork.release, after_in_child=_no_fork.release)


def beat_between_forks(services: Services, stopping: threading.Event) -> None:
    """
    `beat` for the worker's main process, which forks whenever a child has served
    its time. Whoever is born while SQLite is open believes for ever that its
    locks are held (https://www.sqlite.org/howtocorrupt.html, "across a fork"). So no
    child is born meanwhile, and it is closed in between.
    """

    @contextmanager
    def alone() -> Iterator[None]:
        with _no_fork, closing(services):
            yield

    beat(services, "worker", stopping, within=alone)


def beat(
    services: Services,
    name: str,
    stopping: threading.Event,
    *,
    within: Callable[[], AbstractContextManager[None]] = nullcontext,
) -> None:
    """Say "I am alive" until *stopping*; a failed attempt is logged and the next one made."""
    while True:
        try:
            with within():
                services.health.beat(name)
        except Exception as error:  # noqa: BLE001  # the edge
            log_trouble(error, "The sign of life could not be left.")
        if stopping.wait(BEAT_EVERY):
            return

"""
The entry file of the workers: `celery -A worker.app worker`.

Importing it reads the settings and does nothing else. A worker that is told
to stop (SIGTERM) takes no new run and finishes those it has, which is Celery's
warm shutdown. One that is killed leaves runs whose heartbeat stops, and the
clock has them picked up again.
"""

from __future__ import annotations

from worker.process import attach, make_app, settings_or_exit

settings = settings_or_exit()
app = make_app(settings)
attach(app, settings)

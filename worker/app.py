"""
The entry file of the workers: `celery -A worker.app worker`.

Importing it reads the settings and does nothing else. A worker that is told
to stop (SIGTERM) takes no new run and finishes those it has, which is Celery's
warm shutdown; what takes longer than a few seconds it hands back, and the next
worker starts it over. One that is killed leaves runs whose heartbeat stops, and
the clock has them picked up again.
"""

from __future__ import annotations

import warnings

from celery.platforms import SecurityWarning

from worker.process import attach, make_app, settings_or_exit

# Celery warns of running as root because pickled messages could run any code. Ours are JSON, and
# in a container root is what there is.
warnings.filterwarnings("ignore", category=SecurityWarning)

settings = settings_or_exit()
app = make_app(settings)
attach(app, settings)

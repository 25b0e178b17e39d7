"""The pages. They ask the services and show the answer; no import runs in here."""

from __future__ import annotations

from flask import Flask
from flask_bootstrap import Bootstrap5

from importers.config import Settings
from importers.services import Services
from web import (
    addresses,
    auth,
    connections,
    context,
    current,
    editor,
    errors,
    filters,
    health,
    home,
    results,
    runs,
    security,
    static_files,
)


def create_app(services: Services, settings: Settings) -> Flask:
    app = Flask(__name__)
    app.config.update(security.configuration(settings))
    current.attach(app, services, settings)
    Bootstrap5(app)
    for part in (addresses, static_files, filters, context, errors, security):
        part.register(app)
    for part in (health, auth, home, connections, editor, runs, results):
        part.register(app)
    return app

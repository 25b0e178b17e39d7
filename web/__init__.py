"""The pages. They ask the services and show the answer; no import runs in here."""

from __future__ import annotations

from flask import Flask
from flask_bootstrap import Bootstrap5
from werkzeug.middleware.proxy_fix import ProxyFix

from importers.config import Settings
from importers.services import Services
from web import (
    addresses,
    auth,
    cells,
    choices,
    columns,
    connections,
    context,
    current,
    editor,
    errors,
    filters,
    health,
    home,
    notices,
    prices,
    results,
    runs,
    security,
    static_files,
    troubles,
)


def create_app(services: Services, settings: Settings) -> Flask:
    app = Flask(__name__)
    _believe_proxies(app, settings.proxies)
    app.config.update(security.configuration(settings))
    current.attach(app, services, settings)
    Bootstrap5(app)
    for part in (addresses, static_files, filters, choices, prices, cells, context, troubles, errors, security):
        part.register(app)
    for part in (health, auth, home, connections, notices, editor, columns, runs, results):
        part.register(app)
    return app


def _believe_proxies(app: Flask, number: int) -> None:
    """
    What that many proxies say about who is asking, how, and for which host.
    Without any, such headers come from visitors and count for nothing.
    """
    if number:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=number, x_proto=number, x_host=number)  # type: ignore[method-assign]

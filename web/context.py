"""What every template may ask, beside what its view hands over."""

from __future__ import annotations

from typing import Any

from flask import Flask

from importers.model import Role
from web import current


def register(app: Flask) -> None:
    settings = app.extensions["pipesheet"][1]

    @app.context_processor
    def add() -> dict[str, Any]:
        return {
            "is_sandbox": settings.sandbox,
            "sandbox_token": settings.sandbox_token if settings.sandbox else "",
            "may_edit": may_edit,
            "may_link": may_link,
            "entity_label": entity_label,
        }


def may_edit() -> bool:
    """Pages hide what the reader's role cannot do; the services refuse it."""
    return current.actor().role is not Role.VIEWER


def may_link() -> bool:
    return current.actor().role is Role.OWNER


def entity_label(name: str) -> str:
    """The word on the page for an entity; its name where this version does not know it."""
    labels = {info.name: info.label for info in current.services().importers.entities()}
    return labels.get(name, name)

"""Where notices go, what they tell, and what became of the last ones."""

from flask import Flask

from web.notices import hints, views

__all__ = ["register"]


def register(app: Flask) -> None:
    views.register(app)
    hints.register(app)

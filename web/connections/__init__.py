"""Linked accounts."""

from flask import Flask

from web.connections import oauth, views

__all__ = ["register"]


def register(app: Flask) -> None:
    views.register(app)
    oauth.register(app)

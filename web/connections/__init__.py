"""Linked accounts."""

from flask import Flask

from web.connections import google, oauth, views

__all__ = ["register"]


def register(app: Flask) -> None:
    views.register(app)
    oauth.register(app)
    google.register(app)

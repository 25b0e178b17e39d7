"""Linked accounts."""

from web.connections.views import register

__all__ = ["register"]

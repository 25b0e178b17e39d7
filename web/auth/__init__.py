"""Signing in and out, and the first owner."""

from web.auth.views import register

__all__ = ["register"]

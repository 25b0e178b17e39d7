"""Every importer at a glance, and what its menu does."""

from web.home.views import register

__all__ = ["register"]

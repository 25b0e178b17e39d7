"""The sheet an importer wrote."""

from web.results.views import register

__all__ = ["register"]

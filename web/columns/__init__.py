"""The columns of an importer's sheet: their headers, and what to do about fields that changed."""

from web.columns.views import register

__all__ = ["register"]

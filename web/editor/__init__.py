"""Make, change or copy an importer."""

from web.editor.views import register

__all__ = ["register"]

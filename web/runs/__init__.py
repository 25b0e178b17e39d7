"""One run, live, and the runs of an importer."""

from web.runs.views import register

__all__ = ["register"]

"""What can be read. Each kind is imported when it is first needed."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from importers.errors import InvalidSettings

KINDS = {"pipedrive": "importers.sources.pipedrive.source:PipedriveSource"}
"""Kind -> module and class, by name."""


def load(kind: str) -> Any:
    """
    The class of *kind*; what it takes to make one differs from kind to kind.

    Raises:
        InvalidSettings: there is no such kind.
    """
    if kind not in KINDS:
        raise InvalidSettings(f"There is no source called {kind!r}. There is: {', '.join(KINDS)}.")
    module, _, name = KINDS[kind].partition(":")
    return getattr(import_module(module), name)

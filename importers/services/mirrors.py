"""The files in which importers remember what they read: gone once their importer is."""

from __future__ import annotations

from pathlib import Path

from importers.errors import NotThere
from importers.interfaces import Store
from importers.staged import remove_leftovers

_ENDINGS = (".mirror", ".removed")


def forget(mirror: Path) -> None:
    """Remove a mirror, and what else is kept of it."""
    for ending in _ENDINGS:
        mirror.with_suffix(ending).unlink(missing_ok=True)


def sweep(folder: Path, store: Store) -> int:
    """
    Remove what importers left that are gone, such as one that was deleted in
    the last moment of its own run, and what processes left that died; how many
    mirrors that were. Files of others stay.
    """
    # Listed before the store is asked: an importer that is made meanwhile is no stranger.
    mirrors = {path.with_suffix(_ENDINGS[0]) for path in folder.glob("*/*") if _is_one(path)}
    lost = [mirror for mirror in mirrors if is_gone(store, int(mirror.parent.name), int(mirror.stem))]
    for mirror in lost:
        forget(mirror)
    for place in {mirror.parent for mirror in mirrors}:
        remove_leftovers(place)
    return len(lost)


def is_gone(store: Store, workspace_id: int, importer_id: int) -> bool:
    try:
        store.importer(workspace_id, importer_id)
    except NotThere:
        return True
    return False


def _is_one(path: Path) -> bool:
    return path.suffix in _ENDINGS and _is_number(path.stem) and _is_number(path.parent.name)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()

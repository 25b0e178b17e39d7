"""Our own style sheets, scripts and pictures: kept by browsers for a year, under addresses that change with them."""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from flask import Flask

_YEAR = 365 * 24 * 3600
_BOOTSTRAP = "bootstrap.static"


def register(app: Flask) -> None:
    folder = Path(app.static_folder or "")

    @app.url_defaults
    def add_version(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == "static" and "v" not in values:
            values["v"] = _version(folder / values["filename"])

    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = _YEAR


def is_static(endpoint: str | None) -> bool:
    return endpoint in ("static", _BOOTSTRAP)


@lru_cache(maxsize=256)
def _version(path: Path) -> str:
    """Twelve characters of the file's hash; "0" for a file that is not there."""
    return sha256(path.read_bytes()).hexdigest()[:12] if path.is_file() else "0"

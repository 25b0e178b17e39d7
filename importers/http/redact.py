"""Addresses without their secrets, for logs and messages."""

from __future__ import annotations

from urllib.parse import urlsplit


def bare_url(url: str) -> str:
    """*url* without user, query and fragment: what may be shown to anybody."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "(unreadable address)"
    return f"{parts.scheme}://{parts.hostname or ''}{port}{parts.path}"

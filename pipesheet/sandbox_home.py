"""Which sandboxes an installation uses: kept in its home folder, for commands that are started without its environment."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

_FILE = "sandbox"


def remember(home: Path, reroute: str) -> None:
    """*reroute* is where the sandboxes of this start answer, as in PIPESHEET_REROUTE; empty without any."""
    if reroute:
        (home / _FILE).write_text(reroute, encoding="utf-8")
    else:
        (home / _FILE).unlink(missing_ok=True)


def reroutes_of_last_start(home: Path) -> Mapping[str, str]:
    """Empty when the last start of *home* was one without a sandbox, or there was none."""
    try:
        pairs = (home / _FILE).read_text(encoding="utf-8").split(",")
    except OSError:
        return {}
    parted = (pair.partition("=") for pair in pairs)
    return {pattern.strip(): target.strip() for pattern, _, target in parted if target.strip()}

"""Which sandbox an installation uses: kept in its home folder, for commands that are started without its environment."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

_FILE = "sandbox"


def remember(home: Path, reroute: str) -> None:
    """*reroute* is where the sandbox of this start answers, as in PIPESHEET_REROUTE; empty without a sandbox."""
    if reroute:
        (home / _FILE).write_text(reroute, encoding="utf-8")
    else:
        (home / _FILE).unlink(missing_ok=True)


def reroutes_of_last_start(home: Path) -> Mapping[str, str]:
    """Empty when the last start of *home* was one without a sandbox, or there was none."""
    try:
        pattern, _, target = (home / _FILE).read_text(encoding="utf-8").partition("=")
    except OSError:
        return {}
    return {pattern: target} if target else {}

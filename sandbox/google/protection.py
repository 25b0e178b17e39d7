"""Who may write where: protected ranges."""

from __future__ import annotations

from typing import Any, Protocol

from sandbox.google.areas import Area, Box
from sandbox.google.errors import invalid
from sandbox.google.tab import Tab

MESSAGE = (
    "You are trying to edit a protected cell or object. "
    "Please contact the spreadsheet owner to remove protection if you need to edit."
)


class Principal(Protocol):
    """Who asks."""

    email: str

    def can_edit_protected(self, protected_range: dict[str, Any]) -> bool: ...


def check(tab: Tab, box: Box, principal: Principal) -> None:
    """Raises ApiError when a protected range that *principal* may not edit lies under the box."""
    for protected in tab.protected_ranges:
        if protected.get("warningOnly") or not _covers(tab, protected, box):
            continue
        if not principal.can_edit_protected(protected):
            raise invalid(MESSAGE)


def _covers(tab: Tab, protected: dict[str, Any], box: Box) -> bool:
    if not box.meets(tab.box(Area.of(protected.get("range", {})))):
        return False
    free = (tab.box(Area.of(open_range)) for open_range in protected.get("unprotectedRanges", []))
    return not any(opened.holds(box) for opened in free)

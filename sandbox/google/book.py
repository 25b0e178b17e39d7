"""A spreadsheet: its tabs in order, its names, and changes that happen wholly or not at all."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from sandbox.google.errors import invalid
from sandbox.google.tab import CellError, Formula, Tab

__all__ = ["CellError", "Formula", "Spreadsheet", "Tab"]

_PLAIN = ("title", "locale", "time_zone", "auto_recalc", "default_format", "theme", "iterative")


def _now() -> datetime:
    return datetime.now(UTC)


class Spreadsheet:
    """
    Hold `lock` during a request; change it inside `transaction()`.

    `version` grows with every change: what is computed from the cells may be
    kept until then.
    """

    def __init__(
        self,
        id: str,  # noqa: A002 # Google's word
        title: str,
        *,
        locale: str = "en_US",
        time_zone: str = "Etc/GMT",
        now: Callable[[], datetime] = _now,
    ) -> None:
        self.id = id
        self.title = title
        self.locale = locale
        self.time_zone = time_zone
        self.auto_recalc = "ON_CHANGE"
        self.default_format: dict[str, Any] | None = None
        self.theme: dict[str, Any] | None = None
        self.iterative: dict[str, Any] | None = None
        """The iterativeCalculationSettings."""
        self.tabs: list[Tab] = []
        self.named_ranges: list[dict[str, Any]] = []
        self.metadata: list[dict[str, Any]] = []
        """Developer metadata of the spreadsheet itself, without the location."""
        self.version = 0
        self.lock = threading.RLock()
        self.now = now
        self.created_at = self.modified_at = now()

    @classmethod
    def new(
        cls,
        id: str,  # noqa: A002
        title: str,
        *,
        locale: str = "en_US",
        time_zone: str = "Etc/GMT",
        first_tab: str = "Sheet1",
        now: Callable[[], datetime] = _now,
    ) -> Spreadsheet:
        """As Google makes one: a single tab of 1000 x 26 whose id is 0."""
        book = cls(id, title, locale=locale, time_zone=time_zone, now=now)
        book.tabs.append(Tab(0, first_tab))
        return book

    def copied(self, id: str, title: str) -> Spreadsheet:  # noqa: A002
        """An independent copy; tabs keep their ids. Costs little however many cells there are."""
        twin = Spreadsheet(id, title, now=self.now)
        twin._restore(self._snapshot() | {"title": title})
        twin.tabs = [tab.copied(tab.sheet_id, tab.title) for tab in self.tabs]
        return twin

    def tab(self, sheet_id: int) -> Tab:
        """Raises ApiError when there is none."""
        for tab in self.tabs:
            if tab.sheet_id == sheet_id:
                return tab
        raise invalid(f"No sheet with id: {sheet_id}")

    def tab_named(self, title: str) -> Tab | None:
        """Titles are unique whatever the case of their letters."""
        wanted = title.casefold()
        return next((tab for tab in self.tabs if tab.title.casefold() == wanted), None)

    def index(self, tab: Tab) -> int:
        return next(place for place, other in enumerate(self.tabs) if other is tab)

    @property
    def cell_count(self) -> int:
        return sum(tab.cell_count for tab in self.tabs)

    def new_sheet_id(self) -> int:
        taken = {tab.sheet_id for tab in self.tabs}
        while (chosen := random.randrange(1, 2**31)) in taken:
            pass
        return chosen

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All that happens inside, or, when it raises, nothing of it."""
        kept = self._snapshot()
        try:
            yield
        except BaseException:
            self._restore(kept)
            raise
        self.version += 1
        self.modified_at = self.now()

    def properties_json(self) -> dict[str, Any]:
        """SpreadsheetProperties as kept; what the renderer adds (default format, theme) is left out when unset."""
        properties: dict[str, Any] = {
            "title": self.title,
            "locale": self.locale,
            "autoRecalc": self.auto_recalc,
            "timeZone": self.time_zone,
        }
        extra = {
            "defaultFormat": self.default_format,
            "iterativeCalculationSettings": self.iterative,
            "spreadsheetTheme": self.theme,
        }
        return properties | {name: setting for name, setting in extra.items() if setting is not None}

    def _snapshot(self) -> dict[str, Any]:
        kept: dict[str, Any] = {name: getattr(self, name) for name in _PLAIN}
        kept["tabs"] = [(tab, tab.snapshot()) for tab in self.tabs]
        return kept | {"named_ranges": list(self.named_ranges), "metadata": list(self.metadata)}

    def _restore(self, kept: dict[str, Any]) -> None:
        for name, thing in kept.items():
            if name == "tabs":
                self.tabs = [tab for tab, _ in thing]
                for tab, inside in thing:
                    tab.restore(inside)
            else:
                setattr(self, name, thing)

"""What reading record by record costs, told before it begins."""

from __future__ import annotations

from collections.abc import Callable

from importers.interfaces import Tell
from importers.sources.pipedrive.pages import List, Per


class PriceTag:
    """
    Says the price as soon as the number of parents is known. While it is not,
    the price of those found so far is told once, as the least it will be.
    """

    def __init__(self, where: List, *, tell: Tell, guess: Callable[[], int | None]) -> None:
        self._where = where
        self._tell = tell
        self._guess = guess
        self._is_told = self._is_begun = False

    def __call__(self, per: Per, count: int, is_last: bool, inside: int) -> None:
        if is_last:
            self._say_all(per, count)
            self._say_details(inside)
        elif not self._is_begun:
            self._say_first(per, count)
        self._is_begun = True

    def _say_all(self, per: Per, count: int) -> None:
        if not self._is_told:
            self._say("In all" if self._is_begun else "About", per, count)

    def _say_first(self, per: Per, count: int) -> None:
        total = self._guess()
        self._is_told = total is not None
        self._say("At least" if total is None else "About", per, total or count)

    def _say_details(self, inside: int) -> None:
        detail = self._where.detail
        if detail and inside:
            self._tell(f"About {inside:,} requests more, {inside * detail.cost:,} tokens: one for each message.")

    def _say(self, words: str, per: Per, count: int) -> None:
        requests = -(-count // per.batch)
        tokens = requests * self._where.cost
        each = f"each {per.one}" if per.batch == 1 else f"every {per.batch} {per.one}s"
        plural = "request" if requests == 1 else "requests"
        self._tell(f"{words} {requests:,} {plural}, {tokens:,} tokens: one for {each}.")

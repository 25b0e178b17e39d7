"""
How a list tells what changed in it since some moment of the vendor's time.

Changes are asked for in rounds. What happens while a round is under way may or
may not be in it, so another one follows that reaches back to before it, until
one brings nothing new. `updated_since` takes whole seconds and includes them,
and a record may appear a little after the second it carries: every round
reaches back a margin further, and what is known already makes no difference.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from importers.interfaces import Stop
from importers.sources.pipedrive.client import Params, PipedriveClient
from importers.sources.pipedrive.mirror import Mirror, Record, moment_of
from importers.sources.pipedrive.pages import List
from importers.sources.pipedrive.walks import Asked, Walker

MARGIN = timedelta(minutes=5)
_AHEAD = timedelta(minutes=1)
"""By how much Pipedrive's clock may be ahead of ours. Less than the margin that every round reaches back."""
_MOST_ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Feed:
    """A list that takes `updated_since`, asked with `ask`. What stands in it belongs to the table, or has `left` it."""

    where: List
    ask: Params = field(default_factory=dict)
    left: bool = False


@dataclass(frozen=True, slots=True)
class Changes:
    """
    The feeds of one entity; whether they tell what was removed, too. `silent`
    are the columns that can change without anything here telling it.
    """

    feeds: tuple[Feed, ...]
    tells_removals: bool = False
    silent: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What a table takes: what is asked of each record, which statuses belong, whether removed ones are remembered."""

    own: Params
    statuses: Sequence[str]
    remembers_removed: bool
    gone_at: str


class Rounds:
    """Brings a mirror up to date. `changed` and `removed` are the ids that made a difference."""

    def __init__(self, changes: Changes, rules: Rules, mirror: Mirror, client: PipedriveClient, *, stop: Stop) -> None:
        self._changes = changes
        self._rules = rules
        self._mirror = mirror
        self._client = client
        self._stop = stop
        self._answers = 0
        self.changed: set[Any] = set()
        self.removed: set[Any] = set()

    def catch_up(self, since: str) -> str:
        """Take in everything that changed since *since*; from when on changes are still unknown."""
        for _ in range(_MOST_ROUNDS):
            newest_before = max(self._mirror.newest, since)
            self._answers = 0
            news = self._round(since)
            since = newest_before
            if not news:
                break
            if self._answers == 1:
                # One answer is one moment: there was no meanwhile.
                return max(self._mirror.newest, since)
        return since

    def _round(self, since: str) -> bool:
        news = [self._take_in(feed, since) for feed in self._changes.feeds]
        return any(news)

    def _take_in(self, feed: Feed, since: str) -> bool:
        own = {} if feed.left else self._rules.own
        asked = Asked(own={**own, **feed.ask, "updated_since": asked_since(since)})
        news = False
        for page in Walker(self._client, stop=self._stop).pages(feed.where, asked):
            self._stop()
            self._answers += 1
            for record in page.records:
                news |= self._heed(record, feed)
        return news

    def _heed(self, record: Record, feed: Feed) -> bool:
        if feed.left or (self._changes.tells_removals and _is_deleted(record)):
            return self._count(self.removed, record, self._lose(record))
        if self._rules.statuses and record.get("status") not in self._rules.statuses:
            return self._count(self.removed, record, self._mirror.drop(record))
        return self._count(self.changed, record, self._mirror.learn(record))

    def _lose(self, record: Record) -> bool:
        if self._rules.remembers_removed:
            return self._mirror.lose(record, gone_at=self._rules.gone_at)
        return self._mirror.drop(record)

    def _count(self, group: set[Any], record: Record, is_news: bool) -> bool:
        if is_news:
            self.changed.discard(record.get("id"))
            self.removed.discard(record.get("id"))
            group.add(record.get("id"))
        return is_news


def newest_in(where: List, client: PipedriveClient, *, seconds_ago: Callable[[], float]) -> str:
    """
    A moment of the vendor's time that is not after the one *seconds_ago*
    counts from: that of the newest change there is.
    """
    by_newest: Params = (
        {"sort_by": "update_time", "sort_direction": "desc"} if where.version == "v2" else {"sort": "update_time DESC"}
    )
    answer = client.get(where.path, {**by_newest, "limit": 1}, version=where.version, cost=where.cost)
    newest = max((moment_of(record) for record in answer.data or () if isinstance(record, dict)), default="")
    return _earlier(newest, timedelta(seconds=seconds_ago())) if newest else ""


def latest(now: datetime) -> str:
    """The last moment that Pipedrive can have reached: what carries a later one tells nothing of what went before."""
    return (now + _AHEAD).astimezone(UTC).replace(tzinfo=None).isoformat()


def asked_since(moment: str) -> str:
    """*moment* less the margin, as the vendor takes it: whole seconds."""
    return _earlier(moment, MARGIN) + "Z"


def _earlier(moment: str, span: timedelta) -> str:
    found = datetime.fromisoformat(moment).replace(tzinfo=None) - span
    return found.replace(microsecond=0).isoformat()


def _is_deleted(record: Record) -> bool:
    return record.get("is_deleted") is True or record.get("status") == "deleted"

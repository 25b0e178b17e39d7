"""
What notices are made of: channels they go to, incidents they tell of, letters that tell.

As in `model.py` all values are frozen, and moments are aware and in UTC.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from importers.model import Importer, Trouble


class ChannelKind(StrEnum):
    EMAIL = "email"
    SLACK = "slack"
    WEBHOOK = "webhook"


@dataclass(frozen=True, slots=True)
class Channel:
    """
    Where a workspace wants its notices. `place` is what may be shown of it: the
    recipients of e-mail, the host of an address. `sealed` is the rest, which is
    as good as a password: an address at Slack, and for a webhook the address
    and what signs. Of e-mail there is nothing to seal.
    """

    id: int
    workspace_id: int
    kind: ChannelKind
    name: str
    place: str
    sealed: bytes = field(repr=False)
    created_at: datetime

    @property
    def recipients(self) -> tuple[str, ...]:
        """Of e-mail."""
        return tuple(filter(None, (one.strip() for one in self.place.split(","))))


@dataclass(frozen=True, slots=True)
class Telling:
    """
    What a workspace wants to be told: failures after so many in a row, of what
    only the owner can mend and of all else; that it works again; that nothing
    arrived; that nothing ran at all.
    """

    after_owner: int = 1
    after_other: int = 3
    recoveries: bool = True
    late: bool = True
    gaps: bool = True


class NoticeKind(StrEnum):
    """What a notice is about; the first five are those of incidents."""

    FAILING = "importer.failing"
    LATE = "importer.late"
    PAUSED = "importer.paused"
    REFUSED = "connection.refused"
    GAP = "clock.gap"
    RECOVERED = "recovered"
    TEST = "test"


@dataclass(frozen=True, slots=True)
class Opening:
    """
    An incident before it has an id. Incidents of one `cause` are told together.
    `since` is when the trouble began, which may be long before it is noticed;
    `times` how often it happened.
    """

    kind: NoticeKind
    workspace_id: int
    cause: str
    since: datetime
    importer_id: int | None = None
    connection_id: int | None = None
    run_id: int | None = None
    trouble: Trouble | None = None
    times: int = 1


@dataclass(frozen=True, slots=True)
class Incident:
    """
    Something that went wrong, from when it is noticed until it is over. Of one
    importer or connection there is at most one of a kind that is not over, and
    each is told once. `recovered`: its end is something to tell, too.
    """

    id: int
    opening: Opening
    opened_at: datetime
    closed_at: datetime | None = None
    recovered: bool = False
    is_told: bool = False


@dataclass(frozen=True, slots=True)
class Subject:
    """One of those a letter is about, by name, with what to say of it alone and where its page is."""

    name: str
    text: str
    path: str
    importer_id: int | None = None


@dataclass(frozen=True, slots=True)
class Letter:
    """
    What is told: what happened, what that means, what to do. `key` names it
    wherever it arrives, so that one that comes twice can be told from two.
    `path` is the page to look at, below the address of this installation.
    `about` is the one importer it is about, if it is about one, whom its words
    name already; `subjects` are those that they do not.
    """

    key: str
    kind: NoticeKind
    workspace: str
    title: str
    what: str
    means: str
    do: str
    path: str
    at: datetime
    subjects: tuple[Subject, ...] = ()
    about: Subject | None = None


class SendingState(StrEnum):
    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Sending:
    """
    A letter on its way to one channel. `reason` is what the other side last
    said, or what kept it from being reached; `next_at` when it is tried (again).
    The name and place of the channel stay when it is removed.
    """

    id: int
    channel_id: int | None
    kind: ChannelKind
    name: str
    place: str
    state: SendingState
    tries: int
    next_at: datetime
    reason: str = ""
    sent_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """A letter that was written, and what became of it; without sendings there was no channel."""

    id: int
    workspace_id: int
    letter: Letter
    sendings: tuple[Sending, ...]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What is to be sent now."""

    sending: Sending
    channel: Channel
    letter: Letter


@dataclass(frozen=True, slots=True)
class Watch:
    """When the clock last did its round, and since when it does so without a gap."""

    at: datetime
    since: datetime


@dataclass(frozen=True, slots=True)
class Watched:
    """
    An importer that runs by itself, and when it last wrote its table.
    `may_run_since` is when its connections were last found to work.
    """

    importer: Importer
    arrived_at: datetime | None
    may_run_since: datetime

"""Sends letters that wait, and keeps at it."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

from importers.errors import ImporterError, SetupError, TemporaryError
from importers.interfaces import Carrier, Clock, NoticeStore, Vault
from importers.notices import Channel, ChannelKind, Letter, Outgoing, SendingState
from importers.secret import Secret

logger = logging.getLogger(__name__)

WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 5, 15, 30, 60, 120, 240, 480, 480))
"""Between one try and the next; after the last, about a day later, it has failed."""

LEASE = timedelta(minutes=5)
"""Longer than any try takes. Whoever is killed in the middle of one leaves it to be tried again then."""

MOST_OF_ONE = 2
"""Letters of one workspace under way at the same time, in one process: others shall not wait for slow receivers of it."""

_LOOKED_AT = 5
"""So many are looked at to find one that nobody else just took."""


class Posting:
    """
    Any number of threads and processes may send at the same time: each letter
    is taken by one. One that is killed between sending and noting it sends it
    again after the LEASE, under the same key.

    Workspaces take turns: whose letter was taken longest ago is next, so that
    what one has many of, or sends to somebody slow, keeps no other waiting.
    """

    def __init__(
        self, *, store: NoticeStore, vault: Vault, carriers: Mapping[ChannelKind, Carrier], clock: Clock
    ) -> None:
        self._store = store
        self._vault = vault
        self._carriers = carriers
        self._clock = clock
        self._lock = threading.Lock()
        self._under_way: Counter[int] = Counter()
        self._taken = 0
        self._last_taken: dict[int, int] = {}

    @property
    def kinds(self) -> frozenset[ChannelKind]:
        """Those that letters can be sent to."""
        return frozenset(self._carriers)

    def send_due(self, *, until: Callable[[], bool] = lambda: False) -> int:
        """Try what is due, until nothing is or *until* says so; how many were sent."""
        sent = 0
        while not until() and (outgoing := self._take()):
            try:
                sent += self._try(outgoing)
            finally:
                with self._lock:
                    self._under_way[outgoing.channel.workspace_id] -= 1
        return sent

    def _take(self) -> Outgoing | None:
        with self._lock:
            now = self._clock.now()
            for workspace_id in self._in_turn(self._store.workspaces_to_send_for(now)):
                for outgoing in self._store.due_sendings(now, limit=_LOOKED_AT, workspace_id=workspace_id):
                    if self._store.claim_sending(outgoing.sending, until=now + LEASE):
                        self._taken += 1
                        self._last_taken[workspace_id] = self._taken
                        self._under_way[workspace_id] += 1
                        return outgoing
        return None

    def _in_turn(self, workspace_ids: Sequence[int]) -> Sequence[int]:
        may = [one for one in workspace_ids if self._under_way[one] < MOST_OF_ONE]
        return sorted(may, key=lambda one: (self._under_way[one], self._last_taken.get(one, 0)))

    def carry(self, letter: Letter, channel: Channel) -> str:
        """What the other side answered. Errors as `Carrier.carry`."""
        carrier = self._carriers.get(channel.kind)
        if carrier is None:
            raise SetupError(
                "This server has no mail server to hand e-mail to.",
                hint="Whoever runs it sets SMTP_URL (docs/notices.md).",
            )
        secret = self._vault.open(channel.sealed) if channel.sealed else Secret("")
        return carrier.carry(letter, channel, secret)

    def _try(self, outgoing: Outgoing) -> bool:
        sending = outgoing.sending
        try:
            answer = self.carry(outgoing.letter, outgoing.channel)
        except ImporterError as error:
            self._not_sent(outgoing, error)
            return False
        except Exception as error:  # noqa: BLE001  # the edge; its text may hold the address, so only its name is kept
            name = type(error).__name__
            self._not_sent(outgoing, ImporterError(f"Pipesheet made a mistake while sending it ({name})."))
            return False
        now = self._clock.now()
        self._store.settle_sending(sending, SendingState.SENT, reason=answer, next_at=now, now=now)
        logger.info("notice %s sent to %s", outgoing.letter.key, outgoing.channel.kind)
        return True

    def _not_sent(self, outgoing: Outgoing, error: ImporterError) -> None:
        sending, now = outgoing.sending, self._clock.now()
        tries = sending.tries + 1
        is_last = tries > len(WAITS)
        state = SendingState.FAILED if is_last else SendingState.WAITING
        next_at = now if is_last else now + self._wait(tries, error)
        self._store.settle_sending(sending, state, reason=str(error), next_at=next_at, now=now)
        logger.warning("notice %s not sent, try %d: %s", outgoing.letter.key, tries, error.message)

    def _wait(self, tries: int, error: ImporterError) -> timedelta:
        told = error.retry_after if isinstance(error, TemporaryError) else None
        return max(WAITS[tries - 1], told or timedelta())

"""Sends letters that wait, and keeps at it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
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

_AT_ONCE = 20


class Posting:
    """
    Any number of processes may send at the same time: each letter is taken by
    one. One that is killed between sending and noting it sends it again after
    the LEASE, under the same key.
    """

    def __init__(
        self, *, store: NoticeStore, vault: Vault, carriers: Mapping[ChannelKind, Carrier], clock: Clock
    ) -> None:
        self._store = store
        self._vault = vault
        self._carriers = carriers
        self._clock = clock

    @property
    def kinds(self) -> frozenset[ChannelKind]:
        """Those that letters can be sent to."""
        return frozenset(self._carriers)

    def send_due(self) -> int:
        """Try what is due now, the oldest first; how many were sent."""
        due = self._store.due_sendings(self._clock.now(), limit=_AT_ONCE)
        return sum(self._try(outgoing) for outgoing in due)

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
        if not self._store.claim_sending(sending, until=self._clock.now() + LEASE):
            return False
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

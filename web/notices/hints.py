"""What other pages say about notices: that nobody would hear of trouble, or that they do not get through."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Flask

from importers.model import Every
from importers.notices import Sending, SendingState
from importers.services.manage import ImporterCard
from web import current


def register(app: Flask) -> None:
    app.add_template_global(wants_channel)
    app.add_template_global(undelivered)


def wants_channel(cards: Sequence[ImporterCard]) -> bool:
    """Whether something runs by itself and nobody would be told that it fails."""
    runs_by_itself = any(
        card.importer.schedule.every is not Every.MANUAL and not card.importer.paused for card in cards
    )
    return runs_by_itself and not current.services().channels.list(current.actor())


def undelivered() -> Sending | None:
    """What the newest notice to a channel met, where it did not arrive; a channel that was removed needs nothing."""
    known: set[int] = set()
    for notice in current.services().channels.history(current.actor()):
        for sending in notice.sendings:
            if sending.channel_id is None or sending.channel_id in known or not _is_decided(sending):
                continue
            known.add(sending.channel_id)
            if sending.state is not SendingState.SENT:
                return sending
    return None


def _is_decided(sending: Sending) -> bool:
    """One try may fail for nothing."""
    return sending.state is not SendingState.WAITING or sending.tries > 1

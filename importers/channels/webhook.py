"""
Letters as JSON to an address of one's own, signed so that the receiver knows
whose they are. The signature is made as Stripe makes theirs
(https://docs.stripe.com/webhooks#verify-manually); docs/notices.md shows how to check it.
"""

from __future__ import annotations

import hmac
import json
from hashlib import sha256
from typing import Any

from importers.channels.answers import told
from importers.channels.outside import Outside
from importers.channels.wording import Places
from importers.interfaces import Clock
from importers.notices import Channel, Letter, Subject
from importers.secret import Secret

MOST_LISTED = 500
"""Machines read more than people; but many a server takes no body of a megabyte."""

SIGNATURE, KEY = "Pipesheet-Signature", "Pipesheet-Notice"


class WebhookCarrier:
    """Implements `interfaces.Carrier`. The secret is two words: what signs, and the address."""

    def __init__(self, outside: Outside, places: Places, *, clock: Clock) -> None:
        self._outside = outside
        self._places = places
        self._clock = clock

    def carry(self, letter: Letter, channel: Channel, secret: Secret) -> str:
        key, _, url = secret.reveal().partition(" ")
        body = json.dumps(self._content(letter), ensure_ascii=False).encode()
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            KEY: letter.key,
            SIGNATURE: signature(Secret(key), body, at=int(self._clock.now().timestamp())),
        }
        return told(channel.place, self._outside.post(Secret(url), body, headers), url=url, key=key)

    def _content(self, letter: Letter) -> dict[str, Any]:
        subjects = (*filter(None, [letter.about]), *letter.subjects)
        return {
            "id": letter.key,
            "type": letter.kind.value,
            "at": letter.at.isoformat(),
            "workspace": letter.workspace,
            "title": letter.title,
            "what": letter.what,
            "means": letter.means,
            "do": letter.do,
            "url": self._places.url(letter.path),
            "about": [self._subject(subject) for subject in subjects[:MOST_LISTED]],
            "more": max(0, len(subjects) - MOST_LISTED),
        }

    def _subject(self, subject: Subject) -> dict[str, Any]:
        return {
            "importer_id": subject.importer_id,
            "name": subject.name,
            "text": subject.text,
            "url": self._places.url(subject.path),
        }


def signature(key: Secret, body: bytes, *, at: int) -> str:
    """ "t=…,v1=…": of the seconds since 1970 when it was made, a dot, and the body."""
    signed = hmac.new(key.reveal().encode(), f"{at}.".encode() + body, sha256).hexdigest()
    return f"t={at},v1={signed}"

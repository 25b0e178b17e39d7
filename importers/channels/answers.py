"""What an answer to a letter means."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from importers.channels.outside import Answer
from importers.errors import InvalidSettings, RateLimited, ServiceTrouble

_LONGEST = 200
_SHORTEST_SECRET = 8


def told(host: str, answer: Answer, *, url: str, key: str = "") -> str:
    """
    "hooks.example.com answered 200: ok". Raises where it did not take the
    letter. Many a server repeats what it was asked for, which is not passed on.
    """
    said = answer.said
    for secret in filter(None, (url, key, *_pieces_of(url))):
        said = said.replace(secret, "*****")
    words = f"{host} answered {answer.status}" + (f": {said[:_LONGEST]}" if said else "")
    if 200 <= answer.status < 300:
        return words
    if 300 <= answer.status < 400:
        raise InvalidSettings(f"{words}. It leads elsewhere, where notices do not follow.", hint="Use the new address.")
    if answer.status in (408, 425, 429):
        raise RateLimited(f"{words}.", retry_after=answer.retry_after)
    if answer.status >= 500:
        raise ServiceTrouble(f"{words}.", retry_after=answer.retry_after)
    raise InvalidSettings(f"{words}.", hint="Check the address, or make a new one there.")


def _pieces_of(url: str) -> list[str]:
    """What of an address may be secret, longest first: its path and query, and whatever is long in them."""
    parts = urlsplit(url)
    target = parts._replace(scheme="", netloc="", fragment="").geturl()
    words = (word for word in re.split(r"[/?&=]", target) if len(word) >= _SHORTEST_SECRET)
    return sorted(filter(lambda piece: len(piece) > 1, {target, parts.path, *words}), key=len, reverse=True)

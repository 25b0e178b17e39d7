"""What an answer to a letter means."""

from __future__ import annotations

from importers.channels.outside import Answer
from importers.errors import InvalidSettings, RateLimited, ServiceTrouble

_LONGEST = 200


def told(host: str, answer: Answer, *secrets: str) -> str:
    """ "hooks.example.com answered 200: ok". Raises where it did not take the letter."""
    said = answer.said
    for secret in secrets:
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

"""Pipedrive's refusals in our words: what happened, what it means, what to do. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, time, timedelta
from typing import Any, NoReturn

import msgspec
import requests

from importers.errors import (
    AGAIN_LATER,
    AccessDenied,
    BudgetSpent,
    ConnectionTrouble,
    ImporterError,
    InvalidSettings,
    NotThere,
    RateLimited,
    ServiceTrouble,
)
from importers.http.redact import bare_url

BLOCKED_FOR = timedelta(minutes=15)
_LONGEST_QUOTE = 200


class _Said(msgspec.Struct):
    error: Any = None


def no_answer(url: str) -> ConnectionTrouble:
    return ConnectionTrouble(
        "Pipedrive could not be reached, or broke off in the middle of its answer, again and again.",
        hint="Check the internet connection of this server, then run it again.",
        url=bare_url(url),
    )


def garbled(url: str) -> ServiceTrouble:
    return ServiceTrouble(
        "Pipedrive's answers cannot be read: they are cut off or damaged, again and again.",
        hint="Run it again in a few minutes; a proxy between this server and Pipedrive may be the cause.",
        url=bare_url(url),
    )


SLOWED_DOWN = timedelta(minutes=5)
"""How long to leave a token alone whose calls are refused again and again."""


def slowed_down(wait: timedelta = SLOWED_DOWN) -> RateLimited:
    return RateLimited(
        "Pipedrive keeps asking us to slow down, although we did.",
        hint="Other programs may be using the same token; let them finish, or run this at another time.",
        retry_after=wait,
    )


def in_trouble(status: int, url: str, told: timedelta | None = None) -> ServiceTrouble:
    return ServiceTrouble(
        f"Pipedrive is in trouble (HTTP {status}) and did not recover while we waited.",
        hint=f"{AGAIN_LATER}https://status.pipedrive.com tells how they are.",
        retry_after=told,
        status=status,
        url=bare_url(url),
    )


def budget_spent(now: datetime, wait: timedelta = timedelta()) -> BudgetSpent:
    """*wait* is how long it will take, where the governor has an idea."""
    # Pipedrive resets at midnight somewhere; UTC is the best anybody knows.
    midnight = datetime.combine(now.date() + timedelta(days=1), time(), tzinfo=now.tzinfo)
    return BudgetSpent(
        "Your company has used up today's Pipedrive API allowance, which all its users and apps share.",
        hint="It is renewed around midnight. Fewer columns with related names, or rarer runs, use less of it.",
        retry_after=wait or midnight - now,
    )


def shuts_out(response: requests.Response) -> bool:
    """A page instead of an answer: the guard at Pipedrive's door, not the application."""
    return response.status_code == 403 and _is_page(response)


def shut_out(wait: timedelta, **facts: Any) -> RateLimited:
    return RateLimited(
        "Pipedrive has blocked this server for a while, which it does after too many requests.",
        hint="Pause other programs that use Pipedrive from here; we try again later.",
        retry_after=wait,
        **facts,
    )


def refuse(response: requests.Response, params: Mapping[str, Any], rejected: Callable[..., ImporterError]) -> NoReturn:
    """Raise what an answer means that would be the same the next time; *rejected* makes the error of a 401."""
    text = _error_text(response)
    status, said = response.status_code, quoted(text)
    facts: dict[str, Any] = {"status": status, "url": bare_url(response.url), "said": text}
    if status == 401:
        raise rejected(**facts)
    if shuts_out(response):
        raise shut_out(BLOCKED_FOR, **facts)
    if status == 403 and text == "Scope and URL mismatch":
        raise AccessDenied(
            f"This connection was not given the permission to read that{said}.",
            hint="Tick what it takes for your app in Pipedrive's Developer Hub, save, and reconnect the account.",
            **facts,
        )
    if status in (402, 403, 415):
        raise AccessDenied(
            f"Pipedrive does not let this user do that{said}.",
            hint="Ask an admin of your Pipedrive account for the permission or the feature, or check its subscription.",
            **facts,
        )
    if status in (404, 410):
        raise NotThere(
            f"Pipedrive does not know what we asked for{said}.",
            hint="It may have been deleted, or is not visible to this user.",
            **facts,
        )
    if status == 400 and "cursor" not in params:
        raise InvalidSettings(
            f"Pipedrive does not accept the question{said}.",
            hint="Check the filter and the columns of this importer.",
            **facts,
        )
    raise ServiceTrouble(
        f"Pipedrive answered something we did not expect (HTTP {status}){said}.",
        hint="Run it again in a few minutes.",
        **facts,
    )


def _is_page(response: requests.Response) -> bool:
    return "html" in response.headers.get("content-type", "").lower() or response.content[:1] == b"<"


def _error_text(response: requests.Response) -> Any:
    try:
        return msgspec.json.decode(response.content, type=_Said).error
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def quoted(said: Any) -> str:
    """What the vendor said, if it is short and plain, ready to stand inside a sentence."""
    if not isinstance(said, str) or not said.isprintable() or "<" in said:
        return ""
    said = said.strip().rstrip(".")
    return f" (it says: “{said[:_LONGEST_QUOTE]}”)" if said else ""


def too_slow_to_wait_for() -> ConnectionTrouble:
    return ConnectionTrouble(
        "Pipedrive does not answer at the moment, or not soon enough.",
        hint="Try again in a minute. A run has more patience.",
    )

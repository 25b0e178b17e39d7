"""
The query parameters of v2, checked strictly: an unknown name, a wrong type or
an unknown choice is a problem that names the parameter.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from flask import current_app, request

Check = Callable[[str], Any]
MAX_LIMIT, DEFAULT_LIMIT = 500, 100
MOST_PER_PAGE = "MOST_PER_PAGE"
"""The application's setting for the most records of a page, so that a small company takes many."""
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)")


class BadValueError(ValueError):
    """What is wrong with one value, in the words of the answer."""


class BadQueryError(Exception):
    """The query has problems; the answer lists them."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


def integer(text: str) -> int:
    if not re.fullmatch(r"-?\d{1,15}", text):
        raise BadValueError("must be an integer")
    return int(text)


def limit(text: str) -> int:
    number = integer(text)
    if not 1 <= number <= MAX_LIMIT:
        raise BadValueError(f"must be between 1 and {MAX_LIMIT}")
    return number


def boolean(text: str) -> bool:
    if text not in ("true", "false"):
        raise BadValueError("must be a boolean")
    return text == "true"


def words(text: str) -> str:
    return text


def moment(text: str) -> str:
    """A moment in whole seconds, as the v2 text of it in UTC."""
    if not _MOMENT.fullmatch(text):
        raise BadValueError(f"'{text}' is not a valid datetime")
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadValueError(f"'{text}' is not a valid datetime") from error
    return parsed.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def one_of(*choices: str) -> Check:
    def check(text: str) -> str:
        if text not in choices:
            raise BadValueError(f"must be one of: {', '.join(choices)}")
        return text

    return check


def some_of(choices: Iterable[str]) -> Check:
    known = tuple(choices)

    def check(text: str) -> tuple[str, ...]:
        chosen = tuple(text.split(","))
        unknown = [each for each in chosen if each not in known]
        if unknown:
            raise BadValueError(f"'{unknown[0]}' is not one of: {', '.join(known)}")
        return chosen

    return check


def integers(text: str) -> list[int]:
    numbers = [integer(each) for each in text.split(",")]
    if len(numbers) > 100:
        raise BadValueError("must contain at most 100 ids")
    return numbers


def keys(text: str) -> frozenset[str]:
    chosen = [each for each in text.split(",") if each]
    if len(chosen) > 15:
        raise BadValueError("must contain at most 15 keys")
    return frozenset(chosen)


def sorted_by(*names: str) -> dict[str, Check]:
    return {"sort_by": one_of(*names), "sort_direction": one_of("asc", "desc")}


def page_size(query: Mapping[str, Any]) -> int:
    """As many records as the query asks for and the sandbox gives. Lists of fields are not cut short."""
    most: int = current_app.config[MOST_PER_PAGE]
    return min(int(query.get("limit", DEFAULT_LIMIT)), most)


PAGED: dict[str, Check] = {"limit": limit, "cursor": words}


def given() -> dict[str, str]:
    """The query without the token, which is looked at elsewhere. A parameter given several times is a list."""
    return {name: ",".join(texts) for name, texts in request.args.lists() if name != "api_token"}


def parse(given: Mapping[str, str], allowed: Mapping[str, Check]) -> dict[str, Any]:
    """The values that were given; raises BadQueryError with every problem."""
    problems, values = [], {}
    for name, text in given.items():
        if name not in allowed:
            problems.append(f"{name}: Parameter '{name}' is not allowed for this request")
            continue
        try:
            values[name] = allowed[name](text)
        except BadValueError as problem:
            problems.append(f"{name}: {problem}")
    if problems:
        raise BadQueryError(problems)
    return values

"""What an address asks for, as the discovery document describes each method's parameters."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from werkzeug.datastructures import MultiDict

from sandbox.google.discovery import SHEETS, Violation, document, refusal

_EVERYWHERE = frozenset(
    [
        "access_token",
        "alt",
        "callback",
        "fields",
        "key",
        "oauth_token",
        "prettyPrint",
        "quotaUser",
        "upload_protocol",
        "uploadType",
        "xgafv",
    ]
)
"""What may stand in every address, with a dollar sign in front as well."""

_FLAGS = frozenset({"includeGridData", "includeValuesInResponse", "excludeTablesInBandedRanges"})
_LISTS = frozenset({"ranges"})


def read(method: str, query: MultiDict[str, str]) -> dict[str, Any]:
    """
    The parameters of a method such as `spreadsheets.values.get`, flags as booleans.

    Raises ApiError for what the method does not know or cannot take. Where
    the discovery document is not at hand nothing is refused.
    """
    known = _parameters(method)
    asked: dict[str, Any] = {}
    found: list[Violation] = []
    for name in query:
        if name.removeprefix("$").removeprefix(".") in _EVERYWHERE:
            continue
        documented = name if known is None or name in known else _camel(name)
        if known is not None and documented not in known:
            found.append(_unbound(name))
            continue
        given = query.getlist(name)
        asked[documented] = given if documented in _LISTS else _value(documented, given[-1], known, found)
    if found:
        raise refusal(found)
    return {name: value for name, value in asked.items() if value not in (None, "")}


def is_on(text: str | None, *, default: bool = False) -> bool:
    """Python's clients write True, others true."""
    return default if not text else text.lower() in ("true", "1")


def _value(name: str, text: str, known: Mapping[str, Any] | None, found: list[Violation]) -> Any:
    if name in _FLAGS:
        if text.lower() not in ("true", "false", "1", "0", ""):
            found.append(_wrong(name, "TYPE_BOOL", text))
        return is_on(text)
    choices = (known or {}).get(name, {}).get("enum")
    if choices is not None and text and text not in choices:
        found.append(_wrong(name, f"type.googleapis.com/google.apps.sheets.v4.{name[0].upper()}{name[1:]}", text))
    return text


def _wrong(name: str, type_name: str, text: str) -> Violation:
    field = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
    return Violation(field, f"Invalid value at '{field}' ({type_name}), \"{text}\"")


def _unbound(name: str) -> Violation:
    return Violation(
        "",
        f'Invalid JSON payload received. Unknown name "{name}": Cannot bind query parameter. '
        f"Field '{name}' could not be found in request message.",
    )


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)


@cache
def _parameters(method: str) -> Mapping[str, Any] | None:
    here: Any = document(SHEETS)
    if here is None:
        return None
    *resources, name = method.split(".")
    for resource in resources:
        here = here["resources"][resource]
    parameters: Mapping[str, Any] = here["methods"][name].get("parameters", {})
    return {each: how for each, how in parameters.items() if how.get("location") == "query"}

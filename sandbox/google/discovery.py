"""
Bodies checked against Google's discovery documents, with Google's words for what does not fit.

The documents come with google-api-python-client, which is there for
development. Where it is not installed requests are taken as they are (only
nulls are dropped, which mean "unset"), and answers are the same.

Google names fields in its refusals as its protocol buffers do:
`Unknown name "x" at 'requests[0].update_sheet_properties': Cannot find field.`
"""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from sandbox.google.errors import ApiError, invalid
from sandbox.google.masks import ALL, BadMaskError, Mask, parse

SHEETS = "sheets.v4"
DRIVE = "drive.v3"

_BAD_REQUEST = "type.googleapis.com/google.rpc.BadRequest"
_LIST_VALUE = "type.googleapis.com/google.protobuf.ListValue"
_PACKAGES = {SHEETS: "google.apps.sheets.v4", DRIVE: "google.apps.drive.v3"}
_WORDS = re.compile(r"(?<!^)(?=[A-Z])")
_WHOLE = re.compile(r"-?[0-9]+(\.0*)?")


@dataclass(frozen=True, slots=True)
class Violation:
    """What does not fit, where. The place is empty at the top of a body."""

    field: str
    description: str


Found = list[Violation]
_Place = tuple[Any, str | int] | None
"""The way to a value, innermost last: cheap to make, spelled out only when something is wrong."""
_Check = Callable[[Any, _Place, Found], Any]


class _Misfit(Exception):
    """A value is not of its type."""


@cache
def document(name: str = SHEETS) -> Mapping[str, Any] | None:
    """The discovery document, or None where google-api-python-client is not installed."""
    package = importlib.util.find_spec("googleapiclient")
    if package is None or package.origin is None:
        return None
    path = Path(package.origin).parent / "discovery_cache" / "documents" / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def cleaned(schema: str, body: Any, at: str = "", *, api: str = SHEETS) -> Any:
    """
    *body* as the API understands it: without nulls, names as documented, numbers as numbers.

    `at` is what the body is bound to: `data` for an update of values. Raises
    ApiError, with every violation in its details.
    """
    if document(api) is None:
        return without_nulls(body)
    found: Found = []
    made = _message(schema, api)(body, (None, at) if at else None, found)
    if found:
        raise refusal(found)
    return made


def refusal(found: Found) -> ApiError:
    detail = {
        "@type": _BAD_REQUEST,
        "fieldViolations": [
            {"field": each.field, "description": each.description} if each.field else {"description": each.description}
            for each in found
        ],
    }
    return invalid("\n".join(each.description for each in found), [detail])


def without_nulls(body: Any) -> Any:
    """Null means "unset", but inside `values`, where it means "leave this cell"."""
    if isinstance(body, list):
        return [without_nulls(each) for each in body]
    if not isinstance(body, dict):
        return body
    return {
        name: each if name == "values" and _is_grid(each) else without_nulls(each)
        for name, each in body.items()
        if each is not None
    }


def answer_mask(schema: str, text: str, *, api: str = SHEETS) -> Mask:
    """The mask that `fields=` writes. Raises ApiError when it names what answers do not have."""
    try:
        mask = parse(text)
    except BadMaskError:
        raise _bad_mask(text, f"Error expanding 'fields' parameter. Invalid mask: '{text}'.") from None
    unknown = next((path for path in mask.paths() if not has_path(schema, path, api=api)), None)
    if unknown is not None:
        raise _bad_mask(
            unknown, f"Error expanding 'fields' parameter. Cannot find matching fields for path '{unknown}'."
        )
    return mask


def _bad_mask(field: str, description: str) -> ApiError:
    detail = {"@type": _BAD_REQUEST, "fieldViolations": [{"field": field, "description": description}]}
    return invalid("Request contains an invalid argument.", [detail])


def has_path(schema: str, path: str, *, api: str = SHEETS) -> bool:
    """Whether a message has a field at that dotted path; True where there is no document to ask."""
    known = document(api)
    if known is None:
        return True
    here: Mapping[str, Any] | None = {"$ref": schema}
    for name in path.split("."):
        here = _step(known["schemas"], here, name)
        if here is None:
            return False
    return True


def _step(schemas: Mapping[str, Any], here: Mapping[str, Any] | None, name: str) -> Mapping[str, Any] | None:
    while here is not None and ("$ref" in here or here.get("type") == "array"):
        here = schemas[here["$ref"]] if "$ref" in here else here["items"]
    if here is None or (here.get("type") != "object" and name != ALL):
        return None
    if name == ALL or "properties" not in here:
        return {"type": "object"}
    properties: Mapping[str, Any] = here["properties"]
    return properties.get(name)


# -- checks, made once for each message --------------------------------------------------------


@cache
def _message(name: str, api: str) -> _Check:
    known = document(api) or {}
    properties = known["schemas"][name].get("properties", {})
    type_name = f"type.googleapis.com/{_PACKAGES[api]}.{name}"
    checks: dict[str, tuple[str, _Check]] = {}

    def check_of(field: str) -> tuple[str, _Check] | None:
        """The documented name and the check of a field, which may be written as in protocol buffers too."""
        if field not in checks:
            documented = field if field in properties else _camel(field)
            if documented not in properties:
                return None
            checks[field] = documented, _field(documented, properties[documented], api)
        return checks[field]

    def check(value: Any, place: _Place, found: Found) -> Any:
        if not isinstance(value, dict):
            found.append(_wrong(place, type_name, value))
            return {}
        made = {}
        for field, each in value.items():
            if each is None:
                continue
            how = checks.get(field) or check_of(field)
            if how is None:
                found.append(_unknown(field, place, "Cannot find field."))
            else:
                made[how[0]] = how[1](each, (place, field), found)
        return made

    return check


def _field(name: str, schema: Mapping[str, Any], api: str) -> _Check:
    if "$ref" in schema:
        return _single(_message(schema["$ref"], api))
    if schema.get("type") == "array":
        items = schema["items"]
        return _grid if items.get("type") == "array" else _repeated(_field(name, items, api))
    if schema.get("type") in ("any", "object"):
        return lambda value, place, found: value
    return _single(_scalar(name, schema, api))


def _single(check: _Check) -> _Check:
    def single(value: Any, place: _Place, found: Found) -> Any:
        if isinstance(value, list):
            above, name = place if place else (None, "")
            found.append(_unknown(name, above, "Proto field is not repeating, cannot start list."))
            return None
        return check(value, place, found)

    return single


def _repeated(check: _Check) -> _Check:
    def repeated(value: Any, place: _Place, found: Found) -> Any:
        if not isinstance(value, list):  # one thing alone is taken for a list of one
            return [check(value, place, found)]
        return [check(each, (place, index), found) for index, each in enumerate(value) if each is not None]

    return repeated


def _grid(value: Any, place: _Place, found: Found) -> Any:
    """Rows of cells; what is in the cells is not for the schema to say."""
    if not isinstance(value, list):
        found.append(_wrong(place, _LIST_VALUE, value))
        return []
    if set(map(type, value)) - {list}:
        found += [
            _wrong((place, index), _LIST_VALUE, row) for index, row in enumerate(value) if not isinstance(row, list)
        ]
    return value


def _scalar(name: str, schema: Mapping[str, Any], api: str) -> _Check:
    kind = schema["type"]
    if "enum" in schema:
        choices = frozenset(schema["enum"])
        type_name = f"type.googleapis.com/{_PACKAGES[api]}.{name[0].upper()}{name[1:]}"
        return _of_type(type_name, lambda value: _chosen(value, choices))
    if kind == "integer":
        return _of_type("TYPE_" + schema.get("format", "int32").upper(), _whole)
    if kind == "number":
        return _of_type("TYPE_" + schema.get("format", "double").upper(), _number)
    if kind == "boolean":
        return _of_type("TYPE_BOOL", _flag)
    if schema.get("format") in ("int64", "uint64"):
        return _of_type("TYPE_" + schema["format"].upper(), lambda value: str(_whole(value)))
    return _of_type("TYPE_STRING", _text)


def _of_type(type_name: str, read: Callable[[Any], Any]) -> _Check:
    def check(value: Any, place: _Place, found: Found) -> Any:
        if isinstance(value, dict):
            above, name = place if place else (None, "")
            found.append(
                Violation(
                    _spelled(above),
                    f"Invalid value at '{_spelled(above)}' ({_snake(str(name))}), Starting an object on a scalar field",
                )
            )
            return None
        try:
            return read(value)
        except _Misfit:
            found.append(_wrong(place, type_name, value))
            return None

    return check


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise _Misfit
    return value


def _flag(value: Any) -> bool:
    if value in ("true", "false"):
        return bool(value == "true")
    if not isinstance(value, bool):
        raise _Misfit
    return value


def _whole(value: Any) -> int:
    if isinstance(value, str) and _WHOLE.fullmatch(value):
        return int(float(value))
    if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value):
        raise _Misfit
    return int(value)


def _number(value: Any) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise _Misfit
    try:
        return float(value) if isinstance(value, str) else value
    except ValueError:
        raise _Misfit from None


def _chosen(value: Any, choices: frozenset[str]) -> str:
    if not isinstance(value, str) or value not in choices:
        raise _Misfit
    return value


# -- Google's words ----------------------------------------------------------------------------


def _unknown(name: str | int, place: _Place, why: str) -> Violation:
    where = _spelled(place)
    shown = f" at '{where}'" if where else ""
    return Violation(where, f'Invalid JSON payload received. Unknown name "{name}"{shown}: {why}')


def _wrong(place: _Place, type_name: str, value: Any) -> Violation:
    where, shown = _spelled(place), msgspec.json.encode(value).decode()
    return Violation(where, f"Invalid value at '{where}' ({type_name}), {shown}")


def _spelled(place: _Place) -> str:
    names: list[str] = []
    while place is not None:
        place, name = place
        names.append(f"[{name}]" if isinstance(name, int) else f".{_snake(name)}")
    return "".join(reversed(names)).removeprefix(".")


def _snake(name: str) -> str:
    return _WORDS.sub("_", name).lower()


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)


def _is_grid(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(row, list) for row in value)

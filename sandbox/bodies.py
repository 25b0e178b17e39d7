"""
The bodies of requests that change something, checked as strictly as queries:
which names each kind of record takes, and of what type.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import request

from sandbox.fields import CUSTOM_TYPES, Field
from sandbox.schema import BadQueryError
from sandbox.staff import STAGES

Is = Callable[[Any], bool]


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _flag(value: Any) -> bool:
    return isinstance(value, bool)


def _numbers(value: Any) -> bool:
    return isinstance(value, list) and all(map(_whole, value))


def _things(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, dict) for each in value)


def _thing(value: Any) -> bool:
    return isinstance(value, dict)


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(map(_text, value))


def _bit(value: Any) -> bool:
    return value in (0, 1)


def _stage(value: Any) -> bool:
    return any(stage.id == value for stage in STAGES)


def _status(value: Any) -> bool:
    return value in ("open", "won", "lost")


_OWNER = {"owner_id": _whole}
_SEEN = {**_OWNER, "visible_to": _whole, "label_ids": _numbers, "custom_fields": _thing}
BODIES: Mapping[str, Mapping[str, Is]] = {
    "deal": {
        **_SEEN, "title": _text, "person_id": _whole, "org_id": _whole, "pipeline_id": _whole, "stage_id": _stage, "value": _number,
        "currency": _text, "is_archived": _flag, "status": _status, "probability": _number, "lost_reason": _text,
        "expected_close_date": _text,
    },
    "person": {**_SEEN, "name": _text, "org_id": _whole, "emails": _things, "phones": _things},
    "organization": {
        **_SEEN, "name": _text, "address": _thing, "website": _text, "linkedin": _text, "industry": _whole,
        "annual_revenue": _whole, "employee_count": _whole,
    },
    "activity": {
        **_OWNER, **dict.fromkeys(("deal_id", "person_id", "org_id", "project_id", "priority"), _whole), "lead_id": _text,
        **dict.fromkeys(("subject", "type", "due_date", "due_time", "duration", "public_description", "note"), _text),
        "busy": _flag, "done": _flag, "location": _thing, "participants": _things,
    },
    "product": {
        **_OWNER, **dict.fromkeys(("name", "code", "description", "unit", "billing_frequency"), _text), "tax": _number,
        "is_linkable": _flag, "visible_to": _whole, "prices": _things, "billing_frequency_cycles": _whole, "custom_fields": _thing,
    },
    "lead": {
        **_OWNER, "title": _text, "label_ids": _texts, "person_id": _whole, "organization_id": _whole, "is_archived": _flag,
        "value": _thing, "expected_close_date": _text, "visible_to": _text, "was_seen": _flag, "channel": _whole, "channel_id": _text,
    },
    "note": {
        "content": _text, "lead_id": _text, **dict.fromkeys(("deal_id", "person_id", "org_id", "project_id", "task_id", "user_id"), _whole),
        "pinned_to_deal_flag": _bit,
    },
}  # fmt: skip
"""What the sandbox keeps of what the vendor's documents let one send."""


def body(kind: str, *, needed: tuple[str, ...] = (), is_strict: bool = True) -> dict[str, Any]:
    """
    The values sent for a record. Anything may be emptied with null.

    v2 is strict about unknown names; v1 lets them pass. Raises BadQueryError.
    """
    sent, known = _sent(dict), BODIES[kind]
    problems = [f"{name}: Parameter '{name}' is required" for name in needed if sent.get(name) in (None, "")]
    if is_strict:
        problems += [
            f"{name}: Parameter '{name}' is not allowed for this request" for name in sent if name not in known
        ]
    values = {name: value for name, value in sent.items() if name in known}
    problems += [
        f"{name}: has a wrong type or value" for name, value in values.items() if not _fits(known[name], value)
    ]
    if problems:
        raise BadQueryError(problems)
    return values


def _fits(check: Is, value: Any) -> bool:
    return value is None or check(value)


def check_custom(values: Mapping[str, Any], fields: tuple[Field, ...]) -> None:
    """Custom fields go by keys that there are, and a set is emptied with null, not with []."""
    known = {field.code for field in fields if field.is_custom}
    held = values.get("custom_fields") or {}
    problems = [f"custom_fields: unknown key '{code}'" for code in held if code not in known]
    problems += [f"custom_fields: '{code}' cannot be an empty list" for code, value in held.items() if value == []]
    if problems:
        raise BadQueryError(problems)


def merged_with() -> int:
    sent = _sent(dict)
    if not _whole(sent.get("merge_with_id")):
        raise BadQueryError(["merge_with_id: must be an integer"])
    return int(sent["merge_with_id"])


def new_field() -> tuple[str, str, tuple[str, ...]]:
    """The name, type and option labels of a custom field to come."""
    sent = _sent(dict)
    name, kind, options = sent.get("field_name"), sent.get("field_type"), sent.get("options") or []
    if not _text(name) or not name:
        raise BadQueryError(["field_name: Parameter 'field_name' is required"])
    if kind not in CUSTOM_TYPES:
        raise BadQueryError([f"field_type: must be one of: {', '.join(CUSTOM_TYPES)}"])
    return str(name), str(kind), labels(options)


def field_name() -> str:
    name = _sent(dict).get("field_name")
    if not _text(name) or not name:
        raise BadQueryError(["field_name: must be a string"])
    return str(name)


def options() -> list[dict[str, Any]]:
    sent: list[dict[str, Any]] = _sent(list)
    if not sent or not _things(sent):
        raise BadQueryError(["at least one option is required"])
    return sent


def labels(options: Any) -> tuple[str, ...]:
    if not _things(options) or not all(_text(option.get("label")) for option in options):
        raise BadQueryError(["options: each needs a label"])
    return tuple(option["label"] for option in options)


def _sent(kind: type) -> Any:
    found = request.get_json(silent=True)
    if not isinstance(found, kind):
        raise BadQueryError([f"The body must be a JSON {'object' if kind is dict else 'array'}"])
    return found

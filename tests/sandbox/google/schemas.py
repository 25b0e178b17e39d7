"""Answers held against Google's discovery documents."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from sandbox.google.discovery import DRIVE, SHEETS, document

__all__ = ["DRIVE", "SHEETS", "check"]


def check(schema: str, body: Any, *, api: str = SHEETS) -> Any:
    """*body*, which the document must know wholly: every name, every type."""
    problems = [f"{error.json_path}: {error.message[:300]}" for error in _validator(schema, api).iter_errors(body)]
    assert not problems, problems
    return body


@cache
def _validator(schema: str, api: str) -> Any:
    known = document(api)
    assert known is not None, "google-api-python-client, which brings the documents, is not installed"
    definitions = {name: _as_json_schema(each) for name, each in known["schemas"].items()}
    return Draft202012Validator({"$ref": f"#/$defs/{schema}", "$defs": definitions})


def _as_json_schema(schema: Mapping[str, Any]) -> Any:
    if "$ref" in schema:
        return {"$ref": f"#/$defs/{schema['$ref']}"}
    kind = schema.get("type")
    if kind == "any":
        return {}
    if kind == "array":
        return {"type": "array", "items": _as_json_schema(schema["items"])}
    if kind == "object":
        return _object_schema(schema)
    if "enum" in schema:
        return {"enum": list(schema["enum"])}
    if schema.get("format") in ("int64", "uint64"):
        return {"type": "string", "pattern": "^-?[0-9]+$"}
    return {"type": ["number", "string"]} if kind == "number" else {"type": kind}


def _object_schema(schema: Mapping[str, Any]) -> Any:
    if "properties" in schema:
        properties = {name: _as_json_schema(each) for name, each in schema["properties"].items()}
        return {"type": "object", "properties": properties, "additionalProperties": False}
    others = schema.get("additionalProperties")
    return {"type": "object", "additionalProperties": True if others is None else _as_json_schema(others)}

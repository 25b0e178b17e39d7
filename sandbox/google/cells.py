"""Plain values and Google's ExtendedValue: one made into the other."""

from __future__ import annotations

from typing import Any

from sandbox.google.errors import invalid
from sandbox.google.tab import CellError, Formula

MOST_CHARACTERS = 50_000
TOO_LONG = f"Your input contains more than the maximum of {MOST_CHARACTERS} characters in a single cell."

ERROR_TYPES = {
    "#NULL!": "NULL_VALUE",
    "#DIV/0!": "DIVIDE_BY_ZERO",
    "#VALUE!": "VALUE",
    "#REF!": "REF",
    "#NAME?": "NAME",
    "#NUM!": "NUM",
    "#N/A": "N_A",
    "#ERROR!": "ERROR",
}
_SAFE = 2**53


def plain(extended: dict[str, Any] | None) -> Any:
    """
    The value to keep for an ExtendedValue; None for none, and for an empty text.

    Raises ApiError for what no cell may hold.
    """
    if not extended:
        return None
    if "stringValue" in extended:
        return checked(str(extended["stringValue"])) or None
    if "numberValue" in extended:
        return number(extended["numberValue"])
    if "boolValue" in extended:
        return bool(extended["boolValue"])
    if "formulaValue" in extended:
        return formula(extended["formulaValue"])
    raise invalid("Cannot set an error value: it is read only.")


def extended(value: Any) -> dict[str, Any]:
    """The ExtendedValue of a plain value; an empty one for None."""
    if value is None:
        return {}
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, (int, float)):
        return {"numberValue": value}
    if isinstance(value, Formula):
        return {"formulaValue": str(value)}
    if isinstance(value, CellError):
        error = {"type": ERROR_TYPES.get(value, "ERROR")}
        return {"errorValue": error | ({"message": value.message} if value.message else {})}
    return {"stringValue": value}


def formula(text: str) -> Formula | str | None:
    """What typing that into a formula's place keeps: without a leading "=" it is a text."""
    checked(text)
    return Formula(text) if text.startswith("=") and len(text) > 1 else text or None


def number(given: Any) -> int | float:
    """A number as a cell keeps it: a double, whole ones written without a fraction."""
    value = float(given)
    if value != value or value in (float("inf"), float("-inf")):
        raise invalid(f"Invalid number value: {given}")
    return int(value) if value.is_integer() and abs(value) <= _SAFE else value


def checked(text: str) -> str:
    if len(text) > MOST_CHARACTERS:
        raise invalid(TOO_LONG)
    return text

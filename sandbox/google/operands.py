"""What a formula computes with: numbers, texts, ranges, and errors that spread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.google.areas import Box
from sandbox.google.tab import CellError, Tab

NO_REFERENCE = CellError("#REF!", "Reference does not exist.")
CIRCULAR = CellError(
    "#REF!", "Circular dependency detected. To resolve with iterative calculation, see File > Settings."
)
WRITTEN = {"#REF!": NO_REFERENCE}
NO_PARSE = CellError("#ERROR!", "Formula parse error.")
DIVIDED_BY_ZERO = CellError("#DIV/0!", "Function DIVIDE parameter 2 cannot be zero.")

Rows = list[list[Any]]


class Failed(Exception):
    """A step came out as an error, and so does all that needs it."""

    def __init__(self, error: CellError) -> None:
        super().__init__(error)
        self.error = error


@dataclass(frozen=True)
class Range:
    """Cells a formula names, not looked into yet."""

    tab: Tab
    box: Box


def as_number(value: Any) -> Any:
    """A value in a sum: nothing is 0, TRUE is 1, a text that writes a number is that number."""
    if value is None:
        return 0
    if isinstance(value, (bool, int, float)):
        return int(value) if isinstance(value, bool) else value
    try:
        return whole(float(value))
    except ValueError:
        raise Failed(CellError("#VALUE!", f"'{value}' is a text and cannot be coerced to a number.")) from None


def as_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def whole(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 2**53 else value


def sort_key(value: Any) -> tuple[int, Any]:
    """Numbers before texts before booleans; texts whatever the case of their letters."""
    if value is None:
        return 0, 0
    if isinstance(value, bool):
        return 2, value
    return (0, value) if isinstance(value, (int, float)) else (1, value.casefold())


COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda a, b: bool(a == b),
    "<>": lambda a, b: bool(a != b),
    "<": lambda a, b: bool(a < b),
    ">": lambda a, b: bool(a > b),
    "<=": lambda a, b: bool(a <= b),
    ">=": lambda a, b: bool(a >= b),
}

"""
Colors as answers show them: to 255 steps a part, parts of 0 left out, and each under both its names.

Google kept the older `backgroundColor` when it brought `backgroundColorStyle`:
one color, which answers tell twice.
"""

from __future__ import annotations

import math
import struct
from typing import Any

_PARTS = frozenset({"red", "green", "blue", "alpha"})
_STYLE = "Style"


def settled(thing: Any) -> Any:
    """Any JSON of an answer with its colors in order; it is left as it was, the answer is new where it must be."""
    if isinstance(thing, list):
        return [settled(each) for each in thing]
    if not isinstance(thing, dict):
        return thing
    if thing and thing.keys() <= _PARTS:
        return _color(thing)
    made = {name: settled(part) for name, part in thing.items()}
    return _twins(made)


def _color(color: dict[str, Any]) -> dict[str, Any]:
    parts = {name: _part(color[name]) for name in ("red", "green", "blue", "alpha") if name in color}
    return {name: part for name, part in parts.items() if part}


def _part(part: float) -> float:
    """A step of 255, as a float of 32 bits prints it: 0.5 comes back as 0.49803922."""
    step = math.floor(min(max(part, 0), 1) * 255 + 1e-4)
    if step in (0, 255):
        return step // 255
    packed = struct.pack("f", step / 255)
    (single,) = struct.unpack("f", packed)
    printed = (float(f"{single:.{digits}g}") for digits in range(1, 10))
    return next(value for value in printed if struct.pack("f", value) == packed)


def _twins(made: dict[str, Any]) -> dict[str, Any]:
    added = {}
    for name, part in made.items():
        if name.endswith("Color" + _STYLE) or name == "color" + _STYLE:
            if isinstance(part, dict) and "rgbColor" in part:
                added[name.removesuffix(_STYLE)] = part["rgbColor"]
        elif _is_color(name, part) and name + _STYLE not in made:
            added[name + _STYLE] = {"rgbColor": part}
    return made | added


def _is_color(name: str, part: Any) -> bool:
    if not isinstance(part, dict) or not part.keys() <= _PARTS:
        return False
    return name.endswith("Color") and name != "rgbColor"

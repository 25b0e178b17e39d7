"""Routes that are quick to make: an application with a hundred of them is made for every other test."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from werkzeug.routing import Rule


class Route(Rule):
    """Learns how to build its address when first asked to: of hundreds of routes hardly any ever is."""

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        made: list[Callable[..., tuple[str, str]]] = []

        def build(rule: Rule, **values: Any) -> tuple[str, str]:
            if not made:
                made.append(super(Route, self)._compile_builder(append_unknown))
            return made[0](rule, **values)

        return build

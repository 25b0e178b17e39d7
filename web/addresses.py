"""Ids in addresses and forms: whole numbers that a database can hold."""

from __future__ import annotations

from flask import Flask
from werkzeug.routing import IntegerConverter, Map

LARGEST_ID = 2**31 - 1


class IdConverter(IntegerConverter):
    """`<id:run_id>`; anything else is an address that does not exist."""

    def __init__(self, url_map: Map) -> None:
        super().__init__(url_map, min=1, max=LARGEST_ID)


def register(app: Flask) -> None:
    app.url_map.converters["id"] = IdConverter


def an_id(text: str | int) -> int:
    """Raises ValueError for what cannot be an id."""
    number = int(text)
    if not 1 <= number <= LARGEST_ID:
        raise ValueError(f"{number} is no id")
    return number

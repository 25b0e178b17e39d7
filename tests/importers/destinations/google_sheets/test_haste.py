"""Somebody waits in front of a page: Google gets seconds, however it is slow."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from importers.destinations.google_sheets.calls import HASTE
from importers.errors import ConnectionTrouble
from importers.http.quota import Sizes
from tests.google import a_spreadsheet
from tests.importers.destinations.google_sheets.signed_in import World, a_world

LONGEST = 2 * HASTE.total_seconds()
"""A pause that was begun ends before anybody looks."""


@pytest.fixture
def world() -> Iterator[World]:
    with a_world() as world:
        yield world


def test_a_google_in_trouble_is_given_up_after_seconds(world: World):
    place, client = a_spreadsheet(world.google).id, world.user()
    world.google.faults.add("server_error", status=503)
    began = world.clock.monotonic()
    with pytest.raises(ConnectionTrouble, match="not soon enough"):
        client.hurried().tabs(place)
    assert world.clock.monotonic() - began < LONGEST


@pytest.fixture
def scarce() -> Iterator[World]:
    with a_world(Sizes(project=2, user=2)) as world:
        yield world


def test_a_quota_that_is_used_up_is_not_waited_for(scarce: World):
    place, client = a_spreadsheet(scarce.google).id, scarce.user()
    for _ in range(2):
        client.tabs(place)
    began = scarce.clock.monotonic()
    with pytest.raises(ConnectionTrouble, match="not soon enough"):
        client.hurried().tabs(place)
    assert scarce.clock.monotonic() - began < LONGEST


def test_who_does_not_hurry_waits_for_it(scarce: World):
    place, client = a_spreadsheet(scarce.google).id, scarce.user()
    for _ in range(3):
        assert client.tabs(place)

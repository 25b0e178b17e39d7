"""The company at its usual size, without limits, and somebody who calls it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from sandbox.pipedrive import create_app
from sandbox.world import World
from tests.sandbox.calls import Caller


@pytest.fixture(scope="session")
def company() -> World:
    return World()


@pytest.fixture(scope="session")
def limitless(company: World) -> Flask:
    """Served once for all: making an application takes longer than most tests here."""
    return create_app(company, plan="none")


@pytest.fixture
def vendor(limitless: Flask) -> Iterator[Caller]:
    """A caller of the limitless sandbox, with no trouble laid out and nothing in the journal."""
    caller = Caller(limitless)
    yield caller
    caller.sandbox.faults.clear()
    caller.sandbox.journal.clear()

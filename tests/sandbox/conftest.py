"""The company at its usual size, without limits, and somebody who calls it."""

from __future__ import annotations

import pytest

from sandbox.pipedrive import create_app
from sandbox.world import World
from tests.sandbox.calls import Caller


@pytest.fixture(scope="session")
def company() -> World:
    return World()


@pytest.fixture
def vendor(company: World) -> Caller:
    return Caller(create_app(company, plan="none"))

from __future__ import annotations

import socket

import pytest

from importers.errors import SetupError
from pipesheet.ports import LOOPBACK, free_port, listen_on


@pytest.fixture
def taken() -> int:
    """A port somebody listens on, with free ones above it."""
    with socket.create_server((LOOPBACK, 0)) as server:
        yield server.getsockname()[1]


def test_a_taken_port_gives_a_higher_one(taken: int) -> None:
    with listen_on(taken) as found:
        assert taken < found.getsockname()[1] <= taken + 50


def test_the_socket_holds_the_port_until_it_is_used() -> None:
    with listen_on(0) as found, pytest.raises(OSError):  # noqa: PT011 - the system's own words
        socket.create_server((LOOPBACK, found.getsockname()[1]))


def test_only_this_machine_can_connect() -> None:
    with listen_on(0) as found:
        assert found.getsockname()[0] == "127.0.0.1"


def test_a_free_port_can_be_used_at_once() -> None:
    with socket.create_server((LOOPBACK, free_port())):
        pass


def test_no_free_port_is_said_with_what_to_do() -> None:
    with socket.create_server((LOOPBACK, 0)), pytest.raises(SetupError) as caught:
        listen_on(65536)
    assert "PORT=" in caught.value.hint

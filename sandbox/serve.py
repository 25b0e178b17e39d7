"""Serve a pretend vendor over HTTP, on loopback, with connections that stay open and can be cut."""

from __future__ import annotations

import argparse
import signal
import socket
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication

HOST = "127.0.0.1"
_LOOPBACK = (HOST, "localhost")


def _nothing() -> None:
    """Nothing to do at the end."""


@dataclass(frozen=True)
class Serving:
    """`says` makes the one line that is told once it answers, of the address; `ends` is called when it stops."""

    says: Callable[[str], str]
    ends: Callable[[], object] = _nothing
    patience: int = 3
    """Seconds it may take to stop."""


class _Server(BaseApplication):  # type: ignore[misc] # it comes without types
    """One process answers with threads: the journal, the limits and the faults live in it."""

    def __init__(self, app: Flask, bind: str, how: Serving) -> None:
        self._app = app
        self._bind = bind
        self._how = how
        super().__init__()

    def load_config(self) -> None:
        settings: dict[str, Any] = {
            "bind": self._bind,
            "workers": 1,
            "threads": 16,
            "worker_class": "gthread",
            "keepalive": 75,
            "graceful_timeout": self._how.patience,
            "timeout": 0,
            "preload_app": True,
            "loglevel": "error",
            "proc_name": "sandbox",
            "control_socket_disable": True,
            "post_worker_init": self._ready,
            "worker_exit": self._over,
        }
        for name, value in settings.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        return self._app

    def _ready(self, worker: Any) -> None:
        """When told to stop, stop at once. Tell the one line: where it is and what to set."""
        signal.signal(signal.SIGTERM, worker.handle_quit)
        port = worker.sockets[0].getsockname()[1]
        print(self._how.says(f"http://{HOST}:{port}"), flush=True)

    def _over(self, arbiter: Any, worker: Any) -> None:
        try:
            self._how.ends()
        except Exception:
            traceback.print_exc()  # gunicorn would keep it to itself
            raise


def serve(app: Flask, port: int, how: Serving, *, fd: int | None = None) -> None:
    """Serve until told to stop; port 0 takes a free one. *fd* is a listening socket handed down instead."""
    _Server(app, f"{HOST}:{port}" if fd is None else f"fd://{fd}", how).run()


def add_arguments(parser: argparse.ArgumentParser, port: int) -> None:
    """Where to listen, and how slowly to answer."""
    parser.add_argument("--port", type=int, default=port, help="0 takes a free one (%(default)s)")
    parser.add_argument("--fd", type=int, help="a listening socket handed down by whoever starts it, instead of a port")
    parser.add_argument("--host", default=HOST, help="loopback only (%(default)s)")
    parser.add_argument("--latency-ms", type=float, default=0, help="how long every answer takes at least")


def read_arguments(parser: argparse.ArgumentParser, given: list[str] | None) -> argparse.Namespace:
    arguments = parser.parse_args(given)
    if arguments.host not in _LOOPBACK:
        parser.error(f"the sandbox listens on {HOST} only, not on {arguments.host}")
    return arguments


def is_refused(arguments: argparse.Namespace) -> bool:
    """Whether the port is taken, which is said then."""
    if arguments.fd is not None or not arguments.port or not _is_taken(arguments.port):
        return False
    print(f"Port {arguments.port} is taken; choose another with --port, or 0 for a free one.", file=sys.stderr)
    return True


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return True
    return False

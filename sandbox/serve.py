"""Serve the sandbox over HTTP, on loopback, with connections that stay open and can be cut."""

from __future__ import annotations

import signal
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication

HOST = "127.0.0.1"


class _Server(BaseApplication):  # type: ignore[misc] # it comes without types
    """One process answers with threads: the journal, the limits and the faults live in it."""

    def __init__(self, app: Flask, bind: str) -> None:
        self._app = app
        self._bind = bind
        super().__init__()

    def load_config(self) -> None:
        settings: dict[str, Any] = {
            "bind": self._bind,
            "workers": 1,
            "threads": 16,
            "worker_class": "gthread",
            "keepalive": 75,
            "graceful_timeout": 3,
            "timeout": 0,
            "preload_app": True,
            "loglevel": "error",
            "proc_name": "sandbox",
            "control_socket_disable": True,
            "post_worker_init": _ready,
        }
        for name, value in settings.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        return self._app


def _ready(worker: Any) -> None:
    """Nobody's data is at stake: when told to stop, stop at once."""
    signal.signal(signal.SIGTERM, worker.handle_quit)
    _tell(worker)


def _tell(worker: Any) -> None:
    """The one line, once it answers: where it is and what to set."""
    port = worker.sockets[0].getsockname()[1]
    address = f"http://{HOST}:{port}"
    print(
        f"The pretend Pipedrive is at {address} (its page: {address}/_sandbox/) PIPESHEET_REROUTE=*.pipedrive.com={address}",
        flush=True,
    )


def serve(app: Flask, port: int, *, fd: int | None = None) -> None:
    """Serve until told to stop; port 0 takes a free one. *fd* is a listening socket handed down instead."""
    _Server(app, f"{HOST}:{port}" if fd is None else f"fd://{fd}").run()

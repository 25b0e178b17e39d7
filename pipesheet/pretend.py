"""A pretend Google within this process, for trying an import in one command."""

from __future__ import annotations

import json
import logging
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import click

from importers.bootstrap import google_sheets
from importers.config import Settings
from importers.secret import Secret
from pipesheet.ports import LOOPBACK, listen_on

if TYPE_CHECKING:
    from flask import Flask

    from importers.services.kinds import Spreadsheets

PORT = 8101


@dataclass(frozen=True, slots=True)
class PretendGoogle:
    """
    `new_spreadsheet` makes one by its name, that of its tab and its time zone,
    shared with the account, and returns its id.
    """

    app: Flask
    account: Spreadsheets
    new_spreadsheet: Callable[[str, str, str], str]

    @property
    def is_shown(self) -> bool:
        """Whether somebody is at a terminal, who can see where to look."""
        return sys.stdout.isatty() and sys.stdin.isatty()

    def show(self, spreadsheet_id: str) -> None:
        """
        Show what was written in a browser, until Ctrl-C; only to somebody at a
        terminal, who can see where.
        """
        if not self.is_shown:
            return
        from werkzeug.serving import make_server

        logging.getLogger("werkzeug").setLevel(logging.ERROR)  # it would tell of every request
        with listen_on(PORT) as listening:
            port, fd = int(listening.getsockname()[1]), listening.fileno()
            click.echo(
                f"Look at it: http://{LOOPBACK}:{port}/spreadsheets/d/{spreadsheet_id}/edit (Ctrl-C ends the pretend Google)"
            )
            server = make_server(LOOPBACK, port, self.app, threaded=True, fd=fd)
            # A shell starts what runs in its background deaf to Ctrl-C; what was just said must hold there, too.
            signal.signal(signal.SIGINT, signal.default_int_handler)
            try:
                server.serve_forever()
            except KeyboardInterrupt:
                click.echo("")


def pretend_google(settings: Settings) -> PretendGoogle:
    """Without limits, and with a service account that is let in."""
    from importers.http.session import make_session
    from sandbox.adapters import WSGIAdapter
    from sandbox.google.accounts import ALEX, DEMO_ROBOT
    from sandbox.google.app import create_app

    app = create_app(per_project=None, per_user=None)
    files = app.extensions["google"].files

    def new_spreadsheet(name: str, tab: str, time_zone: str) -> str:
        made = files.new_spreadsheet(ALEX, name)
        made.book.tabs[0].title = tab
        made.book.time_zone = time_zone
        files.share(made, DEMO_ROBOT.email, "writer")
        return str(made.id)

    session = make_session(reroutes={}, adapter=WSGIAdapter(app))
    alone = replace(settings, redis_url="")  # nobody else can see it
    account = google_sheets(alone, Secret(json.dumps(DEMO_ROBOT.key_file())), session=session)
    return PretendGoogle(app, account, new_spreadsheet)

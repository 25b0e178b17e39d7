"""Whom a one-off command reads from: Pipedrive, or a pretend one within this process."""

from __future__ import annotations

from importers.bootstrap import pipedrive
from importers.config import Settings, api_token_from_env
from importers.interfaces import Source
from importers.secret import Secret


def source(settings: Settings, *, sandbox: bool) -> Source:
    """Raises InvalidSettings when there is no token; the sandbox needs none."""
    return _pretended(settings) if sandbox else pipedrive(settings, api_token_from_env())


def _pretended(settings: Settings) -> Source:
    """The company that `pipesheet up --sandbox` shows, without a server: it is the same every time."""
    from importers.http.session import make_session
    from sandbox.adapters import WSGIAdapter
    from sandbox.pipedrive import create_app
    from sandbox.world import TOKEN, World

    session = make_session(reroutes={}, adapter=WSGIAdapter(create_app(World())))
    return pipedrive(settings, Secret(TOKEN), session=session)

"""The one place where calls leave the machine."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from fnmatch import fnmatchcase
from http.cookiejar import DefaultCookiePolicy
from importlib.metadata import version
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import requests
from requests.adapters import BaseAdapter, HTTPAdapter

from importers.config import is_loopback
from importers.errors import InvalidSettings

CONNECT_SECONDS = 10.0
READ_SECONDS = 60.0

_POOL = 32
"""Connections kept open: more than any run has calls under way."""


def make_session(*, reroutes: Mapping[str, str], adapter: BaseAdapter | None = None) -> requests.Session:
    """
    A session that never waits forever and never takes a token to another host.

    *reroutes* maps host patterns ("*.pipedrive.com") to base URLs on this
    machine. *adapter* carries the calls instead of the network.

    Raises:
        InvalidSettings: a reroute leaves this machine.
    """
    _check(reroutes)
    session = _Session()
    carrier = adapter or HTTPAdapter(pool_connections=_POOL, pool_maxsize=_POOL, max_retries=0)
    for scheme in ("https://", "http://"):
        session.mount(scheme, _Rerouting(carrier, reroutes))
    return session


def rerouted(url: str, reroutes: Mapping[str, str]) -> str:
    """*url*, or where it is found on this machine."""
    asked = urlsplit(url)
    target = _target_of(asked.hostname or "", reroutes)
    if target is None:
        return url
    base = urlsplit(target)
    return urlunsplit((base.scheme, base.netloc, base.path.rstrip("/") + asked.path, asked.query, asked.fragment))


class _Session(requests.Session):
    """Times out by itself, keeps no cookies, reads no .netrc, and stays with the host it was sent to."""

    def __init__(self) -> None:
        super().__init__()
        self.headers["User-Agent"] = f"Pipesheet/{version('pipesheet')}"
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        # A callable in place of credentials: without it requests looks for a
        # .netrc and overwrites headers with what it finds there.
        self.auth = _unchanged
        self._environment: dict[tuple[str, str], dict[str, Any]] = {}

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        # requests repeats every header but Authorization at the new address,
        # so a redirect elsewhere would hand our token to whoever answers there.
        target = super().get_redirect_target(resp)
        return target if target and _same_place(resp.url, target) else None

    def merge_environment_settings(
        self,
        url: str | bytes | None,
        proxies: MutableMapping[str, str] | None,
        stream: bool | None,
        verify: bool | str | None,
        cert: Any,
    ) -> Any:
        if proxies or verify is not None or cert is not None:
            return super().merge_environment_settings(url, proxies, stream, verify, cert)
        return {**self._environment_of(str(url)), "stream": self.stream if stream is None else stream}

    def _environment_of(self, url: str) -> dict[str, Any]:
        """Proxies and certificates for a host, looked up once: that takes a fifth of what a call does here."""
        host = (urlsplit(url).scheme, urlsplit(url).netloc)
        if host not in self._environment:
            settings = dict(super().merge_environment_settings(url, {}, None, None, None))
            self._environment[host] = {**settings, "proxies": {}} if self._stays_here(url) else settings
        return self._environment[host]

    def _stays_here(self, url: str) -> bool:
        host = urlsplit(url).hostname or ""
        adapter = self.get_adapter(url)
        return is_loopback(host) or (isinstance(adapter, _Rerouting) and adapter.target_of(host) is not None)


class _Rerouting(BaseAdapter):
    """Carries calls for some hosts to a server on this machine; sets a timeout where there is none."""

    def __init__(self, carrier: BaseAdapter, reroutes: Mapping[str, str]) -> None:
        super().__init__()
        self._carrier = carrier
        self._reroutes = dict(reroutes)

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        if kwargs.get("timeout") is None:
            kwargs["timeout"] = (CONNECT_SECONDS, READ_SECONDS)
        response = self._carrier.send(self._rerouted(request), *args, **kwargs)
        response.request = request
        response.url = request.url or ""
        return response

    def close(self) -> None:
        self._carrier.close()

    def target_of(self, host: str) -> str | None:
        """The base URL that stands in for *host*, or None."""
        return _target_of(host, self._reroutes)

    def _rerouted(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        url = rerouted(request.url or "", self._reroutes)
        if url == request.url:
            return request
        copy = request.copy()
        copy.url = url
        return copy


def _target_of(host: str, reroutes: Mapping[str, str]) -> str | None:
    for pattern, target in reroutes.items():
        if fnmatchcase(host.lower(), pattern.lower()):
            return target
    return None


def _check(reroutes: Mapping[str, str]) -> None:
    for pattern, target in reroutes.items():
        parts = urlsplit(target)
        if parts.scheme not in ("http", "https") or not is_loopback(parts.hostname or ""):
            raise InvalidSettings(
                f"Calls to {pattern} may only be sent to this machine (127.0.0.1, ::1 or localhost).",
                hint="Change PIPESHEET_REROUTE.",
            )


def _same_place(url: str, target: str) -> bool:
    here, there = urlsplit(url), urlsplit(target)
    return not there.netloc or (here.scheme, here.netloc) == (there.scheme, there.netloc)


def _unchanged(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request

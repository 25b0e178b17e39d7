"""Call a WSGI application through `requests`, without a socket."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from http.client import responses
from typing import Any
from urllib.parse import urlsplit

import requests
from flask import Flask
from requests.adapters import BaseAdapter, HTTPAdapter
from requests.structures import CaseInsensitiveDict
from urllib3 import HTTPHeaderDict, HTTPResponse
from urllib3.util import Timeout
from werkzeug.test import EnvironBuilder

from sandbox.wires import KEY


class _PretendWire:
    """Notes what would have happened to the connection."""

    def __init__(self) -> None:
        self.waited = 0.0
        self.is_cut = False

    def wait(self, seconds: float) -> None:
        self.waited += seconds

    def cut(self) -> None:
        self.is_cut = True

    def half(self, body: bytes) -> Iterator[bytes]:
        yield body[: len(body) // 2]


class WSGIAdapter(BaseAdapter):
    """
    A transport adapter: `session.mount("https://", WSGIAdapter(app))`.

    The application sees the original host, path, query and headers. Trouble
    arrives as from a network: a cut connection as ConnectionError, slowness
    beyond the timeout as ReadTimeout (nobody sleeps; `on_wait` is told the
    seconds, for a pretend clock), a truncated body as ChunkedEncodingError.
    """

    def __init__(self, app: Flask, *, on_wait: Callable[[float], None] | None = None) -> None:
        super().__init__()
        self._app = app
        self._on_wait = on_wait
        self._builder = HTTPAdapter()

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: Any = True,
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        wire = _PretendWire()
        status, headers, body = self._call(request, wire)
        self._wait(request, wire, _read_timeout(timeout))
        if wire.is_cut:
            raise requests.ConnectionError(
                "('Connection aborted.', RemoteDisconnected('Remote end closed connection'))", request=request
            )
        return self._builder.build_response(request, _raw(status, headers, body))

    def close(self) -> None:
        self._builder.close()

    def _wait(self, request: requests.PreparedRequest, wire: _PretendWire, timeout: float | None) -> None:
        is_too_long = timeout is not None and wire.waited > timeout
        if wire.waited and self._on_wait is not None:
            self._on_wait(timeout if is_too_long and timeout is not None else wire.waited)
        if is_too_long:
            raise requests.ReadTimeout(f"Read timed out. (read timeout={timeout})", request=request)

    def _call(self, request: requests.PreparedRequest, wire: _PretendWire) -> tuple[int, list[tuple[str, str]], bytes]:
        started: list[Any] = []

        def start_response(
            status: str, headers: list[tuple[str, str]], exc_info: Any = None
        ) -> Callable[[bytes], object]:
            started[:] = [int(status.split()[0]), headers]
            return lambda data: None

        chunks: Iterable[bytes] = self._app.wsgi_app(_environ(request, wire), start_response)
        try:
            body = b"".join(chunks)
        finally:
            getattr(chunks, "close", lambda: None)()
        return started[0], started[1], body


def _environ(request: requests.PreparedRequest, wire: _PretendWire) -> dict[str, Any]:
    url = urlsplit(str(request.url))
    body = request.body or b""
    builder = EnvironBuilder(
        path=url.path or "/",
        query_string=url.query,
        base_url=f"{url.scheme}://{url.netloc}/",
        method=request.method or "GET",
        headers=list(_sent(request).items()),
        data=body.encode() if isinstance(body, str) else body,
    )
    try:
        return {**builder.get_environ(), KEY: wire}
    finally:
        builder.close()


def _sent(request: requests.PreparedRequest) -> CaseInsensitiveDict[str]:
    headers = {
        name: value if isinstance(value, str) else value.decode("latin-1") for name, value in request.headers.items()
    }
    return CaseInsensitiveDict(headers)


def _raw(status: int, headers: list[tuple[str, str]], body: bytes) -> HTTPResponse:
    """The answer as urllib3 gives it: it notices when fewer bytes come than were promised."""
    return HTTPResponse(
        body=io.BytesIO(body),
        headers=HTTPHeaderDict(headers),
        status=status,
        reason=responses.get(status, ""),
        preload_content=False,
        enforce_content_length=True,
    )


def _read_timeout(timeout: Any) -> float | None:
    if isinstance(timeout, tuple):
        return None if timeout[1] is None else float(timeout[1])
    if isinstance(timeout, Timeout):
        return timeout.read_timeout if isinstance(timeout.read_timeout, (int, float)) else None
    return None if timeout is None else float(timeout)

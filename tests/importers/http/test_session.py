"""The session on the wire: a small server on this machine sees what leaves it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests
from requests.adapters import BaseAdapter

from importers.errors import InvalidSettings
from importers.http.session import make_session


class _Handler(BaseHTTPRequestHandler):
    seen: list[tuple[str, dict[str, str]]]
    location = ""

    def do_GET(self) -> None:
        self.seen.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
        self.send_response(302 if self.path == "/away" else 200)
        if self.path == "/away":
            self.send_header("Location", self.location)
        self.send_header("Set-Cookie", "mark=1")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass


@pytest.fixture
def server() -> Iterator[Any]:
    handler = type("Handler", (_Handler,), {"seen": [], "location": ""})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        running.daemon_threads = True
        running.seen, running.handler = handler.seen, handler  # type: ignore[attr-defined]
        running.url = f"http://127.0.0.1:{running.server_port}"  # type: ignore[attr-defined]
        threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield running
        running.shutdown()


@pytest.fixture
def session(server: Any) -> Iterator[requests.Session]:
    with make_session(reroutes={"*.pipedrive.com": server.url + "/base"}) as session:
        yield session


def test_a_rerouted_host_is_reached_on_this_machine_under_its_own_name(server: Any, session: requests.Session) -> None:
    answer = session.get("https://acme.pipedrive.com/api/v2/deals", params={"limit": 5})
    assert server.seen[0][0] == "/base/api/v2/deals?limit=5"
    assert answer.url == "https://acme.pipedrive.com/api/v2/deals?limit=5"


def test_a_host_is_matched_whatever_its_case(server: Any, session: requests.Session) -> None:
    session.get("https://ACME.Pipedrive.com/x")
    assert len(server.seen) == 1


def test_we_say_who_we_are(server: Any, session: requests.Session) -> None:
    session.get("https://acme.pipedrive.com/x")
    assert server.seen[0][1]["user-agent"].startswith("Pipesheet/")


def test_cookies_are_not_kept(server: Any, session: requests.Session) -> None:
    session.get("https://acme.pipedrive.com/x")
    session.get("https://acme.pipedrive.com/x")
    assert "cookie" not in server.seen[1][1]


@pytest.mark.parametrize("elsewhere", ["{url}/thief", "http://acme.pipedrive.com/thief", "//evil.example/thief"])
def test_a_redirect_to_another_host_is_not_followed(server: Any, elsewhere: str) -> None:
    server.handler.location = elsewhere.format(url=server.url)
    with make_session(reroutes={"*": server.url}) as session:
        answer = session.get("https://acme.pipedrive.com/away", headers={"x-api-token": "secret"})
    assert answer.status_code == 302
    assert [path for path, _ in server.seen] == ["/away"]


def test_a_redirect_on_the_same_host_is_followed(server: Any) -> None:
    server.handler.location = "/there"
    with make_session(reroutes={"acme.pipedrive.com": server.url}) as session:
        assert session.get("https://acme.pipedrive.com/away").status_code == 200
    assert [path for path, _ in server.seen] == ["/away", "/there"]


@pytest.mark.parametrize(
    "target", ["http://example.com", "https://10.0.0.1:80", "http://127.0.0.1.evil.example", "ftp://127.0.0.1", ""]
)
def test_a_reroute_that_leaves_this_machine_is_refused(target: str) -> None:
    with pytest.raises(InvalidSettings, match="this machine"):
        make_session(reroutes={"*.pipedrive.com": target})


def test_no_proxy_sees_what_stays_on_this_machine(
    server: Any, session: requests.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    session.get("https://acme.pipedrive.com/x")
    session.get(server.url + "/y")
    assert [path for path, _ in server.seen] == ["/base/x", "/y"]


def test_no_netrc_is_read(
    server: Any, session: requests.Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text(
        "machine 127.0.0.1 login me password secret\nmachine acme.pipedrive.com login me password secret\n"
    )
    monkeypatch.setenv("NETRC", str(netrc))
    session.get(server.url + "/x")
    session.get("https://acme.pipedrive.com/x")
    assert not any("authorization" in headers for _, headers in server.seen)


class _Carrier(BaseAdapter):
    """Remembers what it was given."""

    def __init__(self) -> None:
        super().__init__()
        self.timeouts: list[Any] = []
        self.urls: list[str | None] = []

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        self.timeouts.append(options.get("timeout"))
        self.urls.append(request.url)
        answer = requests.Response()
        answer.status_code, answer._content = 200, b""
        return answer

    def close(self) -> None:
        pass


def test_every_call_has_a_timeout_unless_it_brings_its_own() -> None:
    carrier = _Carrier()
    session = make_session(reroutes={}, adapter=carrier)
    session.get("https://api.pipedrive.com/")
    session.get("https://api.pipedrive.com/", timeout=3)
    assert carrier.timeouts == [(10.0, 60.0), 3]


def test_a_carrier_that_is_handed_in_sees_reroutes_too() -> None:
    carrier = _Carrier()
    session = make_session(reroutes={"*.pipedrive.com": "http://localhost:8100"}, adapter=carrier)
    session.get("https://acme.pipedrive.com/x")
    session.get("https://pipedrive.com.evil.example/x")
    assert carrier.urls == ["http://localhost:8100/x", "https://pipedrive.com.evil.example/x"]

"""Where requests of notices may go, and where they must not, whatever a name means."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from importers.channels.outside import Outside, Patience
from importers.errors import ConnectionTrouble, InvalidSettings, ServiceTrouble
from importers.secret import Secret
from tests.importers.channels.listener import Listener, a_certificate, listening

HEADERS = {"Content-Type": "application/json"}


@pytest.fixture
def listener() -> Iterator[Listener]:
    with listening() as listener:
        yield listener


def post(outside: Outside, url: str):
    return outside.post(Secret(url), b"{}", HEADERS)


def test_what_is_allowed_arrives_as_it_was_sent(listener: Listener):
    answer = post(Outside(to_here=True), listener.url)
    assert (answer.status, answer.said) == (200, "ok")
    [heard] = listener.heard
    assert (heard.path, heard.body) == ("/hook/T0/B0/very-secret-path?key=hidden", b"{}")
    assert heard.headers["Host"] == f"127.0.0.1:{listener.port}"
    assert heard.headers["User-Agent"].startswith("Pipesheet/")


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.8.8.8",
        "0.0.0.0",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.5",
        "169.254.169.254",
        "100.64.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1",
        "fe80::1%eth0",
        "fd00:ec2::254",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "2001:0:7f00:1::f5ff:fffe",
        "2001:0:808:808::80ff:fffe",
        "ff02::1",
        "fec0::1",
        "64:ff9b:1::1",
        "::127.0.0.1",
        "::ffff:0:127.0.0.1",
        "::a9fe:a9fe",
        "168.63.129.16",
        "::ffff:168.63.129.16",
        "64:ff9b::a83f:8110",
        "192.0.0.192",
        "192.88.99.1",
        "3fff::1",
        "5f00::1",
        "4000::1",
        "100.100.100.200",
    ],
)
def test_a_name_that_means_this_machine_or_its_network_is_refused(address: str, monkeypatch: pytest.MonkeyPatch):
    def must_not(*_: object, **__: object) -> socket.socket:
        raise AssertionError("it connected")

    monkeypatch.setattr(socket, "create_connection", must_not)
    outside = Outside(resolve=lambda host, port: [address])
    with pytest.raises(InvalidSettings, match="is this machine, or one of the network around it"):
        post(outside, "https://innocent.example.com/hook")


@pytest.mark.parametrize(
    "address",
    ["93.184.215.14", "2606:2800:21f:cb07::1", "2002:5db8:d70e::", "64:ff9b::5db8:d70e", "::ffff:93.184.215.14"],
)
def test_another_machine_is_gone_to(address: str, monkeypatch: pytest.MonkeyPatch):
    def nobody(*_: object, **__: object) -> socket.socket:
        raise ConnectionRefusedError(111, "Connection refused")

    monkeypatch.setattr(socket, "create_connection", nobody)
    with pytest.raises(ConnectionTrouble, match="could not be reached"):
        post(Outside(resolve=lambda host, port: [address]), "https://example.com/hook")


@pytest.mark.parametrize("address", ["169.254.169.254", "168.63.129.16", "fd00:ec2::254", "::ffff:169.254.169.254"])
def test_where_clouds_tell_secrets_nobody_goes_though_the_network_around_may_be_reached(address: str):
    outside = Outside(to_private=True, resolve=lambda host, port: [address])
    with pytest.raises(InvalidSettings, match="tells its machines their secrets"):
        post(outside, "https://innocent.example.com/hook")


def test_one_bad_address_among_good_ones_is_enough():
    outside = Outside(resolve=lambda host, port: ["93.184.215.14", "10.0.0.1"])
    with pytest.raises(InvalidSettings, match="network around it"):
        post(outside, "https://innocent.example.com/hook")


@pytest.mark.parametrize("url", ["https://127.0.0.1/x", "https://[::1]/x", "https://2130706433/x", "https://0x7f.1/x"])
def test_numbers_are_names_like_any_other(url: str):
    with pytest.raises((InvalidSettings, ConnectionTrouble)):
        post(Outside(), url)


def test_a_public_address_of_this_machine_is_refused_as_well(monkeypatch: pytest.MonkeyPatch):
    real = socket.socket.bind
    taken: list[object] = []

    def bind(self: socket.socket, address: tuple[str, int]) -> None:
        taken.append(address[0])
        real(self, ("127.0.0.1", 0) if address[0] == "93.184.215.14" else address)

    monkeypatch.setattr(socket.socket, "bind", bind)
    with pytest.raises(InvalidSettings, match="is this machine"):
        post(Outside(resolve=lambda host, port: ["93.184.215.14"]), "https://us.example.com/")
    assert taken == ["93.184.215.14"]


def test_a_name_that_means_something_else_a_moment_later_leads_nowhere_else(listener: Listener):
    """It is asked once, and the request goes to the very address that was looked at."""
    asked: list[str] = []

    def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["10.0.0.1"]

    outside = Outside(to_here=True, resolve=resolve)
    assert post(outside, f"http://rebinding.example.com:{listener.port}/x").status == 200
    assert asked == ["rebinding.example.com"]
    assert listener.heard[0].headers["Host"] == f"rebinding.example.com:{listener.port}"


def test_another_machine_needs_https():
    outside = Outside(resolve=lambda host, port: ["93.184.215.14"])
    with pytest.raises(InvalidSettings, match="without encryption"):
        post(outside, "http://example.com/hook")


def test_the_sandbox_reaches_this_machine_but_not_the_network_around_it():
    outside = Outside(to_here=True, resolve=lambda host, port: ["10.0.0.1"])
    with pytest.raises(InvalidSettings, match="network around it"):
        post(outside, "http://example.com/hook")


def test_with_the_setting_the_network_around_is_reached_without_tls(monkeypatch: pytest.MonkeyPatch):
    tried: list[object] = []

    def nobody(address: object, timeout: float) -> socket.socket:
        tried.append(address)
        raise ConnectionRefusedError(111, "Connection refused")

    monkeypatch.setattr(socket, "create_connection", nobody)
    outside = Outside(to_private=True, resolve=lambda host, port: ["10.0.0.1"])
    with pytest.raises(ConnectionTrouble, match="could not be reached"):
        post(outside, "http://n8n.home:5678/hook")
    assert tried == [("10.0.0.1", 5678)]


def test_redirects_are_not_followed(listener: Listener):
    listener.answer(302, "elsewhere", Location="http://169.254.169.254/latest/meta-data")
    assert post(Outside(to_here=True), listener.url).status == 302
    assert len(listener.heard) == 1


def test_a_certificate_must_be_good_for_the_name(tmp_path: Path):
    server, trusting = a_certificate(tmp_path, "hooks.example.com")
    with listening(server) as listener:
        outside = Outside(to_here=True, resolve=lambda host, port: ["127.0.0.1"], tls=trusting)
        assert post(outside, f"https://hooks.example.com:{listener.port}/x").status == 200
        with pytest.raises(InvalidSettings, match=r"certificate of other\.example\.com is not good"):
            post(outside, f"https://other.example.com:{listener.port}/x")
        with pytest.raises(InvalidSettings, match="certificate"):
            post(
                Outside(to_here=True, resolve=lambda host, port: ["127.0.0.1"]),
                f"https://hooks.example.com:{listener.port}/",
            )
    assert len(listener.heard) == 1


def test_who_drips_an_answer_is_not_listened_to_for_ever(listener: Listener):
    listener.drips = True
    began = time.monotonic()
    with pytest.raises((ConnectionTrouble, ServiceTrouble)):
        post(Outside(to_here=True, patience=Patience(talking=0.4)), listener.url)
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("lingers", [0.0, 30.0])
@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"HTTP/1.1 204 No Content\r\n\r\n", ""),
        (b"HTTP/1.1 200 OK\r\nContent-Le", ""),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nok", "ok"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n", "ok"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nno number", ""),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n", ""),
    ],
)
def test_how_it_went_counts_whatever_becomes_of_the_rest_of_the_answer(
    listener: Listener, answer: bytes, said: str, lingers: float
):
    listener.breaks_off, listener.lingers = answer, lingers
    began = time.monotonic()
    heard = post(Outside(to_here=True, patience=Patience(hearing_nothing=0.1)), listener.url)
    assert (heard.status // 100, heard.said) == (2, said)
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("answer", [b"HTTP/1.1 20", b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1 100 Continue\r\n\r\n"])
def test_what_does_not_say_how_it_went_is_no_answer(listener: Listener, answer: bytes):
    listener.breaks_off = answer
    with pytest.raises((ConnectionTrouble, ServiceTrouble)):
        post(Outside(to_here=True), listener.url)


@pytest.fixture
def deaf() -> Iterator[int]:
    """A port of this machine, whichever of its addresses is taken, where nobody is let in or turned away."""
    with socket.socket() as server, ExitStack() as waiting:
        server.bind(("", 0))
        server.listen(0)
        port = server.getsockname()[1]
        for _ in range(2):
            knocking = waiting.enter_context(socket.socket())
            knocking.setblocking(False)
            knocking.connect_ex(("127.0.0.1", port))
        time.sleep(0.05)
        yield port


def test_a_name_with_many_addresses_where_nobody_answers_takes_no_longer_than_others(deaf: int):
    many = [f"127.0.0.{number}" for number in range(1, 61)]
    outside = Outside(to_here=True, resolve=lambda host, port: many, patience=Patience(connecting=0.4))
    began = time.monotonic()
    with pytest.raises(ConnectionTrouble, match="did not answer in time"):
        post(outside, f"http://many.example.com:{deaf}/x")
    assert 0.3 < time.monotonic() - began < 3


def test_where_one_address_does_not_answer_the_next_one_is_tried(listener: Listener):
    outside = Outside(to_here=True, resolve=lambda host, port: ["127.0.0.2", "127.0.0.1"])
    assert post(outside, f"http://two.example.com:{listener.port}/x").status == 200


def test_a_name_server_that_does_not_answer_is_not_waited_for(listener: Listener):
    def resolve(host: str, port: int) -> list[str]:
        listener.over.wait(30)
        return ["127.0.0.1"]

    outside = Outside(to_here=True, resolve=resolve, patience=Patience(asking=0.2))
    began = time.monotonic()
    with pytest.raises(ConnectionTrouble, match=r"name server did not say in time where slow\.example\.com is"):
        post(outside, f"http://slow.example.com:{listener.port}/x")
    assert time.monotonic() - began < 5
    assert not listener.heard


def test_who_hangs_up_is_told_as_such(listener: Listener):
    listener.hangs_up = True
    with pytest.raises(ConnectionTrouble, match="hung up"):
        post(Outside(to_here=True), listener.url)


def test_a_port_where_nobody_listens_and_a_name_nobody_knows():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(ConnectionTrouble, match="could not be reached"):
            post(Outside(to_here=True), f"http://127.0.0.1:{taken.getsockname()[1]}/")

    def unknown(host: str, port: int) -> list[str]:
        raise socket.gaierror(-2, "Name or service not known")

    with pytest.raises(ConnectionTrouble, match=r"nowhere\.invalid is not known"):
        post(Outside(resolve=unknown), "https://nowhere.invalid/")


@pytest.mark.parametrize(
    "url",
    ["", "hooks.slack.com/x", "ftp://x.org/", "https://", "https://x.org:0/", "https://x.org:99999/", "https://[::1/",
     "https://x.org/a b", "https://x.org/\r\nHost: y", "https://x.org/é", "javascript:alert(1)", f"https://{'a' * 70}.org/"],
)  # fmt: skip
def test_what_is_no_address_is_refused_without_repeating_it(url: str):
    with pytest.raises(InvalidSettings) as caught:
        Outside().check(Secret(url))
    assert "It looks like https://example.com/hook" in str(caught.value)


def test_an_address_with_a_password_is_refused():
    with pytest.raises(InvalidSettings, match="user or a password") as caught:
        Outside().check(Secret("https://ann:hunter2@x.org/"))
    assert "hunter2" not in str(caught.value)


def test_the_host_of_an_address_is_what_may_be_shown():
    assert Outside().check(Secret("https://Hooks.Slack.com/services/T0/B0/secret")) == "hooks.slack.com"
